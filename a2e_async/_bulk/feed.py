"""Read the jobs of a run and run them side by side."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import anyio
import attrs
from anyio.abc import TaskGroup

from a2e_async._bulk.endings import NotEnded, NotStarted
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.outcomes import Counts, Outcome
from a2e_async._bulk.places import Places

__all__ = ["End", "Feed", "Ticket", "iterate"]

End = Outcome | NotStarted | NotEnded | None
"""How a job left the run: None if it was skipped."""

T = TypeVar("T")

_END: Any = object()


@attrs.frozen(eq=False)
class Ticket:
    """A job to run, and who is told how it ended."""

    run: JobRun
    tell: Callable[[End], Awaitable[None]]


class Feed:
    """Runs the jobs of one run side by side. A job is read when there is room for it.

    Args:
        counts: counts how the jobs end.
        room: the most jobs at once, those that wait included; None for no limit.

    Attributes:
        input_error: an error of what the jobs were read from, which ended the reading.
        taken: how many items were read.
    """

    def __init__(self, counts: Counts, room: int | None) -> None:
        self._counts = counts
        self._room = None if room is None else Places(room)
        self.input_error: Exception | None = None
        self.taken = 0

    async def run(
        self, items: AsyncIterator[T], ticket: Callable[[T, int], Ticket], reading: anyio.CancelScope
    ) -> None:
        """Run all jobs to their end.

        Args:
            items: what the jobs are made of.
            ticket: makes the ticket of an item, given its position from 0.
            reading: a scope in which the items are read. Once it is cancelled, no more are.
        """
        async with anyio.create_task_group() as group:
            with reading:
                await self._read(items, ticket, reading, group)

    @asynccontextmanager
    async def aside(self, is_urgent: Callable[[], bool]) -> AsyncIterator[None]:
        """Make room for another job while a job does nothing here but wait.

        Args:
            is_urgent: whether the job must go on at once then, even if there is no room.
        """
        if self._room is None:
            yield
            return

        self._room.release()
        try:
            yield
        finally:
            await self._room.acquire(at_once=is_urgent())

    async def _read(
        self,
        items: AsyncIterator[T],
        ticket: Callable[[T, int], Ticket],
        reading: anyio.CancelScope,
        group: TaskGroup,
    ) -> None:
        try:
            while True:
                if self._room is not None:
                    await self._room.acquire()
                try:
                    item = await anext(items, _END)
                    # An iterable that never waits does not notice that the scope was cancelled.
                    if item is _END or reading.cancel_called:
                        return
                    made = ticket(item, self.taken)
                except Exception as error:
                    self.input_error = error
                    return

                group.start_soon(self._run_job, made)
                self.taken += 1
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()

    async def _run_job(self, ticket: Ticket) -> None:
        end: End
        try:
            end = await ticket.run.run()
        except NotStarted as ending:
            self._counts.not_started += 1
            end = ending
        except NotEnded as ending:
            end = ending
        else:
            if end is None:
                self._counts.skipped += 1
            else:
                self._counts.add_outcome(end)

        await ticket.tell(end)
        if self._room is not None:
            self._room.release()


def iterate(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    """Return an async iterator over the items."""
    return aiter(items) if isinstance(items, AsyncIterable) else _AsyncIterator(iter(items))


class _AsyncIterator(AsyncIterator[T]):
    """Makes a plain iterator an async iterator."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        for item in self._items:
            return item
        raise StopAsyncIteration
