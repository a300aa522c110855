"""Reading tasks back: by batch, through the list, or one by one, whatever the family offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from a2e_async.errors import NotFound
from a2e_async.lifecycle import is_final
from a2e_async.operations import Call, Operation, Paging, rows_of
from a2e_async.records import task_id_of
from a2e_async.transport import Transport

__all__ = ["ListPages", "ReadBack", "Routes"]

JSONObject = Mapping[str, Any]

_BATCH = 200  # the ceiling where one is stated (H); none is stated elsewhere
_MANY = 10  # so many waiting tasks make one look into the list cheaper than a request for each


@attrs.frozen
class Routes:
    """The operations of a workflow.

    Attributes:
        start: makes tasks.
        get: reads one task, by an id in the path or in the query.
        batch_detail: reads many.
        list: lists them, newest first.
        delete: removes one.
    """

    start: Operation[Any]
    get: Operation[Any] | None = None
    batch_detail: Operation[Any] | None = None
    list: Operation[Any] | None = None
    delete: Operation[Any] | None = None

    @property
    def readable(self) -> bool:
        """Whether there is any way to learn what became of a task."""
        return bool(self.get or self.batch_detail or self.list)


class ListPages:
    """A workflow's list, as raw pages.

    Attributes:
        size: records on a full page; a shorter page is the last one.
    """

    def __init__(self, operation: Operation[Any], transport: Transport) -> None:
        self._operation = operation
        self._transport = transport
        self._paging = operation.paging or Paging()
        self.size = self._paging.max_size if self._paging.size else 1_000_000

    async def read(self, number: int) -> Sequence[JSONObject]:
        """One page, counted from 1."""
        query: dict[str, Any] = {}
        if self._paging.size:
            query[self._paging.size] = self.size
        if self._paging.page:
            query[self._paging.page] = number
        body: dict[str, Any] | None = {} if self._operation.has_body else None
        data = await self._transport.send(
            Call(self._operation.method, self._operation.path, query, body), repeatable=True
        )
        return _objects(data)


class ReadBack:
    """Where the poller gets the records of one workflow's tasks; see `a2e_async.polling.Source`."""

    def __init__(self, routes: Routes, transport: Transport) -> None:
        self._routes = routes
        self._transport = transport
        self._pages = ListPages(routes.list, transport) if routes.list else None
        if routes.batch_detail:
            self.batch = _BATCH
        else:
            self.batch = min(self._pages.size, 100) if self._pages else 1

    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """The records of those ids that the service knows, by id."""
        if self._routes.batch_detail:
            return await self._read_batch(self._routes.batch_detail, ids)
        if self._pages and (len(ids) >= _MANY or not self._routes.get):
            return await self._read_list(self._pages, ids)
        found = {task_id: await self._read_known(task_id) for task_id in ids}
        return {task_id: record for task_id, record in found.items() if record is not None}

    async def read_one(self, id: str) -> JSONObject | None:
        """The record of one id, by the detail route."""
        operation = self._routes.get
        if operation is None:
            return None
        field = (*operation.path_fields, *operation.query)[0]
        data = await self._transport.send(operation.call({field.name: id}, {}), repeatable=True)
        return next(iter(_objects([data] if isinstance(data, Mapping) else data)), None)

    def is_final(self, record: JSONObject) -> bool:
        """Whether the task has ended, well or badly."""
        return is_final(record)

    async def _read_known(self, id: str) -> JSONObject | None:
        try:
            return await self.read_one(id)
        except NotFound:
            return None

    async def _read_batch(self, operation: Operation[Any], ids: Sequence[str]) -> Mapping[str, JSONObject]:
        call = Call(operation.method, operation.path, body={"ids": list(ids)})
        return _by_id(_objects(await self._transport.send(call, repeatable=True)))

    async def _read_list(self, pages: ListPages, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """The newest pages, until every id has been seen or the list ends."""
        wanted = set(ids)
        found: dict[str, JSONObject] = {}
        for number in range(1, 3 + len(ids) // 25):
            page = await pages.read(number)
            found.update((task_id, record) for task_id, record in _by_id(page).items() if task_id in wanted)
            if len(found) == len(wanted) or len(page) < pages.size:
                break
        return found


def _objects(data: Any) -> Sequence[JSONObject]:
    try:
        rows = rows_of(data)
    except TypeError:
        rows = [data]
    return [row for row in rows if isinstance(row, Mapping)]


def _by_id(records: Sequence[JSONObject]) -> Mapping[str, JSONObject]:
    return {task_id: record for record in records if (task_id := task_id_of(record)) is not None}
