"""The event loop that is running, whichever library made it, and work that belongs to a loop."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.lowlevel

from a2e_async.errors import ConfigurationError

__all__ = [
    "await_in_loop",
    "call_in_loop",
    "caller_of_this_loop",
    "is_running",
    "running_loop",
    "start_in_background",
]

T = TypeVar("T")

_background: set[Any] = set()  # asyncio itself keeps no reference to a task that runs


def running_loop() -> Any:
    """Return an object that identifies the running event loop.

    Raises:
        ConfigurationError: no event loop is running.
    """
    try:
        token = anyio.lowlevel.current_token()
    except RuntimeError:
        raise ConfigurationError("there is no running event loop: call this inside async code") from None

    # Older releases of anyio return the native token itself.
    return getattr(token, "native_token", token)


def start_in_background(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    """Start work in a task of its own. It belongs to the running event loop and ends with it at the latest.

    A task group or a cancel scope must be left in the task that entered it, and it cancels that task. So none
    may be open while the caller's own code runs: a generator that is collected, or a fixture, is closed in
    another task than the one it began in.

    Args:
        work: must raise nothing, except to end when it is cancelled.
        name: for debuggers.
    """
    loop = running_loop()
    if _is_trio(loop):
        import trio

        trio.lowlevel.spawn_system_task(work, name=name, context=contextvars.copy_context())
        return

    task = loop.create_task(work(), name=name)
    _background.add(task)
    task.add_done_callback(_background.discard)


def call_in_loop(loop: Any, callback: Callable[[], Any]) -> bool:
    """Call a function soon in another event loop, which may run in another thread.

    Returns:
        False if that loop has ended, so that nothing can be called there.
    """
    call = loop.run_sync_soon if _is_trio(loop) else loop.call_soon_threadsafe
    try:
        call(callback)
    except RuntimeError:  # asyncio's and trio's ways to say that the loop is closed
        return False
    return True


def caller_of_this_loop() -> Callable[[Callable[[], object]], bool]:
    """Return a function that calls a function soon in the event loop that runs now. Any thread may use it.

    The function is called in the context of now and, on asyncio, in a task: anyio knows the loop there, and
    does not in a plain callback of a loop that it has not started itself.
    """
    loop, context = running_loop(), contextvars.copy_context()

    def call(callback: Callable[[], object]) -> bool:
        if _is_trio(loop):
            return call_in_loop(loop, lambda: context.run(callback))

        async def work() -> None:
            callback()

        def start() -> None:
            task = loop.create_task(work(), context=context)
            _background.add(task)
            task.add_done_callback(_background.discard)

        return call_in_loop(loop, start)

    return call


def is_running(loop: Any) -> bool:
    """Whether an event loop runs now. If not, it has ended, or nobody runs it at the moment."""
    return _is_trio(loop) or bool(loop.is_running())


async def await_in_loop(
    call: Callable[[Callable[[], object]], bool], work: Callable[[], Awaitable[T]], name: str
) -> T:
    """Await something in another event loop, which may run in another thread.

    Args:
        call: calls a function soon in that loop; see `caller_of_this_loop`.
        work: awaited there, in a task of its own. It goes on if this wait is cancelled.
        name: for debuggers.

    Raises:
        ConfigurationError: that loop has ended.
        Exception: what the work raises.
    """
    ended = ConfigurationError("the event loop in which this was to be done has ended")
    here, done = running_loop(), anyio.Event()
    values: list[T] = []
    failures: list[Exception] = []

    async def do() -> None:
        try:
            values.append(await work())
        except Exception as error:
            failures.append(error)
        finally:
            call_in_loop(here, done.set)

    if not call(partial(start_in_background, do, name)):
        raise ended
    await done.wait()
    if values:
        return values[0]
    raise failures[0] if failures else ended


def _is_trio(loop: Any) -> bool:
    return type(loop).__module__.partition(".")[0] == "trio"
