"""Finish the start of a task although its caller was cancelled: for a while, and not for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from a2e_async.clock import Clock

__all__ = ["finish"]

T = TypeVar("T")

_AGAIN = 1.0  # seconds after which shields that were raised in the meantime are lowered too


async def finish(
    work: Callable[[], Awaitable[T]], shields: set[anyio.CancelScope], *, grace: float, clock: Clock
) -> T:
    """Do some work whose shielded parts a cancellation does not interrupt, for the grace time.

    Args:
        work: the work.
        shields: the shielded scopes that are open in it. Cancellation reaches everything else at once.
        grace: seconds after a cancellation until the shields are lowered. A second one lowers them at once.
        clock: measures the grace time.
    """
    done = anyio.Event()
    interruptible = anyio.CancelScope()
    results: list[T] = []
    failures: list[Exception] = []

    # A shielded scope keeps off the cancellation of other scopes, but not that of asyncio itself, which is
    # raised in the very task that `asyncio.timeout` or `Task.cancel` means. So the work is another task.
    async def run() -> None:
        try:
            with interruptible:
                results.append(await work())
        except Exception as error:
            failures.append(error)
        finally:
            done.set()

    cancelled: BaseException | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(run)
        try:
            await done.wait()
        except BaseException as error:
            cancelled = error
            interruptible.cancel()
            await _wait(done, shields, grace, clock)

    if cancelled is not None:
        raise cancelled
    if failures:
        raise failures[0]
    return results[0]


async def _wait(done: anyio.Event, shields: set[anyio.CancelScope], grace: float, clock: Clock) -> None:
    """Wait until the work is done: for the grace time, and then with lowered shields."""
    with anyio.CancelScope(shield=True):
        try:
            with clock.move_on_after(grace):
                await done.wait()
        finally:
            for scope in tuple(shields):
                scope.shield = False

        while not done.is_set():
            with anyio.move_on_after(_AGAIN):
                await done.wait()
            for scope in tuple(shields):
                scope.shield = False
