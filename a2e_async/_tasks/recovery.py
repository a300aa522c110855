"""Finding the task of a start whose answer was lost, in its workflow's list.

Where the start takes a name, a marker in it proves whose task it is. Where it takes none, a task
is ours if nobody else's: made since the start was sent, claimed by no other job, and echoing
every input as it was sent. What is neither proved nor disproved is not decided.
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
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_UNREADABLE_FOR = 600.0  # seconds past the window for which an unreadable list is tried again
_STRAGGLING_FOR = 10.0  # seconds after which no more tasks of one start are expected to show up
_PAGES = 50
_CLAIMS_KEPT = 100_000
_COUNT_FIELDS = ("max_images", "number_of_images", "n")
_NOT_ECHOED = frozenset({"webhook_url", "webhook_token"})


@attrs.frozen(eq=False)
class LostStart:
    """A start whose outcome is not known.

    Attributes:
        body: what was sent.
        marker: the text in the name of its tasks; None where the family takes no name.
        sent: when, in seconds of the client's clock.
    """

    body: Mapping[str, Any]
    marker: str | None
    sent: float

    @property
    def expected(self) -> int:
        """How many tasks it makes."""
        counts = [self.body.get(key) for key in _COUNT_FIELDS]
        return max([1, *(count for count in counts if isinstance(count, int))])


class _Same(enum.Enum):
    """Whether a record may be of a start."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


@attrs.frozen
class _Reading:
    """What one look into the list gave.

    Attributes:
        began: when, in seconds of the client's clock.
        records: the newest, each once.
        whole: they reach back to before every start that is looked for, or all of these are among them.
        error: what ended the reading early.
    """

    began: float
    records: Sequence[JSONObject]
    whole: bool
    error: APIError | TransportError | None = None


