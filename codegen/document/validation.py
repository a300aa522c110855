"""Checks that a document is valid OpenAPI 3.0, and reports every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.schemas import openapi_v30_schema_validator, schema_v30

from codegen.document.tree import METHODS, Document, SpecError, operations, pointer, resolve

__all__ = ["MAX_LEVELS", "MAX_PARTS", "check_kind", "check_parts", "validate"]

MAX_PARTS = 2000
"""Schemas inside one schema, references followed. Real documents stay below 20."""

MAX_LEVELS = 50
"""Levels of schemas inside each other. The validator's work grows with the cube of this number."""

Check = Callable[[Document], Iterator[str]]

_PATH = re.compile(r"/|(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.{}~:@,;=+!$&'()*-]+)+/?")
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_DATA = ("example", "examples", "default", "enum")
"""Members that hold plain values, where ``$ref`` has no meaning."""
_PARTS = ("allOf", "anyOf", "oneOf")


def check_kind(document: Document, source: str) -> None:
    """Refuse anything but an OpenAPI document of a version that is understood.

    Raises:
        SpecError: names the kind of document that was found.
    """
    version = document.get("openapi")
    if "swagger" in document:
        raise SpecError(
            f"{source}: #/swagger: Swagger {document['swagger']}, not OpenAPI 3.0 to 3.2: "
            "convert it first, for example with `npx swagger2openapi`"
        )
    if not isinstance(version, str) or not version.startswith(("3.0.", "3.1.", "3.2.")):
        raise SpecError(f"{source}: #/openapi: the version is {version!r}, not 3.0.x, 3.1.x or 3.2.x")

    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise SpecError(f"{source}: #/paths: no paths")

    for path, item in paths.items():
        place = pointer("paths", path)
        if not _PATH.fullmatch(path):
            raise SpecError(
                f"{source}: {place}: the path {path!r} is not made of plain segments; "
                "a parameter is written as {name}"
            )
        if not isinstance(item, dict):
            raise SpecError(f"{source}: {place}: not an object")
        for method in METHODS:
            if method in item and not isinstance(item[method], dict):
                raise SpecError(f"{source}: {place}/{method}: not an object")

    refers = any("$ref" in item for item in paths.values())
    if not refers and not any(True for _ in operations(document)):
        raise SpecError(f"{source}: #/paths: no operations")


def check_parts(document: Document, source: str) -> None:
    """Check what reading a document needs: its structure, and that its parts fit together.

    Raises:
        SpecError: lists the first problems with their places.
    """
    _refuse(document, source, _OWN)


def validate(document: Document, source: str) -> None:
    """Check that the document is valid OpenAPI 3.0: its structure first, then how its parts fit together.

    Raises:
        SpecError: lists the first problems with their places.
    """
    _refuse(document, source, (*_OWN, _library))


def _refuse(document: Document, source: str, checks: Sequence[Check]) -> None:
    try:
        problems = _first_problems(document, checks)
    except RecursionError:
        problems = ["#: references follow each other further than can be followed"]

    if problems:
        lines = "\n".join(f"  {line}" for line in problems[:10])
        raise SpecError(f"{source}: not valid OpenAPI ({len(problems)} problems):\n{lines}")


def _first_problems(document: Document, checks: Sequence[Check]) -> list[str]:
    for check in checks:
        problems = list(check(document))
        if problems:
            return problems
    return []


def _structure(document: Document) -> Iterator[str]:
    if not _has_structure(document):
        for error in Draft4Validator(dict(schema_v30)).iter_errors(document):
            yield _problem(error)


def _has_structure(document: Document) -> bool:
    """Whether the document fits the schema, as the quickest validator says that is installed."""
    try:
        return bool(openapi_v30_schema_validator.is_valid(document))
    except Exception:  # a number that it cannot take, for example
        return False


def _problem(error: Any) -> str:
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return f"{pointer(*error.absolute_path)}: {' '.join(str(error.message).split())[:200]}"


def _walk(value: Any, *steps: object) -> Iterator[tuple[str, Document]]:
    """All objects with their places, except inside examples and other plain values."""
    if isinstance(value, dict):
        yield pointer(*steps), value
        for name, inner in value.items():
            if isinstance(inner, dict | list) and name not in _DATA and not str(name).startswith("x-"):
                yield from _walk(inner, *steps, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, *steps, index)


def _references(document: Document) -> Iterator[str]:
    """Problems of ``$ref`` values that do not lead to something inside the document."""
    for place, value in _walk(document):
        if isinstance(value.get("$ref"), str):
            try:
                resolve(document, value)
            except SpecError as error:
                yield f"{place}: {error}"


def _values(document: Document) -> Iterator[str]:
    """Invalid patterns and defaults of another type, with the place that the validator does not give."""
    for place, value in _walk(document):
        pattern, kind, default = value.get("pattern"), value.get("type"), value.get("default")

        if isinstance(pattern, str):
            try:
                re.compile(pattern)
            except re.error as error:
                yield f"{place}/pattern: {pattern!r} is no regular expression: {error}"

        if isinstance(kind, str) and default is not None and not isinstance(default, dict):
            schema = {name: value[name] for name in ("type", "enum") if name in value}
            for problem in Draft4Validator(schema).iter_errors(default):
                yield f"{place}/default: {problem.message}"


class _Sizes:
    """Measures schemas. A schema may contain itself in a member or an element, but not be made of itself."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.known: dict[str, tuple[int, int]] = {}
        self.begun: set[str] = set()

    def of(self, schema: Any, inside: tuple[str, ...] = ()) -> tuple[int, int]:
        """The number of schemas that a schema is made of, and their levels inside each other."""
        if not isinstance(schema, Mapping):
            return 1, 1
        ref = schema.get("$ref")
        if isinstance(ref, str):
            return self._named(ref, inside)

        sizes = [self.of(part, inside) for key in _PARTS for part in schema.get(key, ())]
        if "not" in schema:
            sizes.append(self.of(schema["not"], inside))
        if "items" in schema:
            sizes.append(self._elements(schema["items"]))
        return 1 + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)

    def _elements(self, items: Any) -> tuple[int, int]:
        """The size of a list's elements. They may be what the list is in, as in a tree."""
        ref = items.get("$ref") if isinstance(items, Mapping) else None
        return (1, 1) if ref in self.begun else self.of(items)

    def _named(self, ref: str, inside: tuple[str, ...]) -> tuple[int, int]:
        if ref in inside:
            raise SpecError(f"{inside[inside.index(ref)]}: the schema is made of itself")
        if ref not in self.known and ref in self.begun:
            return 1, 1

        if ref not in self.known:
            if len(self.begun) > MAX_LEVELS:
                raise SpecError(f"{ref}: more than {MAX_LEVELS} schemas inside each other")

            self.begun.add(ref)
            size, depth = self.of(_target(self.document, ref), (*inside, ref))
            self.begun.discard(ref)
            if size > MAX_PARTS:
                raise SpecError(f"{ref}: made of more than {MAX_PARTS} schemas, references followed")
            if depth > MAX_LEVELS:
                raise SpecError(f"{ref}: more than {MAX_LEVELS} schemas inside each other")
            self.known[ref] = size, depth

        return self.known[ref]


def _target(document: Document, ref: str) -> Any:
    found: Any = document
    for part in ref[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def _sizes(document: Document) -> Iterator[str]:
    sizes = _Sizes(document)
    try:
        for name in document.get("components", {}).get("schemas", {}):
            sizes.of({"$ref": pointer("components", "schemas", name)})
    except SpecError as error:
        yield str(error)


def _operations(document: Document) -> Iterator[str]:
    """Duplicate operation ids, and parameters that do not fit the path."""
    ids: dict[str, str] = {}

    for ref in operations(document):
        place = pointer("paths", ref.path, ref.method)
        name = ref.operation.get("operationId")
        if name is not None and ids.setdefault(name, place) != place:
            yield f"{place}/operationId: {name!r} is that of {ids[name]} too"

        shared = document["paths"][ref.path].get("parameters", [])
        parameters = [resolve(document, one) for one in [*shared, *ref.operation.get("parameters", [])]]
        own = [(one["in"], one["name"]) for one in parameters[len(shared) :]]
        for where, doubled in sorted({one for one in own if own.count(one) > 1}):
            yield f"{place}/parameters: the {where} parameter {doubled!r} occurs twice"

        declared = {one["name"] for one in parameters if one.get("in") == "path"}
        wanted = set(_PARAMETER.findall(ref.path))
        for missing in sorted(wanted - declared):
            yield f"{place}/parameters: the path parameter {missing!r} is not declared"
        for extra in sorted(declared - wanted):
            yield f"{place}/parameters: the path has no parameter {extra!r}"


def _library(document: Document) -> Iterator[str]:
    # Its own look at the structure is left out. It keeps each document for ever, and `_structure` was there.
    validator = OpenAPIV30SpecValidator(document)
    try:
        yield from [_problem(error) for error in validator.root_validator(validator.schema_path)]
    except RecursionError:
        # It follows a schema that has itself as an element without end. The checks above have seen it.
        return
    except Exception as error:  # the validator raises several types for documents that it cannot handle
        yield f"{type(error).__name__}: {error}"


_OWN: Sequence[Check] = (_structure, _values, _references, _sizes, _operations)
"""The checks that need nothing but the document, in the order in which they rely on each other."""
