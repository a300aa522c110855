"""The pace of an account, which several workers share through their database.

A row for each limit holds its estimate and the next free moment. A worker books a few turns at a time, and
each booking shows it what the other workers have met. The clock is the database's.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import attrs

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.kept_connection import KeptConnection
from a2e_async._transport.aimd import Limit, after_refusal, first_limit
from a2e_async._transport.pace import Pace
from a2e_async._transport.turns import IDLE, AdaptiveTurns, FixedRate, RecentlyAccepted, Turns, spacing_of
from a2e_async.clock import Clock

__all__ = ["AccountPace"]

logger = logging.getLogger("a2e_async")

T = TypeVar("T")
Row = Mapping[str, Any]

_AT_ONCE = 0.1  # seconds of turns that are booked at once, at most
_AHEAD = 0.5  # seconds that turns are booked ahead by all workers; from there each books one at a time
_SEEN_FOR = 1.0  # seconds until a worker looks what the others have met
_AWAY_FOR = 5.0  # seconds until a database that was away is asked again
_SLOW = 1.0  # seconds that an answer takes at most, unless a clock was set
_DRIFT = 0.0001  # seconds that the clocks may move apart from one answer to the next
_ALONE = 4.0  # how much slower a worker is without its database: the others go on as well

_LOOK = "SELECT *, extract(epoch FROM clock_timestamp())::float8 AS now FROM a2e_pace"
_BOOK = """
WITH moment AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS now),
free AS (
    SELECT lane, now, greatest(next, held_until, now + %(delay)s) AS first
    FROM a2e_pace, moment WHERE lane = %(lane)s FOR UPDATE OF a2e_pace
),
turns AS (
    SELECT *, least(%(wanted)s, greatest(1, floor((%(ahead)s - (first - now)) / %(gap)s))) AS count FROM free
)
UPDATE a2e_pace SET
    next = first + count * %(gap)s,
    busy = busy + CASE WHEN next > now - %(idle)s THEN count * %(gap)s ELSE 0 END,
    waited_at = CASE WHEN next > now - %(idle)s THEN now ELSE waited_at END,
    accepted = accepted + %(accepted)s,
    in_row = CASE WHEN epoch = %(epoch)s AND %(accepted)s > 0 THEN 0 ELSE in_row END,
    pauses = CASE WHEN epoch = %(epoch)s AND %(accepted)s > 0 THEN 0 ELSE pauses END
FROM turns WHERE a2e_pace.lane = turns.lane
RETURNING a2e_pace.*, now, first, count
"""
_COUNT = """
UPDATE a2e_pace SET
    refused = refused + CASE WHEN epoch = %(epoch)s THEN 1 ELSE 0 END,
    in_row = in_row + CASE WHEN epoch = %(epoch)s THEN 1 ELSE 0 END,
    held_until = greatest(held_until, extract(epoch FROM clock_timestamp()) + %(hold)s)
WHERE lane = %(lane)s
RETURNING *, extract(epoch FROM clock_timestamp())::float8 AS now
"""
_SLOW_DOWN = """
UPDATE a2e_pace SET
    epoch = epoch + 1, low = %(low)s, plateau = %(plateau)s, busy = %(busy)s, held = %(held)s,
    accepted = %(accepted)s, refused = %(refused)s, in_row = 0, pauses = %(pauses)s,
    costs = %(costs)s,
    best = %(best)s, counted = %(counted)s, counted_for = %(counted_for)s,
    cut_at = CASE WHEN %(cut)s THEN extract(epoch FROM clock_timestamp()) ELSE cut_at END,
    next = greatest(next, extract(epoch FROM clock_timestamp()) + %(gap)s),
    held_until = greatest(held_until, extract(epoch FROM clock_timestamp()) + %(hold)s)
