"""General rules that make upstream's document valid OpenAPI without dropping an operation.

Each rule is one function. It mends the document in place and yields a place and a change for everything
it did. Problems that no rule covers stay, and the validation that follows names them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from codegen.document.tree import Document, SpecError, operations
from codegen.document.validation import validate

__all__ = ["RULES", "Repair", "is_openapi_member", "repair", "schemas"]

_MEMBERS = frozenset(
    {"openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"}
)
_NESTED = ("items", "not", "additionalProperties")
_COMBINED = ("allOf", "anyOf", "oneOf")


@attrs.frozen
class Repair:
    """One change that a rule made."""

    rule: str
    place: str
    change: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.place}: {self.change}"


Rule = Callable[[Document], Iterator[tuple[str, str]]]


def repair(document: Document) -> tuple[Document, list[Repair]]:
    """A repaired copy of the document, and the repairs.

    Raises:
        SpecError: a rule cannot cope with the document, or lost an operation.
    """
    repaired = copy.deepcopy(document)
    before = [str(ref) for ref in operations(repaired)]
    done: list[Repair] = []

    for rule in RULES:
        try:
            done.extend(Repair(rule.__name__, place, change) for place, change in rule(repaired))
        except (AttributeError, KeyError, StopIteration, TypeError) as error:
            validate(document, "the document")
            raise SpecError(f"{rule.__name__}: cannot mend the document: {error!r}") from error

    if [str(ref) for ref in operations(repaired)] != before:
        raise SpecError("a repair rule changed the list of operations")
    return repaired, done


def is_openapi_member(name: str) -> bool:
    """Whether OpenAPI 3.0 knows this member of the document, or it is an extension."""
    return name in _MEMBERS or name.startswith("x-")


def schemas(document: Document) -> Iterator[tuple[str, Document, Document | None]]:
    """All schema objects: the place, the schema, and the schema that has it as a property, if any."""
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield from _within(f"components.schemas.{name}", schema, None)

    for ref in operations(document):
        for parameter in _parameters(document, ref.path, ref.operation):
            if "schema" in parameter:
                yield from _within(f"{ref} parameter {parameter.get('name')}", parameter["schema"], None)
        yield from _content(f"{ref} body", ref.operation.get("requestBody"))
        for status, response in ref.operation.get("responses", {}).items():
            yield from _content(f"{ref} reply {status}", response)


def _parameters(document: Document, path: str, operation: Document) -> list[Document]:
    shared = document["paths"][path].get("parameters", [])
    return [one for one in [*shared, *operation.get("parameters", [])] if isinstance(one, dict)]


def _content(place: str, holder: Any) -> Iterator[tuple[str, Document, Document | None]]:
    if isinstance(holder, dict):
        for media in holder.get("content", {}).values():
            if isinstance(media, dict) and "schema" in media:
                yield from _within(place, media["schema"], None)


def _within(
    place: str, schema: Any, owner: Document | None
) -> Iterator[tuple[str, Document, Document | None]]:
    if not isinstance(schema, dict):
        return

    yield place, schema, owner

    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, inner in properties.items():
            yield from _within(f"{place}.{name}", inner, schema)

    for key in _NESTED:
        yield from _within(f"{place}.{key}", schema.get(key), None)
    for key in _COMBINED:
        for index, inner in enumerate(schema.get(key) or ()):
            yield from _within(f"{place}.{key}[{index}]", inner, None)


def foreign_members(document: Document) -> Iterator[tuple[str, str]]:
    """Top-level members that OpenAPI does not know (such as a leaked ``trace_id``) are removed."""
    for name in [name for name in document if not is_openapi_member(name)]:
        del document[name]
        yield name, "removed, OpenAPI has no such member"


def secure_servers(document: Document) -> Iterator[tuple[str, str]]:
    """Server URLs become https, because a token must never travel in the clear."""
    for server in document.get("servers", []):
        url = server.get("url", "")
        if url.startswith("http://"):
            server["url"] = "https://" + url.removeprefix("http://")
            yield f"server {url}", f"is {server['url']}"


def boolean_required(document: Document) -> Iterator[tuple[str, str]]:
    """``required: false`` on a property is removed; ``true`` moves into the list of its object."""
    for place, schema, owner in list(schemas(document)):
        flag = schema.get("required")
        if not isinstance(flag, bool):
            continue

        del schema["required"]
        if flag and owner is not None:
            name = next(name for name, inner in owner["properties"].items() if inner is schema)
            names = owner.setdefault("required", [])
            if isinstance(names, list) and name not in names:
                names.append(name)
            yield place, "required: true moved to its object"
        else:
            yield place, f"required: {str(flag).lower()} removed"


def empty_required(document: Document) -> Iterator[tuple[str, str]]:
    """``required: []``, which OpenAPI does not allow, is removed."""
    for place, schema, _ in schemas(document):
        if schema.get("required") == []:
            del schema["required"]
            yield place, "required: [] removed"


def array_without_items(document: Document) -> Iterator[tuple[str, str]]:
    """An array without ``items`` gets empty ones, which allow any element."""
    for place, schema, _ in schemas(document):
        if schema.get("type") == "array" and "items" not in schema:
            schema["items"] = {}
            yield place, "items: {} added"


def optional_path_parameter(document: Document) -> Iterator[tuple[str, str]]:
    """A path parameter becomes required, as OpenAPI demands."""
    for ref in operations(document):
        for parameter in _parameters(document, ref.path, ref.operation):
            if parameter.get("in") == "path" and parameter.get("required") is not True:
                parameter["required"] = True
                yield f"{ref} parameter {parameter.get('name')}", "required: true added"


def unlisted_tags(document: Document) -> Iterator[tuple[str, str]]:
    """Tags of operations are declared, and get a group where the document has groups."""
    declared = document.setdefault("tags", [])
    names = [tag.get("name") for tag in declared]

    for ref in operations(document):
        for tag in ref.operation.get("tags", []):
            if tag not in names:
                names.append(tag)
                declared.append({"name": tag})
                yield f"tag {tag}", "declared"

    groups = document.get("x-tagGroups")
    if not isinstance(groups, list) or not groups:
        return

    grouped = {tag for group in groups for tag in group.get("tags", [])}
    loose = [name for name in names if name not in grouped]
    if loose:
        groups.append({"name": "Other", "tags": loose})
        for name in loose:
            yield f"tag {name}", "put into the group Other"


def missing_security(document: Document) -> Iterator[tuple[str, str]]:
    """Operations without ``security`` get the document's only security scheme."""
    schemes = list(document.get("components", {}).get("securitySchemes", {}))
    if len(schemes) != 1 or "security" in document:
        return

    for ref in operations(document):
        if "security" not in ref.operation:
            ref.operation["security"] = [{schemes[0]: []}]
            yield str(ref), f"security {schemes[0]} added"


RULES: tuple[Rule, ...] = (
    foreign_members,
    secure_servers,
    boolean_required,
    empty_required,
    array_without_items,
    optional_path_parameter,
    unlisted_tags,
    missing_security,
)
