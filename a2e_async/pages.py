"""Lists as async iterators that turn their own pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from a2e_async.operations import Call, Operation, Paging
from a2e_async.records import Record, TaskRecord

__all__ = ["Pages"]

T = TypeVar("T")


class Pages(Generic[T]):
    """The records of a list operation, page after page as they are needed.

    Ends at a short or empty page, or at one that brings nothing new (a server that ignores the page
    number would go on for ever). A record that moves to the next page because newer ones came in is
    given once.

    Example:
        ```python
        async for record in a2e.image_to_video.list(page_size=100):
            print(record.id, record.status)
        newest = await a2e.image_to_video.list().first(10)
        ```
    """

    def __init__(
        self,
        fetch: Callable[[Mapping[str, Any]], Awaitable[Sequence[T]]],
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
        self, fetch: Callable[[Mapping[str, Any]], Awaitable[Sequence[T]]], paging: Paging, call: Call
    ) -> None:
        self._fetch = fetch
        self._paging = paging
        self._query = dict(call.query)
        self._size = int(self._query.setdefault(paging.size, paging.default_size)) if paging.size else 0
        self._seen: set[str] = set()
        self._number = 0
        self._last = False

    def __aiter__(self) -> AsyncIterator[Sequence[T]]:
        return self

    async def __anext__(self) -> Sequence[T]:
        if self._last:
            raise StopAsyncIteration
        self._number += 1
        if self._paging.page:
            self._query[self._paging.page] = self._number
        records = await self._fetch(self._query)
        fresh = [record for record in records if _is_new(record, self._seen)]
        full = bool(self._size and self._paging.page) and len(records) >= self._size
        self._last = not (fresh and full)
        if not fresh:
            raise StopAsyncIteration
        return fresh


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
