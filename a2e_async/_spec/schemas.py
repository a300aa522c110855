"""What an operation takes, as JSON Schema. No I/O."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation
from a2e_async._spec.rules import Need

__all__ = ["keyword_docs", "schema_of", "summary_of"]

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


def schema_of(
    name: str, function: Callable[..., Any], operation: Operation[Any], words: Callable[[str], str] = str
) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the keywords of a method.

    Args:
        name: its title.
        function: the method; descriptions are taken from its docstring.
        operation: what it sends.
        words: changes the description of each keyword.
    """
    docs = keyword_docs(function)
    properties: dict[str, Any] = {}

    for field in operation.fields:
        text = words(docs.get(field.name, ""))
        properties[field.name] = {**({"description": text} if text else {}), **_of(field)}
    if "body" in inspect.signature(function).parameters and "body" not in properties:
        properties["body"] = {"type": "object", "description": "The body. Its members are not documented."}

    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": summary_of(function),
        "type": "object",
        "properties": properties,
        "required": [field.name for field in operation.fields if field.required],
    }
    rules = [*_between(operation)]
    return {**schema, "allOf": rules} if rules else schema


def summary_of(function: Callable[..., Any]) -> str:
    """The first line of a method's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def keyword_docs(function: Callable[..., Any]) -> Mapping[str, str]:
    """The description of each keyword in a method's docstring."""
    found: dict[str, str] = {}
    last = ""

    for line in (inspect.getdoc(function) or "").splitlines():
        entry = re.fullmatch(r" {4}(\w+): (.*)", line)
        if entry:
            last = entry[1]
            found[last] = entry[2]
        elif last and line.startswith(" " * 8):
            found[last] += f" {line.strip()}"
        else:
            last = ""
    return found


def _of(field: Field) -> dict[str, Any]:
    """The schema of one value. Where the service may take newer values, the known ones are examples."""
    found: dict[str, Any] = {}
    if field.kind in _TYPES:
        found["type"] = _TYPES[field.kind]

    limits = {
        theirs: value for ours, theirs in _LIMITS.items() if (value := getattr(field, ours)) is not None
    }
    if field.choices and field.closed:
        limits["enum"] = list(field.choices)
    elif field.choices:
        found["examples"] = list(field.choices)
    if limits and field.also:
        found["anyOf"] = [limits, {"enum": list(field.also)}]
    else:
        found |= limits

    if field.item is not None:
        found["items" if field.kind is list else "additionalProperties"] = _of(field.item)
    if field.fields:
        found["properties"] = {member.wire_name: _of(member) for member in field.fields}
        found["required"] = [member.wire_name for member in field.fields if member.required]
    return found


def _between(operation: Operation[Any]) -> Iterable[dict[str, Any]]:
    """The rules between keywords."""
    for group in operation.any_of:
        yield _one_of(group)
    for group in operation.exclusive:
        for number, name in enumerate(group):
            yield from ({"not": {"required": [name, other]}} for other in group[number + 1 :])

    lists = {field.name for field in operation.fields if field.kind is list}
    for need in operation.needs:
        yield {"if": _condition(need), "then": _consequence(need, lists)}


def _condition(need: Need) -> dict[str, Any]:
    parts = [_has(name, values) for name, values in need.when.items()]
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def _has(name: str, values: Sequence[Any] | None) -> dict[str, Any]:
    if values is None:
        return {"required": [name]}
    known = [value for value in values if value is not None]
    among: dict[str, Any] = {"properties": {name: {"enum": known}}}
    return among if len(known) < len(values) else {**among, "required": [name]}


def _consequence(need: Need, lists: Iterable[str]) -> dict[str, Any] | bool:
    parts: list[dict[str, Any]] = []
    if need.all_of:
        parts.append({"required": list(need.all_of)})
    if need.any_of:
        parts.append(_one_of(need.any_of))

    allowed: dict[str, Any] = {name: {"enum": list(values)} for name, values in need.only.items()}
    allowed |= {name: {"maxItems" if name in lists else "maximum": most} for name, most in need.most.items()}
    if allowed:
        parts.append({"properties": allowed})

    if not parts:
        return False
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def _one_of(group: Sequence[str]) -> dict[str, Any]:
    return {"anyOf": [{"required": [name]} for name in group]}
