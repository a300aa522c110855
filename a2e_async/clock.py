"""The client's clock. All waiting goes through it, so that tests can control time."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Protocol

import anyio

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """The clock interface. `SystemClock` and `a2e_async.sandbox.VirtualClock` implement it."""

    @abstractmethod
    def now(self) -> float:
        """Seconds since some fixed moment; never decreases."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Sleep for a number of seconds of this clock."""

    @abstractmethod
    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """Return a cancel scope that cancels its body after a number of seconds of this clock."""


class SystemClock:
    """The event loop's own clock."""

    def now(self) -> float:
        """The running event loop's time, in seconds."""
        return anyio.current_time()

    async def sleep(self, seconds: float) -> None:
        """Sleep without blocking the event loop."""
        await anyio.sleep(seconds)

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """As `anyio.move_on_after`."""
        return anyio.move_on_after(seconds)
