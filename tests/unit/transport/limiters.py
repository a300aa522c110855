"""Services that limit requests in different ways, and clients that keep them busy, in virtual time."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import anyio
import attrs

from a2e_async._transport.pace import Kind, Pace
from a2e_async._transport.turns import LocalTurns
from a2e_async.clock import SystemClock

__all__ = [
    "AtRandom",
    "Bucket",
    "FixedWindow",
    "Limiter",
    "Log",
    "SlidingWindow",
    "Spaced",
    "StartsOnly",
    "work",
]


class Limiter(Protocol):
    """Decides about requests, in the order in which they arrive."""

    @abstractmethod
    def ask(self, now: float, kind: Kind) -> float | None:
        """None if the request is accepted; else the Retry-After in seconds, 0 for none."""


@attrs.define
class Bucket(Limiter):
    """A token bucket.

    Attributes:
        rate: tokens a second.
        size: tokens that it holds.
        least: the Retry-After in whole seconds, at least this many; 0 for none.
    """

    rate: float
    size: float
    least: int = 0
    _tokens: float = attrs.field(default=math.inf, init=False)
    _at: float = attrs.field(default=0.0, init=False)

    def ask(self, now: float, kind: Kind) -> float | None:
        self._tokens = min(self.size, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1.0:
            return max(self.least, math.ceil((1.0 - self._tokens) / self.rate)) if self.least else 0.0
        self._tokens -= 1.0
        return None


@attrs.define
class Spaced(Limiter):
    """Requests must be apart; the Retry-After is exact."""

    rate: float
    _free_at: float = attrs.field(default=0.0, init=False)

    def ask(self, now: float, kind: Kind) -> float | None:
        if now < self._free_at:
            return self._free_at - now
        self._free_at = now + 1 / self.rate
        return None


@attrs.define
class FixedWindow(Limiter):
    """A number of requests in each window, which begin at fixed times."""

    rate: float
    window: float
    says_when: bool = True
    _window: int = attrs.field(default=-1, init=False)
    _count: int = attrs.field(default=0, init=False)

    def ask(self, now: float, kind: Kind) -> float | None:
        shifted = now + 0.37 * self.window
        if shifted // self.window != self._window:
            self._window, self._count = int(shifted // self.window), 0
        if self._count >= self.rate * self.window:
            return (self._window + 1) * self.window - shifted if self.says_when else 0.0
        self._count += 1
        return None


@attrs.define
class SlidingWindow(Limiter):
    """A number of requests in any span of some length."""

    rate: float
    window: float
    _accepted: deque[float] = attrs.field(factory=deque[float], init=False)

    def ask(self, now: float, kind: Kind) -> float | None:
        while self._accepted and self._accepted[0] <= now - self.window:
            self._accepted.popleft()
        if len(self._accepted) >= self.rate * self.window:
            return 0.0
        self._accepted.append(now)
        return None


@attrs.frozen
class AtRandom(Limiter):
    """Refuses some requests, whatever the rate."""

    share: float
    says: float = 0.0
    _chance: random.Random = attrs.field(factory=lambda: random.Random(1), init=False)

    def ask(self, now: float, kind: Kind) -> float | None:
        return self.says if self._chance.random() < self.share else None


@attrs.frozen
class StartsOnly(Limiter):
    """Limits starts, and nothing else."""

    inner: Limiter

    def ask(self, now: float, kind: Kind) -> float | None:
        return self.inner.ask(now, kind) if kind is Kind.START else None


@attrs.define
class Log:
    """What was sent: moment, worker, kind, and whether it was accepted."""

    lines: list[tuple[float, int, Kind, bool]] = attrs.field(factory=list)

    def refused(self, begin: float, end: float, *kinds: Kind) -> float:
        """The share of the requests that were refused."""
        lines = self._between(begin, end, kinds)
        return sum(not ok for *_, ok in lines) / len(lines)

    def rate(self, begin: float, end: float, *kinds: Kind) -> float:
        """Requests accepted a second."""
        return sum(ok for *_, ok in self._between(begin, end, kinds)) / (end - begin)

    def by_worker(self, begin: float, end: float) -> Mapping[int, int]:
        """Requests accepted, for each worker."""
        counts: dict[int, int] = {}
        for _, worker, _, ok in self._between(begin, end, ()):
            counts[worker] = counts.get(worker, 0) + ok
        return counts

    def _between(
        self, begin: float, end: float, kinds: Sequence[Kind]
    ) -> list[tuple[float, int, Kind, bool]]:
        return [line for line in self.lines if begin <= line[0] < end and (not kinds or line[2] in kinds)]


class _LateClock(SystemClock):
    """Wakes up a little late, as a busy process does.

    Args:
        chance: the source of random numbers.
        stalls: whether it stands still for 80 ms about once a second, as on a machine with too much to do.
    """

    def __init__(self, chance: random.Random, stalls: bool) -> None:
        self._chance = chance
        self._stalls_at = chance.expovariate(1.0) if stalls else math.inf
        self._stalls_until = 0.0

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self._chance.expovariate(1 / 0.001))
        while self.now() >= self._stalls_at:
            self._stalls_until = self._stalls_at + self._chance.expovariate(1 / 0.08)
            self._stalls_at = self._stalls_until + self._chance.expovariate(1.0)
        await super().sleep(max(0.0, self._stalls_until - self.now()))


async def work(
    limiter: Callable[[float], Limiter],
    seconds: float,
    *,
    workers: int = 1,
    clients: int = 64,
    seed: int = 1,
    stalls: bool = False,
) -> Log:
    """Start tasks and poll.

    Args:
        limiter: the limiter at a time.
        seconds: how long.
        workers: clients that share their turns.
        clients: jobs at once, of all workers.
        seed: of the random delays.
        stalls: whether the workers stand still from time to time.
    """
    chance = random.Random(seed)
    log = Log()
    clocks = [_LateClock(chance, stalls) for _ in range(workers)]
    turns = LocalTurns(SystemClock())
    paces = [Pace(clock, turns) for clock in clocks]

    async def request(worker: int, pace: Pace, kind: Kind) -> None:
        for attempt in range(100):
            if pace.limited:
                await pace.space(kind, await pace.turn(kind))
            epoch = pace.epoch
            await anyio.sleep(chance.expovariate(1 / 0.001))
            refused = limiter(anyio.current_time()).ask(anyio.current_time(), kind)
            log.lines.append((anyio.current_time(), worker, kind, refused is None))
            await clocks[worker].sleep(chance.uniform(0.02, 0.08))

            if refused is None:
                pace.accepted(kind, epoch, anyio.current_time())
                return
            await pace.refused(kind, epoch, refused)
            await clocks[worker].sleep(
                refused + chance.random() * (min(0.5, refused) or 0.5 * 2.0 ** min(attempt, 5))
            )

    async def job(worker: int, pace: Pace, number: int) -> None:
        while True:
            await request(worker, pace, Kind.START)
            await clocks[worker].sleep(0.5)
            if number % 4 == 0:
                await request(worker, pace, Kind.POLL)

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as group:
            for number in range(clients):
                worker = number % workers
                group.start_soon(job, worker, paces[worker], number)
    return log
