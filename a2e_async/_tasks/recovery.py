"""Find the task of a start whose answer was lost, in its workflow's list.

If the start takes a name, a marker in the name proves which start made a task. If it takes none, a
task belongs to the start if it was made after the start was sent, is claimed by no other job, and
echoes every input. A search that can neither prove nor rule out a task stays undecided.
"""

from __future__ import annotations

import enum
import logging
import math
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import anyio
import attrs

from a2e_async._tasks.list_pages import ListPages
from a2e_async._tasks.list_readings import HasAll, Listed, Reading, read_list
from a2e_async._tasks.marked_names import CUT_MARKER, is_marked, lost_its_name, name_of
from a2e_async._tasks.search_pauses import SearchPauses
from a2e_async._tasks.service_time import SKEW, Dated, ServiceTime
from a2e_async.clock import Clock
from a2e_async.errors import APIError, RequestTimeout, UnexpectedReply
from a2e_async.failures import Failure, classify, is_permanent_here
from a2e_async.markers import has_marker, marker_key
from a2e_async.records import JSONObject, task_id_of

__all__ = ["Finder", "LostStart"]

logger = logging.getLogger("a2e_async")

_EARLIER_SKEW = 14 * 3600.0  # seconds by which the clock of an earlier process may have been wrong
_UNREADABLE_FOR = 600.0  # seconds past the window for which an unreadable list is read again
_HOPELESS_AFTER = 30.0  # seconds after which a list that answers with final errors is given up
_STRAGGLING_FOR = 10.0  # seconds without a new task of a start, after which no more are expected
_CLAIMS_KEPT = 100_000
_COUNT_FIELDS = ("max_images", "number_of_images", "n")  # inputs that ask for several tasks
_NOT_ECHOED = frozenset({"webhook_url", "webhook_token"})


Known = Callable[[Collection[str]], Awaitable[Collection[str]]]


@attrs.frozen(eq=False)
class LostStart:
    """A start whose outcome is not known.

    Attributes:
        body: the body that was sent.
        marker: the text in the name of its tasks; None if they carry none.
        sent: when it was sent, in seconds of the client's clock.
        service_time: the service's time then, as far as it was known.
        wall: this machine's wall clock then, None if an earlier process sent it.
    """

    body: Mapping[str, Any]
    marker: str | None
    sent: float
    service_time: float | None = None
    wall: float | None = None

    @property
    def expected(self) -> int:
        """The number of tasks that it asked for."""
        counts = [self.body.get(key) for key in _COUNT_FIELDS]
        return max([1, *(count for count in counts if isinstance(count, int))])


