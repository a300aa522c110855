"""The body of a request: its keywords, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.document.content import FORM, PARTS, Content, body_content
from codegen.document.merging import Members, is_open, members_of, merged
from codegen.document.tree import Document, resolve
from codegen.interface.families import Endpoint, Family
from codegen.interface.keywords import Shapes, keyword_of, value_schema
from codegen.interface.model import Condition, Rules
from codegen.interface.spellings import keywords_apart
from codegen.interface.values import Keyword
from codegen.interface.words import meaning

__all__ = ["Body", "body_of", "with_alternatives"]

_NAMED = "Without one, the SDK names the task."
_WHOLE = "body"
"""The keyword of a body that has no members."""


@attrs.frozen
class Body:
    """The body of one operation.

    Attributes:
        keywords: its members, or one keyword for a body that is not an object.
        declared: whether the document declares a body.
        form: how it is written: "" is a JSON object of the keywords; see `a2e_async._spec.bodies`.
        free: whether any members may be given.
        optional: whether nothing is sent where nothing is given.
        rules: between the members, from the alternatives of the schema.
    """

    keywords: tuple[Keyword, ...] = ()
    declared: bool = False
    form: str = ""
    free: bool = False
    optional: bool = False
    rules: Rules = attrs.field(factory=Rules)


def body_of(document: Document, family: Family, endpoint: Endpoint, shapes: Shapes) -> Body:
    """The body of an operation.

    Raises:
        SpecError: no rule covers it.
    """
    operation = endpoint.operation
    writes = endpoint.ref.method in ("post", "put", "patch")
    content = body_content(document, operation)
    if content is None:
        return Body(free=writes, declared=False)

    optional = resolve(document, operation["requestBody"]).get("required") is not True
    schema = {} if content.schema is None else content.schema
    if content.type in ("application/json", FORM, PARTS):
        found = members_of(document, schema)
        if found.properties and not _has_other_kinds(document, schema):
            return _members(document, family, endpoint, shapes, content, found, optional=optional)
        if family.is_start(endpoint) or not content.is_json or is_open(document, schema):
            return Body((), True, "" if content.is_json else content.type, free=True, optional=optional)
        return _whole(document, shapes, schema, "json", optional=optional)

    form = content.sent if "*" not in content.type else "application/octet-stream"
    kind = merged(document, schema).keywords
    is_text = content.type.startswith("text/") and kind.get("format") != "binary"
    as_file = {"type": "string", "description": kind.get("description", "The content of the file.")}
    content_of_file = as_file if is_text else {**as_file, "format": "binary"}
    return _whole(document, shapes, content_of_file, form, optional=optional)


def _has_other_kinds(document: Document, schema: Any) -> bool:
    """Whether the body may also be something else than an object, such as a list."""
    groups = merged(document, schema).groups
    kinds = [merged(document, one).keywords.get("type", "object") for group in groups for one in group]
    return any(kind != "object" for kind in kinds)


def _whole(document: Document, shapes: Shapes, schema: Any, form: str, *, optional: bool) -> Body:
    """A body that is one keyword."""
    words = meaning(value_schema(document, schema), _WHOLE) or "The whole body."
    keyword = keyword_of(
        document, shapes, _WHOLE, schema, place="body", required=not optional, description=words
    )
    return Body((keyword,), True, form, optional=optional)


def _members(
    document: Document,
    family: Family,
    endpoint: Endpoint,
    shapes: Shapes,
    content: Content,
    found: Members,
    *,
    optional: bool,
) -> Body:
    """A body whose members are keywords."""
    keywords = []
    is_start = family.is_start(endpoint)
    needed = found.required if not optional else frozenset[str]()

    for key, inner in found.properties.items():
        schema = value_schema(document, inner)
        if schema.get("readOnly") is True:
            continue

        is_name = key == "name" and is_start
        keywords.append(
            keyword_of(
                document,
                shapes,
                key,
                inner,
                place="body",
                # The SDK writes the name of a start's task, so a caller does not have to.
                required=key in needed and not is_name,
                description=f"{meaning(schema, key)} {_NAMED}" if is_name else "",
                style=_part_style(content, key),
            )
        )

    keywords = keywords_apart(keywords)
    return Body(
        tuple(keywords),
        True,
        "" if content.is_json else content.type,
        free=endpoint.operation.get("x-a2e-open-body") is True,
        optional=optional,
        rules=with_alternatives(found, keywords, optional=optional),
    )


def _part_style(content: Content, key: str) -> str:
    """How a member of a form is written, "" for the usual way."""
    encoding = content.encoding.get(key)
    if not isinstance(encoding, dict):
        return ""
    if "json" in str(encoding.get("contentType", "")):
        return "json"
    if encoding.get("style") == "deepObject":
        return "deep"
    return "comma" if encoding.get("explode") is False else ""


def with_alternatives(found: Members, keywords: Sequence[Keyword], *, optional: bool = False) -> Rules:
    """The rules that follow from alternatives: one of some members is needed, or some with a value.

    An optional body may be left out; what it requires is needed only where something else is given.
    """
    names = {one.key: one.name for one in keywords}
    any_of: list[tuple[str, ...]] = []
    needs: list[Condition] = []

    for variants in found.variants:
        own = _tagged_rules(found, variants, names) or _any_rules(found, variants, names)
        any_of += [] if optional else own.any_of
        needs += own.needs

    if optional:
        wanted_names = [names[key] for key in found.properties if key in found.required and key in names]
        for name in names.values():
            others = tuple(one for one in wanted_names if one != name)
            if others:
                needs.append(Condition({name: None}, all_of=others))
    return Rules(tuple(any_of), (), tuple(needs))


def _tagged_rules(found: Members, variants: Sequence[Members], names: Mapping[str, str]) -> Rules | None:
    """What each alternative needs, where the value of one member says which is meant; else None."""
    key = _tag_of(found, variants)
    if key is None or key not in names:
        return None

    needs = []
    for one in variants:
        others = tuple(names[name] for name in _extra(found, one) if name in names)
        if others:
            needs.append(Condition({names[key]: tuple(one.properties[key]["enum"])}, all_of=others))
    return Rules(needs=tuple(needs))


def _any_rules(found: Members, variants: Sequence[Members], names: Mapping[str, str]) -> Rules:
    """That one alternative must be given, by a member that no other one has; and what that member needs."""
    firsts, needs = [], []

    for one in variants:
        others = [name for other in variants if other is not one for name in other.properties]
        extra = [name for name in _extra(found, one) if name in names]
        first = next((name for name in extra if name not in others), next(iter(extra), None))
        if first is None:
            return Rules()

        firsts.append(names[first])
        rest = tuple(names[name] for name in extra if name != first)
        if rest and first not in others:
            needs.append(Condition({names[first]: None}, all_of=rest))

    return Rules((tuple(dict.fromkeys(firsts)),), (), tuple(needs))


def _extra(found: Members, variant: Members) -> list[str]:
    """The members that this alternative requires, but not every one."""
    wanted = variant.required - found.required
    ordered = [name for name in (*variant.properties, *found.properties) if name in wanted]
    return list(dict.fromkeys(ordered))


def _tag_of(found: Members, variants: Sequence[Members]) -> str | None:
    """The member whose value says which alternative is meant: each has values that no other one has."""
    for key in found.properties:
        if not all(key in one.properties and key in one.required for one in variants):
            continue
        values = [one.properties[key].get("enum") for one in variants]
        if all(isinstance(one, list) and one for one in values):
            flat = [repr(value) for one in values for value in one or ()]
            if len(flat) == len(set(flat)):
                return key
    return None
