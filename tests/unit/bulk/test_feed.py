"""The feed of a bulk run: how many jobs it reads, and what it does when reading ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from a2e_async._bulk.endings import NotEnded, NotStarted
from a2e_async._bulk.feed import End, Feed, Ticket, iterate
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.outcomes import Counts
from a2e_async._bulk.places import Places
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


class Stage:
    """Jobs that take ten seconds each, and what is seen of them."""

    def __init__(self, room: int | None) -> None:
        self.counts = Counts()
        self.feed = Feed(self.counts, room)
        self.running = 0
        self.most = 0
        self.ends: list[End] = []

    def ticket(self, item: Any, index: int) -> Ticket:
        """A ticket for a job that steps aside, fails, or just takes its time, as the item says."""

        async def run() -> None:
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await self._work(item)
            finally:
                self.running -= 1

        async def tell(end: End) -> None:
            self.ends.append(end)

        return Ticket(cast("JobRun", SimpleNamespace(run=run)), tell)

    async def _work(self, item: Any) -> None:
        if isinstance(item, Exception):
            raise item
        if item in ("aside", "urgent"):
            async with self.feed.aside(lambda: item == "urgent"):
                await anyio.sleep(95.0 if item == "urgent" else 100.0)
        await anyio.sleep(10.0)

    async def run(self, items: Any, reading: anyio.CancelScope | None = None) -> float:
        """Run the items; returns how long it took."""
        began = anyio.current_time()
        await self.feed.run(iterate(items), self.ticket, reading or anyio.CancelScope())
        return anyio.current_time() - began


async def test_as_many_jobs_are_read_as_there_is_room_for() -> None:
    stage = Stage(3)
    assert await stage.run(range(9)) == 30.0
    assert stage.most == 3
    assert stage.counts.skipped == stage.feed.taken == 9


async def test_without_a_limit_all_are_read() -> None:
    stage = Stage(None)
    assert await stage.run(["aside", *range(99)]) == 110.0
    assert stage.most == 100


async def test_a_job_that_steps_aside_makes_room_and_comes_back_into_it() -> None:
    stage = Stage(1)
    assert await stage.run(["aside", *range(20)]) == 210.0
    assert stage.most == 2


async def test_an_urgent_job_comes_back_even_if_there_is_no_room() -> None:
    stage = Stage(1)
    # It goes on at 95, in the middle of another one. The next is read when both have ended.
    assert await stage.run(["urgent", *range(20)]) == 205.0
    assert stage.most == 2


async def test_a_place_that_was_given_to_a_job_that_is_cancelled_is_given_on() -> None:
    places = Places(1)
    await places.acquire()
    got: list[int] = []

    async def take(number: int) -> None:
        async with places.one():
            got.append(number)

    async with anyio.create_task_group() as group, anyio.create_task_group() as first:
        first.start_soon(take, 1)
        await anyio.sleep(1.0)
        group.start_soon(take, 2)
        await anyio.sleep(1.0)
        first.cancel_scope.cancel()
        places.release()
    assert got[-1] == 2
    async with places.one():
        pass


async def test_nothing_is_read_after_the_scope_was_cancelled() -> None:
    reading = anyio.CancelScope()
    stage = Stage(10)

    def items() -> Any:
        yield 0
        reading.cancel()
        yield 1

    await stage.run(items(), reading)
    assert stage.feed.taken == 1
    assert stage.feed.input_error is None


async def test_an_error_of_the_input_ends_the_reading_and_not_the_jobs() -> None:
    closed = False

    async def items() -> AsyncIterator[int]:
        nonlocal closed
        try:
            yield 0
            raise LookupError
        finally:
            closed = True

    stage = Stage(10)
    assert await stage.run(items()) == 10.0
    assert isinstance(stage.feed.input_error, LookupError)
    assert closed


async def test_how_jobs_leave_the_run_is_told() -> None:
    stage = Stage(1)
    not_started, not_ended = NotStarted(), NotEnded()
    await stage.run([not_started, not_ended, 0])
    assert stage.ends == [not_started, not_ended, None]
    assert stage.counts.not_started == stage.counts.skipped == 1
