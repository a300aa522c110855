"""One operation of the OpenAPI document: its names, its parameters, and what its bodies may be."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import jsonschema_rs

from a2e_async.sandbox.names import operation_name, split_path, workflow_name

__all__ = ["SpecOperation"]


@attrs.frozen
class Parameter:
    """A query parameter with its limits and its default."""

    name: str
    schema: Mapping[str, Any]
    required: bool

    def parse(self, text: str) -> tuple[Any, str | None]:
        """Parse a value. Returns (value, None), or (None, a sentence about what is wrong)."""
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
        method: ``GET``, ``POST``, …
        path: the path template, ``/api/v1/userImage2Video/{_id}``.
        spec: the operation object of the document.
        components: the components of the document.
        role: its part in its resource: start, detail, batch, list, delete, rename, …, or other.
        needs_token: whether it answers 401 without a token.
    """

    method: str
    path: str
    spec: Mapping[str, Any]
    components: Mapping[str, Any]
    role: str = "other"
    needs_token: bool = True

    @functools.cached_property
    def key(self) -> str:
        """Method and path, ``POST /api/v1/userImage2Video/start``."""
        return f"{self.method} {self.path}"

    @functools.cached_property
    def name(self) -> str:
        """The name that users know, ``image_to_video.start``."""
        return operation_name(self.method, self.path)

    @functools.cached_property
    def segments(self) -> tuple[str, ...]:
        """The segments of the path below ``/api/v1``."""
        return split_path(self.path)

    @property
    def segment(self) -> str:
        """The resource's segment of the path, ``userImage2Video``."""
        return self.segments[0]

    @functools.cached_property
    def workflow(self) -> str:
        """The name by which users know the resource, ``image_to_video``."""
        return workflow_name(self.segment)

    @functools.cached_property
    def route(self) -> str:
        """``POST userImage2Video/start``, the key of an operation in the sandbox's tables."""
        return f"{self.method} {'/'.join(self.segments)}"

    @functools.cached_property
    def declared(self) -> frozenset[int]:
        """The status codes for which the document declares a reply."""
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
        """The schema of the JSON body; None if none is declared."""
        schema = _json_schema_in(self.spec.get("requestBody", {}))
        return _as_json_schema(schema) if schema else None

    @functools.cached_property
    def body_is_optional(self) -> bool:
        """Whether a request without a body is valid."""
        return self.spec.get("requestBody", {}).get("required") is not True

    @functools.cached_property
    def body_fields(self) -> dict[str, Any]:
        """Every declared property of the body, wherever in an ``allOf`` it is declared."""
        return dict(self._fields(self.body_schema or {}))

    def _fields(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        if "$ref" in schema:
            schema = self.components.get("schemas", {}).get(schema["$ref"].rsplit("/", 1)[-1], {})
        yield from schema.get("properties", {}).items()
        for part in schema.get("allOf", ()):
            yield from self._fields(part)

    @functools.cached_property
    def required_fields(self) -> frozenset[str]:
        """The properties that every body has, wherever in an ``allOf`` that is declared."""
        return frozenset(self._required(self.body_schema or {}))

    def _required(self, schema: Mapping[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            schema = self.components.get("schemas", {}).get(schema["$ref"].rsplit("/", 1)[-1], {})
        yield from schema.get("required") or ()
        for part in schema.get("allOf", ()):
            yield from self._required(part)

    def default(self, field: str) -> Any:
        """The value that the server assumes for an absent field."""
        return self.body_fields.get(field, {}).get("default")

    @functools.cached_property
    def record_fields(self) -> frozenset[str]:
        """Every declared property of the records in the reply."""
        data = self.reply_schema(200).get("properties", {}).get("data", {})
        forms = [form.get("items", form) for form in (data, *data.get("oneOf", ()), *data.get("anyOf", ()))]
        return frozenset(name for form in forms for name, _ in self._fields(form))

    @functools.cached_property
    def _validator(self) -> Any:
        if self.body_schema is None:
            return None
        rooted = {**self.body_schema, "components": _as_json_schema(self.components)}
        return jsonschema_rs.Draft7Validator(rooted)

    def problems(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The problems of a body that the document forbids, each as (path, message)."""
        validator = self._validator
        if validator is None or validator.is_valid(body):
            return []
        return [
            (".".join(map(str, error.instance_path)), error.message) for error in validator.iter_errors(body)
        ]

    def reply_schema(self, status: int) -> Mapping[str, Any]:
        """The declared JSON schema of a reply; {} if there is none."""
        schema = _json_schema_in(self.spec.get("responses", {}).get(str(status), {})) or {}
        if "$ref" in schema:
            schema = self.components.get("schemas", {}).get(schema["$ref"].rsplit("/", 1)[-1], {})
        return dict(schema)

    def reply_problems(self, status: int, reply: Any) -> list[str]:
        """What the document forbids in the JSON of a reply."""
        return [error.message for error in self._reply_validators(status).iter_errors(reply)]

    @functools.cached_property
    def _reply_validators(self) -> Callable[[int], Any]:
        @functools.cache
        def validator(status: int) -> Any:
            rooted = {**self.reply_schema(status), "components": self.components}
            return jsonschema_rs.Draft7Validator(_as_json_schema(rooted))

        return validator

    @functools.cached_property
    def speaks_success(self) -> bool:
        """Whether the document declares ``{success, data, timestamp}`` instead of ``{code, data}``."""
        return "success" in self.reply_schema(200).get("properties", {})

    def error_has_success(self, status: int) -> bool:
        """Whether the document declares ErrorResponse (``{success: false, error, …}``) for a status."""
        return "success" in self.reply_schema(status).get("properties", {})


def _as_json_schema(schema: Any) -> Any:
    """Convert an OpenAPI 3.0 schema to a JSON schema, and tolerate known mistakes of the document."""
    if isinstance(schema, list):
        return [_as_json_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema

    clean = {
        key: _as_json_schema(value) for key, value in schema.items() if key not in ("example", "nullable")
    }
    if not clean.get("required") or clean["required"] is True:
        clean.pop("required", None)  # `required: false` on a property, or an empty list

    for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(clean.get(flag), bool) and clean.pop(flag) and bound in clean:
            clean[flag] = clean.pop(bound)

    if schema.get("nullable") is True and isinstance(clean.get("type"), str):
        clean["type"] = [clean["type"], "null"]
        if "enum" in clean:
            clean["enum"] = [*clean["enum"], None]
    elif schema.get("nullable") is True and "oneOf" in clean:
        clean["oneOf"] = [*clean["oneOf"], {"type": "null"}]
    elif schema.get("nullable") is True and ("anyOf" in clean or "allOf" in clean):
        clean = {"anyOf": [clean, {"type": "null"}]}
    return clean


def _json_schema_in(holder: Mapping[str, Any]) -> Any:
    """The schema of a body's or a reply's JSON content; None if there is none."""
    for name, media in holder.get("content", {}).items():
        kind = name.partition(";")[0].strip().lower()
        if kind.endswith(("/json", "+json")) or kind in ("*/*", "application/*"):
            return media.get("schema")
    return None