class Finder:
    """Looks for lost starts in one workflow's list; concurrent searches share their reading.

    Args:
        pages: the list, newest first.
        clock: for the pauses.
    """

    def __init__(self, pages: ListPages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock
        self._reading = anyio.Lock()
        self._last: _Reading | None = None
        self._claimed: dict[str, None] = {}
        self._offset: float | None = None
        self._searching: list[LostStart] = []
        self._echoed: set[str] = set()
        self._changed_in_echo: set[str] = set()
        self._open: list[Mapping[str, Any]] = []
        self._closed = anyio.Event()

    def remember(self, body: Mapping[str, Any], records: Sequence[JSONObject]) -> None:
        """A start made these tasks: they are claimed, and they tell the server's time and what it echoes."""
        self.claim(task_id for record in records if (task_id := task_id_of(record)))
        for record in records:
            created = created_at(record)
            if created is not None:
                # It was made before now; so the largest difference is the truest.
                offset = created - self._clock.now()
                self._offset = offset if self._offset is None else max(self._offset, offset)
            for key, value in body.items():
                if key in record:
                    (self._echoed if record[key] == value else self._changed_in_echo).add(key)

    def claim(self, task_ids: Iterable[str]) -> None:
        """These tasks belong to somebody."""
        self._claimed.update(dict.fromkeys(task_ids))
        while len(self._claimed) > _CLAIMS_KEPT:
            del self._claimed[next(iter(self._claimed))]

    @asynccontextmanager
    async def serialize_lookalikes(self, body: Mapping[str, Any]) -> AsyncIterator[None]:
        """Keep starts without a marker apart whose records could be taken for each other's.

        So of the tasks that nobody has claimed, at most those of one unanswered start look like its.
        """
        while any(_alike(body, other) for other in self._open):
            await self._closed.wait()
        self._open.append(body)
        try:
            yield
        finally:
            self._open = [other for other in self._open if other is not body]
            self._closed.set()
            self._closed = anyio.Event()

    async def find(self, lost: LostStart, *, until: float) -> Sequence[JSONObject] | None:
        """The tasks that the lost start made.

        Args:
            lost: the start.
            until: when to stop looking, in seconds of the client's clock.

        Returns:
            Their records; empty if there is none; None if that cannot be told.
        """
        self._searching.append(lost)
        try:
            pause = _FIRST_PAUSE
            known, since = 0, 0.0
            while True:
                asked = self._clock.now()
                reading = await self._read(asked)
                found, decided = self._matching(lost, reading.records)
                if len(found) != known:
                    known, since = len(found), asked
                # Several tasks of one start may show up one after the other, and may be fewer than wanted.
                if found and decided and (known >= lost.expected or asked - since >= _STRAGGLING_FOR):
                    return found
                if isinstance(reading.error, UnexpectedReply) or _is_final(reading.error):
                    # No list, or not the API's host at all: looking longer would not help.
                    return None
                if asked >= until + (0.0 if reading.error is None else _UNREADABLE_FOR):
                    return found if decided and (found or reading.whole) else None
                await self._clock.sleep(self._pause(asked, pause, until))
                pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            self._searching.remove(lost)

    @staticmethod
    def _pause(now: float, pause: float, until: float) -> float:
        """Seconds to the next look: at full multiples of the pause, so that searches look together."""
        moment = (now // pause + 1) * pause
        return (min(moment, until) if now < until else moment) - now

    def _matching(self, lost: LostStart, records: Sequence[JSONObject]) -> tuple[Sequence[JSONObject], bool]:
        """The records of the lost start, and whether that is certain."""
        if lost.marker is not None:
            return [record for record in records if lost.marker in str(record.get("name") or "")], True
        sure, doubtful = self._made_since(lost.sent)
        mine: list[JSONObject] = []
        certain = True
        for record in records:
            created = created_at(record)
            if task_id_of(record) in self._claimed or (created is not None and created < doubtful):
                continue
            same = self._same(lost.body, record)
            if same is _Same.YES and created is not None and created >= sure:
                mine.append(record)
            elif same is not _Same.NO:
                certain = False
        if len(mine) > lost.expected:
            return [], False
        # What proves itself needs no proof that the others are others.
        return mine, certain or bool(mine)

    def _same(self, body: Mapping[str, Any], record: JSONObject) -> _Same:
        """Whether the record echoes these inputs.

        A difference proves something only where the family is known to echo what it was sent.
        """
        compared = [key for key in body if key not in _NOT_ECHOED]
        if any(
            key in record
            and record[key] != body[key]
            and key in self._echoed
            and key not in self._changed_in_echo
            for key in compared
        ):
            return _Same.NO
        if compared and all(key in record and record[key] == body[key] for key in compared):
            return _Same.YES
        return _Same.MAYBE

    def _made_since(self, sent: float) -> tuple[float, float]:
        """The server's times from which a task is surely, and from which it may be, of a start.

        They go by the server's own earlier answers; where there are none, by this machine's clock.
        """
        if self._offset is not None:
            moment = sent + self._offset - _SKEW
            return moment, moment
        moment = sent + time.time() - self._clock.now()
        return moment - _SKEW, moment - _WALL_SKEW

    async def _read(self, asked: float) -> _Reading:
        """A look into the list that began no earlier than asked for; one serves all who asked before."""
        async with self._reading:
            if self._last is None or self._last.began < asked:
                self._last = await self._read_pages(self._clock.now())
            return self._last

    async def _read_pages(self, began: float) -> _Reading:
        oldest = min(self._made_since(lost.sent)[1] for lost in self._searching)
        records: dict[str | None, JSONObject] = {}
        moments: list[float] = []
        for number in range(1, _PAGES + 1):
            try:
                page = await self._pages.read(number)
            except (APIError, TransportError) as error:
                logger.warning("looking for a lost start: %s", type(error).__name__)
                return _Reading(began, [*records.values()], whole=False, error=error)
            # While pages are read new tasks move the old ones on, so some are seen twice.
            known = len(records)
            records.update((task_id_of(record), record) for record in page)
            created = [moment for record in page if (moment := created_at(record)) is not None]
            moments.extend(created)
            # Only a list that is newest first, as far as it was seen, has nothing newer further on.
            passed = bool(created) and max(created) < oldest and moments == sorted(moments)[::-1]
            if self._pages.is_last(page) or passed or self._all_found(records.values()):
                return _Reading(began, [*records.values()], whole=True)
            if len(records) == known:
                # The page number is ignored: what lies beyond the first page is not to be seen.
                return _Reading(began, [*records.values()], whole=bool(moments) and min(moments) < oldest)
        return _Reading(began, [*records.values()], whole=False)

    def _all_found(self, records: Iterable[JSONObject]) -> bool:
        if any(lost.marker is None for lost in self._searching):
            return False
        names = "\n".join(str(record.get("name")) for record in records)
        return all(names.count(str(lost.marker)) >= lost.expected for lost in self._searching)


def _is_final(error: Exception | None) -> bool:
    return error is not None and classify(error) is Failure.FINAL


def _alike(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one record could echo both."""
    return all(body[key] == other[key] for key in body.keys() & other.keys())
