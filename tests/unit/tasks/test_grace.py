"""A start that is to be recorded goes on after a cancellation: for its answer, or the grace time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from a2e_async import StartPolicy
from tests.unit.sample import Pictures, Service, client
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


class Caller:
    """Starts a job, and keeps what it is told."""

    def __init__(self, request_seconds: float, *, callback_seconds: float = 0.0, grace: float = 10.0) -> None:
        self.service = Service(delay=request_seconds)
        self.accepted: list[Any] = []
        self.notes: list[str] = []
        self._pictures = Pictures(client(self.service, start=StartPolicy(grace=grace)))
        self._callback_seconds = callback_seconds

    async def start(self) -> None:
        async def accepted(records: Any) -> None:
            await anyio.sleep(self._callback_seconds)
            self.accepted.extend(records)

        try:
            await self._pictures(prompt="a kite").start(accepted=accepted)
        except anyio.get_cancelled_exc_class() as cancelled:
            self.notes.extend(getattr(cancelled, "__notes__", []))
            raise


@contextmanager
def within(seconds: float, warnings: pytest.LogCaptureFixture) -> Iterator[None]:
    """A block that takes this long in virtual time, and warns once."""
    yield
    assert anyio.current_time() == pytest.approx(seconds, abs=0.1)
    assert len([line for line in warnings.messages if "cancelled" in line]) == 1


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "a2e_async")


async def test_an_answer_within_the_grace_time_is_recorded(caplog: pytest.LogCaptureFixture) -> None:
    caller = Caller(8.0)
    with within(8.0, caplog), anyio.move_on_after(5) as scope:
        await caller.start()
    assert scope.cancelled_caught
    task_id = caller.service.tasks[0]["_id"]
    assert [record["_id"] for record in caller.accepted] == [task_id]
    assert task_id in caller.notes[0]


@pytest.mark.parametrize("slow", ["request", "callback"])
async def test_it_gives_way_after_the_grace_time(slow: str, caplog: pytest.LogCaptureFixture) -> None:
    caller = Caller(50.0) if slow == "request" else Caller(1.0, callback_seconds=1e6)
    with within(15.0, caplog), anyio.move_on_after(5) as scope:
        await caller.start()
    assert scope.cancelled_caught
    assert caller.accepted == []
    if slow == "request":
        assert "the start was sent and not answered" in caller.notes[0]
        assert "a2e-" in caller.notes[0]
    else:
        assert caller.service.tasks[0]["_id"] in caller.notes[0]


async def test_without_a_grace_time_it_gives_way_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caller = Caller(8.0, grace=0)
    with within(5.0, caplog), anyio.move_on_after(5):
        await caller.start()
    assert caller.accepted == []


@pytest.mark.parametrize("seconds", [8.0, 50.0])
async def test_cancellation_of_asyncio_does_not_interrupt_it_either(
    seconds: float, anyio_backend_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    if anyio_backend_name != "asyncio":
        return
    caller = Caller(seconds)
    with within(min(seconds, 15.0), caplog), pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await caller.start()
    assert len(caller.accepted) == (seconds < 15)


async def test_a_second_cancellation_ends_it_at_once(
    anyio_backend_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    if anyio_backend_name != "asyncio":
        return
    caller = Caller(50.0)
    task = asyncio.create_task(caller.start())
    await asyncio.sleep(5)
    task.cancel()
    await asyncio.sleep(2)
    task.cancel()
    with within(7.0, caplog), pytest.raises(asyncio.CancelledError):
        await task
    assert caller.accepted == []


async def test_errors_are_raised_as_themselves() -> None:
    class Full(Exception):
        pass

    async def accepted(records: Any) -> None:
        raise Full

    with pytest.raises(Full):
        await Pictures(client(Service()))(prompt="a kite").start(accepted=accepted)
