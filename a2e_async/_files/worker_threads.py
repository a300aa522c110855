"""Work in a worker thread while the calling task goes on: files are read ahead and written behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from a2e_async.task_groups import in_thread

__all__ = ["CHUNK_BYTES", "Pending", "WorkerThreads", "worker_threads"]

CHUNK_BYTES = 1 << 20
"""Read or written in one visit to a worker thread: enough to make the visit cheap."""

T = TypeVar("T")


class Pending(Generic[T]):
    """The result of work that may still be running in a worker thread."""

    def __init__(self) -> None:
        self._done = anyio.Event()
        self._values: list[T] = []
        self._error: Exception | None = None

    async def result(self) -> T:
        """Wait for the work, and return or raise its outcome."""
        await self._done.wait()

        if self._error is not None:
            raise self._error
        if not self._values:
            # The work was cancelled. The same cancellation is about to reach the caller of this method.
            await anyio.sleep_forever()
        return self._values[0]

    async def run(self, work: Callable[..., T], args: tuple[Any, ...]) -> None:
        """Do the work in a worker thread."""
        try:
            self._values.append(await in_thread(work, *args))
        except Exception as error:
            self._error = error
        finally:
            self._done.set()


class WorkerThreads:
    """Starts work in worker threads; see `worker_threads`."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group

    def start(self, work: Callable[..., T], *args: Any) -> Pending[T]:
        """Start work in a worker thread. Does not wait.

        Args:
            work: called with `args`; may block.
            args: for `work`.
        """
        pending = Pending[T]()
        self._group.start_soon(pending.run, work, args)
        return pending


@asynccontextmanager
async def worker_threads() -> AsyncIterator[WorkerThreads]:
    """Open a scope for worker threads.

    All worker threads have finished when the block exits; unread results are dropped. An exception from
    the block propagates as itself, never wrapped in an ExceptionGroup.
    """
    # The exception is kept from the group: it would cancel work that has not begun, such as the last
    # write of a download.
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        try:
            yield WorkerThreads(group)
        except Exception as error:
            failure = error

    if failure is not None:
        raise failure
