"""Operations and families unknown to this release, by the API's conventions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Call, CallOptions, Operation, Paging, many, one, raw, with_body
from a2e_async._spec.routes import Routes
from a2e_async._spec.values import text_in
from a2e_async.checks import unwrapped
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.protocols import Client
from a2e_async.records import TaskRecord
from a2e_async.resources import Workflow

__all__ = ["call_of", "job_of", "operation_of"]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PATH = re.compile(r"(/[A-Za-z0-9_~.-]+)+")
_SEGMENT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def call_of(
    method: str,
    path: str,
    query: Mapping[str, str | int | float | bool] | None,
    body: Mapping[str, Any] | None,
    options: CallOptions,
    *,
    repeatable: bool,
) -> tuple[Operation[Any], Call]:
    """Make an operation of its method and path, and the call of it; see `A2E.request`."""
    has_body = body is not None or "extra_body" in options
    operation = operation_of(method, path, has_body=has_body, repeatable=repeatable)

    extra = options.get("extra_query", {})
    if isinstance(extra, Mapping):
        extra = {**(query or {}), **extra}
    return operation, operation.call({}, {**with_body(body, options), "extra_query": extra})


def operation_of(method: str, path: str, *, has_body: bool, repeatable: bool = False) -> Operation[Any]:
    """Make an operation of its method and path.

    Args:
        method: GET, POST, PUT, PATCH or DELETE. It does not say what the operation does.
        path: as in the service's documentation.
        has_body: whether a JSON body is sent.
        repeatable: whether it may be sent again after a lost answer.

    Raises:
        InvalidArgument: the method is unknown, or the path could leave the API.
    """
    method = text_in(unwrapped(method), "method") or method
    path = text_in(unwrapped(path), "path") or path
    if method not in _METHODS:
        raise InvalidArgument("method", f"{method!r} is not one of {', '.join(_METHODS)}")
    if not isinstance(path, str) or not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise InvalidArgument("path", f"{path!r} is not a path like /api/v1/userNewThing/start")
    if not isinstance(repeatable, bool):
        raise InvalidArgument("repeatable", f"{repeatable!r} is not True or False")
    return Operation(method, path, raw, has_body=has_body, repeatable=repeatable, is_known=False)


def job_of(
    client: Client, name: str, body: Mapping[str, Any], options: CallOptions | None = None
) -> Job[TaskRecord]:
    """Make a Job of an unknown family; see `A2E.workflow`."""
    if not isinstance(name, str) or not _SEGMENT.fullmatch(name):
        raise InvalidArgument("name", f"{name!r} is not the first segment of a path, like userNewThing")
    if not isinstance(body, Mapping):
        raise InvalidArgument("body", f"{body!r} is not a mapping")
    return _workflow(client, name, inputs=body).job(body, options or {})


def _workflow(client: Client | None, segment: str, inputs: Iterable[str]) -> _UnknownWorkflow:
    """Make a family by convention. Its inputs are those that the caller sends: an echoed one is no output."""
    base = f"/api/v1/{segment}"
    by_id = Field("id", str, "_id", required=True)
    routes = Routes(
        start=Operation(
            "POST",
            f"{base}/start",
            one(TaskRecord),
            body=tuple(Field(name) for name in {"name": None, **dict.fromkeys(inputs)}),
            has_body=True,
        ),
        get=Operation("GET", f"{base}/{{_id}}", one(TaskRecord), path_fields=(by_id,), repeatable=True),
        batch_detail=Operation(
            "POST", f"{base}/batchDetail", many(TaskRecord), has_body=True, repeatable=True
        ),
        list=Operation(
            "GET",
            f"{base}/allRecords",
            many(TaskRecord),
            paging=Paging("pageNum", "pageSize", 10, 100),
            repeatable=True,
        ),
        delete=Operation("DELETE", f"{base}/{{_id}}", raw, path_fields=(by_id,)),
    )

    kind = type("UnknownWorkflow", (_UnknownWorkflow,), {"name": segment, "routes": routes})
    workflow: _UnknownWorkflow = kind(client)
    return workflow


class _UnknownWorkflow(Workflow[TaskRecord]):
    """A family by convention."""

    by_convention = True
    record_type = TaskRecord

    def job(self, body: Mapping[str, Any], options: CallOptions) -> Job[TaskRecord]:
        """Make a Job with this body."""
        return self._job(self.routes.start, {}, {**options, "extra_body": body})

    def __reduce__(self) -> tuple[Any, ...]:
        # Its class is made anew, because no module has it.
        return _workflow, (None, self.name, tuple(field.name for field in self.routes.start.body))
