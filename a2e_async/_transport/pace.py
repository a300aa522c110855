"""The pace of all requests of a client, and of its starts: none before the service refuses one (429)."""

from __future__ import annotations

import logging

from a2e_async._transport.turn_queue import Kind, TurnQueue
from a2e_async._transport.turns import AdaptiveTurns, LocalTurns
from a2e_async.clock import Clock

__all__ = ["Kind", "Pace"]

logger = logging.getLogger("a2e_async")

_SURE = 3.0  # reads that would have been refused by now, if reads were limited as starts are


class Pace:
    """Gives each request its turn, and slows down when the service refuses one.

    A start that is refused slows down the starts, and a read that is refused slows down everything: some
    services limit starts alone.

    Args:
        clock: the client's clock.
        requests: the turns of all requests; of this client alone by default.
        starts: the turns of the starts besides.

    Attributes:
        limited: whether requests wait for turns.
    """

    def __init__(
        self, clock: Clock, requests: AdaptiveTurns | None = None, starts: AdaptiveTurns | None = None
    ) -> None:
        self._requests_turns: AdaptiveTurns = requests or LocalTurns(clock)
        self._starts_turns: AdaptiveTurns = starts or LocalTurns(clock)
        self._requests = TurnQueue(clock, self._requests_turns)
        self._starts = TurnQueue(clock, self._starts_turns)
        self._reads_accepted = 0
        self._starts_accepted = 0
        self._starts_refused = 0

    def share(self, requests: AdaptiveTurns, starts: AdaptiveTurns) -> None:
        """Take turns from other sources from now on."""
        self._requests.turns = self._requests_turns = requests
        self._starts.turns = self._starts_turns = starts

    @property
    def limited(self) -> bool:
        """Whether requests wait for turns."""
        return self._requests_turns.limited or self._starts_turns.limited

    @property
    def epochs(self) -> tuple[int, int]:
        """The epochs of both rates; to be given back with the outcome of a request that is sent now."""
        return self._requests_turns.epoch, self._starts_turns.epoch

    async def turn(self, kind: Kind) -> None:
        """Wait for a turn."""
        if kind is Kind.START and self._starts_turns.limited:
            await self._starts.turn(kind)
        if self._requests_turns.limited:
            await self._requests.turn(kind)

    async def space(self, kind: Kind) -> None:
        """Wait a moment where several requests that had their turns come together."""
        if kind is Kind.START and self._starts_turns.limited:
            await self._starts.space()
        if self._requests_turns.limited:
            await self._requests.space()

    def accepted(self, kind: Kind, epochs: tuple[int, int], now: float) -> None:
        """Note that a request was not refused."""
        self._requests_turns.accepted(epochs[0], now)
        if kind is Kind.START:
            self._starts_turns.accepted(epochs[1], now)
            self._starts_accepted += 1
        else:
            self._reads_accepted += 1

    async def refused(self, kind: Kind, epochs: tuple[int, int], hold: float) -> None:
        """Slow down after a refused request.

        Args:
            kind: what it was for.
            epochs: the epochs in which it was sent.
            hold: seconds for which the service asks to wait.
        """
        requests, starts = self._requests_turns, self._starts_turns
        if kind is Kind.START and not (requests.limited and self._requests.was_busy):
            if not starts.limited:
                self._reads_accepted = self._starts_accepted = self._starts_refused = 0
            self._starts_refused += 1
            await starts.refused(epochs[1], hold)
            if hold and not self._only_starts:
                await requests.hold(hold)
            return

        if kind is not Kind.START and not requests.limited and starts.limited:
            await starts.release()  # it was the limit of all requests that the starts have met
        await requests.refused(epochs[0], hold)

    @property
    def _only_starts(self) -> bool:
        """Whether it is most likely that only starts are limited: as many reads were never refused."""
        if self._requests_turns.limited:
            return True
        starts = self._starts_accepted + self._starts_refused
        return self._starts_refused * self._reads_accepted / starts >= _SURE
