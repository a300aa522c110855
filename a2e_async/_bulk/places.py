"""Places for what a run has at once: its jobs, and its tasks at the server."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel

__all__ = ["Places"]


class Places:
    """A number of places, first come, first served.

    Args:
        count: how many there are.
    """

    # A task that another worker has left behind counts for the whole account, and look-alikes wait for it.
    # If it had to wait for a place here, and all places were held by starts that wait for its end, all would
    # wait for ever. So it takes a place at once, even if there is none; the next ones wait longer for it.

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[anyio.Event] = deque()

    @asynccontextmanager
    async def one(self, *, at_once: bool = False) -> AsyncIterator[None]:
        """Hold a place while the block runs; see `acquire`."""
        await self.acquire(at_once=at_once)
        try:
            yield
        finally:
            self.release()

    async def acquire(self, *, at_once: bool = False) -> None:
        """Take a place.

        Args:
            at_once: take one even if all are taken. Otherwise it is waited for.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        if at_once or self._free > 0:
            self._free -= 1
            await anyio.lowlevel.cancel_shielded_checkpoint()  # who came before begins first
            return

        given = anyio.Event()
        self._waiting.append(given)
        try:
            await given.wait()
        except BaseException:
            if given.is_set():
                self.release()
            else:
                self._waiting.remove(given)
            raise

    def release(self) -> None:
        """Give a place back."""
        if self._free >= 0 and self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1
