"""One call: it runs in the client's event loop, and a thread waits for it."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from a2e_async._sync.cancelling import Canceller
from a2e_async._sync.errands import Desk, Errand

if TYPE_CHECKING:
    from a2e_async._sync.loop_thread import LoopThread

__all__ = ["BlockingCall"]

T = TypeVar("T")

logger = logging.getLogger("a2e_async")

_NOW = 1.0  # seconds that a call gets to end after the second interrupt
_STEP = 0.2  # seconds; a signal that comes just before a wait, or on Windows, does not interrupt it
_LONGEST_NOTE = 300  # characters


class BlockingCall(Generic[T]):
    """One call of a thread that waits for its end.

    An interrupt is what a signal handler raises in the thread that waits, usually KeyboardInterrupt. The
    first one cancels the call, as in `asyncio.run`. What must not be cut off, such as a start that was sent,
    is completed within its grace time. Then the interrupt is raised. A second one cancels that too, and all
    that is still to be done at this desk.

    Args:
        work: makes what is awaited. Called in the loop.
        desk: where the loop leaves errands for the thread that waits; None if there will be none.
    """

    def __init__(self, work: Callable[[], Awaitable[T]], desk: Desk | None = None) -> None:
        self._work = work
        self._desk = desk
        # What the waiting thread is asked to do; None when the call has ended.
        self._inbox: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self._canceller: Canceller | None = None
        self._abandoned = False
        self._is_hurried = False
        self._has_ended = False
        self._values: list[T] = []
        self._failure: BaseException | None = None

    def result(self, thread: LoopThread) -> T:
        """Run the call, wait, and return its result.

        Args:
            thread: runs the loop.

        Raises:
            BaseException: what the call raises, or what has interrupted the wait.
        """
        interrupt: BaseException | None = None
        try:
            try:
                thread.begin(partial(self._run, thread))
                self._serve()
            except BaseException as error:
                interrupt = error
                self._note(error)
                self._settle(thread)
                raise
        except BaseException as error:
            if error is not interrupt:
                self._note(error)
                self._hurry(thread)
            self._tell(error)
            raise

        if self._failure is None:
            return self._values[0]
        failure, self._failure = self._failure, None  # so that its traceback makes no circle
        raise failure

    def end_now(self, thread: LoopThread, interrupt: BaseException) -> None:
        """Run the call although the user has interrupted twice: what it waits for is cut short.

        Args:
            thread: runs the loop.
            interrupt: the second interrupt. It gets notes of what the call has come to.
        """
        self._is_hurried = True
        thread.begin(partial(self._run, thread))
        try:
            self._serve(_NOW)
        finally:
            self._tell(interrupt)

    def ask(self, errand: Errand) -> None:
        """Let the thread that waits run an errand."""
        self._inbox.put(errand)

    async def _run(self, thread: LoopThread) -> None:
        if self._abandoned:
            return
        self._canceller = Canceller()
        if self._is_hurried:
            self._canceller.cancel_later()
        if self._desk is not None:
            self._desk.enter(self)

        try:
            self._values.append(await self._work())
        except BaseException as failure:
            inside = failure.__traceback__
            self._failure = failure.with_traceback(inside.tb_next if inside else None)
        finally:
            if self._desk is not None:
                self._desk.leave(self)
            self._has_ended = True
            # A daemon thread ends with the interpreter. If it was woken before, it would print an error.
            if not thread.is_ending:
                self._inbox.put(None)

    def _serve(self, patience: float | None = None) -> None:
        """Do errands until the call has ended, or the patience (seconds) with each of them."""
        # Signals are handled in the main thread, between two waits.
        step = _STEP if threading.current_thread() is threading.main_thread() else None
        while True:
            try:
                errand = self._inbox.get(timeout=patience or step)
            except queue.Empty:
                if patience:
                    return
                continue
            if errand is None:
                return
            errand.run()

    def _note(self, interrupt: BaseException) -> None:
        """Let calls to come know of the interrupt: the end of a bulk run is a call of its own."""
        if self._desk is not None:
            self._desk.interrupted(interrupt)

    def _settle(self, thread: LoopThread) -> None:
        """Cancel the call and wait for its end, so that what it had begun is settled or named."""
        if not thread.is_alive_here:
            return
        # Callbacks of a loop are called in order. So a call that has not begun by now never will.
        thread.call_soon(self._cancel)
        # The interrupt may have come just after the end was taken from the inbox.
        if not self._has_ended:
            self._serve()

    def _hurry(self, thread: LoopThread) -> None:
        """Cancel the call again after a second interrupt, wherever that has come, and wait for a moment."""
        if not thread.is_alive_here:
            return
        thread.call_soon(self._cancel_again)
        if not self._has_ended:
            self._serve(_NOW)

    def _cancel(self) -> None:
        if self._canceller is None:
            self._abandoned = True
            self._inbox.put(None)
        else:
            self._canceller.cancel()

    def _cancel_again(self) -> None:
        self._cancel()
        if self._canceller is not None:
            self._canceller.cancel_again()

    def _tell(self, interrupt: BaseException) -> None:
        """Note at the interrupt what the call has come to."""
        failure = self._failure
        if self._values and self._values[0] is not None:
            note = f"the interrupted call had ended with {self._values[0]!r}"[:_LONGEST_NOTE]
            interrupt.add_note(note)
            logger.warning("%s", note)
        elif isinstance(failure, asyncio.CancelledError):
            for note in getattr(failure, "__notes__", ()):
                interrupt.add_note(note)
        elif failure is not None and failure is not interrupt:
            interrupt.add_note(f"{type(failure).__name__}: {failure}"[:_LONGEST_NOTE])
