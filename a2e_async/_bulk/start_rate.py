"""The rate of a bulk run's starts, as its caller limits it. No refusal of the service changes it."""

from __future__ import annotations

from collections.abc import Sequence

from a2e_async._transport.turn_queue import Kind, TurnQueue
from a2e_async._transport.turns import FixedRate, Turns
from a2e_async.clock import Clock

__all__ = ["StartRate"]


class StartRate:
    """Gives each start of a run its turn, first come, first served.

    Args:
        clock: measures the gaps.
        rate: starts per second at most; None for no limit.
        turns: where the turns come from, if several runs share that rate.
    """

    def __init__(self, clock: Clock, rate: float | None = None, turns: Turns | None = None) -> None:
        self._clock = clock
        self._queue = TurnQueue(clock, turns or _FixedTurns(clock, rate))
        self._waits = rate is not None or turns is not None
        self._held_until = 0.0

    async def turn(self) -> None:
        """Wait for a turn, after all earlier callers."""
        if self._waits or self._clock.now() < self._held_until:
            await self._queue.turn(Kind.START)

    def hold(self, seconds: float) -> None:
        """Give no turn for this many seconds."""
        self._held_until = max(self._held_until, self._clock.now() + seconds)
        self._queue.hold(seconds)


class _FixedTurns(FixedRate):
    """The turns of one run at a fixed rate."""

    def __init__(self, clock: Clock, rate: float | None) -> None:
        super().__init__(rate)
        self._clock = clock
        self._next = 0.0

    async def book(self, wanted: int, earliest: float) -> Sequence[float]:
        moment = max(self._next, self._clock.now(), earliest)
        self._next = moment + self.spacing
        return [moment]
