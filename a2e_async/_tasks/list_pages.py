"""Read a workflow's list of tasks, page by page."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import anyio

from a2e_async._spec.next_page import Ahead, ahead_of
from a2e_async._spec.operation import Call, Operation, Paging
from a2e_async._tasks.replies import listed_in
from a2e_async._transport.envelope import data_of
from a2e_async._transport.pace import Kind
from a2e_async._transport.requests import Transport
from a2e_async.clock import Clock
from a2e_async.errors import InvalidRequest, UnexpectedReply
from a2e_async.records import JSONObject, task_id_of, task_status_of

__all__ = ["ListIndex", "ListPage", "ListPages", "says_nothing"]

_PAGE_WITHOUT_SIZE = 100  # records on a full page, at most, of a list that takes no page size
_LARGEST_PAGE = 500  # records asked for, at most, whatever the service allows
_ROUND = 5  # full pages of a list that ignores the page size still hold a multiple of this many records

_MOST_PAGES = 1000  # pages of an index
_FRUITLESS_PAGES = 2  # pages in a row without a new task, after which the list is taken to have no more
_TOP_KEPT = 5.0  # seconds for which the top of the list is not read again
_INDEX_KEPT = 60.0  # seconds after which an index is made anew

# Members of an object that is no record: it says that there is nothing, or counts it.
_EMPTY = re.compile(
    r"\b(no|nothing|not found|none|ok)\b|empty|success|没有|暂无|为空|未找到|成功", re.IGNORECASE
)
_NOTHING_KEYS = frozenset({"message", "msg", "count", "total", "rows", "list", "data", "records", "items"})


class ListPage(list[JSONObject]):
    """The records of one page.

    Attributes:
        more: whether another page follows; None if the service does not say.
    """

    more: bool | None = None


class ListPages:
    """Reads a workflow's list, page by page.

    Attributes:
        size: the number of records asked for on a page.
        turns: whether there are pages after the first one that can be asked for.
    """

    # Pages have numbers here. Where the service counts records, or a page names the next one, the query of a
    # page is known once the page before has been read.

    def __init__(self, operation: Operation[Any], transport: Transport) -> None:
        self._operation = operation
        self._transport = transport
        self._paging = operation.paging or Paging()
        self.turns = self._paging.page is not None
        self.size = _PAGE_WITHOUT_SIZE
        if self._paging.size:
            self.size = max(1, min(self._paging.max_size, _LARGEST_PAGE))
        self._counts = self.turns and self._paging.by == "page"
        self._queries: dict[int, Mapping[str, Any]] = {1: {}}
        self._followed: set[int] = set()  # pages that have been read, so what follows them is known

    async def read(self, number: int) -> ListPage:
        """Read one page; the first is number 1. A page after the last one is empty.

        Raises:
            UnexpectedReply: the reply holds something, but no tasks. It must not pass for an empty list.
        """
        if self._counts:
            return await self._read(number)

        for earlier in range(1, number):
            if earlier in self._queries and earlier not in self._followed:
                await self._read(earlier)
        if number in self._queries:
            return await self._read(number)
        nothing = ListPage()
        nothing.more = False
        return nothing

    async def _read(self, number: int) -> ListPage:
        call, body = await self._body(number)
        data = data_of(body)
        page = ListPage(listed_in(data))
        if not any(task_id_of(record) for record in page):
            if not says_nothing(data) and not _is_empty(data):
                raise UnexpectedReply(
                    "a list without tasks", status=200, method=call.method, path=call.path, body=data
                )
            page.clear()

        ahead = ahead_of(self._paging, call.path, call.query, data, body)
        page.more = ahead.more
        if not self._counts:
            self._note_next(number, page, ahead)
        return page

    async def _body(self, number: int) -> tuple[Call, Any]:
        """The call for a page, and the body of its reply."""
        call = self._call(number)
        try:
            return call, await self._transport.send(call, repeatable=True, whole=True, kind=Kind.POLL)
        except InvalidRequest:
            # The largest page that a list takes is not always declared.
            if not self._paging.size or self.size <= self._paging.default_size:
                raise
            self.size = self._paging.default_size
            call = self._call(number)
            return call, await self._transport.send(call, repeatable=True, whole=True, kind=Kind.POLL)

    def _call(self, number: int) -> Call:
        query: dict[str, Any] = {}
        if self._paging.size:
            query[self._paging.size] = self.size
        if self._paging.page and self._counts:
            query[self._paging.page] = number - 1 + self._paging.first
        query.update(self._queries.get(number, {}))

        body: dict[str, Any] | None = {} if self._operation.has_body else None
        return Call(self._operation.method, self._operation.path, query, body, template=self._operation.path)

    def _note_next(self, number: int, page: ListPage, ahead: Ahead) -> None:
        """Note how the page after this one is asked for."""
        following = ahead.next
        if self._paging.by == "offset" and self._paging.page:
            before = self._queries[number].get(self._paging.page, 0)
            following = {self._paging.page: before + len(page)} if page and ahead.more is not False else None
        self.turns = self.turns or following is not None

        self._followed.add(number)
        if following is None:
            self._queries.pop(number + 1, None)
        else:
            self._queries[number + 1] = {**self._queries[number], **following}

    def is_last(self, page: Sequence[JSONObject]) -> bool:
        """Whether no page follows this one.

        A page of 37 records is the last one. A page of 50 may be a full page of a server that returns at
        most 50, whatever size is asked for.
        """
        more = page.more if isinstance(page, ListPage) else None
        if not self.turns or (more is not None and not more):
            return True
        if more or not page:
            return not more
        return len(page) < self.size and len(page) % _ROUND != 0


class ListIndex:
    """Knows which tasks a list holds. Many lost tasks then cost one reading of the list, not one each.

    Args:
        pages: the list, newest first.
        clock: measures the ages of readings.
    """

    def __init__(self, pages: ListPages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock
        self._reading = anyio.Lock()
        self._forget(-math.inf)

    def _forget(self, now: float) -> None:
        self._began = self._top_read = now
        self._ids: set[str] = set()
        self._next = 1
        self._fruitless = 0
        self._ended = False

    # "The list does not hold it" makes a paid task count as lost. Tasks made since the last reading are on
    # top, so the top is read again before each answer. Tasks that are deleted pull others up, past the page
    # that is read next, so an index does not live long.

    async def holds(self, id: str) -> bool:
        """Whether the list holds a task. Pages are read as far as needed."""
        async with self._reading:
            now = self._clock.now()
            if now - self._began >= _INDEX_KEPT:
                self._forget(now)
            elif now - self._top_read >= _TOP_KEPT:
                await self._read_top(now)

            while id.lower() not in self._ids and not self._ended and self._next <= _MOST_PAGES:
                await self._read_next()
            return id.lower() in self._ids

    async def _read_top(self, now: float) -> None:
        """Read the newest pages, down to a task that is known."""
        for number in range(1, self._next):
            page = await self._pages.read(number)
            ids = _ids_of(page)
            known = bool(ids & self._ids)
            self._ids |= ids
            if known or self._pages.is_last(page):
                break
        self._top_read = now

    async def _read_next(self) -> None:
        page = await self._pages.read(self._next)
        ids = _ids_of(page)

        self._fruitless = 0 if ids - self._ids else self._fruitless + 1
        self._ids |= ids
        self._next += 1
        self._ended = self._pages.is_last(page) or self._fruitless >= _FRUITLESS_PAGES


def says_nothing(data: Any) -> bool:
    """Whether a reply's data is empty, or an object that only says or counts that there is nothing."""
    if isinstance(data, dict):
        filled = any(isinstance(value, list | dict) and value for value in data.values())
        if filled or not data.keys() <= _NOTHING_KEYS:
            return False
        # Words alone may say that the list cannot be read now: that is no proof that it is empty.
        words = [value for value in (data.get("message"), data.get("msg")) if value]
        return data.keys() > {"message", "msg"} & data.keys() or all(map(_says_empty, words))
    return data is None or data == "" or (isinstance(data, list) and not any(data))


def _is_empty(data: Any) -> bool:
    """Whether an object holds an empty list under a name of its own, such as ``videos``, and no record."""
    if not isinstance(data, Mapping) or task_id_of(data) is not None or task_status_of(data):
        return False
    lists = [value for value in data.values() if isinstance(value, list)]
    inner = [value for value in data.values() if isinstance(value, Mapping)]
    return not any(lists) and (bool(lists) or any(map(_is_empty, inner)))


def _says_empty(words: Any) -> bool:
    return isinstance(words, str) and _EMPTY.search(words) is not None


def _ids_of(page: Sequence[JSONObject]) -> set[str]:
    return {task_id.lower() for record in page if (task_id := task_id_of(record)) is not None}
