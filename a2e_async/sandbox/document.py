"""Read the OpenAPI document that a sandbox plays: its operations with their roles."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from a2e_async.sandbox.operations import SpecOperation

__all__ = ["Document", "load_document"]

SPEC_VARIABLE = "A2E_SANDBOX_SPEC"
METHODS = ("get", "post", "put", "delete", "patch")
START_WORDS = (("add",), ("generate",), ("training",), ("create",), ("submit",), ("run",), ())
_PLACES = (
    Path(__file__).with_name("a2e.json"),  # in an installed wheel
    Path(__file__).parents[2] / "openapi" / "a2e.json",  # in the repository
)


@attrs.frozen(eq=False)
class Document:
    """All operations of one OpenAPI document."""

    operations: tuple[SpecOperation, ...]

    def of(self, segment: str) -> list[SpecOperation]:
        """The operations of one resource."""
        return [operation for operation in self.operations if operation.segment == segment]


def _resolved(document: Mapping[str, Any], value: Any) -> Any:
    """The target of a reference inside the document, or the value itself."""
    while isinstance(value, dict) and str(value.get("$ref", "")).startswith("#/"):
        target: Any = document
        for part in value["$ref"][2:].split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
        value = target
    return value


def _written_out(document: Mapping[str, Any], item: Mapping[str, Any], method: str) -> dict[str, Any]:
    """An operation with the parameters of its path, and without references around its schemas."""
    spec = dict(item[method])
    given = [_resolved(document, one) for one in (*item.get("parameters", ()), *spec.get("parameters", ()))]
    own = {(one.get("in"), one.get("name")): one for one in given}
    replies = spec.get("responses", {}).items()
    spec |= {
        "parameters": list(own.values()),
        "responses": {key: _resolved(document, one) for key, one in replies},
    }
    return spec | ({"requestBody": _resolved(document, spec["requestBody"])} if "requestBody" in spec else {})


def _role(method: str, tail: tuple[str, ...]) -> str:
    """The role of an operation, by its method and the segments after the resource's own."""
    last = tail[-1] if tail else ""
    takes_id = any(part.startswith("{") for part in tail)

    if method == "POST":
        if not takes_id and (last == "start" or (last.startswith("start") and last[5:6].isupper())):
            return "start"
        if len(tail) == 2 and takes_id and last.startswith("mark"):
            return "mark"
        words = {"batchDetail": "batch", "retry": "retry", "remove": "remove", "del": "remove"}
        return words.get(last, "other")

    if takes_id and (len(tail) == 1 or tail[0] in ("detail", "delete")) and last.startswith("{"):
        return {"GET": "detail", "DELETE": "delete", "PUT": "rename"}.get(method, "other")

    if method == "GET" and len(tail) == 1:
        lists = {"allRecords": "list", "list": "list", "records": "list", "allProcessing": "processing"}
        return {**lists, "retry": "retry", "avgProcessingTime": "average"}.get(last, "other")
    return "other"


def _with_roles(operations: list[SpecOperation]) -> tuple[SpecOperation, ...]:
    """The operations with their roles, some of which depend on the other operations of the resource."""
    roles = {operation.key: _role(operation.method, operation.segments[1:]) for operation in operations}
    by_segment: dict[str, list[SpecOperation]] = {}
    for operation in operations:
        by_segment.setdefault(operation.segment, []).append(operation)

    for group in by_segment.values():
        for operation in group:
            if _reads_one_by_query(operation):
                roles[operation.key] = "detail"

        # A resource with a detail route makes tasks. If it has no `start`, another word starts them.
        # In a plain REST family the path of the resource itself starts and lists them.
        found = {roles[operation.key] for operation in group}
        if "detail" not in found:
            continue
        for operation in group:
            tail = operation.segments[1:]
            if operation.method in ("POST", "PUT") and tail in START_WORDS and "start" not in found:
                roles[operation.key] = "start"
            elif operation.method == "GET" and not tail:
                roles[operation.key] = "list"

    return tuple(attrs.evolve(operation, role=roles[operation.key]) for operation in operations)


def _reads_one_by_query(operation: SpecOperation) -> bool:
    """Whether an operation is a detail route that takes the id in the query: ``status?_id=``."""
    if operation.method != "GET" or operation.segments[-1] not in ("status", "detail"):
        return False
    required = [parameter.name for parameter in operation.parameters if parameter.required]
    return len(required) == 1 and required[0].endswith("id")


@functools.lru_cache(maxsize=4)
def _parse(path: Path, _stamp: int) -> Document:
    """Parse a document; the stamp makes a file that has changed a new one."""
    raw = json.loads(path.read_bytes())
    if not isinstance(raw, dict) or not raw.get("paths"):
        raise ValueError(f"{path} is not an OpenAPI document with paths")

    components = raw.get("components", {})
    operations = [
        SpecOperation(method.upper(), template, _written_out(raw, item, method), components)
        for template, item in raw["paths"].items()
        for method in METHODS
        if method in item
    ]

    # An operation without `security` needs no token, but only if other operations declare it. A document
    # that never declares `security` says nothing about tokens, so all its operations need one.
    default = "security" in raw or not any("security" in operation.spec for operation in operations)
    operations = [
        attrs.evolve(operation, needs_token=bool(operation.spec.get("security", default)))
        for operation in operations
    ]
    return Document(_with_roles(operations))


def load_document(source: str | os.PathLike[str] | None = None) -> Document:
    """Load the document that the sandbox plays.

    Args:
        source: a file. The default is $A2E_SANDBOX_SPEC, or else the document that comes with the package.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is not an OpenAPI document.
    """
    chosen = source or os.environ.get(SPEC_VARIABLE)
    places = (Path(chosen),) if chosen else _PLACES
    for place in places:
        if place.is_file():
            return _parse(place, place.stat().st_mtime_ns)
    raise FileNotFoundError(f"no OpenAPI document at {' or '.join(map(str, places))}")
