"""Time as the client sees it. Everything that waits goes through here, so that tests can drive it."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Protocol

import anyio

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What the client needs of time. `a2e_async.sandbox.VirtualClock` is another one."""

    @abstractmethod
    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock."""

    @abstractmethod
    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """A cancel scope that ends its body after that many seconds of this clock."""


class SystemClock:
    """The event loop's own clock."""

    def now(self) -> float:
        """Seconds of the running event loop's clock."""
        return anyio.current_time()

    async def sleep(self, seconds: float) -> None:
        """Sleep without holding the event loop."""
        await anyio.sleep(seconds)

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """As `anyio.move_on_after`."""
        return anyio.move_on_after(seconds)
