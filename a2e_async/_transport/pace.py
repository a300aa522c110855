"""The pace of all requests of a client: none before the service refuses one (429)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from a2e_async._transport.turn_queue import Kind, TurnQueue
from a2e_async._transport.turns import AdaptiveTurns, LocalTurns
from a2e_async.clock import Clock

__all__ = ["Kind", "Pace"]

_DELAYS = (0.0, 0.005, 0.025, 0.05, 0.1, 0.2)  # seconds
_LEAST_IF_SHARED = 0.1  # seconds, so that the workers choose the same delay
_SURE = 3.0  # reads that would have been refused by now, if reads were limited as starts are


class Pace:
    """Gives each request its turn, and slows down when the service refuses one.

    Args:
        clock: the client's clock.
        turns: the turns of all requests; of this client alone by default.

    Attributes:
        limited: whether requests wait for turns.
    """

    def __init__(self, clock: Clock, turns: AdaptiveTurns | None = None) -> None:
        self._turns: AdaptiveTurns = turns or LocalTurns(clock)
        self._queue = TurnQueue(clock, self._turns)
        self._clock = clock
        self._slowest = self._least_delay = 0.0
        self._forget()

    def _forget(self) -> None:
        """Forget which kinds of request were refused."""
        self._reads_accepted = self._reads_refused = 0
        self._starts_accepted = self._starts_refused = 0

    @contextmanager
    def sharing(self, turns: AdaptiveTurns) -> Iterator[None]:
        """Take turns from another source while the block runs."""
        before = self._turns
        self._queue.turns = self._turns = turns
        self._least_delay = _LEAST_IF_SHARED
        try:
            yield
        finally:
            if self._turns is turns:
                self._queue.turns = self._turns = before
                self._least_delay = 0.0

    @property
    def limited(self) -> bool:
        """Whether requests wait for turns."""
        return self._turns.limited

    @property
    def epoch(self) -> int:
        """To be given back with the outcome of a request that is sent now."""
        return self._turns.epoch

    async def turn(self, kind: Kind) -> float | None:
        """Wait for a turn. Returns its moment; None if none was needed."""
        if not self._turns.limited or (kind is not Kind.START and self._only_starts_are_limited):
            return None
        return await self._queue.turn(kind)

    async def space(self, kind: Kind, moment: float | None) -> None:
        """Wait until a request that had its turn may be sent.

        Between its turn and its sending a start is written down. That takes now less and now more time, and
        several wait for the same commit. So all requests are sent as long after their turns as that takes
        at most: they are as far apart as their turns then.

        Args:
            kind: what it is for.
            moment: the moment of its turn.
        """
        if moment is None:
            return
        if kind is Kind.START:
            self._slowest = max(0.95 * self._slowest, self._clock.now() - moment)

        least = max(self._slowest, self._least_delay)
        await self._queue.space(moment + next((delay for delay in _DELAYS if delay >= least), _DELAYS[-1]))

    def accepted(self, kind: Kind, epoch: int, now: float) -> None:
        """Note that a request was not refused."""
        if kind is Kind.START:
            self._starts_accepted += 1
        else:
            self._reads_accepted += 1
            if self._only_starts_are_limited:
                return
        self._turns.accepted(epoch, now)

    async def refused(self, kind: Kind, epoch: int, hold: float) -> None:
        """Slow down after a refused request.

        Args:
            kind: what it was for.
            epoch: the epoch in which it was sent.
            hold: seconds for which the service asks to wait.
        """
        if not self._turns.limited:
            self._forget()
        if kind is Kind.START:
            self._starts_refused += 1
        else:
            self._reads_refused += 1
        await self._turns.refused(epoch, hold)

    @property
    def _only_starts_are_limited(self) -> bool:
        """Whether reads would have been refused by now, most likely, if they were limited as starts are."""
        refused = self._starts_refused
        if self._reads_refused or not refused:
            return False
        return refused * self._reads_accepted >= _SURE * (self._starts_accepted + refused)
