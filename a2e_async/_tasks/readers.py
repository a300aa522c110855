"""Read the records of tasks: by batch, through the list or one by one, as the family offers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from a2e_async._spec.operation import Call, Operation, Paging
from a2e_async._spec.routes import Routes
from a2e_async._tasks.replies import by_id, records_in, tasks_in
from a2e_async._transport.requests import Transport
from a2e_async.errors import A2EError
from a2e_async.failures import Failure, classify, may_concern_one_id
from a2e_async.records import JSONObject, task_id_of, task_status_of

__all__ = ["ListPages", "RouteReader", "TaskReader"]

_BATCH = 200  # ids in a batch request; the service documents this limit for some families, none for others
_PAGE_WITHOUT_SIZE = 100  # records on a full page, at most, of a list that takes no page size
_ROUND = 5  # full pages of a list that ignores the page size still hold a multiple of this many records

_MANY = 10  # tasks from which reading the list is cheaper than a request for each
_LIST_BATCH = 100  # tasks looked up in the list at a time, at most
_PAGES_AT_LEAST = 2  # pages read to look up a few tasks
_TASKS_A_PAGE = 25  # one more page for each this many tasks
_ALL_PAGES = 50  # pages read to look up a task that is not found otherwise


class TaskReader(Protocol):
    """Reads the records of one workflow's tasks."""

    batch: int
    """The number of ids that one request can ask for."""

    @abstractmethod
    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """Read several records. Ids that the service does not know are left out."""

    @abstractmethod
    async def read_one(self, id: str) -> JSONObject | None:
        """Read one record by the most reliable route.

        Returns:
            The record; None if the service does not know the id.

        Raises:
            NotFound: the service does not know the id, and says so by its status code.
        """


class ListPages:
    """Reads a workflow's list, page by page.

    Attributes:
        size: the number of records asked for on a page.
    """

    def __init__(self, operation: Operation[Any], transport: Transport) -> None:
        self._operation = operation
        self._transport = transport
        self._paging = operation.paging or Paging()
        self.size = self._paging.max_size if self._paging.size else _PAGE_WITHOUT_SIZE

    async def read(self, number: int) -> Sequence[JSONObject]:
        """Read one page; the first is number 1."""
        query: dict[str, Any] = {}
        if self._paging.size:
            query[self._paging.size] = self.size
        if self._paging.page:
            query[self._paging.page] = number

        body: dict[str, Any] | None = {} if self._operation.has_body else None
        data = await self._transport.send(
            Call(self._operation.method, self._operation.path, query, body), repeatable=True
        )
        return records_in(data)

    def is_last(self, page: Sequence[JSONObject]) -> bool:
        """Whether no page follows this one.

        A page of 37 records is the last one. A page of 50 may be a full page of a server that returns at
        most 50, whatever size is asked for.
        """
        if not self._paging.page or not page:
            return True
        return len(page) < self.size and len(page) % _ROUND != 0


class RouteReader:
    """A `TaskReader` that uses the routes that the workflow declares."""

    def __init__(self, routes: Routes, transport: Transport) -> None:
        self._routes = routes
        self._transport = transport
        self._pages = ListPages(routes.list, transport) if routes.list else None
        if routes.batch_detail:
            self.batch = _BATCH
        else:
            self.batch = min(self._pages.size, _LIST_BATCH) if self._pages else 1

    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """Read several records, by the cheapest route. Ids that the service does not know are left out."""
        if self._routes.batch_detail:
            return await self._read_batch(self._routes.batch_detail, ids)
        if self._pages and (len(ids) >= _MANY or not self._routes.get):
            most_pages = _PAGES_AT_LEAST + len(ids) // _TASKS_A_PAGE
            return await self._read_list(self._pages, ids, most_pages)
        return await self._read_each(ids)

    async def read_one(self, id: str) -> JSONObject | None:
        """Read one record by the detail route; without one, from the list.

        Returns:
            The record; None if the service does not know the id.
        """
        operation = self._routes.get
        if operation is None:
            found = await self._read_list(self._pages, [id], _ALL_PAGES) if self._pages else {}
            return found.get(id)

        field = (*operation.path_fields, *operation.query)[0]
        data = await self._transport.send(operation.call({field.name: id}, {}), repeatable=True)
        for record in tasks_in(data):
            if task_id_of(record) == id:
                return record

        # Some families leave out the id of the task that was asked for.
        without_id = isinstance(data, Mapping) and task_id_of(data) is None and task_status_of(data)
        return data if without_id else None

    async def _read_each(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """Read each id by itself. An error that is about one id does not affect the others."""
        found: dict[str, JSONObject] = {}

        for place, task_id in enumerate(ids):
            try:
                record = await self.read_one(task_id)
            except A2EError as error:
                if classify(error) is not Failure.FINAL and found:
                    # Keep what was read. The others get a record without a status: known, not ended.
                    found.update((rest, {"_id": rest}) for rest in ids[place:])
                    break

                if len(ids) == 1 or not may_concern_one_id(error):
                    raise
                record = None

            if record is not None:
                found[task_id] = record
        return found

    async def _read_batch(self, operation: Operation[Any], ids: Sequence[str]) -> Mapping[str, JSONObject]:
        call = Call(operation.method, operation.path, body={"ids": list(ids)})
        return by_id(records_in(await self._transport.send(call, repeatable=True)))

    async def _read_list(
        self, pages: ListPages, ids: Sequence[str], most_pages: int
    ) -> Mapping[str, JSONObject]:
        """Read pages, newest first, until every id has been seen, the list ends or the limit is reached."""
        wanted = set(ids)
        seen: dict[str, JSONObject] = {}

        for number in range(1, most_pages + 1):
            page = await pages.read(number)
            before = len(seen)
            seen.update(by_id(page))
            if wanted <= seen.keys() or len(seen) == before or pages.is_last(page):
                break

        return {task_id: seen[task_id] for task_id in ids if task_id in seen}
