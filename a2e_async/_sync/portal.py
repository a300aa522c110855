"""The way of a client's calls into its event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar
from weakref import WeakSet, finalize, ref

from a2e_async._sync.blocking_call import BlockingCall
from a2e_async._sync.errands import Desk
from a2e_async._sync.loop_thread import LoopThread
from a2e_async.errors import ConfigurationError

__all__ = ["Portal"]

T = TypeVar("T")

_all: WeakSet[Portal] = WeakSet()
_left_behind: list[Any] = []


class Portal:
    """The way of a client's calls into its event loop, which runs in a thread.

    The thread is started by the first call. It ends when the client is closed or collected, and with the
    interpreter. After that the next call starts another one.

    Args:
        session: entered and left in each loop; None for a portal without a client.
    """

    def __init__(self, session: AbstractAsyncContextManager[Any] | None) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._blocks = 0
        _all.add(self)

    def run(
        self, work: Callable[[], Awaitable[T]], desk: Desk | None = None, held: LoopThread | None = None
    ) -> T:
        """Await something in the loop, and wait for it in this thread.

        Args:
            work: makes what is awaited. Called in the loop.
            desk: where the loop leaves errands for this thread.
            held: the thread whose loop must be used, and which is being held.

        Raises:
            ConfigurationError: this thread runs an event loop, which must not be blocked; or there is no
                client; or the thread that is held is that of another process.
            BaseException: what the work raises, or what interrupts the wait.
        """
        self.refuse_in_loop()
        call = BlockingCall(work, desk)
        if held is not None:
            if not held.is_alive_here:
                raise ConfigurationError("its block was entered before a fork: enter one in this process")
            return call.result(held)

        thread = self.hold()
        try:
            return call.result(thread)
        finally:
            self.let_go(thread)

    def end_now(
        self,
        work: Callable[[], Awaitable[object]],
        held: LoopThread,
        interrupt: BaseException,
        desk: Desk | None = None,
    ) -> None:
        """Await an end in the loop that is held, after a second interrupt: see `BlockingCall.end_now`."""
        if held.is_alive_here:
            BlockingCall(work, desk).end_now(held, interrupt)

    def enter(self) -> None:
        """Enter a block, which keeps the thread until it is left."""
        self.refuse_in_loop()
        self.let_go(self.hold())
        with self._lock:
            self._blocks += 1

    def leave(self) -> None:
        """Leave a block. The last one closes the portal."""
        with self._lock:
            self._blocks = max(0, self._blocks - 1)
            is_last = not self._blocks
        if is_last:
            self.close()

    def hold(self) -> LoopThread:
        """Return the thread, which runs at least until it is let go."""
        with self._lock:
            thread = self._thread
            if thread is None or not thread.is_alive():
                thread = self._open()
            thread.users += 1
            return thread

    def let_go(self, thread: LoopThread) -> None:
        """Need the thread no longer."""
        with self._lock:
            thread.users -= 1
            unused = not thread.users and thread is not self._thread
        if unused:
            thread.stop()

    def close(self) -> None:
        """Let the thread end. If calls or blocks still need it, it ends with the last of them."""
        self.refuse_in_loop()
        with self._lock:
            thread, self._thread = self._thread, None
            unused = thread is not None and not thread.users
        if thread is not None and unused:
            thread.stop()
            thread.join()

    def refuse_in_loop(self) -> None:
        """Refuse to block an event loop.

        Raises:
            ConfigurationError: one is running in this thread, and no notebook has started it.
        """
        if isinstance(threading.current_thread(), LoopThread):
            raise ConfigurationError(
                "a listener, or the on_update of a bulk run, is called in the client's own thread, which "
                "cannot wait for itself: hand the work over to another thread, for example by a queue.Queue"
            )

        if not _loop_runs_here() or _in_notebook():
            return
        raise ConfigurationError(
            "an event loop is running in this thread, and this call would block it: "
            "use `from a2e_async import A2E` and await the call, or make the call in another thread, "
            "for example with `await asyncio.to_thread(job.run)`"
        )

    def _open(self) -> LoopThread:
        if self._session is None:
            raise ConfigurationError(
                "this was unpickled, and a client is never pickled; give it one with with_client(a2e), or a "
                "job with a2e.job(job)"
            )
        thread = LoopThread(self._session)
        thread.open()
        finalize(self, _stop, ref(thread)).atexit = False  # the end of the interpreter ends all threads
        self._thread = thread
        return thread

    def forget(self) -> None:
        """Forget the thread, which a fork has left behind in the other process, and open another when needed.

        Its loop and its connections are kept: to close them would end them for the other process too.
        """
        _left_behind.append(self._thread)
        self._lock = threading.Lock()
        self._thread = None


def _stop(thread: ref[LoopThread]) -> None:
    running = thread()
    if running is not None:
        running.stop()


def _loop_runs_here() -> bool:
    if asyncio._get_running_loop() is not None:
        return True
    # Another thread may be in the middle of importing these modules, so they may lack anything.
    lowlevel = getattr(sys.modules.get("trio"), "lowlevel", None)
    return bool(getattr(lowlevel, "in_trio_run", lambda: False)())


def _in_notebook() -> bool:
    """Whether the running loop is that of an interactive session, whose user is the only one who waits."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None or bool(
        getattr(sys.modules.get("marimo"), "running_in_notebook", lambda: False)()
    )


def _forget_all() -> None:
    for portal in tuple(_all):
        portal.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
