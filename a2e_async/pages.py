"""Lists as async iterators that turn their own pages."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from a2e_async._spec.operation import Call, Operation, Paging
from a2e_async.checks import whole_from
from a2e_async.hints import Hinted, NotAwaited, NotIterated
from a2e_async.records import Record, TaskRecord

__all__ = ["Page", "PageCursor", "Pages"]

T = TypeVar("T")

_FRUITLESS_PAGES = 3  # pages in a row that may bring nothing new
_ROUND = 5  # a page that was cut off at a limit of the service's own has a multiple of this many records
_STEPS_BACK = 10  # steps back in a row without anything new


@attrs.frozen
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        records: its records.
        total: the number of records on all pages, None if the service does not report it.
        more: whether pages follow, None if the service does not say.
        next: the query parameters that ask for the next page, if the service names it.
    """

    records: Sequence[T]
    total: int | None = None
    more: bool | None = None
    next: Mapping[str, Any] | None = None


class Pages(Hinted, NotAwaited, NotIterated, Generic[T]):
    """The records of a list operation. Pages are requested as they are needed.

    The list may change while it is read. Newer records push older ones to the next page: each record is
    still returned once. Deleted records, or records that no longer have the status asked for, pull later
    ones up: where the service reports the total, the pages affected are read again, so none is missed.

    Stops where the service says that nothing follows; else after a page without new records, or after a
    short page unless the service reports more. If it stops before that, a warning says so.

    Example:
        ```python
        async for record in a2e.image_to_video.list(page_size=100):
            print(record.id, record.status)
        newest = await a2e.image_to_video.list().first(10)
        ```
    """

    def __init__(
        self,
        fetch: Callable[[Mapping[str, Any]], Awaitable[Page[T]]],
        operation: Operation[Sequence[T]],
        call: Call,
    ) -> None:
        self._fetch = fetch
        self._operation = operation
        self._call = call

    def __repr__(self) -> str:
        return f"Pages({self._call.method} {self._call.path})"

    def __aiter__(self) -> AsyncIterator[T]:
        """Iterate over the records, each once, in the server's order (usually newest first)."""
        return _Records(self.pages())

    async def first(self, count: int = 1) -> Sequence[T]:
        """Return at most `count` records from the start of the list.

        Args:
            count: how many; no more pages are requested than these need.

        Example:
            ```python
            latest = await a2e.text_to_image.list().first(10)
            ```
        """
        found: list[T] = []
        if count > 0:
            async for record in self:
                found.append(record)
                if len(found) >= count:
                    break
        return found

    def pages(self) -> AsyncIterator[Sequence[T]]:
        """Iterate over the pages; records already returned are left out."""
        return _PageTurner(self._fetch, self._operation.paging or Paging(), self._call)


# Iterators are classes, not generators: leaving an `async for` early then leaves nothing to be closed.


class _PageTurner(Generic[T]):
    """Requests pages where the cursor says, and drops the records that were returned before."""

    def __init__(
        self, fetch: Callable[[Mapping[str, Any]], Awaitable[Page[T]]], paging: Paging, call: Call
    ) -> None:
        self._fetch = fetch
        self._path = call.path
        self._query = dict(call.query)
        self._size = int(self._query.setdefault(paging.size, paging.default_size)) if paging.size else 0

        # Pages are counted here, or each names the next one.
        self._page_key = paging.page if paging.by in ("page", "offset") else None
        by_offset = paging.by == "offset"
        begin = whole_from(self._query.get(self._page_key or ""))
        first = 0 if by_offset else paging.first
        self._cursor = PageCursor(
            (self._size or 1) if self._page_key else 0,
            number=first if begin is None else begin,
            first=first,
            by_offset=by_offset,
        )
        self._from_start = (paging.page or "") not in call.query
        self._followed: set[str] = set()
        self._cut_off = ""
        self._seen: set[str] = set()

    def __aiter__(self) -> AsyncIterator[Sequence[T]]:
        return self

    async def __anext__(self) -> Sequence[T]:
        while not self._cursor.at_end:
            if self._page_key:
                self._query[self._page_key] = self._cursor.number
            page = await self._fetch(self._query)
            if self._page_key and self._cursor.step_back(len(page.records), page.total):
                continue

            fresh = [record for record in page.records if _is_new(record, self._seen)]
            self._cursor.advance(len(page.records), len(fresh), page.more)

            if not self._page_key:
                self._follow(page)
            self._note_end(page)
            if fresh:
                return fresh
        self._warn_of_shortfall()
        raise StopAsyncIteration

    def _follow(self, page: Page[T]) -> None:
        """Go to the page that this one names, if it names one that was not read before."""
        self._cursor.census.total = page.total
        following = {key: value for key, value in (page.next or {}).items() if value is not None}
        name = repr(sorted(following.items()))

        if following and name not in self._followed:
            self._followed.add(name)
            self._query.update(following)
            self._cursor.at_end = False

    def _note_end(self, page: Page[T]) -> None:
        """Note why the list ends here, if more may follow."""
        if not self._cursor.at_end:
            return
        if page.more:
            again = "the next page that the service names was read before"
            self._cut_off = again if page.next else "although the service says that more follow"
        elif page.more is None and not self._page_key and 0 < self._size <= len(page.records):
            self._cut_off = "the last page was full, and nothing says how to ask for the next one"

    def _warn_of_shortfall(self) -> None:
        """Say it once if the list ended before the service says that it ends."""
        missing, why = self._cursor.take_shortfall(), self._cut_off
        self._cut_off = ""
        if missing and self._from_start:
            why = f"although the service reports {self._cursor.given + missing}"
        if why:
            import logging  # a list that falls short is rare

            logging.getLogger("a2e_async").warning(
                "GET %s: the list ended after %d records, %s", self._path, self._cursor.given, why
            )


