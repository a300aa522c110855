"""The sandbox says how quick its tasks are; the service says nothing, and nothing changes there."""

from __future__ import annotations

import anyio
import pytest

from a2e_async._tasks.polling import Poller
from tests.unit.tasks.simulation import NEVER, FakeReader, FakeTask, poller_of
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def asked_until(poller: Poller, reader: FakeReader, seconds: float) -> int:
    """The requests for a task that goes on."""
    with anyio.move_on_after(seconds):
        await poller.wait(["a"], born=anyio.current_time())
    return reader.requests


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05, 0.3, 1.5])
@pytest.mark.parametrize("longer", [1.0, 1.5, 4.0])
async def test_a_quick_task_is_noticed_soon(seconds: float, longer: float) -> None:
    reader = FakeReader(tasks={"a": FakeTask(seconds * longer)})
    poller = poller_of(reader)
    poller.expect(seconds)
    await poller.wait(["a"], born=0.0)
    assert anyio.current_time() - seconds * longer <= 0.03 + 0.25 * seconds * longer
    assert reader.requests <= 9


async def test_a_task_that_takes_longer_is_soon_asked_for_as_rarely_as_any() -> None:
    plain_reader = FakeReader(tasks={"a": FakeTask(NEVER)})
    plain = await asked_until(poller_of(plain_reader), plain_reader, 600.0)

    reader = FakeReader(tasks={"a": FakeTask(NEVER)})
    poller = poller_of(reader)
    poller.expect(0.05)
    assert await asked_until(poller, reader, 600.0) <= plain + 25
