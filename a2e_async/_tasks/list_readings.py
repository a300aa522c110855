"""Readings of a workflow's list that can prove that a task is not in it.

The list changes while it is read, page by page. New tasks push others to the next page: then some come twice,
and a page may bring nothing new. Deleted tasks pull others to the page before, where nobody looks again. A
reading that serves as proof therefore goes on until time says that nothing older matters or an empty page
comes, and is repeated: if every task of the first pass is in the second one too, none was deleted in between,
so none was missed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence

import attrs

from a2e_async._tasks.list_pages import ListPages
from a2e_async._tasks.service_time import SKEW
from a2e_async._tasks.status import created_at
from a2e_async.errors import APIError, TransportError
from a2e_async.records import JSONObject, task_id_of

__all__ = ["Listed", "Reading", "read_list"]

_MOST_PAGES = 20_000  # only a list without an end has more
_FRUITLESS_PAGES = 100  # pages in a row without a new task: the list grows as fast as it is read
_SAME_PAGES = 3  # equal pages in a row: page numbers past the end give the last page
_PASSES = 5  # passes of one reading that may disagree
_ROUND = 5  # a list that shows its newest tasks only, shows a multiple of this many

HasAll = Callable[[Iterable[JSONObject]], bool]
"""Takes the tasks that a page adds; returns whether a pass has seen everything that is searched for."""


class _End(enum.Enum):
    """Why a pass ended."""

    PASSED = "everything that follows is too old"
    EMPTY = "nothing follows"
    SHORT = "probably nothing follows"
    FOUND = "everything was found"
    BLOCKED = "what follows cannot be read"
    FAILED = "a request failed, or the list grows too fast"


@attrs.frozen(eq=False)
class Listed:
    """A record of the list.

    Attributes:
        raw: the record.
        id: the task's id.
        created: when the service created it, in its own time; None if it does not say.
    """

    raw: JSONObject
    id: str | None
    created: float | None


@attrs.frozen(eq=False)
class Reading:
    """One reading of the list.

    Attributes:
        tasks: its tasks, each once.
        whole: whether a task that is not among them was not in the list.
        blocked: whether the list does not show what is needed, so that more readings would not help.
        error: the error that ended it early.
    """

    tasks: Sequence[Listed]
    whole: bool
    blocked: bool = False
    error: APIError | TransportError | None = None


async def read_list(
    pages: ListPages, oldest: float, tally: Callable[[], HasAll], *, thorough: bool
) -> Reading:
    """Read the list, newest tasks first.

    Args:
        pages: the list.
        oldest: the service's time before which no task matters.
        tally: makes the function that says, for one pass, whether everything has been seen.
        thorough: whether the reading must be able to prove that a task is not in the list.
    """
    tasks: dict[str | None, Listed] = {}
    before: _Pass | None = None

    for _ in range(_PASSES if thorough else 1):
        this = _Pass(pages, oldest, tally(), thorough=thorough)
        end = await this.read()
        for task_id, task in this.tasks.items():
            tasks.setdefault(task_id, task)

        listed = list(tasks.values())
        if end is _End.FAILED:
            return Reading(listed, whole=False, error=this.error)
        if end is _End.BLOCKED:
            return Reading(listed, whole=this.shows_enough(), blocked=not this.shows_enough())

        # One page is read at once, so nothing moves in between.
        alone = this.pages_read == 1
        agree = before is not None and before.that_matter() <= this.tasks.keys()
        if end is _End.FOUND or (thorough and (alone or agree)):
            return Reading(listed, whole=True)
        before = this

    return Reading(list(tasks.values()), whole=False)


class _Pass:
    """One pass through the pages.

    Attributes:
        tasks: the tasks seen, by id.
        pages_read: the number of pages.
        error: the error that ended it.
    """

    def __init__(self, pages: ListPages, oldest: float, has_all: HasAll, *, thorough: bool) -> None:
        self.tasks: dict[str | None, Listed] = {}
        self.pages_read = 0
        self.error: APIError | TransportError | None = None

        self._pages = pages
        self._oldest = oldest
        self._has_all = has_all
        self._thorough = thorough
        self._lowest = float("inf")
        self._newest_first = True
        self._first_page_is_short = False
        self._fruitless = 0
        self._same = 0
        self._page: Sequence[str | None] = ()

    async def read(self) -> _End:
        """Read pages until one of the ends is reached."""
        try:
            for number in range(1, _MOST_PAGES + 1):
                page = await self._pages.read(number)
                self.pages_read = number
                end = await self._add(page, number)
                if end is not None:
                    return end
        except (APIError, TransportError) as error:
            self.error = error
            return _End.FAILED
        return _End.BLOCKED

    async def _add(self, page: Sequence[JSONObject], number: int) -> _End | None:
        """Take in one page; None if the next one is to be read."""
        listed = [Listed(raw, task_id_of(raw), created_at(raw)) for raw in page]
        fresh = [task for task in listed if task.id not in self.tasks]
        self.tasks.update((task.id, task) for task in fresh)
        self._watch_order(fresh)

        if fresh:
            self._fruitless = self._same = 0
        if self._has_all(task.raw for task in fresh):
            return _End.FOUND
        if self._has_passed(listed):
            return _End.PASSED

        short = self._pages.is_last(page) and not _is_round(page)
        if number == 1:
            self._first_page_is_short = short
        if not self._pages.turns:
            return _End.BLOCKED
        if not page:
            return _End.EMPTY
        if short and not self._thorough:
            return _End.SHORT

        return None if fresh else await self._judge_fruitless(listed)

    async def _judge_fruitless(self, listed: Sequence[Listed]) -> _End | None:
        """Judge a page without a new task: the list has grown by a page, or page numbers lead nowhere."""
        ids = [task.id for task in listed]
        self._fruitless += 1
        self._same = self._same + 1 if ids == self._page else 1
        self._page = ids

        if await self._is_top(ids):
            return _End.BLOCKED
        if self._same >= _SAME_PAGES:
            return _End.EMPTY
        return _End.FAILED if self._fruitless > _FRUITLESS_PAGES else None

    def _watch_order(self, fresh: Sequence[Listed]) -> None:
        """Notice a list that is not newest first: an old task does not mean then that older ones follow."""
        for task in fresh:
            if task.created is not None:
                self._newest_first = self._newest_first and task.created <= self._lowest + SKEW
                self._lowest = min(self._lowest, task.created)

    def _has_passed(self, listed: Sequence[Listed]) -> bool:
        moments = [task.created for task in listed if task.created is not None]
        return bool(moments) and self._newest_first and max(moments) < self._oldest

    async def _is_top(self, ids: Sequence[str | None]) -> bool:
        """Whether a later page is the first one once more, because the page number is ignored."""
        top = {task_id_of(raw) for raw in await self._pages.read(1)}
        return 2 * sum(task_id in top for task_id in ids) > len(ids)

    def shows_enough(self) -> bool:
        """Whether the first page is enough, in a list that shows no more."""
        reaches_back = self._newest_first and self._lowest < self._oldest
        return reaches_back or self._first_page_is_short

    def that_matter(self) -> set[str | None]:
        """The ids of the tasks that are not too old."""
        return {
            task_id
            for task_id, task in self.tasks.items()
            if task.created is None or task.created >= self._oldest
        }


def _is_round(page: Sequence[JSONObject]) -> bool:
    """Whether a page has as many tasks as a list that was cut off."""
    return len(page) >= 2 * _ROUND and len(page) % _ROUND == 0
