"""Many jobs at once: read lazily, started within bounds, delivered as they complete."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
import attrs
from anyio.streams.memory import MemoryObjectSendStream

from a2e_async.errors import A2EError, InvalidArgument
from a2e_async.jobs import Job, Result

if TYPE_CHECKING:
    from a2e_async.resources import Client

__all__ = ["BulkRun", "Outcome"]


@attrs.frozen(eq=False)
class Outcome:
    """What became of one job of a bulk run.

    Attributes:
        job: the Job.
        index: its place in the input, from 0.
        result: the Result, or None.
        error: why there is none, or None.
    """

    job: Job[Any]
    index: int
    result: Result[Any] | None = None
    error: A2EError | None = None


class BulkRun:
    """A bulk run; see `A2E.bulk`.

    Leaving the block early cancels what is under way here, not what is under way on the server.
    """

    def __init__(
        self,
        client: Client,
        jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]],
        *,
        concurrency: int,
        timeout: float,
    ) -> None:
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise InvalidArgument("concurrency", f"{concurrency!r} is not a whole number above 0")
        if not isinstance(jobs, Iterable | AsyncIterable):
            raise InvalidArgument("jobs", f"{jobs!r} is not an iterable of Jobs")
        self._client = client
        self._jobs = jobs
        self._concurrency = concurrency
        self._timeout = timeout

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._client.runtime.http.open())
            send, self._outcomes = anyio.create_memory_object_stream[Outcome](0)
            stack.enter_context(self._outcomes)
            self._group = await stack.enter_async_context(anyio.create_task_group())
            self._group.start_soon(self._feed, send)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        self._group.cancel_scope.cancel()
        return await self._stack.__aexit__(kind, error, traceback)

    def __aiter__(self) -> AsyncIterator[Outcome]:
        """The Outcomes as they complete."""
        return self._outcomes

    async def _feed(self, send: MemoryObjectSendStream[Outcome]) -> None:
        """Read jobs and run each in a place of its own; a job is read when a place is free."""
        places = anyio.Semaphore(self._concurrency)
        index = 0
        async with send, anyio.create_task_group() as group:
            jobs = _aiter(self._jobs)
            while True:
                await places.acquire()
                job = await anext(jobs, None)
                if job is None:
                    return
                if not isinstance(job, Job):
                    raise InvalidArgument(f"jobs[{index}]", f"{job!r} is not a Job")
                group.start_soon(self._run, job, index, places, send)
                index += 1

    async def _run(
        self, job: Job[Any], index: int, places: anyio.Semaphore, send: MemoryObjectSendStream[Outcome]
    ) -> None:
        try:
            outcome = Outcome(job, index, result=await job.run(timeout=self._timeout))
        except A2EError as error:
            outcome = Outcome(job, index, error=error)
        await send.send(outcome)
        places.release()


def _aiter(jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]]) -> AsyncIterator[Job[Any]]:
    if isinstance(jobs, AsyncIterable):
        return aiter(jobs)

    async def read() -> AsyncIterator[Job[Any]]:
        for job in jobs:
            yield job

    return read()
