"""When to ask for which waiting tasks. No I/O, no clock of its own.

A request has a price, and so has every second by which a finished task is noticed late. Waiting
``d`` seconds between two questions costs, for a task that ends at the rate ``h``, about
``h * d² / 2`` late seconds. So a request is due when the late seconds that it is expected to save
reach its price; and a task joins it when its own share does. The rate comes from the durations
seen so far: while nothing can have finished there is nothing to save, and nobody is asked.
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Iterable, Sequence

import attrs

from a2e_async.errors import ConfigurationError

__all__ = ["FIRST_LOOK", "Cohort", "Lateness", "Schedule"]

_SEEN = 512
FIRST_LOOK = 0.25  # seconds after acceptance; before that nothing is asked for
_SHARPNESS = 0.06  # width of the window in which durations are counted, as a share of the age


@attrs.frozen
class Lateness:
    """How late a finished task may be noticed: the one knob of polling.

    A lone task is asked for so often that it is noticed within ``share`` of its age, but never more
    often than ``floor`` allows. Many tasks that wait together share their requests, and are noticed
    sooner: a request is sent whenever it is expected to save ``price`` seconds of lateness in all.

    Attributes:
        share: of the age of a task, from 0 to 1.
        floor: seconds; no lone task is asked for more often than every two of these.
        ceiling: seconds; no task is left alone for longer than two of these.
        price: late seconds that one request is worth.
    """

    share: float = 0.025
    floor: float = 0.25
    ceiling: float = 15.0
    price: float = 0.6

    def __attrs_post_init__(self) -> None:
        """Refuse what would poll without pause or never."""
        if not 0 < self.share <= 1:
            raise ConfigurationError(f"Lateness.share: {self.share} is not above 0 and at most 1")
        for name in ("floor", "ceiling", "price"):
            value = getattr(self, name)
            if not 0.01 <= value < math.inf:
                raise ConfigurationError(f"Lateness.{name}: {value} is not a number from 0.01 up")

    def longest_gap(self, age: float) -> float:
        """Seconds that may pass between two questions for a task of that age."""
        return min(2 * self.ceiling, 2 * max(self.floor, self.share * age))


@attrs.frozen
class Cohort:
    """Waiting tasks that can be thought of together.

    Attributes:
        born: when they were accepted (seconds of the client's clock), about.
        asked: when they were last asked for.
        count: how many.
    """

    born: float
    asked: float
    count: int


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
        self._sorted: list[float] = []

    def observe(self, duration: float) -> None:
        """Learn from a task that finished after about that many seconds."""
        self._order.append(duration)
        bisect.insort(self._sorted, duration)
        if len(self._order) > _SEEN:
            oldest = self._order.popleft()
            del self._sorted[bisect.bisect_left(self._sorted, oldest)]

    def hazard(self, age: float, at_risk: int) -> float:
        """Tasks that finish per second, for each task of that age that still waits.

        Args:
            age: seconds since acceptance.
            at_risk: how many wait at about that age now; they have survived it.
        """
        window = max(0.05, _SHARPNESS * age)
        seen = self._sorted
        low = bisect.bisect_left(seen, age - window)
        high = bisect.bisect_right(seen, age + window)
        # Past the longest duration seen only the half of the window behind us can hold anything.
        reach = window + min(window, max(0.0, (seen[-1] if seen else 0.0) - age))
        survivors = len(seen) - low + at_risk
        return (high - low) / (reach * survivors) if high > low else 0.0

    def benefit(self, cohort: Cohort, now: float) -> float:
        """Late seconds that asking for the cohort now is expected to save."""
        since = now - cohort.asked
        if since <= 0:
            return 0.0
        age = max(now - cohort.born, FIRST_LOOK)
        known = self.hazard(age - since / 2, cohort.count) * cohort.count * since * since / 2
        return max(known, self._unknown(age, since, cohort.count))

    def _unknown(self, age: float, since: float, count: int) -> float:
        """The same for durations never seen: they may be of any size, each as likely.

        The more durations are known, the less a new size is to be expected.
        """
        doubt = 1.0 / (1 + len(self._sorted) / 4)
        return doubt * count * since**3 / (28 * age * age)

    def overdue(self, cohort: Cohort, now: float) -> bool:
        """Whether the cohort has not been asked for as long as the user's knob allows."""
        age = now - cohort.born
        gap = self.lateness.longest_gap(age)
        if self._sorted and len(self._sorted) >= 8 and age < 0.8 * self._sorted[0]:
            # Too young to have finished, as far as is known; look seldom, in case that changed.
            gap = max(gap, 0.25 * self._sorted[0])
        return now - cohort.asked >= gap

    def due(self, cohorts: Iterable[Cohort], now: float) -> bool:
        """Whether a request should be sent now."""
        total = 0.0
        for cohort in cohorts:
            if self.overdue(cohort, now):
                return True
            total += self.benefit(cohort, now)
            if total >= self.lateness.price:
                return True
        return False

    def next_tick(self, cohorts: Sequence[Cohort], now: float) -> float:
        """Seconds from now until a request is due."""
        low, high = 0.0, 0.02
        while high < 60.0 and not self.due(cohorts, now + high):
            low, high = high, high * 1.5
        for _ in range(4):
            middle = (low + high) / 2
            if self.due(cohorts, now + middle):
                high = middle
            else:
                low = middle
        return high

    def joins(self, cohort: Cohort, now: float) -> bool:
        """Whether the cohort is worth its places in a request that is sent anyway."""
        share = self.lateness.price / self.batch
        return self.overdue(cohort, now) or self.benefit(cohort, now) >= 0.5 * share * cohort.count
