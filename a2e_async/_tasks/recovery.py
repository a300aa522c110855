"""Find the task of a start whose answer was lost, in its workflow's list.

If the start takes a name, a marker in the name proves which start made a task. If it takes none, a
task belongs to the start if it was made after the start was sent, is claimed by no other job, and
echoes every input. A search that can neither prove nor rule out a task stays undecided.
"""

from __future__ import annotations

import enum
import logging
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs

from a2e_async._tasks.readers import ListPages
from a2e_async._tasks.status import created_at
from a2e_async.clock import Clock
from a2e_async.errors import APIError, TransportError, UnexpectedReply
from a2e_async.failures import Failure, classify
from a2e_async.records import JSONObject, task_id_of

__all__ = ["Finder", "LostStart"]

logger = logging.getLogger("a2e_async")

_SKEW = 60.0  # seconds by which the clocks of the service's own machines may differ
_WALL_SKEW = 900.0  # seconds by which this machine's clock may differ from the service's
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0  # seconds between two readings of the list
_UNREADABLE_FOR = 600.0  # seconds past the window for which an unreadable list is read again
_STRAGGLING_FOR = 10.0  # seconds without a new task of a start, after which no more are expected
_PAGES = 50  # pages read at most
_CLAIMS_KEPT = 100_000
_COUNT_FIELDS = ("max_images", "number_of_images", "n")  # inputs that ask for several tasks
_NOT_ECHOED = frozenset({"webhook_url", "webhook_token"})


@attrs.frozen(eq=False)
class LostStart:
    """A start whose outcome is not known.

    Attributes:
        body: the body that was sent.
        marker: the text in the name of its tasks; None if the family takes no name.
        sent: when it was sent, in seconds of the client's clock.
    """

    body: Mapping[str, Any]
    marker: str | None
    sent: float

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


@attrs.frozen
class _Reading:
    """One reading of the list.

    Attributes:
        began: when it began, in seconds of the client's clock.
        records: the newest records, each once.
        complete: whether a task that is not among the records was not in the list. It is complete if it
            goes back to before every start that is searched for, or if it holds all of their tasks.
        error: the error that ended it early.
    """

    began: float
    records: Sequence[JSONObject]
    complete: bool
    error: APIError | TransportError | None = None


