"""Ctrl-C while a command runs: the first one ends it in order, the second one now."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from a2e_async._sync.cancelling import Canceller

__all__ = ["interruptible"]

T = TypeVar("T")

_HELD_UP = 0.5  # seconds after which a loop that does not hear of an interrupt is held up


class _Interrupts:
    """Handles the interrupts of the task that makes it.

    By itself, asyncio raises the second one wherever the loop happens to be. There it is taken for the first
    one, or breaks off what the command then waits for in vain.
    """

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._canceller = Canceller()
        self._first = 0.0
        self._is_heard = False

    def __call__(self, number: int, frame: Any) -> None:
        """Handle one, between two steps of the program."""
        self.count += 1
        now = time.monotonic()
        if self.count == 1:
            self._first = now
        is_held_up = not self._is_heard and now - self._first > _HELD_UP
        if is_held_up or self.count > 2 or self._loop.is_closed():
            raise KeyboardInterrupt

        self._loop.call_soon_threadsafe(self._cancel if self.count == 1 else self._canceller.cancel_again)

    def _cancel(self) -> None:
        self._is_heard = True
        self._canceller.cancel()


def interruptible(function: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """Make a coroutine function that Ctrl-C cancels, and then ends with KeyboardInterrupt."""

    async def run(*given: Any) -> T:
        with _handled() as interrupts:
            try:
                return await function(*given)
            except asyncio.CancelledError as error:
                if not interrupts.count:
                    raise
                raise KeyboardInterrupt from error

    return run


@contextmanager
def _handled() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    before = signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
