"""General rules that make upstream's document valid OpenAPI without dropping an operation.

Each rule is one function. It mends the document in place and yields a place and a change for everything
it did. Problems that no rule covers stay, and the validation that follows names them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import attrs
from openapi_spec_validator.schemas import schema_v30

from codegen.document.contradictions import contradictory_limits, wrong_default
from codegen.document.downgrade import downgrade
from codegen.document.tree import METHODS, Document, SpecError, operations, pointer, resolve
from codegen.document.validation import validate
from codegen.document.walk import media_types, parameter_lists, schema_slots

__all__ = ["RULES", "Repair", "is_openapi_member", "repair"]

_MEMBERS = frozenset(
    {"openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"}
)


_KEYWORDS = frozenset(schema_v30["definitions"]["Schema"]["properties"])


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
    before: list[str] = []
    done: list[Repair] = []

    for rule in RULES:
        if rule not in FIRST and not before:
            before = [str(ref) for ref in operations(repaired)]
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


def _schemas(document: Document) -> Iterator[tuple[str, Document, Document | None]]:
    """All schema objects: the place, the schema, and the schema that has it as a property, if any."""
    for slot in schema_slots(document):
        if isinstance(slot.schema, dict):
            yield slot.words, slot.schema, slot.owner


def referenced_paths(document: Document) -> Iterator[tuple[str, str]]:
    """A path that is a reference gets what it refers to, so that its operations are not lost."""
    paths = document["paths"]
    for path, item in paths.items():
        ref = item.get("$ref") if isinstance(item, dict) else None
        if ref is None:
            continue
        target = copy.deepcopy(resolve(document, {"$ref": ref}))
        if not isinstance(target, dict):
            raise SpecError(
                f"{pointer('paths', path)}: $ref {ref!r} does not lead to the operations of a path"
            )
        if str(ref).startswith("#/paths/"):
            for method in METHODS:
                target.get(method, {}).pop("operationId", None)
        del item["$ref"]
        paths[path] = {**target, **item}
        yield path, f"{ref} written out"

    document.get("components", {}).pop("pathItems", None)


def foreign_keywords(document: Document) -> Iterator[tuple[str, str]]:
    """Keywords of schemas that OpenAPI does not know are removed."""
    for place, schema, _ in list(_schemas(document)):
        if "$ref" in schema:
            continue
        for name in [name for name in schema if name not in _KEYWORDS and not name.startswith("x-")]:
            del schema[name]
            yield place, f"{name} removed, OpenAPI has no such keyword"


def foreign_example_members(document: Document) -> Iterator[tuple[str, str]]:
    """Members of examples that OpenAPI does not know are removed."""
    for place, media in media_types(document):
        examples = media.get("examples")
        for name, example in examples.items() if isinstance(examples, dict) else ():
            known = {"summary", "description", "value", "externalValue", "$ref"}
            for key in [key for key in example if key not in known and not key.startswith("x-")]:
                del example[key]
                yield f"{place} example {name}", f"{key} removed, OpenAPI has no such member"


def repeated_operation_ids(document: Document) -> Iterator[tuple[str, str]]:
    """An operation id that another operation has too is removed. Names come from paths, not from ids."""
    seen: set[str] = set()
    for ref in operations(document):
        name = ref.operation.get("operationId")
        if isinstance(name, str):
            if name in seen:
                del ref.operation["operationId"]
                yield str(ref), f"operationId {name!r} removed, another operation has it"
            seen.add(name)


def missing_replies(document: Document) -> Iterator[tuple[str, str]]:
    """An operation without replies gets one that says nothing, and a reply without words an empty text."""
    for ref in operations(document):
        if not ref.operation.get("responses"):
            ref.operation["responses"] = {"200": {"description": ""}}
            yield str(ref), "a 200 that declares nothing added"
        for status, reply in ref.operation["responses"].items():
            if isinstance(reply, dict) and "$ref" not in reply and "description" not in reply:
                reply["description"] = ""
                yield f"{ref} reply {status}", "description: '' added"


def reference_with_siblings(document: Document) -> Iterator[tuple[str, str]]:
    """Keywords beside the ``$ref`` of a schema hold too. OpenAPI 3.0 would ignore them."""
    for slot in list(schema_slots(document)):
        schema = slot.schema
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str) and len(schema) > 1:
            ref = schema.pop("$ref")
            schema["allOf"] = [{"$ref": ref}, *schema.get("allOf", [])]
            yield slot.words, f"{ref} moved into allOf, because it has siblings"


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
    for place, schema, owner in list(_schemas(document)):
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
    for place, schema, _ in _schemas(document):
        if schema.get("required") == []:
            del schema["required"]
            yield place, "required: [] removed"


def array_without_items(document: Document) -> Iterator[tuple[str, str]]:
    """An array without ``items`` gets empty ones, which allow any element."""
    for place, schema, _ in _schemas(document):
        if schema.get("type") == "array" and "items" not in schema:
            schema["items"] = {}
            yield place, "items: {} added"


def optional_path_parameter(document: Document) -> Iterator[tuple[str, str]]:
    """A path parameter becomes required, as OpenAPI demands."""
    shared = document.get("components", {}).get("parameters", {})
    lists = [*parameter_lists(document), ("components.parameters", list(shared.values()))]
    for where, parameters in lists:
        for parameter in parameters:
            if not isinstance(parameter, dict) or parameter.get("in") != "path":
                continue
            if parameter.get("required") is not True:
                parameter["required"] = True
                yield f"{where} parameter {parameter.get('name')}", "required: true added"


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


FIRST: tuple[Rule, ...] = (downgrade, referenced_paths)
"""They find operations that no other rule may add or drop."""

RULES: tuple[Rule, ...] = (
    *FIRST,
    foreign_members,
    secure_servers,
    boolean_required,
    empty_required,
    array_without_items,
    foreign_keywords,
    foreign_example_members,
    reference_with_siblings,
    contradictory_limits,
    wrong_default,
    missing_replies,
    repeated_operation_ids,
    optional_path_parameter,
    unlisted_tags,
    missing_security,
)
