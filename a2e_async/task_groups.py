"""What task groups are used for here: bounded fan-out, the first error, clean-up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from a2e_async.checks import check_whole

S = TypeVar("S")
T = TypeVar("T")

__all__ = ["first_error", "map_bounded", "run_finally"]


async def run_finally(clean_up: Callable[[], None]) -> None:
    """Run in a worker thread what has to run however the caller ends.

    Args:
        clean_up: may run twice: when even this wait is cancelled, it is run on the spot.
    """
    with anyio.CancelScope(shield=True):
        try:
            await to_thread.run_sync(clean_up)
        except anyio.get_cancelled_exc_class():
            clean_up()
            raise


async def map_bounded(items: list[S], work: Callable[[int, S], Awaitable[T]], concurrency: int) -> list[T]:
    """Do the work for every item, some at a time; results in the order of the items.

    The first failure cancels the rest and is raised as it is.
    """
    check_whole("concurrency", concurrency)
    results: dict[int, T] = {}
    failures: list[Exception] = []
    queue = iter(enumerate(items))

    async def worker() -> None:
        for index, item in queue:
            try:
                results[index] = await work(index, item)
            except Exception as error:
                failures.append(error)
                group.cancel_scope.cancel()
                return

    async with anyio.create_task_group() as group:
        for _ in range(min(concurrency, len(items))):
            group.start_soon(worker)
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(items))]


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a task group: the first one that is not itself a group."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
