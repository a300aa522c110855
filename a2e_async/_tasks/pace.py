"""Limit how fast starts follow each other, across all jobs of a client."""

from __future__ import annotations

import anyio

from a2e_async.clock import Clock

__all__ = ["Pace"]

_FIRST_GAP, _LONGEST_GAP = 0.05, 5.0  # seconds between two starts after refusals
_WIDENED = 1.5  # factor by which a refusal widens the gap
_NARROWED = 0.8  # factor by which an acceptance narrows it
_VANISHING = 0.001  # seconds taken off as well, so that the gap reaches zero


class Pace:
    """Gives each start its turn, first come, first served.

    A refusal (429) holds all starts back and spaces them out afterwards. Each acceptance brings them
    closer together again.

    Args:
        clock: measures the gaps.
        rate: starts per second at most; None for no limit.
    """

    def __init__(self, clock: Clock, rate: float | None = None) -> None:
        self._clock = clock
        self._least_gap = 1.0 / rate if rate else 0.0
        self._gap = self._least_gap
        self._next = 0.0
        self._held_until = 0.0
        self._queue = anyio.Lock()

    async def turn(self) -> None:
        """Wait for a turn, after all earlier callers."""
        async with self._queue:
            while (pause := max(self._next, self._held_until) - self._clock.now()) > 0:
                await self._clock.sleep(pause)
            self._next = self._clock.now() + self._gap

    def hold(self, seconds: float) -> None:
        """Give no turn for this many seconds."""
        self._held_until = max(self._held_until, self._clock.now() + seconds)

    def on_refused(self, seconds: float) -> None:
        """Slow down after a refused start, and give no turn for this many seconds."""
        # Refusals of starts that were sent before the hold began say nothing new.
        if self._clock.now() >= self._held_until:
            self._gap = min(_LONGEST_GAP, max(_FIRST_GAP, self._gap * _WIDENED))
        self.hold(seconds)

    def on_accepted(self) -> None:
        """Speed up after an accepted start."""
        self._gap = max(self._least_gap, self._gap * _NARROWED - _VANISHING)
