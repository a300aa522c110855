"""Time as the client sees it: the event loop's."""

from __future__ import annotations

import anyio
import pytest

from a2e_async.clock import SystemClock
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def test_it_goes_by_the_event_loop() -> None:
    clock = SystemClock()
    began = clock.now()
    await clock.sleep(3600)
    assert clock.now() - began == pytest.approx(3600, abs=0.01)
    assert clock.now() == anyio.current_time()


async def test_a_deadline_ends_what_takes_longer_and_nothing_else() -> None:
    clock = SystemClock()
    with clock.move_on_after(10) as scope:
        await clock.sleep(20)
    assert scope.cancelled_caught
    assert clock.now() == pytest.approx(10, abs=0.01)
    with clock.move_on_after(10) as scope:
        await clock.sleep(5)
    assert not scope.cancelled_caught
    with clock.move_on_after(-1) as scope:
        await clock.sleep(1)
    assert scope.cancelled_caught