class _Match(enum.Enum):
    """Whether a record's inputs are those of a start."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


@attrs.frozen(eq=False)
class _Shared:
    """A reading that several searches use.

    Attributes:
        number: counts the readings.
        thorough: whether it can prove that a task is not in the list.
        reading: the reading.
        names: the names of its tasks in lower case, a line each.
    """

    number: int
    thorough: bool
    reading: Reading
    names: str


class Finder:
    """Searches one workflow's list for lost starts. Searches at the same time share their readings.

    Args:
        pages: the list, newest first.
        clock: measures the pauses.
        dated: returns the last Date of the service.
    """

    def __init__(self, pages: ListPages, clock: Clock, dated: Dated = lambda: None) -> None:
        self._pages = pages
        self._clock = clock
        self._time = ServiceTime(clock, dated)
        self._pauses = SearchPauses(clock)

        # The searches that go on, and the reading that they share.
        self._searches: list[LostStart] = []
        self._reading = anyio.Lock()
        self._begun = 0
        self._last: _Shared | None = None

        # What answered starts have shown: whose tasks they are, and which inputs the service echoes.
        self._claimed: dict[str, None] = {}
        self._echoed: set[str] = set()
        self._changed_in_echo: set[str] = set()

    @property
    def idle(self) -> bool:
        """Whether no search is going on."""
        return not self._searches

    def sending(self, body: Mapping[str, Any], marker: str | None) -> LostStart:
        """Note what is needed to find a start that is sent now, if its answer is lost."""
        now, offset = self._clock.now(), self._time.offset()
        return LostStart(body, marker, now, None if offset is None else now + offset, time.time())

    def remember(self, body: Mapping[str, Any], records: Sequence[JSONObject]) -> None:
        """Claim the tasks of an answered start, and learn from them.

        Their records show the server's time, and which inputs the family echoes unchanged.
        """
        self.claim(task_id for record in records if (task_id := task_id_of(record)))

        # A start that continues an older task shows when that one was made.
        sent = {value for value in body.values() if isinstance(value, str)}
        self._time.learn([record for record in records if task_id_of(record) not in sent])

        for record in records:
            for key, value in body.items():
                if key in record:
                    (self._echoed if record[key] == value else self._changed_in_echo).add(key)

    def claim(self, task_ids: Iterable[str]) -> None:
        """Exclude tasks that belong to other starts from all searches."""
        self._claimed.update(dict.fromkeys(task_ids))
        while len(self._claimed) > _CLAIMS_KEPT:
            del self._claimed[next(iter(self._claimed))]

    def is_claimed(self, task_id: str | None) -> bool:
        """Whether a task is known to belong to a start that was answered before."""
        return task_id in self._claimed

    def _is_open(self, task_id: str | None) -> TypeGuard[str]:
        return task_id is not None and task_id not in self._claimed

    async def find(
        self, lost: LostStart, *, until: float, known: Known | None = None
    ) -> Sequence[JSONObject] | None:
        """Search for the tasks of a lost start, until they are found or the time is up.

        Args:
            lost: the start.
            until: when to stop, in seconds of the client's clock.
            known: says which of some tasks belong to other starts, beside those claimed here.

        Returns:
            Their records; empty if the start has made no task; None if that cannot be decided.

        Raises:
            ConnectionFailed: the list cannot be reached from this machine, and that will not pass.
        """
        self._searches.append(lost)
        try:
            readings, count, count_since = 0, 0, 0.0
            hopeless_since, end = math.inf, until + _UNREADABLE_FOR
            if self._pauses.ailing:
                await self._pauses.sleep(readings, until, end)

            while True:
                asked = self._clock.now()
                due = asked >= until
                shared = await self._read(thorough=due)
                reading = shared.reading
                readings += 1
                if known is not None and (lost.marker is None or shared.thorough):
                    self.claim(await known([task.id for task in reading.tasks if self._is_open(task.id)]))
                found, certain = self._matches(lost, shared)

                # The tasks of one start may show up one after the other, and fewer than were asked for.
                if len(found) != count:
                    count, count_since = len(found), asked
                settled = count >= lost.expected or asked - count_since >= _STRAGGLING_FOR
                if found and certain and (settled or (due and reading.error is None)):
                    return found
                if reading.error is not None and is_permanent_here(reading.error):
                    raise reading.error

                # No such list, or not the API's host? It may also be a page of maintenance.
                hopeless_since = min(hopeless_since, asked) if _is_hopeless(reading.error) else math.inf
                if asked - hopeless_since >= _HOPELESS_AFTER:
                    return None

                # A reading that was not whole is repeated, also after the time is up.
                if due and (reading.whole or reading.blocked):
                    return found if certain and reading.whole else None
                if asked >= end:
                    return found if found and certain else None
                await self._pauses.sleep(readings, until, end)
        finally:
            self._searches.remove(lost)
            if not self._searches:
                self._pauses.forget()

    def _matches(self, lost: LostStart, shared: _Shared) -> tuple[Sequence[JSONObject], bool]:
        """The records of the lost start, and whether these are certainly all."""
        if lost.marker is None:
            return self._matches_by_inputs(lost, shared.reading.tasks)
        return self._matches_by_marker(lost, lost.marker, shared)

    def _matches_by_marker(
        self, lost: LostStart, marker: str, shared: _Shared
    ) -> tuple[Sequence[JSONObject], bool]:
        tasks = shared.reading.tasks
        if marker_key(marker)[:CUT_MARKER] in shared.names:
            found = [task.raw for task in tasks if is_marked(task.raw, marker, lost.body.get("name"))]
            if found:
                return found, True

        # The marker proves that a task is there, but not that it is missing: a service that cuts names, or
        # leaves them out, may have made it all the same.
        if not shared.thorough:
            return [], True
        _, earliest = self._made_after(lost)
        nameless = {key: value for key, value in lost.body.items() if key != "name"}
        doubtful = any(
            (task.created is None or task.created >= earliest)
            and task.id not in self._claimed
            and lost_its_name(task.raw, lost.body.get("name"))
            and self._compare(nameless, task.raw) is _Match.YES
            for task in tasks
        )
        return [], not doubtful

    def _matches_by_inputs(
        self, lost: LostStart, tasks: Iterable[Listed]
    ) -> tuple[Sequence[JSONObject], bool]:
        surely_after, maybe_after = self._made_after(lost)
        matches: list[JSONObject] = []
        certain = True

        for task in tasks:
            created = task.created
            if task.id in self._claimed or (created is not None and created < maybe_after):
                continue

            match = self._compare(lost.body, task.raw)
            if match is _Match.YES and created is not None and created >= surely_after:
                matches.append(task.raw)
            elif match is not _Match.NO:
                certain = False

        if len(matches) > lost.expected:
            return [], False
        # A proved match is enough: doubts about other records do not matter then.
        return matches, certain or bool(matches)

    def _compare(self, body: Mapping[str, Any], record: JSONObject) -> _Match:
        """Compare a record's inputs with those of a start.

        A difference proves something only if the family is known to echo that input unchanged.
        """
        compared = [key for key in body if key not in _NOT_ECHOED]
        reliable = self._echoed - self._changed_in_echo
        if any(key in reliable and key in record and record[key] != body[key] for key in compared):
            return _Match.NO

        if compared and all(key in record and record[key] == body[key] for key in compared):
            return _Match.YES
        return _Match.MAYBE

    # Which tasks may belong to a start is a question of the service's time. This machine's wall clock may be
    # wrong by hours, so it excludes no task; where the service has not shown its time, it is good enough to
    # accept one whose inputs are equal. A machine that sleeps stops the client's clock: what has been
    # learned since then would place the start too late, so the earliest estimate excludes.

    def _made_after(self, lost: LostStart) -> tuple[float, float]:
        """The service's times after which a task surely, and after which it may, belong to a start."""
        offset = self._time.offset()
        if offset is None and lost.service_time is None:
            return lost.sent + self._time.own_guess() - SKEW, -math.inf

        estimates = [] if offset is None else [lost.sent + offset]
        if lost.service_time is not None:
            estimates.append(lost.service_time)
        earliest = min(estimates)

        if lost.wall is None:
            earliest -= _EARLIER_SKEW
        elif lost.service_time is None:
            slept = (time.time() - lost.wall) - (self._clock.now() - lost.sent)
            earliest -= max(0.0, slept)
        return max(estimates) - SKEW, earliest - SKEW

    async def _read(self, *, thorough: bool) -> _Shared:
        """Return a reading that began after this call, and so for this search too."""
        asked_after = self._begun
        async with self._reading:
            last = self._last
            if last is None or last.number <= asked_after or (thorough and not last.thorough):
                self._begun += 1
                self._last = last = await self._read_now(self._begun, thorough=thorough)
            return last

    async def _read_now(self, number: int, *, thorough: bool) -> _Shared:
        oldest = min(self._made_after(lost)[1] for lost in self._searches)
        reading = Reading((), whole=False, error=RequestTimeout("the list takes too long to read"))
        with self._clock.move_on_after(_UNREADABLE_FOR):  # each page may take its whole timeout
            reading = await read_list(self._pages, oldest, self._tally(), thorough=thorough)
        if reading.error is not None:
            logger.warning("looking for a lost start: %s", type(reading.error).__name__)

        # What will not pass by itself is given up soon, so it is read as often as before.
        self._pauses.note(None if _is_hopeless(reading.error) else reading.error)
        self._time.check([(task.raw, task.created) for task in reading.tasks if task.created is not None])
        names = "\n".join(name_of(task.raw) for task in reading.tasks)
        return _Shared(number, thorough, reading, names)

    def _tally(self) -> Callable[[], HasAll]:
        """Make the functions that say when the tasks of every search have been seen, as markers prove."""
        searches = list(self._searches)

        def begin() -> HasAll:
            missing = {lost: lost.expected for lost in searches}
            keys = {lost: marker_key(lost.marker) for lost in searches if lost.marker is not None}

            def has_all(fresh: Iterable[JSONObject]) -> bool:
                names = [name_of(record) for record in fresh]
                joined = "\n".join(names)
                for lost in [lost for lost in missing if lost in keys and keys[lost] in joined]:
                    missing[lost] -= sum(has_marker(name, str(lost.marker)) for name in names)
                    if missing[lost] <= 0:
                        del missing[lost]
                return not missing

            return has_all

        return begin


def _is_hopeless(error: APIError | Exception | None) -> bool:
    return error is not None and (isinstance(error, UnexpectedReply) or classify(error) is Failure.FINAL)
