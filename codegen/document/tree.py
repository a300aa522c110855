"""The OpenAPI document as plain JSON: parsing, walking, following references."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

__all__ = [
    "MAX_DEPTH",
    "METHODS",
    "Document",
    "OperationRef",
    "SpecError",
    "canonical",
    "operations",
    "parse",
    "pointer",
    "read",
    "resolve",
]

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MAX_DEPTH = 100
"""Levels of objects and lists inside each other. Real documents stay below 30."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class SpecError(Exception):
    """A document, an overlay or a name that cannot be used. The message names the place."""


def pointer(*steps: object) -> str:
    """The JSON pointer (RFC 6901) of a place, as a URI fragment that a person can read."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


@attrs.frozen
class OperationRef:
    """One operation with its place in the document."""

    method: str
    path: str
    operation: Document = attrs.field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def place(self) -> str:
        """For error messages: what it is, and its JSON pointer."""
        return f"{self} ({pointer('paths', self.path, self.method)})"


def parse(data: bytes, source: str) -> Document:
    """Parse JSON, but refuse what no valid document has: deep nesting, duplicate keys, NaN.

    Raises:
        SpecError: names the source and the place.
    """
    _check_depth(data, source)
    try:
        document = json.loads(data, object_pairs_hook=_object, parse_constant=_Wrong)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{source}: not JSON: {error}") from error

    _refuse_wrong(document, source)
    if not isinstance(document, dict):
        raise SpecError(f"{source}: not a JSON object but {type(document).__name__}")
    return document


def _check_depth(data: bytes, source: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(data):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                raise SpecError(f"{source}: nested deeper than {MAX_DEPTH} levels at byte {match.start()}")
        elif token in (b"}", b"]"):
            depth -= 1


class _Wrong:
    """Takes the place of a constant that is not JSON, until the place can be reported."""

    def __init__(self, name: str) -> None:
        self.problem = f"{name} is not JSON"


class _Doubled(Document):
    """An object in which a key occurs twice."""


def _object(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(_first_doubled=[name for name, _ in pairs])


def _refuse_wrong(value: Any, source: str, *steps: object) -> None:
    if isinstance(value, _Wrong):
        raise SpecError(f"{source}: {pointer(*steps)}: {value.problem}")
    if isinstance(value, _Doubled):
        names = value["_first_doubled"]
        doubled = next(name for name in names if names.count(name) > 1)
        raise SpecError(f"{source}: {pointer(*steps)}: the key {doubled!r} occurs twice")

    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise SpecError(f"{source}: {pointer(*steps)}: half a surrogate pair is no text") from error

    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_wrong(name, source, *steps)
            _refuse_wrong(inner, source, *steps, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_wrong(inner, source, *steps, index)


def read(path: Path) -> Document:
    """Read a document from a file.

    Raises:
        SpecError: it is missing or not JSON.
    """
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from error


def canonical(document: Document) -> str:
    """The text of a document. Equal facts in an equal order give equal bytes."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def operations(document: Mapping[str, Any]) -> Iterator[OperationRef]:
    """All operations, in the document's order."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield OperationRef(method, path, operation)


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """The target of a ``$ref``, or the value itself if it is not a reference.

    Raises:
        SpecError: the reference leads nowhere, out of the document or in a circle.
    """
    seen: list[str] = []

    while isinstance(value, Mapping) and "$ref" in value:
        ref = value["$ref"]
        if ref in seen:
            raise SpecError(f"$ref {ref!r} leads in a circle")

        seen.append(ref)
        if not isinstance(ref, str) or not ref.startswith("#/"):
            raise SpecError(
                f"$ref {ref!r} does not point into the document; bundle it first, "
                "for example with `npx @redocly/cli bundle`"
            )

        value = document
        for part in ref[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or key not in value:
                raise SpecError(f"$ref {ref!r} points to nothing")
            value = value[key]

    return value
