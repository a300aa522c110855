"""Repair rules for schemas that contradict themselves: no value, or not their own default, would be valid.

A default is what the service uses, so the service takes it: the limit gives way. Where both limits together
allow nothing, both go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from codegen.document.tree import Document
from codegen.document.walk import schema_slots

__all__ = ["contradictory_limits", "wrong_default"]

_PAIRS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_NOTHING = object()


def contradictory_limits(document: Document) -> Iterator[tuple[str, str]]:
    """Two limits that exclude every value are removed, and so is an empty list of values."""
    for slot in schema_slots(document):
        schema = slot.schema
        if not isinstance(schema, dict):
            continue

        for low, high in _PAIRS:
            least: Any = schema.get(low)
            most: Any = schema.get(high)
            if _is_number(least) and _is_number(most) and least > most:
                del schema[low], schema[high]
                yield slot.words, f"{low} {least} and {high} {most}, which exclude every value, removed"
        if schema.get("enum") == []:
            del schema["enum"]
            yield slot.words, "enum: [] removed"


def wrong_default(document: Document) -> Iterator[tuple[str, str]]:
    """A default outside its own limits widens them; one of another type is converted or removed."""
    for slot in schema_slots(document):
        schema = slot.schema
        if isinstance(schema, dict) and "default" in schema:
            yield from ((slot.words, what) for what in _mended(schema))


def _mended(schema: Document) -> Iterator[str]:
    """Bring a default and its schema into agreement; yields what was changed."""
    default = schema["default"]
    if default is None:
        if schema.get("nullable") is not True and isinstance(schema.get("type"), str):
            del schema["default"]
            yield "default: null removed"
        return

    allowed = _TYPES.get(str(schema.get("type")))
    if allowed and not _is_of(default, allowed):
        converted = _converted(default, str(schema["type"]))
        if converted is _NOTHING:
            del schema["default"]
            yield f"default: {default!r} removed, it is no {schema['type']}"
            return
        schema["default"] = converted
        yield f"default: {default!r} is {converted!r}"
        default = converted

    enum = schema.get("enum")
    if (
        default == ""
        and (enum or schema.get("minLength") or schema.get("pattern"))
        and "" not in (enum or ())
    ):
        del schema["default"]
        yield "default: '' removed, it is not allowed and says nothing"
        return
    if isinstance(enum, list) and not _is_among(default, enum):
        enum.append(default)
        yield f"enum: the default {default!r} added"
    yield from _widened(schema, default)


def _widened(schema: Document, default: Any) -> Iterator[str]:
    """Widen limits that exclude the default, or remove its pattern; yields what was changed."""
    size: Any = default
    low, high, what = "minimum", "maximum", "the default"
    if isinstance(default, str):
        low, high, what, size = "minLength", "maxLength", "the default's length", len(default)
    elif isinstance(default, list):
        low, high, what, size = "minItems", "maxItems", "the default's length", len(default)
    elif isinstance(default, bool | dict):
        return

    for name, exclusive in ((low, "exclusiveMinimum"), (high, "exclusiveMaximum")):
        limit: Any = schema.get(name)
        if not _is_number(limit):
            continue
        if size < limit if name == low else size > limit:
            schema[name] = size
            schema.pop(exclusive, None)
            yield f"{name}: {limit} becomes {size}, {what}"
        elif size == limit and schema.get(exclusive) is True:
            del schema[exclusive]
            yield f"{exclusive}: removed, {limit} is the default"

    pattern = schema.get("pattern")
    if isinstance(pattern, str) and isinstance(default, str):
        try:
            matches = re.search(pattern, default) is not None
        except re.error:
            return
        if not matches:
            del schema["pattern"]
            yield f"pattern: {pattern!r} removed, the default {default!r} does not match it"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _is_among(value: Any, values: list[Any]) -> bool:
    return any(type(one) is type(value) and one == value for one in values) or (
        _is_number(value) and any(_is_number(one) and one == value for one in values)
    )


def _converted(value: Any, kind: str) -> Any:
    """The value as the type that was meant, _NOTHING if that cannot be told."""
    if kind == "string" and _is_number(value):
        return str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)

    if kind in ("integer", "number") and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return _NOTHING
        if number.is_integer():
            return int(number)
        return number if kind == "number" and abs(number) < float("inf") else _NOTHING
    return _NOTHING
