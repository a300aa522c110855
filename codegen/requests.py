"""Keywords of an operation: their types, their checks and their words, from the parsed properties."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.literal_enum_property import LiteralEnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.property import Property
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from codegen import naming
from codegen.document import Document, SpecError, merged_properties, resolve
from codegen.prose import clean, literal, sentence

__all__ = ["Keyword", "Member", "Shape", "Shapes", "keyword_of", "members_of"]

MEDIA_NAMES = re.compile(r"url|\w+_url|\w+_urls|\w+Url|\w+Urls|\w+Src|\w+_images|image_list")
NOT_MEDIA = frozenset({"webhook_url", "cdnDomain", "urlPrefix"})
_SCALARS: dict[str, tuple[str, str]] = {
    "string": ("str", "str"),
    "integer": ("int", "int"),
    "number": ("float", "float"),
    "boolean": ("bool", "bool"),
}
_LIMITS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
}
FREE = "Mapping[str, Any]"
COMMON_WORDS = {
    "name": "The task's name, to find it again.",
    "prompt": "What is wanted, in words.",
    "negative_prompt": "What is not wanted, in words.",
    "aspect_ratio": "Width to height.",
    "duration": "Seconds.",
    "timeout": "Seconds.",
    "width": "Pixels.",
    "height": "Pixels.",
    "ids": "The tasks' ids.",
    "_id": "The id.",
    "pageSize": "Records per page.",
    "page_size": "Records per page.",
    "status": "Only records of this status.",
}
"""For members that the document gives no words."""


@attrs.frozen
class Member:
    """One member of a nested request object."""

    key: str
    annotation: str
    required: bool
    doc: str

    @property
    def declared(self) -> str:
        """The annotation inside the TypedDict."""
        return f"Required[{self.annotation}]" if self.required else self.annotation


@attrs.frozen
class Shape:
    """A nested request object: a TypedDict."""

    name: str
    place: str
    """Where it stands in the body."""
    members: tuple[Member, ...]

    @property
    def by_class(self) -> bool:
        """Whether the class syntax can say it; it cannot for names that are no plain identifiers."""
        return all(_is_plain(member.key) for member in self.members)


def _is_plain(name: str) -> bool:
    return (
        name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
    )


@attrs.frozen
class Keyword:
    """One keyword of a method."""

    name: str
    key: str
    annotation: str
    field: str
    """The expression that makes its `Field`."""
    required: bool
    doc: str
    schema: Document = attrs.field(repr=False, eq=False)

    @property
    def is_media(self) -> bool:
        """Whether files will do."""
        return "Media" in re.findall(r"\w+", self.annotation)


@attrs.define
class Shapes:
    """The nested request objects of one module."""

    taken: set[str]
    found: list[Shape] = attrs.field(factory=list[Shape])

    def add(self, place: str, members: Sequence[Member]) -> str:
        """Keep a shape; gives the name it gets, which is the same for the same members."""
        shape = Shape(naming.class_name(naming.snake(place)), place, tuple(members))
        while shape.name in self.taken:
            if shape in self.found:
                return shape.name
            shape = attrs.evolve(shape, name=f"{shape.name}Input")
        self.taken.add(shape.name)
        self.found.append(shape)
        return shape.name


@attrs.frozen
class _Typed:
    """A schema as Python: annotation, kind of the `Field`, its further arguments."""

    annotation: str
    kind: str
    arguments: tuple[str, ...] = ()
    media: bool = False


@attrs.frozen
class _Reader:
    """Reads one property together with its schema, which knows limits that the parser drops."""

    document: Document
    shapes: Shapes
    stack: tuple[str, ...] = ()

    def typed(self, prop: PropertyProtocol, schema: Document, key: str, path: str) -> _Typed:
        """What the property is in Python."""
        if "$ref" in schema:
            if schema["$ref"] in self.stack:
                return _Typed(FREE, "dict")
            inner = attrs.evolve(self, stack=(*self.stack, schema["$ref"]))
            return inner.typed(prop, resolve(self.document, schema), key, path)
        choices = [one for one in schema.get("enum", ()) if one is not None]
        match prop:
            case ModelProperty():
                return self._model(prop, schema, path)
            case ListProperty():
                return self._list(prop, schema, key, path)
            case BooleanProperty():
                return _Typed("bool", "bool")
            case LiteralEnumProperty() | EnumProperty() | ConstProperty() if choices:
                return self._choices(choices)
            case IntProperty() | FloatProperty() | StringProperty() | UnionProperty() | LiteralEnumProperty():
                return self._scalar(schema, key)
            case DateProperty() | DateTimeProperty() | FileProperty() | UuidProperty():
                return _Typed("str", "str", _limits(schema))
            case ConstProperty() | AnyProperty() | NoneProperty() | EnumProperty():
                return _Typed("Any", "object")
        raise SpecError(f"{path}: no rule for {type(prop).__name__}")

    def _choices(self, choices: list[Any]) -> _Typed:
        values = ", ".join(literal(one) for one in choices)
        kind = next((name for name in (str, int) if all(type(one) is name for one in choices)), object)
        tail = "," if len(choices) == 1 else ""
        return _Typed(f"Literal[{values}]", kind.__name__, (f"choices=({values}{tail})",))

    def _scalar(self, schema: Document, key: str) -> _Typed:
        found = _SCALARS.get(str(schema.get("type")))
        if found is None:
            return _Typed("Any", "object")
        arguments: list[str] = list(_limits(schema))
        also: list[Any] = []
        for part in schema.get("oneOf", ()):
            also.extend(one for one in part.get("enum", ()) if one is not None)
            arguments.extend(_limits(part))
        if also:
            arguments.append(f"also=({', '.join(literal(one) for one in also)},)")
        if found[1] == "str" and is_media(key, schema):
            return _Typed(
                "Media",
                "str",
                (*(one for one in arguments if not one.startswith("pattern")), "media=True"),
                True,
            )
        return _Typed(found[0], found[1], tuple(arguments))

    def _list(self, prop: ListProperty, schema: Document, key: str, path: str) -> _Typed:
        items = schema.get("items") or {}
        as_media = dict(items)
        resolved = resolve(self.document, items)
        if resolved.get("type") == "string" and is_media(key, {**resolved, **schema, "type": "string"}):
            as_media = {**resolved, "x-a2e-media": True}
        inner = self.typed(prop.inner_property, as_media, key, path)
        arguments = list(_limits(schema))
        if inner.kind != "object":
            arguments.append(f"item={_field('', '', inner, required=False)}")
        return _Typed(f"Sequence[{inner.annotation}]", "list", tuple(arguments), inner.media)

    def _model(self, prop: ModelProperty, schema: Document, path: str) -> _Typed:
        properties, required = merged_properties(self.document, schema)
        if not properties:
            return _Typed(FREE, "dict")
        parsed = {one.name.get_untrusted_value(): one for one in members_of(prop)}
        members, fields = [], []
        for key, inner_schema in properties.items():
            if key not in parsed:
                raise SpecError(f"{path}.{key}: lost by the parser")
            inner = self.typed(parsed[key], inner_schema, key, f"{path}.{key}")
            resolved = resolve(self.document, inner_schema)
            members.append(Member(key, inner.annotation, key in required, _words(resolved, key, inner)))
            fields.append(_field(key, "", inner, required=key in required))
        name = self.shapes.add(path, members)
        return _Typed(name, "dict", (f"fields=({', '.join(fields)},)",))


def members_of(prop: ModelProperty) -> list[Property]:
    """What the parser found in an object."""
    return [*(prop.required_properties or ()), *(prop.optional_properties or ())]


def is_media(key: str, schema: Mapping[str, Any]) -> bool:
    """Whether a string is the URL of a medium, so that a file may be given instead."""
    told = schema.get("x-a2e-media")
    if isinstance(told, bool):
        return told
    if key in NOT_MEDIA or schema.get("enum"):
        return False
    words = str(schema.get("description", ""))
    return MEDIA_NAMES.fullmatch(key) is not None or words.startswith("URL") or "Audio URL" in words


def _limits(schema: Mapping[str, Any]) -> tuple[str, ...]:
    found = [f"{ours}={literal(schema[theirs])}" for theirs, ours in _LIMITS.items() if theirs in schema]
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as error:
            raise SpecError(f"the pattern {pattern!r} cannot be used: {error}") from error
        found.append(f"pattern={literal(pattern)}")
    return tuple(found)


def _field(name: str, key: str, typed: _Typed, *, required: bool) -> str:
    arguments = [literal(name)]
    if typed.kind != "object" or key:
        arguments.append(typed.kind)
    if key:
        arguments.append(literal(key))
    if required:
        arguments.append("required=True")
    return f"Field({', '.join([*arguments, *typed.arguments])})"


def keyword_of(
    document: Document,
    shapes: Shapes,
    prop: Property,
    schema: Document,
    *,
    required: bool,
    description: str = "",
    name: str | None = None,
) -> Keyword:
    """The keyword for one parameter or body member.

    Args:
        document: for references.
        shapes: takes the nested objects that are found.
        prop: as the parser gave it.
        schema: the same in the document.
        required: whether a call without it is refused.
        description: a parameter's own words; else the schema's.
        name: the keyword, where it is not made from the wire name.

    Raises:
        SpecError: there is no rule for it.
    """
    key = prop.name.get_untrusted_value()
    typed = _Reader(document, shapes).typed(prop, schema, key, key)
    ours = name or naming.keyword_name(key)
    resolved = dict(resolve(document, schema))
    if description:
        resolved["description"] = description
    return Keyword(
        ours,
        key,
        typed.annotation,
        _field(ours, key if key != ours else "", typed, required=required),
        required,
        _words(resolved, key, typed),
        resolved,
    )


def _words(schema: Document, key: str, typed: _Typed) -> str:
    """Meaning, limits, unit and server default of one keyword."""
    told = schema.get("description", "")
    if typed.media and clean(told).rstrip(".") == "URL":
        told = ""
    starts_with_choice = str(told).split(" ")[0] in map(str, schema.get("enum", ()))
    parts = [clean(told) if starts_with_choice else sentence(told or COMMON_WORDS.get(key, ""))]
    if typed.media:
        files = "files as Path, bytes or `Upload`."
        several = typed.annotation.startswith("Sequence")
        parts.append(f"URLs, or {files}" if several else f"A URL, or a {files.replace('files', 'file')}")
    if "enum" not in schema:
        parts.append(_range(schema, "minimum", "maximum", "", told))
    for part in schema.get("oneOf", ()):
        if isinstance(part, dict):
            parts.append(_range(part, "minimum", "maximum", "", told))
            parts.extend(f"Or {clean(one)}." for one in part.get("enum", ()) if str(one) not in str(told))
    parts.append(_range(schema, "minLength", "maxLength", " characters", told))
    parts.append(_range(schema, "minItems", "maxItems", " items", told))
    default = schema.get("default")
    if default not in (None, "", [], {}) and not isinstance(default, dict | list):
        parts.append(f"Server default: {_told(default)}.")
    if schema.get("deprecated") is True and "deprecated" not in str(told).lower():
        parts.append("Deprecated.")
    parts = [part for part in parts if part]
    return " ".join(parts) or f"The {naming.snake(key).strip('_').replace('_', ' ')}."


def _range(schema: Mapping[str, Any], low: str, high: str, unit: str, told: str) -> str:
    """The bounds in words, unless the description names them already."""
    least, most = schema.get(low), schema.get(high)
    numbers = re.findall(r"[\w.]*\w", str(told))
    if all(bound is None or str(bound) in numbers for bound in (least, most)):
        return ""
    if least == most:
        return f"Exactly {least}{unit}."
    if least is None:
        return f"At most {most}{unit}."
    return f"At least {least}{unit}." if most is None else f"{least} to {most}{unit}."


def _told(value: Any) -> str:
    return str(value) if isinstance(value, bool | int | float) else clean(value)
