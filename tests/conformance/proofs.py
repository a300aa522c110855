"""Proves what one resource can do, by doing it. Each cell of its row comes from a call that worked."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from a2e_async import A2E, ConfigurationError, Job, Pages, Record, Result, TaskFailed, Workflow
from a2e_async._spec.operation import Operation, text
from a2e_async.events import Events
from a2e_async.sandbox import Sandbox
from tests.conformance.samples import ANCHOR, sample_arguments
from tests.conformance.workflows import BESIDES, operations_of

__all__ = ["COLUMNS", "NONE", "Row", "prove"]

COLUMNS = ("start", "poll", "result", "download", "list", "get", "delete", "other operations")
NONE = "-"
_MAKERS = ("add", "generate", "send_tts", "upload", "list", "training")
_ENDERS = ("remove", "preview_delete", "delete")
_MANY = 12  # with this many waiting tasks, a list is cheaper than reading each by its id
_PAGE = 2
_LONG = 100_000.0


@attrs.define
class Row:
    """One line of the conformance table.

    Attributes:
        resource: the name on the client.
        cells: the text of each column.
        proved: the constants of the operations that were called successfully.
    """

    resource: str
    cells: dict[str, str] = attrs.field(factory=lambda: dict.fromkeys(COLUMNS, NONE))
    proved: list[str] = attrs.field(factory=list)

    @property
    def texts(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        return (f"`{self.resource}`", *(self.cells[column] for column in COLUMNS))


async def prove(a2e: A2E, sandbox: Sandbox, resource: str, folder: Path) -> Row:
    """Call everything that the resource offers.

    Args:
        a2e: a client of the sandbox, on its clock.
        sandbox: the sandbox; its ledger shows by which routes tasks were read back.
        resource: the name on the client.
        folder: a folder for downloads.

    Raises:
        AssertionError, A2EError: something does not work.
    """
    proof = _Proof(a2e, sandbox, getattr(a2e, resource), Row(resource), folder)
    if isinstance(proof.resource, Workflow):
        await proof.of_workflow(proof.resource)
    else:
        await proof.of_resource()
    assert sorted(proof.row.proved) == sorted(operations_of(resource))
    return proof.row


@attrs.define
class _Proof:
    """The unfinished proof of one resource.

    Attributes:
        id: the id for calls that need one.
        failed_id: the id of a task that failed.
    """

    a2e: A2E
    sandbox: Sandbox
    resource: Any
    row: Row
    folder: Path
    id: str = ""
    failed_id: str = ""

    # A workflow

    async def of_workflow(self, workflow: Workflow[Any]) -> None:
        routes, constants = workflow.routes, operations_of(workflow.name)
        by_route = {id(operation): constant for constant, operation in constants.items()}
        if not routes.readable:
            await self._start_only(workflow)
            return

        before = self.sandbox.ledger.requests
        result = await self._run(workflow)
        self.id = result.task.id
        self._mark("START", "start", "yes")
        await self._poll(workflow, by_route, before)
        self._result(result)
        await self._download(result)

        if routes.list:
            more = [await self._another(workflow) for _ in range(_PAGE)]
            await self._list(by_route[id(routes.list)], {self.id, *more})
        if routes.get:
            record = await self._call(by_route[id(routes.get)])
            assert record.id == self.id
            assert record.status == result.record.status
            self._mark(by_route[id(routes.get)], "get", _by_path_or_query(routes.get))

        if any("retry" in constant.lower() for constant in constants):
            self.failed_id = (await self.resource(**self._arguments(routes.start, "sandbox:fail")).start()).id
            await anyio.lowlevel.checkpoint()
            await self._until_failed(workflow)

        ending = by_route.get(id(routes.delete))
        others = [name for name in constants if name not in (*self.row.proved, ending)]
        await self._others(others)

        if ending and routes.list:
            await self._delete(ending, by_route[id(routes.list)])

    async def _start_only(self, workflow: Workflow[Any]) -> None:
        """A workflow that cannot be read back: `run` and `wait` refuse before any request; `start` works."""
        job = self.resource(**self._arguments(workflow.routes.start))
        before = self.sandbox.ledger.made(workflow.name)
        for refused in (job.run, workflow.task(ANCHOR).wait):
            with pytest.raises(ConfigurationError, match="read these tasks back"):
                await refused()
        assert self.sandbox.ledger.made(workflow.name) == before
        task = await job.start()
        assert task.id
        assert self.sandbox.ledger.made(workflow.name) == before + 1
        self._mark("START", "start", "yes; `run` refuses")

    async def _run(self, workflow: Workflow[Any]) -> Result[Any]:
        job = self.resource(**self._arguments(workflow.routes.start))
        result: Result[Any] = await job.run(timeout=_LONG)
        return result

    async def _another(self, workflow: Workflow[Any]) -> str:
        """Start a task that nobody waits for, except of voices: the service makes one at a time."""
        if workflow.name == "voice":
            return (await self._run(workflow)).task.id
        task = await self.resource(**self._arguments(workflow.routes.start)).start()
        return str(task.id)

    async def _poll(self, workflow: Workflow[Any], by_route: Mapping[int, str], before: Counter[str]) -> None:
        """Find out which routes were used while waiting, for one task since `before` and for many."""
        routes = workflow.routes
        if not routes.batch_detail and routes.list and workflow.name != "voice":  # one voice at a time
            await self._run_many(workflow)

        after = self.sandbox.ledger.requests
        asked = {
            "batch": routes.batch_detail,
            "list": routes.list,
            "detail": routes.get,
        }
        used = [
            name
            for name, operation in asked.items()
            if operation and after[_key(operation)] > before[_key(operation)]
        ]

        assert used, "the task was not read back at all"
        assert used[0] == "batch" or not routes.batch_detail

        self.row.cells["poll"] = ", ".join(used)
        if routes.batch_detail:
            constant = by_route[id(routes.batch_detail)]
            records = await self._call(constant)
            assert [record.id for record in records] == [self.id]
            self._mark(constant)

    async def _run_many(self, workflow: Workflow[Any]) -> None:
        found: list[str] = []

        async def run() -> None:
            found.append((await self._run(workflow)).task.id)

        async with anyio.create_task_group() as group:
            for _ in range(_MANY):
                group.start_soon(run)
        assert len(set(found)) == _MANY

    def _result(self, result: Result[Any]) -> None:
        """Find the fields of the record that hold the outputs, or the id if there is no file."""
        raw = result.record.raw
        sent = set(_strings(raw, only=_inputs(result)))
        assert not sent.intersection(result.urls), "an input was taken for an output"
        fields = [key for key, value in raw.items() if set(_strings(value)) & set(result.urls)]
        made = [value for value in result.ids if value != result.task.id]
        fields += [key for key, value in raw.items() if value in made]
        self.row.cells["result"] = ", ".join(f"`{field}`" for field in sorted(fields)) or "its id"

    async def _download(self, result: Result[Any]) -> None:
        files = await result.fetch(self.folder)
        assert len(files) == len(result.urls)
        assert all(file.path.stat().st_size == file.size > 0 for file in files)
        if files:
            self.row.cells["download"] = ", ".join(sorted({_kind_of(file.path) for file in files}))

    async def _list(self, constant: str, ids: set[str]) -> None:
        found = await self._listed(constant)
        assert len(found) == len(set(found))
        assert ids <= set(found)
        self._mark(constant, "list", self._paging(constant))

    def _paging(self, constant: str) -> str:
        """The parameter that counts the pages, and the method's name if it is not `list`."""
        paging = operations_of(self.row.resource)[constant].paging
        return _named(constant, "LIST", f"`{paging.page}`" if paging and paging.page else "whole")

    async def _listed(self, constant: str) -> Sequence[str]:
        """Read the ids of a list, in small pages."""
        paging = operations_of(self.row.resource)[constant].paging
        arguments = {"page_size": _PAGE} if paging and paging.size else {}
        given = getattr(self.resource, constant.lower())(**arguments)
        records = [record async for record in given] if isinstance(given, Pages) else await given
        return [record.id for record in records]

    async def _until_failed(self, workflow: Workflow[Any]) -> None:
        with pytest.raises(TaskFailed):
            await workflow.task(self.failed_id).wait(timeout=_LONG)

    async def _delete(self, constant: str, listing: str) -> None:
        assert self.id in await self._listed(listing)
        await self._call(constant)
        self._mark(constant, "delete", _named(constant, "DELETE", "yes"))
        assert self.id not in await self._listed(listing)

    # Any other resource

    async def of_resource(self) -> None:
        names = list(operations_of(self.row.resource))
        paged = [name for name in names if operations_of(self.row.resource)[name].paging]
        first = [name for name in names if name.lower() in _MAKERS and name not in paged]
        await self._others([*first, *paged, *(name for name in names if name not in (*first, *paged))])

    # Single calls

    async def _others(self, constants: Sequence[str]) -> None:
        """Call the operations that have no column, or that fill one in a resource that is no workflow."""
        without_column = []
        for constant in sorted(constants, key=lambda name: name.lower() in _ENDERS):
            reply = await self._call(constant)
            operation = operations_of(self.row.resource)[constant]

            if operation.paging and self.row.cells["list"] == NONE:
                self.row.cells["list"] = self._paging(constant)
            elif constant.endswith("DELETE") and self.row.cells["delete"] == NONE:
                self.row.cells["delete"] = _named(constant, "DELETE", "yes")
            else:
                without_column.append(constant)

            if operation.reply is text:
                self.row.cells["result"] = "the reply"
                self.row.cells["download"] = _kind_of((await self.a2e.download(reply, self.folder)).path)

            self._mark(constant)
            self.id = self.id or _id_in(reply)

        if without_column:
            names = (f"`{name.lower()}`" for name in sorted(without_column))
            self.row.cells["other operations"] = ", ".join(names)

    async def _call(self, constant: str) -> Any:
        """Call one operation by its method, and await whatever kind of result it returns."""
        operation = operations_of(self.row.resource)[constant]
        method = self.resource if constant == "START" else getattr(self.resource, constant.lower())
        arguments = self._arguments(operation)
        identity = self.failed_id if constant == "RETRY" else self.id
        names = inspect.signature(method).parameters

        for name in ("id", "video_id"):
            if name in names:
                arguments[name] = identity

        if "ids" in names:
            arguments["ids"] = [identity]
        if "timeout" in names:  # the service answers 202 until the result is ready
            arguments["timeout"] = _LONG

        if "body" in names and identity:
            arguments["body"] = {"_id": identity}
        if constant == "RETRY" and "body" not in names:
            arguments["extra_query"] = {"_id": identity}

        reply = method(**arguments)
        if isinstance(reply, Job):
            return await reply.run(timeout=_LONG)
        if isinstance(reply, Pages):
            return [record async for record in reply]

        if "stream" in names:
            await self._stream(method, arguments)
        assert isinstance(reply, Awaitable)

        return await reply

    async def _stream(self, method: Any, arguments: Mapping[str, Any]) -> None:
        events = method(**{**arguments, "stream": True})
        assert isinstance(events, Events)
        kinds = [event.kind async for event in events]
        assert kinds[-1] == "result"
        assert "delta" in kinds

    def _arguments(self, operation: Operation[Any], word: str = "in") -> dict[str, Any]:
        return sample_arguments(operation, word, **BESIDES.get(operation.path, {}))

    def _mark(self, constant: str, column: str = "", text: str = "") -> None:
        self.row.proved.append(constant)
        if column:
            self.row.cells[column] = text


def _named(constant: str, usual: str, text: str) -> str:
    return text if constant == usual else f"`{constant.lower()}`: {text}"


def _kind_of(path: Path) -> str:
    return {".mp3": "sound", ".mp4": "video"}.get(path.suffix, "image")


def _key(operation: Operation[Any]) -> str:
    return f"{operation.method} {operation.path}"


def _by_path_or_query(operation: Operation[Any]) -> str:
    return operation.path.split("/", 4)[4] if operation.path_fields else f"?{operation.query[0].wire_name}="


def _inputs(result: Result[Any]) -> set[str]:
    return {field.wire_name for field in result.task.workflow.routes.start.body}


def _strings(value: Any, only: set[str] | None = None) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if only is None or key in only:
                yield from _strings(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _id_in(reply: Any) -> str:
    """The id of the record that a call made, or of the first record that it listed."""
    if isinstance(reply, Record):
        reply = reply.raw
    if isinstance(reply, Mapping):
        return str(reply.get("_id") or "")
    if isinstance(reply, list | tuple):
        return next((found for item in reply if (found := _id_in(item))), "")
    return ""
