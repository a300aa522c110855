"""An event loop in a daemon thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any
from weakref import WeakSet

from a2e_async.errors import A2EError

__all__ = ["LoopThread"]

logger = logging.getLogger("a2e_async")

_LAST_SECONDS = 12.0  # for starts under way when the interpreter ends: their grace time and a little more

_running: WeakSet[LoopThread] = WeakSet()


class LoopThread(threading.Thread):
    """Runs an event loop until it is told to stop.

    The thread is a daemon, so it does not keep the interpreter alive. When the interpreter ends, the calls
    that are running are cancelled, and starts under way are completed.

    Args:
        session: entered when the loop begins, left when it stops.

    Attributes:
        users: how many calls and blocks need the loop. Whoever changes it must have a lock.
        is_ending: the interpreter ends, and only daemon threads still wait for calls.
    """

    _loop: asyncio.AbstractEventLoop
    _over: asyncio.Event

    def __init__(self, session: AbstractAsyncContextManager[Any]) -> None:
        # A thread would otherwise take the context of whoever happens to be the first caller.
        settings: Any = {"context": contextvars.Context()} if sys.version_info >= (3, 14) else {}
        super().__init__(name="a2e_async", daemon=True, **settings)
        self.users = 0
        self.is_ending = False
        self._session = session
        self._process = os.getpid()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._calls: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Start the thread, and wait until the loop runs.

        Raises:
            A2EError: no thread can be started.
            Exception: what entering the session raises.
        """
        try:
            self.start()
        except RuntimeError as error:
            raise A2EError(
                f"no thread can be started ({error}): raise the limit of threads of this process (ulimit -u)"
            ) from error

        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        _running.add(self)

    def run(self) -> None:
        """Run the loop. Called by the thread itself."""
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._live())
        except BaseException as error:
            # Where no thread can be started any more, asyncio cannot wait for those that look up hosts.
            if self._ready.is_set() and not self.is_ending:
                logger.error("the client's event loop has failed", exc_info=error)
            self._failure = error
        finally:
            self._ready.set()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()

        async with self._session:
            self._ready.set()
            await self._over.wait()
            while self._calls:
                await asyncio.wait(self._calls)

    def begin(self, call: Callable[[], Any]) -> None:
        """Run a coroutine function in the loop, as a task in the caller's context. It must raise nothing.

        Raises:
            A2EError: the loop has ended.
        """
        self.call_soon(lambda: self._begin(call), _context_of_caller())

    def _begin(self, call: Callable[[], Any]) -> None:
        task = self._loop.create_task(call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def call_soon(self, callback: Callable[[], Any], context: contextvars.Context | None = None) -> None:
        """Call a function soon in the loop.

        Raises:
            A2EError: the loop has ended.
        """
        try:
            self._loop.call_soon_threadsafe(callback, context=context)
        except RuntimeError as error:
            raise A2EError("the client's thread has ended with the interpreter") from error

    @property
    def is_alive_here(self) -> bool:
        """Whether it runs in this process. A fork copies the object, and not the thread."""
        return self._process == os.getpid() and self.is_alive()

    def stop(self) -> None:
        """Let the thread end as soon as no call is running. This does not wait for it."""
        if self.is_alive_here:
            with suppress(A2EError):
                self.call_soon(self._end)

    def stop_with_interpreter(self) -> None:
        """Cancel the calls that are running, and let the thread end. This does not wait for it."""
        self.is_ending = True
        with suppress(A2EError):
            self.call_soon(self._cancel)

    def _end(self) -> None:
        self._over.set()

    def _cancel(self) -> None:
        self._end()
        for task in self._calls:
            task.cancel()


def _context_of_caller() -> contextvars.Context:
    """The context of the caller, as it is in asyncio: that of a trio program says otherwise."""
    context = contextvars.copy_context()
    library = getattr(sys.modules.get("sniffio"), "current_async_library_cvar", None)
    if library is not None:
        context.run(library.set, "asyncio")
    return context


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """That of uvloop if it is installed; None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


@atexit.register
def _end_all() -> None:
    """Close all connections, and complete the starts under way, before the interpreter ends."""
    threads = [thread for thread in _running if thread.is_alive_here]
    for thread in threads:
        thread.stop_with_interpreter()
    for thread in threads:
        thread.join(_LAST_SECONDS)
