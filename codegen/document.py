"""The OpenAPI document as plain JSON: reading, writing, walking, validating."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.schemas import schema_v30

__all__ = [
    "MAX_DEPTH",
    "METHODS",
    "Document",
    "OperationRef",
    "SpecError",
    "canonical",
    "check_kind",
    "json_schema",
    "merged_properties",
    "operations",
    "parse",
    "read",
    "resolve",
    "success_schema",
    "validate",
    "write_atomically",
    "write_if_changed",
]

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MAX_DEPTH = 100
"""Objects and lists inside each other; real documents stay below 30."""

_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.{}~-]+)+/?")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class SpecError(Exception):
    """A document, an overlay or a name that cannot be used; the message names the place."""


@attrs.frozen
class OperationRef:
    """Where one operation stands in the document."""

    method: str
    path: str
    operation: Document = attrs.field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def parse(data: bytes, source: str) -> Document:
    """Parse JSON, refusing what a sound document never has: deep nesting, doubled keys, NaN.

    Raises:
        SpecError: names the source and the place.
    """
    _check_depth(data, source)
    try:
        document = json.loads(data, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{source}: not JSON: {error}") from error
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


def _unique_keys(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"the key {doubled[0]!r} stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


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
    """The one spelling of a document: the same facts in the same order give the same bytes."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def write_atomically(path: Path, text: str) -> None:
    """Replace the file at once, or leave the old one alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, text: str) -> bool:
    """Write unless the file says so already.

    Returns: whether it was written.
    """
    if path.exists() and path.read_bytes() == text.encode():
        return False
    write_atomically(path, text)
    return True


def check_kind(document: Document, source: str) -> None:
    """Refuse what is not an OpenAPI 3.0 document.

    Raises:
        SpecError: says what it is instead.
    """
    version = document.get("openapi")
    if "swagger" in document:
        raise SpecError(f"{source}: Swagger {document['swagger']}, not OpenAPI 3.0")
    if not isinstance(version, str) or not version.startswith("3.0."):
        raise SpecError(f"{source}: openapi is {version!r}, not 3.0.x")
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise SpecError(f"{source}: no paths")
    for path, item in paths.items():
        if not _PATH.fullmatch(path):
            raise SpecError(f"{source}: the path {path!r} is not made of plain segments")
        if not isinstance(item, dict):
            raise SpecError(f"{source}: paths[{path!r}] is not an object")
        for method in METHODS:
            if method in item and not isinstance(item[method], dict):
                raise SpecError(f"{source}: paths[{path!r}].{method} is not an object")
    if not any(True for _ in operations(document)):
        raise SpecError(f"{source}: no operations")


def operations(document: Mapping[str, Any]) -> Iterator[OperationRef]:
    """Every operation, in the document's order."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield OperationRef(method, path, operation)


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """Follow ``$ref`` (inside the document only) to what it names.

    Raises:
        SpecError: it leads nowhere, out of the document or in a circle.
    """
    seen: list[str] = []
    while isinstance(value, Mapping) and "$ref" in value:
        ref = value["$ref"]
        if ref in seen:
            raise SpecError(f"$ref {ref!r} leads in a circle")
        seen.append(ref)
        if not isinstance(ref, str) or not ref.startswith("#/"):
            raise SpecError(f"$ref {ref!r} does not point into the document")
        value = document
        for part in ref[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or key not in value:
                raise SpecError(f"$ref {ref!r} points to nothing")
            value = value[key]
    return value


def json_schema(content_holder: Mapping[str, Any] | None) -> Document | None:
    """The schema of the JSON content of a request body or a response, None where there is none."""
    content = (content_holder or {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return schema if isinstance(schema, dict) else None


def success_schema(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Document | None:
    """The schema of the 200 reply, unresolved; None where nothing is declared."""
    response = resolve(document, operation.get("responses", {}).get("200"))
    return json_schema(response)


def merged_properties(document: Mapping[str, Any], schema: Any) -> tuple[dict[str, Any], set[str]]:
    """Properties and required names of an object schema, allOf members and references included."""
    schema = resolve(document, schema)
    if not isinstance(schema, Mapping):
        return {}, set()
    properties: dict[str, Any] = {}
    required = set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        part_properties, part_required = merged_properties(document, part)
        properties.update(part_properties)
        required |= part_required
    properties.update(schema.get("properties", {}))
    return properties, required


def _refuse_circles(document: Document) -> None:
    """A schema may contain itself in a member, but not be made of itself."""

    def visit(schema: Any, inside: tuple[str, ...]) -> None:
        if not isinstance(schema, Mapping):
            return
        ref = schema.get("$ref")
        if ref in inside:
            raise SpecError(f"{ref} is made of itself")
        if isinstance(ref, str):
            visit(resolve(document, schema), (*inside, ref))
        for key in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(key, ()):
                visit(part, inside)

    for name in document.get("components", {}).get("schemas", {}):
        visit({"$ref": f"#/components/schemas/{name}"}, ())


def validate(document: Document, source: str) -> None:
    """Prove the document valid OpenAPI 3.0: its structure first, with places, then its references.

    Raises:
        SpecError: lists the first problems with their places.
    """
    problems = [_problem(error) for error in Draft4Validator(dict(schema_v30)).iter_errors(document)]
    if not problems:
        try:
            _refuse_circles(document)
            problems = [_problem(error) for error in OpenAPIV30SpecValidator(document).iter_errors()]
        except SpecError as error:
            problems = [str(error)]
        except Exception as error:  # the validator lets unresolvable references escape in several types
            problems = [f"{type(error).__name__}: {error}"]
    if problems:
        lines = "\n".join(f"  {line}" for line in problems[:10])
        raise SpecError(f"{source}: not valid OpenAPI ({len(problems)} problems):\n{lines}")


def _problem(error: Any) -> str:
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    place = "".join(f"[{step!r}]" for step in error.absolute_path)
    return f"{place or 'document'}: {str(error.message)[:200]}"
