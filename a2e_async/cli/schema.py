"""What a workflow takes, as JSON Schema: of a line of ``a2e bulk``, and of the keywords in Python."""

from __future__ import annotations

from typing import Any

from a2e_async._spec.field import Field
from a2e_async.cli.catalogue import Call
from a2e_async.cli.options import for_help

__all__ = ["schema_of"]

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
_LIMITS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "above": "exclusiveMinimum",
    "below": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "pattern": "pattern",
}


def schema_of(call: Call) -> dict[str, Any]:
    """The JSON Schema of the keywords of a call."""
    docs = call.keyword_docs()
    properties: dict[str, Any] = {}
    for field in call.operation.fields:
        text = for_help(docs.get(field.name, ""))
        properties[field.name] = {**({"description": text} if text else {}), **_of(field)}
    if call.takes_body:
        properties["body"] = {"type": "object", "description": "The body. Its members are not documented."}

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": call.name,
        "description": call.summary,
        "type": "object",
        "properties": properties,
        "required": [field.name for field in call.operation.fields if field.required],
    }


def _of(field: Field) -> dict[str, Any]:
    """The schema of one value. Where the service may take newer values, the known ones are examples."""
    found: dict[str, Any] = {}
    if field.kind in _TYPES:
        found["type"] = _TYPES[field.kind]
    if field.choices:
        found["enum" if field.closed else "examples"] = list(field.choices)
    limits = ((theirs, getattr(field, ours)) for ours, theirs in _LIMITS.items())
    found |= {name: value for name, value in limits if value is not None and not field.also}

    if field.item is not None and field.kind is list:
        found["items"] = _of(field.item)
    if field.fields:
        found["properties"] = {member.wire_name: _of(member) for member in field.fields}
        found["required"] = [member.wire_name for member in field.fields if member.required]
    return found
