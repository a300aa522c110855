"""When to ask for which waiting tasks. No I/O, no clock of its own.

A request has a price, and so has every second by which a finished task is noticed late. So a request
is due when the late seconds that have gathered, as far as can be expected, reach its price. How many
that are, the durations seen so far tell: while nothing can have finished there is nothing to gain,
and nobody is asked; while much finishes, a request is due every few tenths of a second.
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from a2e_async.policies import Lateness

__all__ = ["Cohort", "Schedule"]

_SHORTEST_PAUSE = 0.02
_FIRST_LOOK = 2.0  # seconds after acceptance, as long as nothing is known
_SHORTEST_GAP = 0.35  # between two questions for a lone task of which nothing is known; times the lateness
_CROWD = 8  # so many waiting tasks make a request worth its full price
_SEEN = 512
_FEW = 8  # durations seen that are not yet enough to go by
_BLUR = 0.06  # a duration seen speaks for those that differ from it by less than this factor
_CELLS = 32.0  # cells per factor e of age, in which the rate counts as the same
_STEPS = 24  # in which the time until a task must be asked for is gone through


class Cohort(NamedTuple):
    """Waiting tasks that can be thought of together.

    Attributes:
        born: when they were accepted (seconds of the client's clock), about.
        asked: when they were last asked for; when they were accepted, if never.
        tasks: how many.
    """

    born: float
    asked: float
    tasks: int


class Schedule:
    """The times of one workflow's requests.

    Args:
        lateness: the user's knob.
        batch: how many tasks one request can ask for.
    """

    def __init__(self, lateness: Lateness, batch: int) -> None:
        self.lateness = lateness
        self.batch = batch
        self._order: deque[float] = deque()
        self._seen: list[float] = []
        self._cells: dict[int, tuple[float, int]] = {}
        self._fresh = 0  # durations seen since the cells were emptied

    def observe(self, duration: float) -> None:
        """Learn from a task that finished after about that many seconds."""
        self._order.append(duration)
        bisect.insort(self._seen, duration)
        if len(self._order) > _SEEN:
            del self._seen[bisect.bisect_left(self._seen, self._order.popleft())]
        self._fresh += 1
        if self._fresh * 32 > len(self._seen):
            self._fresh = 0
            self._cells.clear()

    def next_tick(self, cohorts: Sequence[Cohort], swept: float, now: float) -> float:
        """Seconds from now until a request is due.

        Args:
            cohorts: all waiting tasks, oldest first; at least one.
            swept: when tasks were last asked for; when the oldest was accepted, if never.
            now: seconds of the client's clock.
        """
        waiting = sum(cohort.tasks for cohort in cohorts)
        limit = min(self._due(cohort, waiting) for cohort in cohorts) - now
        price = _price(self.lateness, waiting)
        # From the last request on: how many have finished unseen, and how late they are in all.
        time = min(0.0, swept - now)
        unseen = late = 0.0
        while time < limit:
            rate, ripe = self._rate(cohorts, now + time + _SHORTEST_PAUSE)
            asked = ripe if len(self._seen) >= _FEW else waiting
            needed = price * max(1, math.ceil(asked / self.batch))
            guessed = self._guessed(cohorts, now + time)
            step = _seconds_until(needed - late - guessed, unseen, rate)
            step = min(limit - time, max(_SHORTEST_PAUSE, min(step, limit / _STEPS)))
            late += (unseen + rate * step / 2) * step
            unseen += rate * step
            time += step
            if late + guessed >= 0.99 * needed:
                break
        return max(_SHORTEST_PAUSE, min(time, limit))

    def joins(self, cohort: Cohort, waiting: int, now: float) -> bool:
        """Whether the cohort is worth its places in a request that is sent anyway."""
        if now >= self._due(cohort, waiting):
            return True
        since = now - cohort.asked
        hazard = self._hazard(now - since / 2 - cohort.born, cohort.tasks)
        late = hazard * since * since / 2 + self._guessed([cohort], now) / cohort.tasks
        return late >= 0.25 * _price(self.lateness, waiting) / self.batch

    def first_look(self) -> float:
        """Seconds for which a new task can be left alone."""
        return self._due(Cohort(0.0, 0.0, 1), 1)

    def _due(self, cohort: Cohort, waiting: int) -> float:
        """When the cohort must be asked for, whatever the others do."""
        asked_at = cohort.asked - cohort.born
        gap = _gap(self.lateness, asked_at, waiting)
        if len(self._seen) >= _FEW:
            # Too young to have finished, as far as is known; look seldom, in case that changed.
            earliest = self._seen[len(self._seen) // 20]
            gap = max(gap, min(0.25 * earliest, 0.8 * earliest - asked_at))
        return cohort.asked + gap

    def _rate(self, cohorts: Sequence[Cohort], moment: float) -> tuple[float, int]:
        """Tasks that finish per second at a moment, and how many are of an age to finish."""
        rate = 0.0
        older = ripe = 0
        for born, _, count in cohorts:
            older += count
            hazard = self._hazard(moment - born, older)
            if hazard > 0:
                rate += hazard * count
                ripe += count
        return rate, ripe

    def _hazard(self, age: float, waiting: int) -> float:
        """Tasks that finish per second, for each one that reaches that age.

        Args:
            age: seconds since acceptance.
            waiting: how many wait that are at least as old; they too have survived that age.
        """
        if age <= 0.01 or not self._seen:
            return 0.0
        cell = int(math.log(age) * _CELLS + 1000.0)
        known = self._cells.get(cell)
        if known is None:
            known = self._cells[cell] = self._density(math.exp((cell - 999.5) / _CELLS))
        density, longer = known
        return density / (longer + waiting) if density else 0.0

    def _density(self, age: float) -> tuple[float, int]:
        """Of the durations seen: how many there are per second about that age, and how many are longer."""
        seen = self._seen
        longest = seen[-1]
        beyond = max(0.0, age - longest)
        # With little to go by, each speaks for a wider range.
        window = (age - beyond) * max(_BLUR, 0.3 / math.sqrt(len(seen)))
        low = bisect.bisect_left(seen, age - beyond - window)
        high = bisect.bisect_right(seen, age + window)
        if low == high or beyond > 3 * window:
            return 0.0, 0
        # Past the longest duration seen it goes on as it was just before it, but not for long.
        reach = window + (beyond or min(window, longest - age))
        density = (high - low) / reach * math.exp(-beyond / window)
        return density, len(seen) - bisect.bisect_right(seen, age)

    def _guessed(self, cohorts: Sequence[Cohort], moment: float) -> float:
        """Late seconds to be expected although no such durations were ever seen.

        Tasks of one kind may begin to finish at any age, and then go on for a time that is in proportion
        to it. A gap of d that holds the beginning costs each of them up to d² / 2 over that time, and it
        is the likelier to hold it the longer it is. So the sum grows with d³. The power of the age below
        it lets gaps grow with the square root of the age, as a lone task's do. The more durations are
        known, the less new ones are to be expected.
        """
        doubt = 1.0 / (1 + len(self._seen) / 4) ** 2
        if doubt < 0.01:
            return 0.0
        late = 0.0
        for born, asked, count in cohorts:
            since, age = moment - asked, moment - born
            if since > 0 and age >= _FIRST_LOOK:
                # Four seconds more: few tasks take less than that.
                late += count * since**3 / (age + 4.0) ** 1.5
        return 0.1 * doubt * late


def _price(lateness: Lateness, waiting: int) -> float:
    """Late seconds that one request is worth, when that many tasks wait.

    Fewer than a crowd hold it cheaper: nobody who waits alone should wait long for that.
    """
    return 0.15 * lateness.seconds**2 * min(1.0, waiting / _CROWD)


def _gap(lateness: Lateness, asked_at: float, waiting: int) -> float:
    """Seconds until a task must be asked for again, whatever is known.

    Args:
        lateness: the user's knob.
        asked_at: its age when it was last asked for, in seconds.
        waiting: how many tasks wait in all; in company it is asked for with others anyway.
    """
    if asked_at <= 0:
        return _FIRST_LOOK
    # The gap d is growth * sqrt(age) at its own end: d² = growth² (asked_at + d).
    square = (2 * lateness.seconds) ** 2 / 60 * min(_CROWD, waiting)
    gap = (square + math.sqrt(square * (square + 4 * asked_at))) / 2
    return min(lateness.longest, max(_SHORTEST_GAP * lateness.seconds, gap))


def _seconds_until(late: float, unseen: float, rate: float) -> float:
    """Seconds until that many late seconds have gathered.

    Args:
        late: how many.
        unseen: tasks that have finished and were not noticed yet.
        rate: how many more finish per second.
    """
    if rate > 0:
        return (math.sqrt(unseen * unseen + 2 * rate * max(0.0, late)) - unseen) / rate
    return late / unseen if unseen > 0 else math.inf
