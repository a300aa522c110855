"""Cancel a task, and cancel it again if it takes its time."""

from __future__ import annotations

import asyncio

__all__ = ["Canceller"]

_ROUNDS = 10  # of the loop, in which the first cancellation reaches what the task awaits, and is handled


class Canceller:
    """Cancels the task that makes it, as interrupts ask for it. Used in the loop of the task only.

    The second cancellation comes a moment after the first: asyncio makes one of two that come at once, and
    the task would never know that it should end now.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._is_cancelled = False

    def cancel(self) -> None:
        """Cancel the task, unless it was before."""
        if self._task is not None and not self._is_cancelled:
            self._is_cancelled = True
            self._task.cancel()

    def cancel_again(self) -> None:
        """Cancel the task a second time."""
        self.cancel()
        self.cancel_later()

    def cancel_later(self, rounds: int = _ROUNDS) -> None:
        """Cancel the task after so many rounds of the loop."""
        if rounds:
            self._loop.call_soon(self.cancel_later, rounds - 1)
        elif self._task is not None:
            self._task.cancel()
