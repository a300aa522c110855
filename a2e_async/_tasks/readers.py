"""Read the records of tasks by whichever routes work: in batches, one by one or through the list.

A route that is declared may be missing, refuse what it should take or answer in a shape that nobody
knows. Then the next one is asked, and the reader remembers it. A task counts as unknown only if every
route that works denies it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Call, Operation
from a2e_async._spec.routes import Routes
from a2e_async._tasks.list_pages import ListIndex, ListPages, says_nothing
from a2e_async._tasks.outputs import urls_in
from a2e_async._tasks.replies import by_id, listed_in, records_in
from a2e_async._tasks.route_health import RouteHealth, alternatives
from a2e_async._transport.pace import Kind
from a2e_async._transport.requests import Transport
from a2e_async.errors import A2EError, NotReady, UnexpectedReply
from a2e_async.failures import Failure, classify, may_concern_one_id
from a2e_async.records import JSONObject, failure_text_of, task_id_of, task_status_of

__all__ = ["ListPages", "RouteReader", "TaskReader"]

_BATCH = 200  # ids in a batch request; the service documents this limit for some families, none for others

_MANY = 10  # tasks from which reading the list is cheaper than a request for each
_LIST_BATCH = 100  # tasks looked up in the list at a time, at most
_PAGES_AT_LEAST = 2  # pages read to look up a few tasks
_TASKS_A_PAGE = 25  # one more page for each this many tasks
_ALL_PAGES = 1000  # pages read to look up a task that the list is known to hold
_READS_OF_A_STRANGER = 2  # requests for a task, if the reply is about another one

Read = Callable[[Sequence[str]], Coroutine[Any, Any, Mapping[str, JSONObject]]]
ReadOne = Callable[[str], Coroutine[Any, Any, JSONObject | None]]


class TaskReader(Protocol):
    """Reads the records of one workflow's tasks."""

    @property
    @abstractmethod
    def batch(self) -> int:
        """The number of ids that one request can ask for."""

    @abstractmethod
    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """Read several records. Ids that the service does not know are left out."""

    @abstractmethod
    async def read_one(self, id: str) -> JSONObject | None:
        """Read one record by every route, until one of them knows the task.

        Returns:
            The record; None if the service does not know the id.

        Raises:
            NotFound: the service does not know the id, and says so by its status code.
        """


