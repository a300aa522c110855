"""Keywords of an operation from its schemas: their types, their checks and their words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.document.merging import Merged, members_of, merged
from codegen.document.tree import Document, SpecError
from codegen.interface import naming
from codegen.interface.values import Keyword, Limits, Member, Place, Shape, Type
from codegen.interface.words import default_of, value_words

__all__ = ["Shapes", "keyword_of"]

MEDIA_NAMES = re.compile(r"url|\w+_url|\w+_urls|\w+Url|\w+Urls|\w+Src|\w+_images|image_list")
NOT_MEDIA = frozenset({"webhook_url", "cdnDomain", "urlPrefix"})
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_LIMITS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "multipleOf": "multiple_of",
}
_EXCLUSIVE = (
    ("exclusiveMinimum", "minimum", "above", 1),
    ("exclusiveMaximum", "maximum", "below", -1),
)
MAX_VALUES = 1000
"""Members and elements inside one keyword that get types. What comes after them may be anything."""

MAX_INSIDE = 12
"""Objects inside each other that get types."""


@attrs.define
class Shapes:
    """The nested request objects of one module.

    Attributes:
        taken: class names that are in use.
        found: the shapes so far.
    """

    taken: set[str]
    found: list[Shape] = attrs.field(factory=list[Shape])
    _visited: int = 0

    def add(self, place: str, members: Sequence[Member]) -> Shape:
        """Add a shape and name it; equal members at an equal place give the same shape."""
        shape = Shape(naming.class_name(naming.snake(place)), place, tuple(members))
        while shape.name in self.taken:
            if shape in self.found:
                return shape
            shape = attrs.evolve(shape, name=f"{shape.name}Input")
        self.taken.add(shape.name)
        self.found.append(shape)
        return shape

    def restart(self) -> None:
        """Start to count the values inside one keyword."""
        self._visited = 0

    def count(self) -> bool:
        """Count one more value inside the keyword; False if there are so many that the rest stays open."""
        self._visited += 1
        return self._visited <= MAX_VALUES


@attrs.define
class _Reader:
    """Reads the type of one value from its schema."""

    document: Document
    shapes: Shapes
    stack: frozenset[str] = frozenset()

    def typed(self, schema: Any, key: str, path: str) -> Type:
        """The type in Python."""
        whole = merged(self.document, schema)
        if not self.shapes.count() or path.count(".") > MAX_INSIDE:
            return Type(
                kind={"object": "dict", "array": "list"}.get(str(whole.keywords.get("type")), "object")
            )
        if whole.refs & self.stack:
            return Type(kind="dict")
        inner = attrs.evolve(self, stack=self.stack | whole.refs)

        own = whole.keywords
        choices = _choices_in(own)
        if choices:
            return _choices(choices, closed=own.get("x-a2e-closed") is True)
        if whole.groups and own.get("type") not in _SCALARS:
            return inner.alternatives(schema, whole, key, path)

        kind = own.get("type")
        if kind == "array" or (kind is None and "items" in own):
            return inner.list_of(own, key, path)
        if kind == "object" or (kind is None and ("properties" in own or "additionalProperties" in own)):
            return inner.mapping(schema, own, path)
        return _scalar(self.document, own, whole, key, path)

    def list_of(self, schema: Document, key: str, path: str) -> Type:
        """The type of a list."""
        items = schema.get("items") or {}
        element = merged(self.document, items).keywords
        as_media = items
        if element.get("type") == "string" and is_media(key, {**element, **schema, "type": "string"}):
            as_media = {**element, "x-a2e-media": True}
        inner = self.typed(as_media, key, path)
        return Type(kind="list", limits=_limits(schema, path), item=None if inner == Type() else inner)

    def mapping(self, schema: Any, own: Document, path: str) -> Type:
        """The type of an object: its members, or the values that it may have under any name."""
        found = members_of(self.document, schema)
        if found.refs & self.stack - merged(self.document, schema).refs:
            return Type(kind="dict")
        if not found.properties:
            rest = own.get("additionalProperties")
            value = self.typed(rest, "", f"{path}.*") if isinstance(rest, dict) and rest else Type()
            return Type(kind="dict", values=None if value == Type() else value)

        reader = attrs.evolve(self, stack=self.stack | found.refs)
        members = []
        for key, inner_schema in found.properties.items():
            inner = reader.typed(inner_schema, key, f"{path}.{key}")
            resolved = value_schema(self.document, inner_schema)
            members.append(
                Member(
                    key,
                    inner,
                    key in found.required,
                    default_of(resolved),
                    resolved.get("deprecated") is True,
                    value_words(resolved, key, inner),
                )
            )
        return Type(kind="dict", shape=self.shapes.add(path, members))

    def alternatives(self, schema: Any, whole: Merged, key: str, path: str) -> Type:
        """The type of a value that may be one of several."""
        if whole.keywords.get("properties") or len(whole.groups) > 1:
            return self.mapping(schema, whole.keywords, path)

        variants = [{**self._base(whole), **one} if "$ref" not in one else one for one in whole.groups[0]]
        shown = [merged(self.document, one) for one in variants]
        if all(self._is_object(one) for one in shown):
            return self.mapping(schema, whole.keywords, path)
        plain = _one_scalar([one.keywords for one in shown], key, path)
        if plain is not None:
            return plain

        options = list(dict.fromkeys(self.typed(one, key, path) for one in variants))
        if Type() in options:
            return Type()
        return options[0] if len(options) == 1 else Type(options=tuple(options))

    @staticmethod
    def _base(whole: Merged) -> Document:
        """What the alternatives have in common."""
        return {name: whole.keywords[name] for name in ("description", "type") if name in whole.keywords}

    @staticmethod
    def _is_object(one: Merged) -> bool:
        kind = one.keywords.get("type")
        return kind == "object" or (kind is None and ("properties" in one.keywords or bool(one.groups)))


def value_schema(document: Document, schema: Any) -> Document:
    """What a schema says about a value as a whole, its alternatives among it."""
    whole = merged(document, schema)
    return {**whole.keywords, "oneOf": list(whole.groups[0])} if len(whole.groups) == 1 else whole.keywords


def _one_scalar(variants: Sequence[Document], key: str, path: str) -> Type | None:
    """The type of alternatives that are all of one kind, such as a list of values or any text; else None."""
    kinds = {_SCALARS.get(str(one.get("type"))) for one in variants}
    if kinds == {"int", "float"}:
        kinds = {"float"}
    if len(kinds) != 1 or None in kinds:
        return None

    choices = list({repr(value): value for one in variants for value in _choices_in(one)}.values())
    free = [one for one in variants if not _choices_in(one)]
    if choices and len(free) == 1 and kinds <= {"int", "float"}:
        kind = "float" if "float" in kinds else "int"
        return Type(kind=kind, also=tuple(choices), limits=_limits(free[0], path))
    if choices:
        return _choices(choices, closed=not free and all(one.get("x-a2e-closed") is True for one in variants))
    media = any(is_media(key, one) for one in variants if one.get("type") == "string")
    return Type(kind=next(iter(kinds)) or "object", media=media)


def _choices_in(schema: Document) -> list[Any]:
    """The allowed values, if all can be written as Python; null is left out."""
    if schema.get("type") in ("object", "array", "boolean"):
        return []

    given = [one for one in schema.get("enum", ()) if one is not None]
    scalars = all(isinstance(one, str | int | float) for one in given)
    return list({repr(one): one for one in given}.values()) if scalars else []


def _choices(choices: Sequence[Any], *, closed: bool) -> Type:
    types = {type(one) for one in choices}
    kind: type = object
    if len(types) == 1:
        kind = types.pop()
    elif types == {int, float}:
        kind = float
    return Type(kind=kind.__name__, choices=tuple(choices), closed=closed)


def _scalar(document: Document, schema: Document, whole: Merged, key: str, path: str) -> Type:
    kind = _SCALARS.get(str(schema.get("type")))
    if kind is None:
        return Type()
    if kind == "str" and schema.get("format") == "binary":
        return Type(kind="object", content=True)

    limits, also = _limits(schema, path), list[Any]()
    for one in (one for group in whole.groups for one in group):
        part = merged(document, one).keywords
        also.extend(one for one in part.get("enum", ()) if one is not None)
        limits = _joined(limits, _limits(part, path))
    media = kind == "str" and is_media(key, schema)
    if media:
        limits = attrs.evolve(limits, pattern=None)
    return Type(kind=kind, also=tuple(also), limits=limits, media=media)


def is_media(key: str, schema: Mapping[str, Any]) -> bool:
    """Whether a string is the URL of a medium, so that a file may be given instead."""
    marked = schema.get("x-a2e-media")
    if isinstance(marked, bool):
        return marked
    if key in NOT_MEDIA or schema.get("enum"):
        return False
    words = str(schema.get("description", ""))
    return MEDIA_NAMES.fullmatch(key) is not None or words.startswith("URL") or "Audio URL" in words


def _limits(schema: Mapping[str, Any], path: str) -> Limits:
    found = {ours: _plain_number(schema[theirs]) for theirs, ours in _LIMITS.items() if theirs in schema}
    for flag, bound, ours, step in _EXCLUSIVE:
        if schema.get(flag) is True and bound in found:
            whole = schema.get("type") == "integer" and isinstance(found[bound], int)
            limit = found.pop(bound)
            found |= {bound: limit + step} if whole else {ours: limit}

    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as error:
            raise SpecError(f"{path}: the pattern {pattern!r} cannot be used: {error}") from error
        found["pattern"] = pattern
    return Limits(**found)


def _plain_number(value: Any) -> Any:
    """An integer for a float without decimals."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _joined(first: Limits, second: Limits) -> Limits:
    set_there = {one.name: getattr(second, one.name) for one in attrs.fields(Limits)}
    return attrs.evolve(first, **{name: value for name, value in set_there.items() if value is not None})


def keyword_of(
    document: Document,
    shapes: Shapes,
    key: str,
    schema: Any,
    *,
    place: Place,
    required: bool,
    description: str = "",
    name: str | None = None,
    style: str = "",
    deprecated: bool = False,
) -> Keyword:
    """The keyword for one parameter or body member.

    Args:
        document: for references.
        shapes: collects the nested objects.
        key: the name on the wire.
        schema: its schema in the document.
        place: where the request carries it.
        required: whether a call without it is refused.
        description: a parameter's own words; without them, the schema's are used.
        name: the keyword, if it is not made from the wire name.
        style: how the value is written, if not as usual in its place.
        deprecated: whether the parameter itself is.

    Raises:
        SpecError: no rule covers it.
    """
    shapes.restart()
    typed = _Reader(document, shapes).typed(schema, key, key)

    resolved = dict(value_schema(document, schema))
    if description:
        resolved["description"] = description
    if deprecated:
        resolved["deprecated"] = True

    return Keyword(
        name or naming.keyword_name(key),
        key,
        place,
        typed,
        required,
        default_of(resolved),
        resolved.get("deprecated") is True,
        value_words(resolved, key, typed),
        resolved,
        style,
    )
