"""The pace of all requests of a client, and of its starts: none before the service refuses one (429)."""

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
        self._clock = clock
        self._slowest = self._least_delay = 0.0
        self._reads_accepted = 0
        self._starts_accepted = 0
        self._starts_refused = 0

    @contextmanager
    def sharing(self, requests: AdaptiveTurns, starts: AdaptiveTurns) -> Iterator[None]:
        """Take turns from other sources while the block runs."""
        before = self._requests_turns, self._starts_turns
        self._take_from(requests, starts)
        self._least_delay = _LEAST_IF_SHARED
        try:
            yield
        finally:
            if self._requests_turns is requests:
                self._take_from(*before)
                self._least_delay = 0.0

    def _take_from(self, requests: AdaptiveTurns, starts: AdaptiveTurns) -> None:
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

    async def turn(self, kind: Kind) -> float | None:
        """Wait for a turn. Returns its moment; None if none was needed."""
        moment = None
        if kind is Kind.START and self._starts_turns.limited:
            moment = await self._starts.turn(kind)
        if self._requests_turns.limited:
            moment = await self._requests.turn(kind)
        return moment

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
        due = moment + next((delay for delay in _DELAYS if delay >= least), _DELAYS[-1])
        if self._requests_turns.limited:
            await self._requests.space(due)
        else:
            await self._starts.space(due)

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

        known = None
        if kind is not Kind.START and requests.rate is None:
            known = starts.rate
        await requests.refused(epochs[0], hold, known or 0.0)
        if known is not None:
            # It was the limit of all requests that the starts have met. Not before that one is known.
            await starts.release()

    @property
    def _only_starts(self) -> bool:
        """Whether it is most likely that only starts are limited: as many reads were never refused."""
        if self._requests_turns.limited:
            return True
        starts = self._starts_accepted + self._starts_refused
        return self._starts_refused * self._reads_accepted / starts >= _SURE