class RouteReader:
    """A `TaskReader` that uses the routes that the workflow declares.

    Args:
        routes: the workflow's routes.
        transport: sends the requests.
    """

    def __init__(self, routes: Routes, transport: Transport) -> None:
        self._transport = transport
        self._clock = transport.clock
        self._batch = RouteHealth(routes.batch_detail) if routes.batch_detail else None
        self._ids = _ids_of(routes.batch_detail)
        self._batch_size = max(1, min(_BATCH, self._ids.max_items or _BATCH))
        self._details = [RouteHealth(operation) for operation in alternatives(routes.get)]
        self._list = RouteHealth(routes.list) if routes.list else None
        self._pages = ListPages(routes.list, transport) if routes.list else None
        self._index = ListIndex(self._pages, self._clock) if self._pages else None

    @property
    def batch(self) -> int:
        """The number of ids that one request can ask for."""
        if self._batch and self._batch.is_usable(self._clock):
            return self._batch_size
        if self._pages and self._list and self._list.is_usable(self._clock):
            return min(self._pages.size, _LIST_BATCH)
        return 1

    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """Read several records, by the cheapest route that works.

        Ids that the service does not know are left out.
        """
        failed: list[tuple[RouteHealth, A2EError]] = []
        for route, read in self._ways(len(ids)):
            try:
                records = await read(ids)
            except A2EError as error:
                if not route.gives_way(error):
                    raise
                failed.append((route, error))
                continue

            if records:
                route.works()
            self._remember(failed, another_works=bool(records))
            return records

        self._remember(failed, another_works=False)
        raise failed[0][1]

    def _ways(self, count: int) -> Sequence[tuple[RouteHealth, Read]]:
        """The routes that work, the cheapest first, each with the function that reads by it."""
        ways: list[tuple[RouteHealth, Read]] = []
        if self._batch:
            ways.append((self._batch, self._read_batch))
        ways.extend((route, partial(self._read_each, route)) for route in self._details)
        if self._list:
            ways.insert(bool(self._batch) if count >= _MANY else len(ways), (self._list, self._read_list))

        return [way for way in ways if way[0].is_usable(self._clock)] or ways

    def _remember(self, failed: Sequence[tuple[RouteHealth, A2EError]], *, another_works: bool) -> None:
        """Rest the routes that failed, where that says something about the route and not about a task."""
        for route, error in failed:
            if another_works or route.is_missing(error):
                route.rest(self._clock.now())

    async def read_one(self, id: str) -> JSONObject | None:
        """Read one record by every route, until one of them knows the task.

        Returns:
            The record; None if the service does not know the id.

        Raises:
            NotFound: the service does not know the id, and says so by its status code.
            A2EError: a route did not answer, so that nothing is known.
        """
        failed: list[tuple[RouteHealth, A2EError]] = []
        denied = False

        for route, read in self._ways_to_one():
            try:
                record = await read(id)
            except A2EError as error:
                if not route.gives_way(error) and not may_concern_one_id(error):
                    raise
                failed.append((route, error))
                continue

            if record is not None:
                route.works()
                self._distrust_batch(route)
                self._remember(failed, another_works=True)
                return record
            denied = True

        self._remember(failed, another_works=False)
        self._raise_doubts([error for _, error in failed], denied=denied)
        return None

    def _ways_to_one(self) -> Sequence[tuple[RouteHealth, ReadOne]]:
        """The routes that work, the most reliable first. Batches have been asked before."""
        ways: list[tuple[RouteHealth, ReadOne]] = []
        ways.extend((route, partial(self._read_detail, route)) for route in self._details)
        if self._list:
            ways.append((self._list, self._find_in_list))

        usable = [way for way in ways if way[0].is_usable(self._clock)]
        if not usable and self._batch:
            return [(self._batch, self._find_in_batch)]
        return usable or ways

    def _distrust_batch(self, knows: RouteHealth) -> None:
        """Another route knows a task that batches lack. Leave them if they have never shown a task."""
        if self._batch and knows is not self._batch and not self._batch.proven and self._batch.asked:
            self._batch.rest(self._clock.now())

    @staticmethod
    def _raise_doubts(errors: Sequence[A2EError], *, denied: bool) -> None:
        """Raise what keeps the answer "unknown" from being certain; else the denial that is an error."""
        for error in errors:
            if classify(error) is not Failure.FINAL:
                raise error
        for error in errors:
            if may_concern_one_id(error):
                raise error
        if errors and not denied:
            raise errors[0]

    async def _read_each(self, route: RouteHealth, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """Read each id by itself. An error that is about one id does not affect the others."""
        found: dict[str, JSONObject] = {}

        for place, task_id in enumerate(ids):
            try:
                record = await self._read_detail(route, task_id)
            except A2EError as error:
                if classify(error) is not Failure.FINAL and found:
                    # Keep what was read. The others get a record without a status: known, not ended.
                    found.update((rest, {"_id": rest}) for rest in ids[place:])
                    break

                if len(ids) == 1 or not may_concern_one_id(error) or not (found or route.proven):
                    raise
                record = None

            if record is not None:
                route.works()
                found[task_id] = record
        return found

    async def _read_detail(self, route: RouteHealth, id: str) -> JSONObject | None:
        """Read one record by a detail route; None if the reply holds none."""
        operation = route.operation
        field = (*operation.path_fields, *operation.query)[0]
        call = operation.call({field.name: id}, {})
        data: Any = None

        for _ in range(_READS_OF_A_STRANGER):
            try:
                data = await self._transport.send(call, repeatable=True, kind=Kind.POLL)
            except NotReady:
                return {"_id": id}  # known, not ended

            ours = _asked_for(data, [id])
            if ours:
                return ours[id]
            if not any(task_id_of(record) for record in records_in(data)):
                return _without_id(data, id, call)

        raise _unexpected("the reply is about another task", call, data)

    async def _read_batch(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        assert self._batch is not None  # noqa: S101 - for type checkers: it is one of the ways
        self._batch.asked = True
        operation = self._batch.operation
        if operation.query or operation.form:
            call = operation.call({self._ids.name: list(ids)}, {})
        else:
            asked = {self._ids.wire_name: list(ids)}
            call = Call(operation.method, operation.path, body=asked, template=operation.path)
        data: Any = None

        for _ in range(_READS_OF_A_STRANGER):
            data = await self._transport.send(call, repeatable=True, kind=Kind.POLL)
            records = _asked_for(data, ids)
            if records or says_nothing(data):
                return records
        raise _unexpected("the reply holds none of the tasks that were asked for", call, data)

    async def _find_in_batch(self, id: str) -> JSONObject | None:
        return (await self._read_batch([id])).get(id)

    async def _find_in_list(self, id: str) -> JSONObject | None:
        assert self._index is not None  # noqa: S101 - for type checkers: it is one of the ways
        if not await self._index.holds(id):
            return None
        return (await self._read_pages([id], _ALL_PAGES)).get(id)

    async def _read_list(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        return await self._read_pages(ids, _PAGES_AT_LEAST + len(ids) // _TASKS_A_PAGE)

    async def _read_pages(self, ids: Sequence[str], most_pages: int) -> Mapping[str, JSONObject]:
        """Read pages, newest first, until every id has been seen, the list ends or the limit is reached."""
        assert self._pages is not None  # noqa: S101 - for type checkers: it is one of the ways
        found: dict[str, JSONObject] = {}
        seen: set[str | None] = set()

        for number in range(1, most_pages + 1):
            page = await self._pages.read(number)
            before = len(seen)
            seen.update(task_id_of(record) for record in page)
            for task_id, record in _asked_for(page, ids).items():
                found.setdefault(task_id, record)
            if len(found) == len(ids) or len(seen) == before or self._pages.is_last(page):
                break
        return found


def _ids_of(batch: Operation[Any] | None) -> Field:
    """The keyword that takes the ids of a batch."""
    fields = (*batch.body, *batch.query) if batch else ()
    lists = [field for field in fields if field.kind is list]
    return lists[0] if len(lists) == 1 else Field("ids", list)


def _asked_for(data: Any, ids: Sequence[str]) -> Mapping[str, JSONObject]:
    """The records of the tasks that were asked for, by their ids as asked. Others are not ours."""
    asked = set(ids)
    found: dict[str, JSONObject] = {}
    for record in data if isinstance(data, list) else records_in(data):
        if isinstance(record, dict) and (task_id := task_id_of(record)) in asked:
            found[str(task_id)] = record

    if len(found) < len(asked):
        # A record may be wrapped, or have two ids, or its id in other letters.
        known = {task_id.lower(): record for task_id, record in by_id(listed_in(data)).items()}
        found.update((task_id, known[task_id.lower()]) for task_id in ids if task_id.lower() in known)
    return found


def _without_id(data: Any, id: str, call: Call) -> JSONObject | None:
    """The record in a detail reply that names no id. Some families leave it out.

    Only a reply to a request for one task may do so.

    Raises:
        UnexpectedReply: the data is of an unknown shape.
    """
    if says_nothing(data):
        return None
    records = [data] if isinstance(data, Mapping) else records_in(data)
    wrapped = [value for record in records for value in record.values() if isinstance(value, Mapping)]
    for record in [*records, *wrapped]:
        if task_id_of(record) is None and _tells_an_end(record):
            return {"_id": id, **record}
    raise _unexpected("the reply holds no task", call, data)


def _tells_an_end(record: JSONObject) -> bool:
    """Whether a record without an id says how the task is."""
    return bool(task_status_of(record) or failure_text_of(record)) or any(True for _ in urls_in(record))


def _unexpected(problem: str, call: Call, data: Any) -> UnexpectedReply:
    return UnexpectedReply(problem, status=200, method=call.method, path=call.path, body=data)
