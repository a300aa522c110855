"""A transfer that hardly moves ends, so that it does not hold its place for ever."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from a2e_async._files.http import Retry
from a2e_async._files.sizes import size_text
from a2e_async.clock import Clock

__all__ = ["LEAST_SPEED", "LeastSpeed", "watched"]

LEAST_SPEED = 1024.0
"""Bytes a second. What is slower for a whole window counts as no progress."""


class LeastSpeed:
    """Checks the speed of one transfer, a window at a time.

    Args:
        window: seconds.
        least: bytes a second, on average over a window.
    """

    def __init__(self, window: float, least: float = LEAST_SPEED) -> None:
        self._window = window
        self._least = least
        self._bytes = 0
        self._seconds = 0.0

    def add(self, size: int, seconds: float) -> None:
        """Count what has come, and how long it was waited for.

        Raises:
            Retry: a window is over, and the transfer was too slow in it.
        """
        self._bytes += size
        # Of one wait only a part of the window counts: a machine that slept is no slow host.
        self._seconds += min(seconds, self._window / 6)
        if self._seconds < self._window:
            return

        if self._bytes < self._least * self._seconds:
            raise Retry(
                f"{size_text(self._bytes)} came in {self._seconds:.3g} s; "
                f"less than {size_text(int(self._least))} a second is too slow"
            )
        self._bytes, self._seconds = 0, 0.0


async def watched(
    pieces: AsyncGenerator[bytes, None], clock: Clock, speed: LeastSpeed
) -> AsyncGenerator[bytes, None]:
    """Pass on a body as it arrives, unless it is too slow.

    Only the time that the host takes counts: not that of the disk, nor that of a progress callback. A host
    that sends nothing at all ends by the timeout of the connection.

    Args:
        pieces: the body. It is closed.
        clock: the clock.
        speed: what is required.

    Raises:
        Retry: the body comes too slowly.
    """
    async with aclosing(pieces):
        while True:
            began = clock.now()
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return

            speed.add(len(piece), clock.now() - began)
            yield piece
