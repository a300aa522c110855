"""Turns: the moments at which requests may be sent. They may be shared by several clients."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from a2e_async._transport.aimd import Limit, after_refusal, first_limit
from a2e_async.clock import Clock

__all__ = ["IDLE", "AdaptiveTurns", "FixedRate", "LocalTurns", "RecentlyAccepted", "Turns", "spacing_of"]

IDLE = 0.5  # seconds between two turns that show that nobody has waited in between
_SPACING = 0.9  # of the time between two turns
_RECENT = 1.0  # seconds before the first refusal that tell how many requests the service accepts


class Turns(Protocol):
    """A source of turns."""

    @property
    @abstractmethod
    def spacing(self) -> float:
        """Seconds between two requests of one client, at least."""

    @property
    @abstractmethod
    def held_until(self) -> float:
        """No turn comes before this moment of the client's clock."""

    @abstractmethod
    async def book(self, wanted: int, earliest: float) -> Sequence[float]:
        """Book turns.

        Args:
            wanted: how many requests wait for one now.
            earliest: the next request is not sent before this moment.

        Returns:
            The moments of one turn or of several, in seconds of the client's clock, in order.
        """


class AdaptiveTurns(Turns, Protocol):
    """A source of turns whose rate follows the service's limit: there is none before its first refusal."""

    @property
    @abstractmethod
    def limited(self) -> bool:
        """Whether a request needs a turn. The first refusal changes it."""

    @property
    @abstractmethod
    def epoch(self) -> int:
        """How often the pace has slowed down.

        A refusal of a request that was sent before the last time says nothing new.
        """

    @abstractmethod
    def accepted(self, epoch: int, now: float) -> None:
        """Note that a request was not refused.

        Args:
            epoch: the epoch in which it was sent.
            now: the time.
        """

    @abstractmethod
    async def refused(self, epoch: int, hold: float) -> None:
        """Slow down after a refused request.

        Args:
            epoch: the epoch in which it was sent.
            hold: seconds for which the service asks to wait.
        """


class FixedRate(Turns):
    """A source of turns at a fixed rate.

    Args:
        rate: turns a second; None for no limit.
    """

    def __init__(self, rate: float | None) -> None:
        self._gap = 1.0 / rate if rate else 0.0

    @property
    def spacing(self) -> float:
        """Seconds between two turns."""
        return self._gap

    @property
    def held_until(self) -> float:
        """Never held."""
        return 0.0


class RecentlyAccepted:
    """The requests that were accepted before the first refusal."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=1000)

    def add(self, moment: float) -> None:
        """Note one."""
        self._moments.append(moment)

    def since(self, now: float) -> int:
        """How many there were in the last second. They are forgotten then."""
        count = sum(moment > now - _RECENT for moment in self._moments)
        self._moments.clear()
        return count


def spacing_of(limit: Limit | None) -> float:
    """Seconds between two requests of one client, at least."""
    return _SPACING / limit.rate if limit else 0.0


class LocalTurns:
    """`AdaptiveTurns` in memory.

    Clients in one process that share an account may share them.

    Args:
        clock: the clients' clock.

    Attributes:
        limit: the estimated limit; None if there is none.
    """

    def __init__(self, clock: Clock) -> None:
        self.limit: Limit | None = None
        self.limited = False
        self.epoch = 0
        self.held_until = 0.0
        self._clock = clock
        self._next = 0.0
        self._waited_at = 0.0
        self._recent = RecentlyAccepted()

    @property
    def spacing(self) -> float:
        """Seconds between two requests of one client, at least."""
        return spacing_of(self.limit)

    async def book(self, wanted: int, earliest: float) -> Sequence[float]:
        """Book one turn: by the time of the next one, somebody more urgent may wait."""
        now, limit = self._clock.now(), self.limit
        if limit is None:
            self.limited = now < self.held_until
            return [now]

        gap = 1.0 / limit.rate
        if self._next > now - IDLE:
            limit.busy += gap
            self._waited_at = now
        elif limit.is_forgotten(self._waited_at, now):
            self._release()
        moment = max(self._next, self.held_until, now)
        self._next = moment + gap
        return [moment]

    def accepted(self, epoch: int, now: float) -> None:
        """Count a request that was not refused."""
        limit = self.limit
        if limit is None:
            self._recent.add(now)
        else:
            limit.count_accepted(epoch)

    async def refused(self, epoch: int, hold: float) -> None:
        """Slow down, and give no turn for as long as the service asks for."""
        now = self._clock.now()
        if self.limit is None:
            self.epoch += 1
            self.limit, self.limited = first_limit(self._recent.since(now), now, self.epoch, hold), True
            self._next = now + 1.0 / self.limit.rate

        elif epoch == self.epoch:
            self.limit, hold = after_refusal(self.limit, now, hold, max(0.0, self.held_until - now))
            self.epoch = self.limit.epoch

        if hold:
            self.held_until = max(self.held_until, now + hold)
            self.limited = True

    def _release(self) -> None:
        """Forget the limit."""
        self.limit, self.limited = None, False
        self.epoch += 1