class Finder:
    """Searches one workflow's list for lost starts. Searches at the same time share their readings.

    Args:
        pages: the list, newest first.
        clock: measures the pauses.
    """

    def __init__(self, pages: ListPages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock

        # The searches that go on, and the reading that they share.
        self._searches: list[LostStart] = []
        self._reading = anyio.Lock()
        self._last: _Reading | None = None

        # What answered starts have shown: whose tasks they are, the server's time, which inputs it echoes.
        self._claimed: dict[str, None] = {}
        self._server_offset: float | None = None
        self._echoed: set[str] = set()
        self._changed_in_echo: set[str] = set()

        # The unmarked starts under way.
        self._unmarked: list[Mapping[str, Any]] = []
        self._unmarked_ended = anyio.Event()

    @property
    def idle(self) -> bool:
        """Whether no search is going on."""
        return not self._searches

    def remember(self, body: Mapping[str, Any], records: Sequence[JSONObject]) -> None:
        """Claim the tasks of an answered start, and learn from them.

        Their records show the server's time, and which inputs the family echoes unchanged.
        """
        self.claim(task_id for record in records if (task_id := task_id_of(record)))
        for record in records:
            created = created_at(record)
            if created is not None:
                # The record was made some time before now, so the largest difference is the best estimate.
                offset = created - self._clock.now()
                known = self._server_offset
                self._server_offset = offset if known is None else max(known, offset)

            for key, value in body.items():
                if key in record:
                    (self._echoed if record[key] == value else self._changed_in_echo).add(key)

    def claim(self, task_ids: Iterable[str]) -> None:
        """Exclude tasks that belong to other starts from all searches."""
        self._claimed.update(dict.fromkeys(task_ids))
        while len(self._claimed) > _CLAIMS_KEPT:
            del self._claimed[next(iter(self._claimed))]

    @asynccontextmanager
    async def serialize_lookalikes(self, body: Mapping[str, Any]) -> AsyncIterator[None]:
        """Run look-alike unmarked starts one at a time.

        So an unclaimed task can belong to at most one unanswered start.
        """
        while any(_look_alike(body, other) for other in self._unmarked):
            await self._unmarked_ended.wait()

        self._unmarked.append(body)
        try:
            yield
        finally:
            self._unmarked = [other for other in self._unmarked if other is not body]
            self._unmarked_ended.set()
            self._unmarked_ended = anyio.Event()

    async def find(self, lost: LostStart, *, until: float) -> Sequence[JSONObject] | None:
        """Search for the tasks of a lost start, until they are found or the time is up.

        Args:
            lost: the start.
            until: when to stop, in seconds of the client's clock.

        Returns:
            Their records; empty if the start has made no task; None if that cannot be decided.
        """
        self._searches.append(lost)
        try:
            pause = _FIRST_PAUSE
            known, known_since = 0, 0.0

            while True:
                asked = self._clock.now()
                reading = await self._read_list(asked)
                found, certain = self._matches(lost, reading.records)

                # The tasks of one start may show up one after the other, and fewer than were asked for.
                if len(found) != known:
                    known, known_since = len(found), asked
                settled = known >= lost.expected or asked - known_since >= _STRAGGLING_FOR
                if found and certain and settled:
                    return found

                if isinstance(reading.error, UnexpectedReply) or _is_final(reading.error):
                    # There is no such list, or this is not the API's host: more readings would not help.
                    return None

                if asked >= until + (0.0 if reading.error is None else _UNREADABLE_FOR):
                    return found if certain and (found or reading.complete) else None

                await self._clock.sleep(self._pause(asked, pause, until))
                pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            self._searches.remove(lost)

    @staticmethod
    def _pause(now: float, pause: float, until: float) -> float:
        """Seconds to the next reading, at a full multiple of the pause, so that searches read together."""
        moment = (now // pause + 1) * pause
        return (min(moment, until) if now < until else moment) - now

    def _matches(self, lost: LostStart, records: Sequence[JSONObject]) -> tuple[Sequence[JSONObject], bool]:
        """The records of the lost start, and whether these are certainly all."""
        if lost.marker is not None:
            return [record for record in records if lost.marker in str(record.get("name") or "")], True

        surely_after, maybe_after = self._made_after(lost.sent)
        matches: list[JSONObject] = []
        certain = True
        for record in records:
            created = created_at(record)
            if task_id_of(record) in self._claimed or (created is not None and created < maybe_after):
                continue

            match = self._compare(lost.body, record)
            if match is _Match.YES and created is not None and created >= surely_after:
                matches.append(record)
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

    def _made_after(self, sent: float) -> tuple[float, float]:
        """The server's times after which a task surely, and after which it may, belong to a start.

        They are known from the server's own answers; before the first answer, from this machine's clock.
        """
        if self._server_offset is not None:
            moment = sent + self._server_offset - _SKEW
            return moment, moment
        moment = sent + time.time() - self._clock.now()
        return moment - _SKEW, moment - _WALL_SKEW

    # A reading that lacks a task is taken as proof that there is none, and the job may be paid for again.
    # Three things could make that wrong. A reading that began before the search asked for it may be too
    # old: only a later one serves, and one serves every search that waited for it. New tasks push old ones
    # to the next page while pages are read, so records are kept by id, and the reading may stop only when
    # a whole page is older than all starts, in a list that has proved to be newest first. And pages may
    # end early, because the page number is ignored or a request fails: such a reading is not complete.

    async def _read_list(self, asked: float) -> _Reading:
        """Return a reading of the list that began no earlier than asked for."""
        async with self._reading:
            if self._last is None or self._last.began < asked:
                self._last = await self._read_pages(self._clock.now())
            return self._last

    async def _read_pages(self, began: float) -> _Reading:
        oldest = min(self._made_after(lost.sent)[1] for lost in self._searches)
        records: dict[str | None, JSONObject] = {}
        moments: list[float] = []

        for number in range(1, _PAGES + 1):
            try:
                page = await self._pages.read(number)
            except (APIError, TransportError) as error:
                logger.warning("looking for a lost start: %s", type(error).__name__)
                return _Reading(began, [*records.values()], complete=False, error=error)

            known = len(records)
            records.update((task_id_of(record), record) for record in page)
            created = [moment for record in page if (moment := created_at(record)) is not None]
            moments.extend(created)

            passed = bool(created) and max(created) < oldest and moments == sorted(moments, reverse=True)
            if self._pages.is_last(page) or passed or self._all_found(records.values()):
                return _Reading(began, [*records.values()], complete=True)

            if len(records) == known:
                # The page number is ignored, so only the first page can be seen.
                reaches_back = bool(moments) and min(moments) < oldest
                return _Reading(began, [*records.values()], complete=reaches_back)

        return _Reading(began, [*records.values()], complete=False)

    def _all_found(self, records: Iterable[JSONObject]) -> bool:
        """Whether the records hold every task of every search, as their markers prove."""
        if any(lost.marker is None for lost in self._searches):
            return False
        names = "\n".join(str(record.get("name")) for record in records)
        return all(names.count(str(lost.marker)) >= lost.expected for lost in self._searches)


def _is_final(error: Exception | None) -> bool:
    return error is not None and classify(error) is Failure.FINAL


def _look_alike(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one record could echo both bodies."""
    return all(body[key] == other[key] for key in body.keys() & other.keys())
