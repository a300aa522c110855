"""All schema objects of a document, wherever they are, each with the place that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from codegen.document.tree import METHODS, Document, pointer

__all__ = ["Slot", "media_types", "parameter_lists", "schema_slots"]

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    *("items", "not", "additionalProperties", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema", "additionalItems"),
)
_HOLDERS = frozenset((*_MAPS, *_LISTS, *_SINGLE))
"""The keywords of schemas that are in a schema."""


@attrs.frozen
class Slot:
    """One schema and what holds it.

    Attributes:
        steps: the place, step by step.
        words: the place as a person would say it.
        holder: the object or list that holds it.
        key: where in the holder it is.
        owner: the schema that has it as a property, if any.
    """

    steps: tuple[object, ...]
    words: str
    holder: Any = attrs.field(repr=False)
    key: Any
    owner: Document | None = attrs.field(default=None, repr=False)

    @property
    def place(self) -> str:
        """The place as a JSON pointer."""
        return pointer(*self.steps)

    @property
    def schema(self) -> Any:
        """The schema."""
        return self.holder[self.key]

    def replace(self, schema: Any) -> None:
        """Put another schema in its place."""
        self.holder[self.key] = schema


def schema_slots(document: Document) -> Iterator[Slot]:
    """All schemas, each before the schemas inside it. A schema may be replaced while this runs."""
    components = _dict(document.get("components"))

    for name in list(_dict(components.get("schemas"))):
        steps = ("components", "schemas", name)
        yield from _schema(components["schemas"], name, steps, f"components.schemas.{name}", None)
    for kind in ("parameters", "headers", "requestBodies", "responses", "callbacks", "pathItems"):
        for name, value in _dict(components.get(kind)).items():
            yield from _part(kind, value, ("components", kind, name), f"components.{kind}.{name}")

    for top in ("paths", "webhooks"):
        for path, item in _dict(document.get(top)).items():
            yield from _path_item(item, (top, path), path)


def parameter_lists(document: Document) -> Iterator[tuple[str, list[Any]]]:
    """All lists of parameters of paths and operations, with their places in words."""
    for path, item in _dict(document.get("paths")).items():
        for where, holder in (
            (path, item),
            *((f"{method.upper()} {path}", _dict(item).get(method)) for method in METHODS),
        ):
            found = _dict(holder).get("parameters")
            if isinstance(found, list):
                yield where, found


def media_types(document: Document) -> Iterator[tuple[str, Document]]:
    """The contents of all bodies and replies of operations, with their places in words."""
    for path, item in _dict(document.get("paths")).items():
        for method in METHODS:
            operation = _dict(_dict(item).get(method))
            holders = [(f"{method.upper()} {path} body", operation.get("requestBody"))]
            for status, reply in _dict(operation.get("responses")).items():
                holders.append((f"{method.upper()} {path} reply {status}", reply))
            for words, holder in holders:
                for media in _dict(_dict(holder).get("content")).values():
                    if isinstance(media, dict):
                        yield words, media


def _dict(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _path_item(item: Any, steps: tuple[object, ...], path: str) -> Iterator[Slot]:
    for index, parameter in enumerate(_list(item, "parameters")):
        yield from _part("parameters", parameter, (*steps, "parameters", index), _parameter(path, parameter))

    for method in (*METHODS, "query"):
        operation = _dict(item).get(method)
        if not isinstance(operation, dict):
            continue
        where, inner = f"{method.upper()} {path}", (*steps, method)

        for index, parameter in enumerate(_list(operation, "parameters")):
            words = _parameter(where, parameter)
            yield from _part("parameters", parameter, (*inner, "parameters", index), words)
        body = operation.get("requestBody")
        yield from _part("requestBodies", body, (*inner, "requestBody"), f"{where} body")
        for status, response in _dict(operation.get("responses")).items():
            words = f"{where} reply {status}"
            yield from _part("responses", response, (*inner, "responses", status), words)
        for name, callback in _dict(operation.get("callbacks")).items():
            yield from _part("callbacks", callback, (*inner, "callbacks", name), f"{where} callback {name}")


def _parameter(where: str, parameter: Any) -> str:
    return f"{where} parameter {_dict(parameter).get('name')}"


def _list(value: Any, key: str) -> list[Any]:
    found = _dict(value).get(key)
    return found if isinstance(found, list) else []


def _part(kind: str, value: Any, steps: tuple[object, ...], words: str) -> Iterator[Slot]:
    """The schemas of a parameter, header, body, response, callback or path item."""
    if not isinstance(value, dict):
        return
    if kind == "callbacks":
        for expression, item in value.items():
            yield from _path_item(item, (*steps, expression), words)
        return
    if kind == "pathItems":
        yield from _path_item(value, steps, words)
        return

    if "schema" in value:
        yield from _schema(value, "schema", (*steps, "schema"), words, None)
    for name, media in _dict(value.get("content")).items():
        for key in ("schema", "itemSchema"):
            if key in _dict(media):
                yield from _schema(media, key, (*steps, "content", name, key), words, None)
    for name, header in _dict(value.get("headers")).items():
        yield from _part("headers", header, (*steps, "headers", name), f"{words} header {name}")


def _schema(
    holder: Any, key: Any, steps: tuple[object, ...], words: str, owner: Document | None
) -> Iterator[Slot]:
    yield Slot(steps, words, holder, key, owner)
    schema = holder[key]
    if not isinstance(schema, dict) or _HOLDERS.isdisjoint(schema):
        return

    for name in _MAPS:
        for inner in list(_dict(schema.get(name))):
            own = schema if name == "properties" else None
            yield from _schema(schema[name], inner, (*steps, name, inner), f"{words}.{inner}", own)
    for name in _SINGLE:
        if isinstance(schema.get(name), dict | bool):
            yield from _schema(schema, name, (*steps, name), f"{words}.{name}", None)
    for name in (*_LISTS, "items"):
        for index in range(len(_list(schema, name))):
            yield from _schema(schema[name], index, (*steps, name, index), f"{words}.{name}[{index}]", None)
