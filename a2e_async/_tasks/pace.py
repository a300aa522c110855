"""How fast starts may follow each other: everyone together, never one against the others."""

from __future__ import annotations

import anyio

from a2e_async.clock import Clock

__all__ = ["Pace"]

_FIRST_GAP, _LONGEST_GAP = 0.05, 5.0


class Pace:
    """The turns in which starts are sent.

    A refusal (429) holds all of them back and spaces them out afterwards; each acceptance lets them
    come closer together again.

    Args:
        clock: the time it goes by.
        rate: starts a second at most; None for no bound.
    """

    def __init__(self, clock: Clock, rate: float | None = None) -> None:
        self._clock = clock
        self._least_gap = 1.0 / rate if rate else 0.0
        self._gap = self._least_gap
        self._next = 0.0
        self._held_until = 0.0
        self._queue = anyio.Lock()

    async def turn(self) -> None:
        """Wait for a turn, after those who came before."""
        async with self._queue:
            while (pause := max(self._next, self._held_until) - self._clock.now()) > 0:
                await self._clock.sleep(pause)
            self._next = self._clock.now() + self._gap

    def hold(self, seconds: float) -> None:
        """Nobody gets a turn for that many seconds."""
        self._held_until = max(self._held_until, self._clock.now() + seconds)

    def on_refused(self, seconds: float) -> None:
        """A start was refused; nobody sends one for that many seconds."""
        # Those that were under way when the hold began say nothing new by being refused as well.
        if self._clock.now() >= self._held_until:
            self._gap = min(_LONGEST_GAP, max(_FIRST_GAP, self._gap * 1.5))
        self.hold(seconds)

    def on_accepted(self) -> None:
        """A start was taken."""
        self._gap = max(self._least_gap, self._gap * 0.8 - 0.001)
