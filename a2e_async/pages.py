"""Lists as async iterators that turn their own pages."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from a2e_async._spec.operation import Call, Operation, Paging
from a2e_async.records import Record, TaskRecord

__all__ = ["Page", "Pages"]

T = TypeVar("T")

_FRUITLESS = 3  # pages in a row that may bring nothing new
_STEPS_BACK = 10  # in a row, without anything new


@attrs.frozen
class Page(Generic[T]):
    """One page.

    Attributes:
        records: its records.
        total: how many the service says that there are on all pages; None if it does not say.
    """

    records: Sequence[T]
    total: int | None = None


class Pages(Generic[T]):
    """The records of a list operation, page after page as they are needed.

    Records may move between pages meanwhile. One that newer ones push to the next page is given once.
    Where the service tells how many there are, pages are read again from where records moved up
    because others went (deleted, or no longer of the status asked for), so that none is passed over.

    Ends at a page that brings nothing new, or that is shorter than asked for while there are not said
    to be more.

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

    def __aiter__(self) -> AsyncIterator[T]:
        """Each record once, in the server's order (newest first where it is stated)."""
        return _Records(self.pages())

    async def first(self, count: int = 1) -> Sequence[T]:
        """At most that many records from the start of the list."""
        found: list[T] = []
        if count > 0:
            async for record in self:
                found.append(record)
                if len(found) >= count:
                    break
        return found

    def pages(self) -> AsyncIterator[Sequence[T]]:
        """The records page by page; those already given are left out."""
        return _PageTurner(self._fetch, self._operation.paging or Paging(), self._call)


# Classes and not generators: leaving an `async for` early leaves nothing behind to be closed.


class _PageTurner(Generic[T]):
    def __init__(
        self, fetch: Callable[[Mapping[str, Any]], Awaitable[Page[T]]], paging: Paging, call: Call
    ) -> None:
        self._fetch = fetch
        self._paging = paging
        self._query = dict(call.query)
        self._size = int(self._query.setdefault(paging.size, paging.default_size)) if paging.size else 0
        self._seen: set[str] = set()
        self._given = 0
        self._fruitless = 0
        self._steps_back = 0
        self._number = 1
        self._furthest = 0
        self._longest = 1
        self._total: int | None = None
        self._more = 0  # by how many records the list is said to have grown
        self._went = 0  # how many are said to have gone
        self._last = False

    def __aiter__(self) -> AsyncIterator[Sequence[T]]:
        return self

    async def __anext__(self) -> Sequence[T]:
        while not self._last:
            if self._paging.page:
                self._query[self._paging.page] = self._number
            page = await self._fetch(self._query)
            self._longest = max(self._longest, len(page.records))
            moved_up = self._changed(page)
            if moved_up and self._number > 1 and self._steps_back < _STEPS_BACK:
                self._steps_back += 1
                self._number = max(1, self._number - math.ceil(moved_up / self._longest))
                continue
            fresh = [record for record in page.records if _is_new(record, self._seen)]
            self._given += len(fresh)
            if fresh:
                self._fruitless = self._steps_back = 0
            elif self._number > self._furthest:
                self._fruitless += 1
            self._furthest = max(self._furthest, self._number)
            self._last = self._ends(page)
            self._number += 1
            if fresh:
                return fresh
        raise StopAsyncIteration

    def _changed(self, page: Page[T]) -> int:
        """Note what came and went since the page before; how many went."""
        if page.total is None or self._total is None:
            self._total = page.total
            return 0
        change = page.total - self._total
        self._total = page.total
        self._more += change
        self._went += max(0, -change)
        return max(0, -change)

    @property
    def _patience(self) -> int:
        """How many pages may bring nothing new: newer records can fill a page with those already given."""
        return _FRUITLESS + math.ceil(max(0, self._more) / self._longest)

    def _ends(self, page: Page[T]) -> bool:
        """Whether nothing comes after the page."""
        if not (self._size and self._paging.page) or not page.records or self._fruitless > self._patience:
            return True
        # A full page has a successor, whatever the total: it might be the total of that page alone.
        if len(page.records) >= self._size:
            return False
        return page.total is None or self._given >= page.total + self._went


class _Records(Generic[T]):
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
    """Whether the record was not given before; one without an id counts as new."""
    if isinstance(record, TaskRecord):
        key = record.id
    else:
        value = record.raw.get("_id") if isinstance(record, Record) else None
        key = value if isinstance(value, str) else None
    if key is None:
        return True
    if key in seen:
        return False
    seen.add(key)
    return True
