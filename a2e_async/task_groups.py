"""Helpers for task groups and threads: bounded fan-out, the first error, blocking work, clean-up."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from anyio import to_thread

from a2e_async.checks import check_whole
from a2e_async.errors import A2EError

S = TypeVar("S")
T = TypeVar("T")

__all__ = ["first_error", "in_stoppable_thread", "in_thread", "map_bounded", "run_finally"]


async def in_thread(work: Callable[..., T], *args: Any) -> T:
    """Do blocking work in a worker thread.

    Args:
        work: called with `args`.
        args: for `work`.

    Raises:
        A2EError: no thread can be started.
        Exception: what the work raises.
    """
    began = False

    def run() -> T:
        nonlocal began
        began = True
        return work(*args)

    try:
        return await to_thread.run_sync(run)
    except RuntimeError as error:
        if began:
            raise
        raise A2EError(
            f"no thread can be started ({error}): raise the limit of threads of this process (ulimit -u)"
        ) from error


async def in_stoppable_thread(work: Callable[[threading.Event], T]) -> T:
    """Do long blocking work in a worker thread. It can be cancelled, because the work looks at an event.

    Args:
        work: called with an event, which is set when the caller is cancelled. It then raises an error soon.

    Raises:
        Exception: what the work raises.
    """
    stop = threading.Event()
    values: list[T] = []
    failure: Exception | None = None

    async def tell_cancellation() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            stop.set()

    async with anyio.create_task_group() as group:
        group.start_soon(tell_cancellation)
        try:
            values.append(await in_thread(work, stop))
        except Exception as error:
            failure = error
        group.cancel_scope.cancel()

    if failure is not None:
        await anyio.lowlevel.checkpoint()  # a cancellation of the caller comes before its consequence
        raise failure
    return values[0]


async def run_finally(clean_up: Callable[[], None]) -> None:
    """Run blocking clean-up in a worker thread, even if the calling task is cancelled.

    Args:
        clean_up: must allow two calls. If this wait is cancelled too (asyncio can cancel a shielded task),
            it is called again, in the event loop.
    """
    with anyio.CancelScope(shield=True):
        try:
            await to_thread.run_sync(clean_up)
        except anyio.get_cancelled_exc_class():
            clean_up()
            raise
        except RuntimeError:  # no thread can be started
            clean_up()


async def map_bounded(items: list[S], work: Callable[[int, S], Awaitable[T]], concurrency: int) -> list[T]:
    """Do some work for every item, a bounded number at a time.

    Args:
        items: the items.
        work: called with the index and the item.
        concurrency: the most items at a time.

    Returns:
        The results in the order of the items.

    Raises:
        InvalidArgument: `concurrency` is not a whole number above 0.
        Exception: the first failure, as itself. The other items are cancelled.
    """
    concurrency = check_whole("concurrency", concurrency)
    results: dict[int, T] = {}
    queue = iter(enumerate(items))

    async def take_items() -> None:
        for index, item in queue:
            results[index] = await work(index, item)

    failure: BaseException | None = None
    try:
        async with anyio.create_task_group() as group:
            for _ in range(min(concurrency, len(items))):
                group.start_soon(take_items)
    except BaseExceptionGroup as errors:
        failure = first_error(errors)

    # Raised outside the handler, so that the group is not shown as its context.
    if failure is not None:
        raise failure
    return [results[index] for index in range(len(items))]


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that ended a task group: the first one that is not itself a group."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
