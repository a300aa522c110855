"""What a schema is made of: references followed, ``allOf`` joined, alternatives side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.document.tree import Document, resolve

__all__ = ["Members", "Merged", "is_open", "members_of", "merged", "merged_properties", "sole_ref"]

_COMBINED = ("allOf", "anyOf", "oneOf")
_SCALARS = ("string", "integer", "number", "boolean")
_WORDS = frozenset({"description", "title", "nullable", "deprecated", "example", "default"})
"""Keywords beside a single reference that do not change what it refers to."""


@attrs.frozen
class Merged:
    """A schema as one object.

    Attributes:
        keywords: its own and those of its ``allOf`` members; own ones win.
        groups: its alternatives, one group for each ``anyOf`` and ``oneOf``. One alternative alone is a
            part of the schema, except beside a scalar's own limits: there it is an exception to them.
        refs: the references that were followed to it.
    """

    keywords: Document
    groups: tuple[tuple[Any, ...], ...]
    refs: frozenset[str]


@attrs.frozen
class Members:
    """The members of an object with alternatives.

    Attributes:
        properties: all of them, whatever alternative has them.
        required: those that every alternative requires.
        variants: for each group of alternatives, the members of each.
        refs: the references that were followed to them.
    """

    properties: dict[str, Any]
    required: frozenset[str]
    variants: tuple[tuple[Members, ...], ...]
    refs: frozenset[str]


def merged(document: Mapping[str, Any], schema: Any) -> Merged:
    """Join a schema with everything that is true at the same time."""
    keywords: Document = {}
    groups: list[tuple[Any, ...]] = []
    refs: set[str] = set()
    _gather(document, schema, keywords, groups, refs)
    return Merged(keywords, tuple(groups), frozenset(refs))


def _gather(
    document: Mapping[str, Any],
    schema: Any,
    keywords: Document,
    groups: list[tuple[Any, ...]],
    refs: set[str],
) -> None:
    """Collect the keywords of a schema and of the parts it is made of."""
    if isinstance(schema, Mapping) and "$ref" in schema:
        if schema["$ref"] in refs:
            return  # it is in already, or the schema is made of itself
        refs.add(str(schema["$ref"]))
        schema = resolve(document, schema)
    if not isinstance(schema, Mapping):
        return

    for part in schema.get("allOf") or ():
        _gather(document, part, keywords, groups, refs)
    if "properties" in keywords and len(schema.get("allOf") or ()) > 1:
        keywords.pop("description", None)  # of a part
    for name in ("anyOf", "oneOf"):
        variants = tuple(schema.get(name) or ())
        if len(variants) == 1 and schema.get("type") not in _SCALARS:
            _gather(document, variants[0], keywords, groups, refs)
        elif variants:
            groups.append(variants)

    for name, value in schema.items():
        if name in _COMBINED:
            continue
        if name == "properties" and isinstance(value, dict):
            keywords["properties"] = {**keywords.get("properties", {}), **value}
        elif name == "required" and isinstance(value, list):
            keywords["required"] = list(dict.fromkeys([*keywords.get("required", ()), *value]))
        else:
            keywords[name] = value


def members_of(document: Mapping[str, Any], schema: Any, inside: frozenset[str] = frozenset()) -> Members:
    """The members of an object, in the order of the document.

    Args:
        document: for references.
        schema: the object's schema.
        inside: the references whose alternatives are being read.
    """
    whole = merged(document, schema)
    if whole.refs & inside:
        return Members({}, frozenset(), (), frozenset())
    inside |= whole.refs
    properties = dict(whole.keywords.get("properties", {}))
    required = set(whole.keywords.get("required", ()))
    refs = set(whole.refs)
    variants: list[tuple[Members, ...]] = []

    for group in whole.groups:
        named = [_named(document, whole.keywords.get("discriminator"), one, inside) for one in group]
        objects = [one for one in named if one.properties or one.required]
        if not objects:
            continue

        for key in dict.fromkeys(key for one in objects for key in one.properties):
            schemas = [one.properties[key] for one in objects if key in one.properties]
            # What all alternatives share says more than one of them.
            base = [properties[key]] if key in whole.keywords.get("properties", {}) else []
            if base and merged(document, base[0]).keywords.get("enum"):
                continue
            properties[key] = _either(document, schemas, base)
        required |= frozenset.intersection(*(one.required for one in named))
        refs |= {ref for one in objects for ref in one.refs}
        variants.append(tuple(named))

    return Members(properties, frozenset(required), tuple(variants), frozenset(refs))


def merged_properties(document: Mapping[str, Any], schema: Any) -> tuple[dict[str, Any], set[str]]:
    """Properties of an object schema, and the names of those that are always required."""
    members = members_of(document, schema)
    return members.properties, set(members.required)


def _named(document: Mapping[str, Any], discriminator: Any, variant: Any, inside: frozenset[str]) -> Members:
    """An alternative's members. The member that tells them apart has its name in the discriminator."""
    members = members_of(document, variant, inside)
    if not isinstance(discriminator, Mapping) or not isinstance(variant, Mapping):
        return members

    key, ref = discriminator.get("propertyName"), str(variant.get("$ref", ""))
    mapping = discriminator.get("mapping") or {}
    names = [name for name, target in mapping.items() if target in (ref, ref.rsplit("/", 1)[-1])]
    if not isinstance(key, str) or not names:
        return members
    schema = merged(document, members.properties.get(key, {})).keywords
    if schema.get("enum"):
        return members
    given = {**schema, "type": "string", "enum": names}
    return attrs.evolve(members, properties={**members.properties, key: given})


def _either(document: Mapping[str, Any], schemas: Sequence[Any], base: Sequence[Any]) -> Any:
    """One schema for a member that several alternatives declare."""
    distinct = [one for index, one in enumerate(schemas) if one not in schemas[:index]]
    if base:
        distinct = [{"allOf": [base[0], one]} if one != base[0] else one for one in distinct]
    if len(distinct) == 1:
        return distinct[0]

    plain = [merged(document, one) for one in distinct]
    kinds = {str(one.keywords.get("type")) for one in plain}
    if len(kinds) > 1 or kinds <= {"object", "None"} or any(one.groups for one in plain):
        return {"anyOf": distinct}

    # Of one kind: what they agree on, and all values that any of them knows.
    first = plain[0].keywords
    shared = {
        name: value
        for name, value in first.items()
        if name == "description" or all(one.keywords.get(name) == value for one in plain)
    }
    enums = [one.keywords.get("enum") for one in plain]
    if all(isinstance(one, list) and one for one in enums):
        shared["enum"] = list({repr(value): value for one in enums for value in one or ()}.values())
    return shared


def sole_ref(schema: Any) -> str:
    """The reference that a schema is, also if it has words of its own; "" if it is more than that."""
    if not isinstance(schema, Mapping):
        return ""
    if "$ref" in schema:
        return str(schema["$ref"])
    parts = [part for name in _COMBINED for part in schema.get(name) or ()]
    if len(parts) == 1 and schema.keys() - set(_COMBINED) <= _WORDS:
        return sole_ref(parts[0])
    return ""


def is_open(document: Mapping[str, Any], schema: Any) -> bool:
    """Whether a schema says nothing about what a value contains."""
    whole = merged(document, schema)
    known = whole.keywords.keys() - _WORDS
    if whole.keywords.get("additionalProperties") in (None, True, False, {}):
        known -= {"additionalProperties"}
    return not whole.groups and (not known or (known == {"type"} and whole.keywords["type"] == "object"))
