"""The turns in which a run sends its starts, in virtual time."""

from __future__ import annotations

import anyio
import pytest

from a2e_async._bulk.start_rate import StartRate
from a2e_async.clock import SystemClock
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def turns(rate: StartRate, count: int) -> list[float]:
    """The seconds from now at which this many starts, all asking at once, get their turns."""
    began = anyio.current_time()
    times: list[float] = []

    async def one() -> None:
        await rate.turn()
        times.append(anyio.current_time() - began)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return times


async def test_without_a_rate_nobody_waits() -> None:
    assert await turns(StartRate(SystemClock()), 50) == [0.0] * 50


async def test_a_rate_spaces_the_turns() -> None:
    rate = StartRate(SystemClock(), rate=4.0)
    assert await turns(rate, 5) == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    # A later start waits for its turn as well.
    assert await turns(rate, 1) == pytest.approx([0.25])
    await anyio.sleep(10.0)
    assert await turns(rate, 2) == pytest.approx([0.0, 0.25])


async def test_a_hold_holds_everyone_back_and_costs_nobody_a_turn() -> None:
    rate = StartRate(SystemClock(), rate=2.0)
    rate.hold(10.0)
    assert await turns(rate, 3) == pytest.approx([10.0, 10.5, 11.0])


async def test_a_hold_that_begins_while_some_wait() -> None:
    rate = StartRate(SystemClock(), rate=1.0)
    times: list[float] = []

    async def wait() -> None:
        times.extend(await turns(rate, 3))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(0.5)
        rate.hold(20.0)
    assert times == pytest.approx([0.0, 20.5, 21.5])


async def test_a_hold_passes_where_there_is_no_rate() -> None:
    rate = StartRate(SystemClock())
    rate.hold(10.0)
    assert await turns(rate, 3) == [10.0] * 3
    assert await turns(rate, 3) == [0.0] * 3


async def test_a_start_that_gives_up_waiting_takes_no_turn() -> None:
    rate = StartRate(SystemClock(), rate=0.1)
    await rate.turn()
    with anyio.move_on_after(1.0) as scope:
        await rate.turn()
    assert scope.cancelled_caught
    assert await turns(rate, 1) == pytest.approx([9.0])
