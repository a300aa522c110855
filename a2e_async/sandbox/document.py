"""The OpenAPI document as the sandbox needs it: operations, their roles, their validators."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import jsonschema_rs

from a2e_async.sandbox.names import operation_name, split_path, workflow_name

__all__ = ["Document", "SpecOperation", "load_document"]

SPEC_VARIABLE = "A2E_SANDBOX_SPEC"
METHODS = ("get", "post", "put", "delete", "patch")
_PLACES = (
    Path(__file__).with_name("a2e.json"),  # in an installed wheel
    Path(__file__).parents[2] / "openapi" / "a2e.json",  # in the repository
)


@attrs.frozen
class Parameter:
    """A query parameter: its limits and default."""

    name: str
    schema: Mapping[str, Any]
    required: bool

    def parse(self, text: str) -> tuple[Any, str | None]:
        """The value, or None and what is wrong with it."""
        kind = self.schema.get("type")
        value: Any = text
        if kind in ("integer", "number"):
            try:
                value = int(text) if kind == "integer" else float(text)
            except ValueError:
                return None, f"{self.name} must be a{'n integer' if kind == 'integer' else ' number'}"
            low, high = self.schema.get("minimum"), self.schema.get("maximum")
            if low is not None and value < low:
                return None, f"{self.name} must not be less than {low}"
            if high is not None and value > high:
                return None, f"{self.name} must not be greater than {high}"
        elif kind == "boolean":
            if text not in ("true", "false"):
                return None, f"{self.name} must be a boolean"
            value = text == "true"
        if "enum" in self.schema and value not in self.schema["enum"]:
            return None, f"{self.name} must be one of {', '.join(map(str, self.schema['enum']))}"
        return value, None


@attrs.frozen(eq=False, slots=False)
class SpecOperation:
    """One operation of the document.

    Attributes:
        role: what it is to its resource: start, detail, batch, list, delete, rename, …, or other.
        needs_token: whether it answers 401 without one.
    """

    method: str
    path: str
    spec: Mapping[str, Any]
    components: Mapping[str, Any]
    role: str = "other"
    needs_token: bool = True

    @functools.cached_property
    def key(self) -> str:
        """``POST /api/v1/userImage2Video/start``."""
        return f"{self.method} {self.path}"

    @functools.cached_property
    def name(self) -> str:
        """``image_to_video.start``."""
        return operation_name(self.method, self.path)

    @functools.cached_property
    def segments(self) -> tuple[str, ...]:
        """The path below ``/api/v1``."""
        return split_path(self.path)

    @property
    def segment(self) -> str:
        """The resource's path segment, ``userImage2Video``."""
        return self.segments[0]

    @functools.cached_property
    def workflow(self) -> str:
        """The name users know the resource by, ``image_to_video``."""
        return workflow_name(self.segment)

    @functools.cached_property
    def route(self) -> str:
        """``POST userImage2Video/start``: how the tables name an operation."""
        return f"{self.method} {'/'.join(self.segments)}"

    @functools.cached_property
    def declared(self) -> frozenset[int]:
        """The status codes that the document has an answer for."""
        return frozenset(int(status) for status in self.spec.get("responses", {}) if status.isdigit())

    @functools.cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The query parameters."""
        return tuple(
            Parameter(given["name"], given.get("schema", {}), bool(given.get("required")))
            for given in self.spec.get("parameters", ())
            if given.get("in") == "query"
        )

    @functools.cached_property
    def body_schema(self) -> dict[str, Any] | None:
        """Of the JSON body, if it is declared."""
        content = self.spec.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return _as_json_schema(schema) if schema else None

    @functools.cached_property
    def body_fields(self) -> dict[str, Any]:
        """Every declared property of the body, from wherever in its allOf."""
        return dict(self._fields(self.body_schema or {}))

    def _fields(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        if "$ref" in schema:
            schema = self.components.get("schemas", {}).get(schema["$ref"].rsplit("/", 1)[-1], {})
        yield from schema.get("properties", {}).items()
        for part in schema.get("allOf", ()):
            yield from self._fields(part)

    def default(self, field: str) -> Any:
        """What the server takes for an absent field."""
        return self.body_fields.get(field, {}).get("default")

    @functools.cached_property
    def _validator(self) -> Any:
        if self.body_schema is None:
            return None
        rooted = {**self.body_schema, "components": _as_json_schema(self.components)}
        return jsonschema_rs.Draft7Validator(rooted)

    def problems(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(path, message) of everything in the body that the document forbids."""
        validator = self._validator
        if validator is None or validator.is_valid(body):
            return []
        return [
            (".".join(map(str, error.instance_path)), error.message) for error in validator.iter_errors(body)
        ]

    def reply_schema(self, status: int) -> Mapping[str, Any]:
        """The declared JSON schema of a reply, {} where there is none."""
        content = self.spec.get("responses", {}).get(str(status), {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            schema = self.components.get("schemas", {}).get(schema["$ref"].rsplit("/", 1)[-1], {})
        return dict(schema)

    @functools.cached_property
    def speaks_success(self) -> bool:
        """Whether the document declares ``{success, data, timestamp}`` instead of ``{code, data}``."""
        return "success" in self.reply_schema(200).get("properties", {})

    def error_has_success(self, status: int) -> bool:
        """Whether the document declares ErrorResponse, ``{success: false, error, …}``, for a status."""
        return "success" in self.reply_schema(status).get("properties", {})


@attrs.frozen(eq=False)
class Document:
    """All operations of one OpenAPI document."""

    operations: tuple[SpecOperation, ...]

    def of(self, segment: str) -> list[SpecOperation]:
        """The operations of one resource."""
        return [operation for operation in self.operations if operation.segment == segment]


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 schema -> JSON schema, tolerant of what upstream gets wrong."""
    if isinstance(schema, list):
        return [_as_json_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    clean = {
        key: _as_json_schema(value) for key, value in schema.items() if key not in ("example", "nullable")
    }
    if not clean.get("required") or clean["required"] is True:
        clean.pop("required", None)  # `required: false` on a property, or an empty list
    if schema.get("nullable") is True and isinstance(clean.get("type"), str):
        clean["type"] = [clean["type"], "null"]
        if "enum" in clean:
            clean["enum"] = [*clean["enum"], None]
    return clean


def _role(method: str, tail: tuple[str, ...]) -> str:
    last = tail[-1] if tail else ""
    takes_id = any(part.startswith("{") for part in tail)
    if method == "POST":
        if not takes_id and (last == "start" or (last.startswith("start") and last[5:6].isupper())):
            return "start"
        if len(tail) == 2 and takes_id and last.startswith("mark"):
            return "mark"
        return {"batchDetail": "batch", "retry": "retry", "remove": "remove", "del": "remove"}.get(
            last, "other"
        )
    if takes_id and (len(tail) == 1 or tail[0] in ("detail", "delete")) and last.startswith("{"):
        return {"GET": "detail", "DELETE": "delete", "PUT": "rename"}.get(method, "other")
    if method == "GET" and len(tail) == 1:
        lists = {"allRecords": "list", "list": "list", "records": "list", "allProcessing": "processing"}
        return {**lists, "retry": "retry", "avgProcessingTime": "average"}.get(last, "other")
    return "other"


def _with_roles(operations: list[SpecOperation]) -> tuple[SpecOperation, ...]:
    roles = {operation.key: _role(operation.method, operation.segments[1:]) for operation in operations}
    by_segment: dict[str, list[SpecOperation]] = {}
    for operation in operations:
        by_segment.setdefault(operation.segment, []).append(operation)
    for group in by_segment.values():
        held = {roles[operation.key] for operation in group}
        for operation in group:  # a detail may be read by query: status?_id=, detail?video_id=
            wanted = [parameter.name for parameter in operation.parameters if parameter.required]
            by_query = operation.segments[-1] in ("status", "detail") and len(wanted) == 1
            if operation.method == "GET" and by_query and wanted[0].endswith("id"):
                roles[operation.key] = "detail"
                held.add("detail")
        if "start" in held or "detail" not in held:
            continue
        for word in ("add", "generate", "training"):
            for operation in group:
                if operation.method == "POST" and operation.segments[1:] == (word,):
                    roles[operation.key] = "start"
    return tuple(attrs.evolve(operation, role=roles[operation.key]) for operation in operations)


@functools.lru_cache(maxsize=4)
def _parse(path: Path, _stamp: int) -> Document:
    raw = json.loads(path.read_bytes())
    if not isinstance(raw, dict) or not raw.get("paths"):
        raise ValueError(f"{path} is not an OpenAPI document with paths")
    components = raw.get("components", {})
    operations = [
        SpecOperation(method.upper(), template, item[method], components)
        for template, item in raw["paths"].items()
        for method in METHODS
        if method in item
    ]
    # An operation without `security` is open only where others have it; a document without any means nothing.
    secured = "security" in raw or not any("security" in operation.spec for operation in operations)
    return Document(
        _with_roles(
            [
                attrs.evolve(operation, needs_token=bool(operation.spec.get("security", secured)))
                for operation in operations
            ]
        )
    )


def load_document(source: str | os.PathLike[str] | None = None) -> Document:
    """The document that the sandbox plays.

    Args:
        source: a file; without it $A2E_SANDBOX_SPEC, then the one that comes with the package.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is not an OpenAPI document.
    """
    chosen = source or os.environ.get(SPEC_VARIABLE)
    places = (Path(chosen),) if chosen else _PLACES
    for place in places:
        if place.is_file():
            return _parse(place, place.stat().st_mtime_ns)
    raise FileNotFoundError(f"no OpenAPI document at {' or '.join(map(str, places))}")