@attrs.define
class _Census:
    """How the total that the service reports changed while the list was read.

    Attributes:
        total: as last reported, None if it was not.
        grown: by how many records the list has grown since the first page.
        gone: how many records have gone, additions aside.
    """

    total: int | None = None
    grown: int = 0
    gone: int = 0

    def update(self, total: int | None) -> int:
        """Take the next page's total; returns how many records have gone since the page before."""
        if total is None or self.total is None:
            self.total = total
            return 0
        change = total - self.total
        self.total = total
        self.grown += change
        gone = max(0, -change)
        self.gone += gone
        return gone


@attrs.define
class PageCursor:
    """The page to read next. Pure arithmetic.

    Attributes:
        size: records asked for per page, 0 where the operation has no pages that can be counted.
        number: the page to read next, or the number of records before it.
        first: the number of the first page.
        by_offset: whether records are counted, and not pages.
        at_end: nothing comes after the last page read.
        furthest: the highest page read.
        longest: the most records seen on a page.
        given: new records so far.
        fruitless: pages in a row, each further than any before, without new records.
        steps_back: steps back since the last new record.
        census: how the list's total changed.
    """

    size: int
    number: int = 1
    first: int = 1
    by_offset: bool = False
    at_end: bool = False
    furthest: int = -1
    longest: int = 1
    given: int = 0
    fruitless: int = 0
    steps_back: int = 0
    census: _Census = attrs.field(factory=_Census)

    def step_back(self, records: int, total: int | None) -> bool:
        """Go back if records have gone since the page before, because later ones moved up.

        Args:
            records: the number of records on the page just read.
            total: the total that it reports.

        Returns:
            Whether the cursor went back; the page is then read again in its turn.
        """
        self.longest = max(self.longest, records)
        gone = self.census.update(total)
        if not gone or self.number <= self.first or self.steps_back >= _STEPS_BACK:
            return False

        self.steps_back += 1
        back = gone if self.by_offset else math.ceil(gone / self.longest)
        self.number = max(self.first, self.number - back)
        return True

    def advance(self, records: int, fresh: int, more: bool | None = None) -> None:
        """Go to the next page.

        Args:
            records: the number of records on the page just read.
            fresh: how many of them are new.
            more: whether pages follow, None if the service does not say.
        """
        self.given += fresh
        if fresh:
            self.fruitless = self.steps_back = 0
        elif self.number > self.furthest:
            self.fruitless += 1

        self.furthest = max(self.furthest, self.number)
        self.at_end = self._is_last(records, more)
        self.number += records if self.by_offset else 1

    def take_shortfall(self) -> int:
        """How many records the list lacks, as its own total says; 0 when it has been asked before."""
        total, self.census.total = self.census.total, None
        if total is None:
            return 0
        # Records that were added while the list was read are on pages that were read before.
        return max(0, total - max(0, self.census.grown) - self.given)

    def _is_last(self, records: int, more: bool | None) -> bool:
        if not self.size or not records or more is False:
            return True

        # Newer records can fill whole pages with records that were returned before.
        patience = _FRUITLESS_PAGES + math.ceil(max(0, self.census.grown) / self.longest)
        if self.fruitless > patience:
            return True

        # A full page has a successor, whatever the total: it might be the total of that page alone.
        if records >= self.size or more:
            return False
        if self.census.total is None:
            # The service may have a limit of its own, below the size that was asked for.
            return records < 2 * _ROUND or records % _ROUND != 0
        return self.given >= self.census.total + self.census.gone


class _Records(Generic[T]):
    """The records of pages, one by one."""

    def __init__(self, pages: AsyncIterator[Sequence[T]]) -> None:
        self._pages = pages
        self._page: Iterator[T] = iter(())

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            for record in self._page:
                return record
            self._page = iter(await anext(self._pages))


def _is_new(record: Any, seen: set[str]) -> bool:
    """Whether the record was not returned before; a record without an id counts as new."""
    if isinstance(record, TaskRecord):
        key = record.id
    else:
        raw = record.raw if isinstance(record, Record) else {}
        value = raw.get("_id", raw.get("id"))
        key = str(value) if value and isinstance(value, str | int) else None

    if key is None:
        return True
    if key in seen:
        return False
    seen.add(key)
    return True