WHERE lane = %(lane)s AND epoch = %(epoch)s
RETURNING *, extract(epoch FROM clock_timestamp())::float8 AS now
"""
_RELEASE = """
UPDATE a2e_pace SET low = NULL, epoch = epoch + 1 WHERE lane = %(lane)s AND epoch = %(epoch)s
RETURNING *, extract(epoch FROM clock_timestamp())::float8 AS now
"""


class AccountPace:
    """The pace of an account.

    Args:
        url: the database.
        clock: the client's clock.

    Attributes:
        statements: how many were sent.
    """

    def __init__(self, url: DatabaseURL, clock: Clock) -> None:
        self.statements = 0
        self._url = url
        self._clock = clock
        self._requests = _SharedTurns(self, clock, "requests")
        self._thread = anyio.CapacityLimiter(1)
        # What is lost with the database in a crash is not worth a write to disk.
        self._connection = KeptConnection(url, lambda made: made.execute("SET synchronous_commit = off"))
        self._asked_at = float("-inf")
        self._offset: float | None = None
        self._away_until = float("-inf")

    @asynccontextmanager
    async def shared_by(self, pace: Pace) -> AsyncIterator[None]:
        """Let a client's requests take the account's turns while the block runs."""
        try:
            with pace.sharing(self._requests):
                yield
        finally:
            with anyio.CancelScope(shield=True), suppress(Exception):
                await anyio.to_thread.run_sync(self._connection.close, limiter=self._thread)

    def start_turns(self, rate: float) -> Turns:
        """The turns of all workers' starts, at most this many a second."""
        return _StartTurns(self, self._clock, rate)

    @property
    def is_fresh(self) -> bool:
        """Whether it was seen just now what the other workers have met, as far as that is possible."""
        now = self._clock.now()
        return now - self._asked_at < _SEEN_FOR or now < self._away_until

    async def look(self) -> None:
        """See what the other workers have met."""
        for row in await self.ask(_LOOK, {}) or ():
            self.notice(row)

    def notice(self, row: Row) -> None:
        """Take over what a row of the table ``a2e_pace`` says, with the database's time as ``now``."""
        if row["lane"] == self._requests.lane:
            self._requests.notice(row)

    async def ask(self, statement: str, values: Mapping[str, Any]) -> Sequence[Row] | None:
        """Execute a statement, which is committed by itself. Returns None if the database is away."""
        if self._clock.now() < self._away_until:
            return None

        try:
            rows = await anyio.to_thread.run_sync(
                self._ask, statement, values, limiter=self._thread, abandon_on_cancel=True
            )
        except Exception as error:  # pace is no reason to stop: whoever writes to the journal will report it
            logger.debug("pace: %s: %s", type(error).__name__, error)
            self._away_until = self._clock.now() + _AWAY_FOR
            return None

        self._asked_at = self._clock.now()
        self._set_offset(rows)
        return rows

    def _set_offset(self, rows: Sequence[Row]) -> None:
        """Learn the time from the database's clock to the client's, by the quickest answers."""
        for row in rows:
            offset = self._clock.now() - row["now"]
            if self._offset is None or not self._offset < offset < self._offset + _SLOW:
                self._offset = offset
            else:
                self._offset += _DRIFT

    def here(self, moment: float) -> float:
        """A moment of the database's clock, in seconds of the client's."""
        return moment + (self._offset or 0.0)

    def _ask(self, statement: str, values: Mapping[str, Any]) -> Sequence[Row]:
        self.statements += 1
        with self._connection.used() as connection:
            return connection.execute(statement.encode(), values or None).fetchall()


