"""When to send the next request, and which tasks to ask for. No I/O, no clock of its own.

A request has a price, and so has every second that a finished task goes unnoticed. A request is due
when the expected late seconds reach its price. Durations seen so far say how many to expect: no
request is sent while no task can have finished, and several a second while many are finishing.

``docs/polling.md`` derives the formulas and shows what they cost.
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from a2e_async.policies import Lateness

__all__ = ["Cohort", "Schedule", "group_by_age"]

# The price of a request.
_PRICE = 0.15  # late seconds that a request is worth to a crowd, for a lateness of one second
_CROWD = 8  # waiting tasks from which a request is worth its full price
_PLACE_PRICE = 0.25  # a task's place in a request that is sent anyway, as a share of a place's full price

# A single task, as long as nothing is known.
_FIRST_LOOK = 2.0  # seconds from acceptance to the first request
_NORMAL_AGE = 60  # seconds; the age at which the mean lateness of a lone task is the user's lateness
_SAID_GAP = 0.25  # longest gap as a share of the task's age, where it is said that tasks take a moment
_SHORTEST_GAP = 0.35  # shortest gap between requests for a lone task, for a lateness of one second

# What the durations seen say.
_SEEN_KEPT = 512  # durations kept, the newest
_SEEN_ENOUGH = 8  # durations needed before the schedule relies on them
_EARLIEST = 20  # one duration in this many may be shorter than the one counted as the earliest
_TOO_YOUNG = 0.8  # share of the earliest duration, up to which a task is too young to have finished
_YOUNG_GAP = 0.25  # longest gap between requests for a task that is too young, as a share of the earliest

# The hazard.
_WINDOW = 0.06  # a duration seen counts for ages that differ from it by less than this share
_WINDOW_IF_FEW = 0.3  # the same with a single duration seen; divided by the square root of their number
_TAIL = 3  # windows past the longest duration seen, after which no task is expected to finish
_YOUNGEST = 0.01  # seconds; no task finishes sooner
_CELLS = 32.0  # cells per factor e of age; the density is computed once a cell
_FIRST_CELL = 1000.0  # the number of the cell of one second: large enough to keep all numbers positive
_REFRESH = 32  # cells are computed again when one duration in this many is new

# Durations unlike those seen.
_DOUBT_FADES = 4  # durations seen after which the doubt has fallen to a quarter
_NO_DOUBT = 0.01  # the doubt below which it is ignored
_UNFORESEEN = 0.1  # weight of the late seconds that tasks of unknown duration may cause
_QUICK = 4.0  # seconds added to a task's age: few tasks take less
_AGE_POWER = 1.5  # power of the age in that guess; it lets gaps grow with the square root of the age

_CALLED_POWER = 1.5  # power of the unheard share in that guess: calls are the better guess
_MOST_TRUST = 16  # how many times longer a gap may be because of webhooks

# The search for the next moment.
_SHORTEST_PAUSE = 0.02  # seconds between two requests
_STEPS = 24  # steps up to the moment when a task must be asked for
_NEARLY = 0.99  # share of the price at which the search ends

_SAME_AGE = 0.03  # tasks belong to one cohort while their ages differ by less than this share
_SAME_MOMENT = 0.02  # or by less than this many seconds


class Cohort(NamedTuple):
    """Waiting tasks of about the same age that were last asked for together.

    Attributes:
        born: when they were accepted, in seconds of the client's clock.
        asked: when they were last asked for; if never, when they were accepted.
        tasks: their number.
    """

    born: float
    asked: float
    tasks: int


class _Waiting(Protocol):
    """The two times of a waiting task, as in `Cohort`."""

    born: float
    asked: float


TaskT = TypeVar("TaskT", bound=_Waiting)


def group_by_age(tasks: Iterable[TaskT], now: float) -> list[tuple[Cohort, list[TaskT]]]:
    """Group waiting tasks into cohorts, so that a thousand tasks cost little more than one.

    Only neighbours are grouped; tasks that started together usually are neighbours.

    Args:
        tasks: at least one.
        now: seconds of the client's clock.

    Returns:
        Each cohort with its tasks, in the order given.
    """
    cohorts: list[tuple[Cohort, list[TaskT]]] = []
    members: list[TaskT] = []
    born, asked, tolerance = 0.0, 0.0, -1.0

    for task in tasks:
        if -tolerance <= task.born - born <= tolerance and -tolerance <= task.asked - asked <= tolerance:
            members.append(task)
            continue
        if members:
            cohorts.append((Cohort(born, asked, len(members)), members))
        born, asked, members = task.born, task.asked, [task]
        tolerance = _SAME_MOMENT + _SAME_AGE * (now - born)

    cohorts.append((Cohort(born, asked, len(members)), members))
    return cohorts


class Schedule:
    """Decides when one workflow's requests are sent.

    Args:
        lateness: how late the user wants a finished task to be noticed.
        batch: the number of tasks that one request can ask for.

    Attributes:
        unheard: the share of tasks whose end only polling can notice: 1 without webhooks.
        task_seconds: the seconds that tasks take, as the sandbox says; the service says nothing.
    """

    def __init__(self, lateness: Lateness, batch: int) -> None:
        self.lateness = lateness
        self.batch = batch
        self.unheard = 1.0
        self.task_seconds = math.inf
        self._newest: deque[float] = deque()
        self._seen: list[float] = []  # the same durations, sorted
        self._cells: dict[int, tuple[float, int]] = {}
        self._seen_since_refresh = 0

    def observe(self, duration: float) -> None:
        """Learn from a task that finished after about this many seconds."""
        self._newest.append(duration)
        bisect.insort(self._seen, duration)
        if len(self._newest) > _SEEN_KEPT:
            del self._seen[bisect.bisect_left(self._seen, self._newest.popleft())]

        self._seen_since_refresh += 1
        if self._seen_since_refresh * _REFRESH > len(self._seen):
            self._seen_since_refresh = 0
            self._cells.clear()

    def next_tick(self, cohorts: Sequence[Cohort], last_request: float, now: float) -> float:
        """Return the seconds from now until a request is due.

        Args:
            cohorts: all waiting tasks, oldest first; at least one.
            last_request: when tasks were last asked for; if never, when the oldest was accepted.
            now: seconds of the client's clock.
        """
        waiting = sum(cohort.tasks for cohort in cohorts)
        limit = min(self._latest_look(cohort, waiting) for cohort in cohorts) - now
        price = _price(self.lateness, waiting)

        # Late seconds gather from the last request on, not from now: a call that only looks again, because
        # a task was added, must come to the same moment. So the search starts in the past. It adds up the
        # expected late seconds in small steps until they pay for the requests that are needed, or until
        # some task must be asked for anyway.
        time = min(0.0, last_request - now)
        unseen = late = 0.0
        while time < limit:
            rate, ripe = self._finishing(cohorts, now + time + _SHORTEST_PAUSE)
            asked = ripe if len(self._seen) >= _SEEN_ENOUGH else waiting
            needed = price * max(1, math.ceil(asked / self.batch))
            rate *= self.unheard
            unforeseen = self.unheard**_CALLED_POWER * self._unforeseen(cohorts, now + time)

            step = _seconds_until(needed - late - unforeseen, unseen, rate)
            step = min(limit - time, max(_SHORTEST_PAUSE, min(step, limit / _STEPS)))
            late += (unseen + rate * step / 2) * step
            unseen += rate * step
            time += step
            if late + unforeseen >= _NEARLY * needed:
                break

        return max(_SHORTEST_PAUSE, min(time, limit))

    def joins(self, cohort: Cohort, waiting: int, now: float) -> bool:
        """Whether the cohort is worth its places in a request that is sent anyway."""
        if now >= self._latest_look(cohort, waiting):
            return True

        since = now - cohort.asked
        hazard = self.hazard(now - since / 2 - cohort.born, cohort.tasks)
        late = hazard * since * since / 2 + self._unforeseen([cohort], now) / cohort.tasks
        return self.unheard * late >= _PLACE_PRICE * _price(self.lateness, waiting) / self.batch

    def first_look(self) -> float:
        """Return the seconds from a task's acceptance until it must be asked for."""
        return self._latest_look(Cohort(0.0, 0.0, 1), 1)

    def hazard(self, age: float, waiting: int) -> float:
        """Return the chance per second that a task of this age finishes.

        Args:
            age: seconds since acceptance.
            waiting: the number of waiting tasks that are at least as old. They have reached this age too.
        """
        if age <= _YOUNGEST or not self._seen:
            return 0.0

        cell = int(math.log(age) * _CELLS + _FIRST_CELL)
        known = self._cells.get(cell)
        if known is None:
            middle = cell + 0.5 - _FIRST_CELL
            known = self._cells[cell] = self._density(math.exp(middle / _CELLS))

        density, longer = known
        return density / (longer + waiting) if density else 0.0

    def _latest_look(self, cohort: Cohort, waiting: int) -> float:
        """When the cohort must be asked for, whatever the others do."""
        asked_at = cohort.asked - cohort.born
        gap = _gap(self.lateness, asked_at, waiting)
        if self.task_seconds < _FIRST_LOOK:
            gap = min(gap, max(_SAID_GAP * max(self.task_seconds, asked_at), _SHORTEST_PAUSE))
            if asked_at <= 0:
                gap = self.task_seconds

        gap = min(self.lateness.longest, gap * self._trust(waiting))
        if len(self._seen) >= _SEEN_ENOUGH:
            # Tasks that are too young are still asked for, rarely: they may have become quicker.
            earliest = self._seen[len(self._seen) // _EARLIEST]
            gap = max(gap, min(_YOUNG_GAP * earliest, _TOO_YOUNG * earliest - asked_at))
        return cohort.asked + gap

    def _trust(self, waiting: int) -> float:
        """How much longer a gap may be because calls of the service are expected.

        A lone task cannot show that no call comes, so little is risked for it.
        """
        if self.unheard >= 1.0:
            return 1.0
        return 1.0 / max(self.unheard, 1.0 / min(_MOST_TRUST, 1 + waiting))

    def _finishing(self, cohorts: Sequence[Cohort], moment: float) -> tuple[float, int]:
        """How many tasks finish per second at a moment, and how many are of an age to finish."""
        rate = 0.0
        older = ripe = 0
        for born, _, count in cohorts:
            older += count
            hazard = self.hazard(moment - born, older)
            if hazard > 0:
                rate += hazard * count
                ripe += count
        return rate, ripe

    def _density(self, age: float) -> tuple[float, int]:
        """The durations seen: how many per second there are about this age, and how many are longer."""
        seen = self._seen
        longest = seen[-1]
        beyond = max(0.0, age - longest)

        # The fewer durations are known, the wider the window.
        window = (age - beyond) * max(_WINDOW, _WINDOW_IF_FEW / math.sqrt(len(seen)))
        low = bisect.bisect_left(seen, age - beyond - window)
        high = bisect.bisect_right(seen, age + window)
        if low == high or beyond > _TAIL * window:
            return 0.0, 0

        # Past the longest duration the density just before it goes on, fading within a few windows.
        reach = window + (beyond or min(window, longest - age))
        density = (high - low) / reach * math.exp(-beyond / window)
        return density, len(seen) - bisect.bisect_right(seen, age)

    def _unforeseen(self, cohorts: Sequence[Cohort], moment: float) -> float:
        """Late seconds to expect at a moment from tasks that finish at an age never seen."""
        doubt = 1.0 / (1 + len(self._seen) / _DOUBT_FADES) ** 2
        if doubt < _NO_DOUBT:
            return 0.0

        late = 0.0
        for born, asked, count in cohorts:
            since, age = moment - asked, moment - born
            if since > 0 and age >= _FIRST_LOOK:
                late += count * since**3 / (age + _QUICK) ** _AGE_POWER
        return _UNFORESEEN * doubt * late


def _price(lateness: Lateness, waiting: int) -> float:
    """Late seconds that one request is worth while this many tasks wait.

    Less for a few tasks than for a crowd, so that a lone task is noticed soon.
    """
    return _PRICE * lateness.seconds**2 * min(1.0, waiting / _CROWD)


def _gap(lateness: Lateness, asked_at: float, waiting: int) -> float:
    """Seconds after which a task must be asked for again, whatever is known.

    Args:
        lateness: how late the user wants a finished task to be noticed.
        asked_at: the task's age when it was last asked for, in seconds.
        waiting: all waiting tasks. In company the gap may be longer, because other requests include it.
    """
    if asked_at <= 0:
        return _FIRST_LOOK

    # At its end the gap d is in proportion to the square root of the age: d² = square * (asked_at + d).
    square = (2 * lateness.seconds) ** 2 / _NORMAL_AGE * min(_CROWD, waiting)
    gap = (square + math.sqrt(square * (square + 4 * asked_at))) / 2
    return min(lateness.longest, max(_SHORTEST_GAP * lateness.seconds, gap))


def _seconds_until(late: float, unseen: float, rate: float) -> float:
    """Seconds until this many late seconds have gathered.

    Args:
        late: late seconds.
        unseen: finished tasks that have not been noticed yet.
        rate: tasks that finish per second.
    """
    if rate > 0:
        return (math.sqrt(unseen * unseen + 2 * rate * max(0.0, late)) - unseen) / rate
    return late / unseen if unseen > 0 else math.inf
