"""The tasks that are waited for, and who waits for them: counts and times, no I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import anyio
import attrs

from a2e_async._tasks.status import End, Shown, fingerprint
from a2e_async.errors import A2EError
from a2e_async.hooks import HookSlot
from a2e_async.records import JSONObject

__all__ = ["Judge", "Waiter", "WaitingTask"]

Judge = Callable[[JSONObject], End]
"""Says whether a record is that of a task that has ended."""

# Lists and batches show new tasks late, so a task is lost only when it has been missing several times and
# for some seconds.
_MISSES_ALLOWED = 3  # replies without it
_MISSING_FOR = 10.0  # seconds
_MISSING_FOR_IF_NEW = 30.0  # seconds

# A record may say that the task is completed before it shows the output.
_OUTPUT_LATE_FOR = 45.0  # seconds after which the output is missing
_OUTPUT_GAPS = (1.0, 2.0, 4.0, 8.0)  # seconds to the next request for it; the last one repeats
_SETTLES_IN = 60.0  # seconds without a change, after which an output without a known status is the end
_LEAST_LOOKS = 3  # records that must agree, in both cases
_LONGEST_LOOK = 30.0  # seconds that count between two records: nothing was seen during an outage


@attrs.define(eq=False)
class Waiter:
    """A caller of `Poller`. It wakes when its tasks have ended, when one fails, or to lead.

    One that watches its tasks also wakes when one of them shows another status or progress.

    Attributes:
        open: the number of its tasks that have not ended.
        error: what the call raises.
        woken: what it sleeps on.
        news: if it watches its tasks, the records that it has not been given yet, by id.
        shown: what the last records showed that it was given, by id.
    """

    open: int
    error: A2EError | None = None
    woken: anyio.Event | None = None
    news: dict[str, JSONObject] | None = None
    shown: dict[str, Shown] | None = None

    @property
    def done(self) -> bool:
        return not self.open or self.error is not None or bool(self.news)

    def see(self, id: str, shown: Shown, record: JSONObject, *, ended: bool) -> bool:
        """Take a record of a task, if it watches it. Returns whether it is news."""
        if self.news is None or self.shown is None or (not ended and self.shown.get(id) == shown):
            return False
        self.shown[id] = shown
        self.news[id] = record
        return True


@attrs.define(eq=False)
class WaitingTask:
    """One task that is waited for. Times are seconds of the client's clock.

    Attributes:
        born: when it was accepted.
        asked: when it was last asked for; if never, when it was accepted.
        aged: whether its age is known, so that its duration can be learned from.
        judge: says whether a record is that of a task that has ended.
        alone: whether it is asked for by itself, because it spoils batches.
        again: when it must be asked for again, because its last record was inconclusive.
        misses: replies in a row that should hold it and do not.
        missing_since: the time of the first of these.
        looks: records in a row that were inconclusive.
        looked: when the last of these came.
        watched: seconds for which they have come.
        shown: what they show.
        record: its last record, once it has ended.
        followed: whether somebody wants to know when it shows another status or progress.
        told: what listeners were told that it shows.
        slot: receives the service's calls about it; None if there will be none.
        called: when such a call made it due.
        calls: how many of them did.
        deaf_until: until when no other call does.
        waiters: the calls that wait for it.
    """

    id: str
    born: float
    asked: float
    aged: bool
    judge: Judge
    alone: bool = False
    again: float = math.inf
    misses: int = 0
    missing_since: float = 0.0
    looks: int = 0
    looked: float = 0.0
    watched: float = 0.0
    shown: Sequence[str] = ()
    record: JSONObject | None = None
    followed: bool = False
    told: Shown | None = None
    slot: HookSlot | None = None
    called: float = math.inf
    calls: int = 0
    deaf_until: float = -math.inf
    waiters: tuple[Waiter, ...] = ()

    def count_miss(self, now: float) -> bool:
        """Count a reply that should hold the task and does not. Returns whether no more are allowed."""
        if not self.misses:
            self.missing_since = now

        self.misses += 1
        patience = _MISSING_FOR_IF_NEW if self.aged else _MISSING_FOR
        return self.misses >= _MISSES_ALLOWED and now - self.missing_since >= patience

    def lateness(self, sent: float, answered: float) -> float | None:
        """About how late a request notices its end, in seconds; None if nothing says when it has ended.

        Args:
            sent: when the request was sent.
            answered: when it was answered.
        """
        if self.asked <= self.called <= sent:
            return answered - self.called
        return answered - (self.asked + sent) / 2 if self.asked >= self.born else None

    def has_ended(self, record: JSONObject, now: float) -> bool:
        """Whether the task has ended, now that this record has come.

        A record that is inconclusive for long enough counts as the end: the output is missing, or its status
        is a word that is not known.
        """
        self.misses = 0
        end = self.judge(record)
        if end is End.DONE or end is End.FAILED:
            return True
        if end is End.RUNNING:
            self.looks, self.again = 0, math.inf
            return False
        return self._count_look(end, record, now)

    def _count_look(self, end: End, record: JSONObject, now: float) -> bool:
        """Count an inconclusive record. Returns whether no more are needed."""
        shown = () if end is End.WITHOUT_OUTPUT else fingerprint(record)
        if not self.looks or shown != self.shown:
            self.looks, self.watched, self.looked, self.shown = 0, 0.0, now, shown

        self.watched += min(_LONGEST_LOOK, now - self.looked)
        self.looked = now
        gap = _OUTPUT_GAPS[min(self.looks, len(_OUTPUT_GAPS) - 1)]
        self.looks += 1
        self.again = now + gap

        patience = _OUTPUT_LATE_FOR if end is End.WITHOUT_OUTPUT else _SETTLES_IN
        if self.looks >= _LEAST_LOOKS and self.watched >= patience:
            return True

        # The routes may differ: one shows the output earlier than the other.
        self.alone = not self.alone
        return False