class _SharedTurns(AdaptiveTurns):
    """The turns of one limit of the account."""

    def __init__(self, account: AccountPace, clock: Clock, lane: str) -> None:
        self.lane = lane
        self._account = account
        self._clock = clock
        self._limit: Limit | None = None
        self._epoch = 0
        self._held_until = 0.0
        self._waited_at = 0.0
        self._recent = RecentlyAccepted()
        self._accepted = 0  # since the last booking
        self._next = 0.0  # while the database is away

    @property
    def limited(self) -> bool:
        return self._limit is not None or not self._account.is_fresh or self._clock.now() < self._held_until

    @property
    def epoch(self) -> int:
        return self._epoch

    @property
    def spacing(self) -> float:
        return spacing_of(self._limit)

    @property
    def held_until(self) -> float:
        return self._held_until

    async def book(self, wanted: int, earliest: float) -> Sequence[float]:
        if self._limit is None and not self._account.is_fresh:
            await self._account.look()
        now, limit = self._clock.now(), self._limit
        if limit is None:
            return [max(now, self._held_until)]
        if limit.is_forgotten(self._waited_at, now):
            await self._release()
            return [now]

        gap, accepted, self._accepted = 1.0 / limit.rate, self._accepted, 0
        row = await _book(self._account, self.lane, wanted, gap, 0.0, self._epoch, accepted)
        if row is None:
            moment = max(self._next, self._clock.now())
            self._next = moment + gap * _ALONE
            return [moment]

        self.notice(row)
        return _moments(row, gap, self._account)

    def accepted(self, epoch: int, now: float) -> None:
        if self._limit is None:
            self._recent.add(now)
        else:
            self._accepted += 1
            self._limit.count_accepted(epoch)

    async def refused(self, epoch: int, hold: float) -> None:
        now = self._clock.now()
        limit = self._limit
        if epoch != self._epoch:
            await self._count(epoch, hold)
            return

        if limit is None:
            new = first_limit(self._recent.since(now), now, epoch + 1, hold)
            cut = True
        else:
            new, hold = after_refusal(limit, now, hold, max(0.0, self._held_until - now))
            cut = new.cut_at == now
            if new.epoch == limit.epoch:
                self._limit = new
                await self._count(epoch, hold)
                return

        values = attrs.asdict(new) | {"cut": cut, "gap": 1.0 / new.rate, "hold": hold}
        values |= {"lane": self.lane, "epoch": epoch}
        # Until the database has answered, and if it is away, this worker slows down by itself.
        self._limit, self._epoch = new, epoch + 1
        self._held_until = max(self._held_until, now + hold)
        rows = await self._account.ask(_SLOW_DOWN, values)
        if rows:
            self._notice_all(rows)
        elif rows is not None:
            await self._count(epoch, hold)  # another worker was faster

    async def _count(self, epoch: int, hold: float) -> None:
        """Count a refusal that changes nothing but the next estimate."""
        values = {"lane": self.lane, "epoch": epoch, "hold": hold}
        self._notice_all(await self._account.ask(_COUNT, values))

    async def _release(self) -> None:
        values = {"lane": self.lane, "epoch": self._epoch}
        self._limit = None
        self._notice_all(await self._account.ask(_RELEASE, values))

    def notice(self, row: Row) -> None:
        """Take over what the row of this limit says."""
        self._epoch = row["epoch"]
        self._held_until = max(0.0, self._account.here(row["held_until"]))
        self._waited_at = self._account.here(row["waited_at"])
        if row["low"] is None:
            self._limit = None
            return

        names = [field.name for field in attrs.fields(Limit)]
        self._limit = Limit(**{name: row[name] for name in names})
        self._limit.cut_at = self._account.here(self._limit.cut_at)
        self._limit.accepted += self._accepted

    def _notice_all(self, rows: Sequence[Row] | None) -> None:
        for row in rows or ():
            self.notice(row)


class _StartTurns(FixedRate):
    """The turns of all workers' starts at a fixed rate."""

    def __init__(self, account: AccountPace, clock: Clock, rate: float) -> None:
        super().__init__(rate)
        self._account = account
        self._clock = clock

    async def book(self, wanted: int, earliest: float) -> Sequence[float]:
        while True:
            delay = max(0.0, earliest - self._clock.now())
            row = await _book(self._account, "start_rate", wanted, self.spacing, delay)
            if row is not None:
                return _moments(row, self.spacing, self._account)
            # Nothing can be started anyway: a start is written down first.
            await self._clock.sleep(1.0)


async def _book(
    account: AccountPace,
    lane: str,
    wanted: int,
    gap: float,
    delay: float,
    epoch: int = 0,
    accepted: int = 0,
) -> Row | None:
    values = {
        "lane": lane,
        "wanted": max(1, min(wanted, int(_AT_ONCE / gap))),
        "gap": gap,
        "delay": delay,
        "idle": IDLE,
        "ahead": _AHEAD,
        "epoch": epoch,
        "accepted": accepted,
    }
    rows = await account.ask(_BOOK, values)
    return rows[0] if rows else None


def _moments(row: Row, gap: float, account: AccountPace) -> Sequence[float]:
    first = account.here(row["first"])
    return [first + number * gap for number in range(int(row["count"]))]
