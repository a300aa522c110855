"""Work in a worker thread while the task that gave it goes on: files are read ahead and written behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

__all__ = ["Pending", "WorkerThreads", "worker_threads"]

T = TypeVar("T")


class Pending(Generic[T]):
    """Work that was given away."""

    def __init__(self) -> None:
        self._done = anyio.Event()
        self._values: list[T] = []
        self._error: Exception | None = None

    async def result(self) -> T:
        """What it gave, as soon as it is done; raises what it raised."""
        await self._done.wait()
        if self._error is not None:
            raise self._error
        if not self._values:
            await anyio.sleep_forever()  # it was cancelled, and so is who asks, only later
        return self._values[0]

    async def run(self, work: Callable[..., T], args: tuple[Any, ...]) -> None:
        """Do it, in a worker thread."""
        try:
            self._values.append(await to_thread.run_sync(work, *args))
        except Exception as error:
            self._error = error
        finally:
            self._done.set()


class WorkerThreads:
    """Takes work for worker threads; see `worker_threads`."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group

    def start(self, work: Callable[..., T], *args: Any) -> Pending[T]:
        """Have it done. Does not wait."""
        pending = Pending[T]()
        self._group.start_soon(pending.run, work, args)
        return pending


@asynccontextmanager
async def worker_threads() -> AsyncIterator[WorkerThreads]:
    """No thread is at work any more when the block is left; what nobody asked the result of is forgotten.

    An exception of the block comes out as it is, in no group.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        try:
            yield WorkerThreads(group)
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure
