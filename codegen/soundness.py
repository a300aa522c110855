"""Whether a document is sound OpenAPI 3.0; every problem is told with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.schemas import schema_v30

from codegen.document import METHODS, Document, SpecError, operations, pointer, resolve

__all__ = ["MAX_PARTS", "check_kind", "validate"]

MAX_PARTS = 2000
"""Schemas that one schema is made of once its references are followed; real ones stay below 20."""

_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.{}~-]+)+/?")
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_DATA = ("example", "examples", "default", "enum")
"""Members that hold values, in which ``$ref`` means nothing."""
_PARTS = ("allOf", "anyOf", "oneOf")


def check_kind(document: Document, source: str) -> None:
    """Refuse what is not an OpenAPI 3.0 document.

    Raises:
        SpecError: says what it is instead.
    """
    version = document.get("openapi")
    if "swagger" in document:
        raise SpecError(f"{source}: #/swagger: Swagger {document['swagger']}, not OpenAPI 3.0")
    if not isinstance(version, str) or not version.startswith("3.0."):
        raise SpecError(f"{source}: #/openapi: the version is {version!r}, not 3.0.x")
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise SpecError(f"{source}: #/paths: no paths")
    for path, item in paths.items():
        place = pointer("paths", path)
        if not _PATH.fullmatch(path):
            raise SpecError(f"{source}: {place}: the path {path!r} is not made of plain segments")
        if not isinstance(item, dict):
            raise SpecError(f"{source}: {place}: not an object")
        for method in METHODS:
            if method in item and not isinstance(item[method], dict):
                raise SpecError(f"{source}: {place}/{method}: not an object")
    if not any(True for _ in operations(document)):
        raise SpecError(f"{source}: #/paths: no operations")


def validate(document: Document, source: str) -> None:
    """Prove the document valid OpenAPI 3.0: its structure first, then what its parts say of each other.

    Raises:
        SpecError: lists the first problems with their places.
    """
    problems: list[str] = []
    for check in (_structure, _references, _sizes, _operations, _library):
        problems = list(check(document))
        if problems:
            break
    if problems:
        lines = "\n".join(f"  {line}" for line in problems[:10])
        raise SpecError(f"{source}: not valid OpenAPI ({len(problems)} problems):\n{lines}")


def _structure(document: Document) -> Iterator[str]:
    for error in Draft4Validator(dict(schema_v30)).iter_errors(document):
        yield _problem(error)


def _problem(error: Any) -> str:
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return f"{pointer(*error.absolute_path)}: {str(error.message)[:200]}"


def _references(document: Document, value: Any = None, *steps: object) -> Iterator[str]:
    """Every ``$ref`` leads to something inside the document."""
    value = document if value is None else value
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            try:
                resolve(document, value)
            except SpecError as error:
                yield f"{pointer(*steps)}: {error}"
        for name, inner in value.items():
            if isinstance(inner, dict | list) and name not in _DATA and not str(name).startswith("x-"):
                yield from _references(document, inner, *steps, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict | list):
                yield from _references(document, inner, *steps, index)


class _Sizes:
    """Counts what each schema is made of. It may contain itself in a member, but not be made of itself."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.known: dict[str, int] = {}

    def of(self, schema: Any, inside: tuple[str, ...] = ()) -> int:
        if not isinstance(schema, Mapping):
            return 1
        ref = schema.get("$ref")
        if isinstance(ref, str):
            if ref in inside:
                raise SpecError(f"{inside[inside.index(ref)]}: the schema is made of itself")
            if ref not in self.known:
                self.known[ref] = 1 + self.of(_target(self.document, ref), (*inside, ref))
                if self.known[ref] > MAX_PARTS:
                    raise SpecError(f"{ref}: made of more than {MAX_PARTS} schemas, references followed")
            return self.known[ref]
        parts = [part for key in _PARTS for part in schema.get(key, ())]
        parts += [schema[key] for key in ("items", "not") if key in schema]
        return 1 + sum(self.of(part, inside) for part in parts)


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
    """Operation ids are unique; path parameters are those of the path."""
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
            yield f"{place}/parameters: the {where} parameter {doubled!r} stands twice"
        declared = {one["name"] for one in parameters if one.get("in") == "path"}
        wanted = set(_PARAMETER.findall(ref.path))
        for missing in sorted(wanted - declared):
            yield f"{place}/parameters: the path parameter {missing!r} is not declared"
        for extra in sorted(declared - wanted):
            yield f"{place}/parameters: the path has no parameter {extra!r}"


def _library(document: Document) -> Iterator[str]:
    try:
        yield from [_problem(error) for error in OpenAPIV30SpecValidator(document).iter_errors()]
    except Exception as error:  # the validator lets what it stumbles over escape in several types
        yield f"{type(error).__name__}: {error}"
