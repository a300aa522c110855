"""Keywords of an operation: their types, their checks and their words, from the parsed properties."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.property import Property
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from codegen.document.tree import Document, SpecError, merged_properties, resolve
from codegen.interface import naming
from codegen.interface.prose import clean, sentence
from codegen.interface.values import Keyword, Limits, Member, Place, Shape, Type

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
}
MAX_VALUES = 1000
"""Members and elements inside one keyword; real ones stay below 30."""
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


@attrs.define
class Shapes:
    """The nested request objects of one module.

    Attributes:
        taken: class names that are in use.
        models: what the parser found in each class.
    """

    taken: set[str]
    models: Mapping[str, ModelProperty] = attrs.field(factory=dict[str, ModelProperty])
    found: list[Shape] = attrs.field(factory=list[Shape])
    _visited: int = 0

    def add(self, place: str, members: Sequence[Member]) -> Shape:
        """Keep a shape; the name it gets is the same for the same members."""
        shape = Shape(naming.class_name(naming.snake(place)), place, tuple(members))
        while shape.name in self.taken:
            if shape in self.found:
                return shape
            shape = attrs.evolve(shape, name=f"{shape.name}Input")
        self.taken.add(shape.name)
        self.found.append(shape)
        return shape

    def members_of(self, prop: ModelProperty) -> list[Property]:
        """What the parser found in an object; where it is a reference, in what that names."""
        model = self.models.get(str(prop.class_info.name), prop)
        return [*(model.required_properties or ()), *(model.optional_properties or ())]

    def restart(self) -> None:
        """Begin to count what one keyword is made of."""
        self._visited = 0

    def count(self, path: str) -> None:
        """One more value inside the keyword.

        Raises:
            SpecError: these are too many, as of objects that contain each other in every way.
        """
        self._visited += 1
        if self._visited > MAX_VALUES:
            raise SpecError(f"{path.partition('.')[0]}: more than {MAX_VALUES} values inside each other")


@attrs.define
class _Reader:
    """Reads one property together with its schema, which knows limits that the parser drops."""

    document: Document
    shapes: Shapes
    stack: tuple[str, ...] = ()

    def typed(self, prop: PropertyProtocol, schema: Document, key: str, path: str) -> Type:
        """What the property is in Python."""
        self.shapes.count(path)
        if "$ref" in schema:
            if schema["$ref"] in self.stack:
                return Type(kind="dict")
            inner = attrs.evolve(self, stack=(*self.stack, schema["$ref"]))
            return inner.typed(prop, resolve(self.document, schema), key, path)
        schema = scalar_of(self.document, schema)
        choices = _choices_in(schema)
        if choices:
            return _choices(choices)
        match prop:
            case ModelProperty() if str(schema.get("type")) not in _SCALARS:
                return self._model(prop, schema, path)
            case ModelProperty():
                return _scalar(schema, key, path)
            case ListProperty():
                return self._list(prop, schema, key, path)
            case BooleanProperty():
                return Type(kind="bool")
            case IntProperty() | FloatProperty() | StringProperty() | UnionProperty():
                return _scalar(schema, key, path)
            case DateProperty() | DateTimeProperty() | FileProperty() | UuidProperty():
                return Type(kind="str", limits=_limits(schema, path))
            case AnyProperty() | NoneProperty():
                return Type()
        raise SpecError(f"{path}: no rule for {type(prop).__name__}")

    def _list(self, prop: ListProperty, schema: Document, key: str, path: str) -> Type:
        items = schema.get("items") or {}
        as_media = dict(items)
        resolved = resolve(self.document, items)
        if resolved.get("type") == "string" and is_media(key, {**resolved, **schema, "type": "string"}):
            as_media = {**resolved, "x-a2e-media": True}
        inner = self.typed(prop.inner_property, as_media, key, path)
        return Type(kind="list", limits=_limits(schema, path), item=None if inner == Type() else inner)

    def _model(self, prop: ModelProperty, schema: Document, path: str) -> Type:
        properties, required = merged_properties(self.document, schema)
        if not properties:
            return Type(kind="dict")
        parsed = {one.name.get_untrusted_value(): one for one in self.shapes.members_of(prop)}
        members = []
        for key, inner_schema in properties.items():
            if key not in parsed:
                raise SpecError(f"{path}.{key}: lost by the parser")
            inner = self.typed(parsed[key], inner_schema, key, f"{path}.{key}")
            resolved = scalar_of(self.document, resolve(self.document, inner_schema))
            members.append(
                Member(
                    key,
                    inner,
                    key in required,
                    _default(resolved),
                    resolved.get("deprecated") is True,
                    _words(resolved, key, inner),
                )
            )
        return Type(kind="dict", shape=self.shapes.add(path, members))


def scalar_of(document: Document, schema: Document) -> Document:
    """The schema of a value that is put together with allOf, as one; what is an object stays as it is."""
    parts = [scalar_of(document, resolve(document, part)) for part in schema.get("allOf", ())]
    if not parts or not any(str(part.get("type")) in _SCALARS for part in parts):
        return schema
    joined: Document = {}
    for part in parts:
        joined |= part
    return joined | {name: value for name, value in schema.items() if name != "allOf"}


def _choices_in(schema: Document) -> list[Any]:
    """The only values, where they can be written as Python; null is not one of them."""
    if schema.get("type") in ("object", "array", "boolean"):
        return []
    given = [one for one in schema.get("enum", ()) if one is not None]
    scalars = all(isinstance(one, str | int | float) for one in given)
    return list({repr(one): one for one in given}.values()) if scalars else []


def _choices(choices: Sequence[Any]) -> Type:
    types = {type(one) for one in choices}
    kind: type = object
    if len(types) == 1:
        kind = types.pop()
    elif types == {int, float}:
        kind = float
    return Type(kind=kind.__name__, choices=tuple(choices))


def _scalar(schema: Document, key: str, path: str) -> Type:
    kind = _SCALARS.get(str(schema.get("type")))
    if kind is None:
        return Type()
    limits, also = _limits(schema, path), list[Any]()
    for part in schema.get("oneOf", ()):
        also.extend(one for one in part.get("enum", ()) if one is not None)
        limits = _joined(limits, _limits(part, path))
    media = kind == "str" and is_media(key, schema)
    if media:
        limits = attrs.evolve(limits, pattern=None)
    return Type(kind=kind, also=tuple(also), limits=limits, media=media)


def is_media(key: str, schema: Mapping[str, Any]) -> bool:
    """Whether a string is the URL of a medium, so that a file may be given instead."""
    told = schema.get("x-a2e-media")
    if isinstance(told, bool):
        return told
    if key in NOT_MEDIA or schema.get("enum"):
        return False
    words = str(schema.get("description", ""))
    return MEDIA_NAMES.fullmatch(key) is not None or words.startswith("URL") or "Audio URL" in words


def _limits(schema: Mapping[str, Any], path: str) -> Limits:
    found = {ours: _plain_number(schema[theirs]) for theirs, ours in _LIMITS.items() if theirs in schema}
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as error:
            raise SpecError(f"{path}: the pattern {pattern!r} cannot be used: {error}") from error
        found["pattern"] = pattern
    return Limits(**found)


def _plain_number(value: Any) -> Any:
    """A whole number as such."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _joined(first: Limits, second: Limits) -> Limits:
    told = {one.name: getattr(second, one.name) for one in attrs.fields(Limits)}
    return attrs.evolve(first, **{name: value for name, value in told.items() if value is not None})


def keyword_of(
    document: Document,
    shapes: Shapes,
    prop: Property,
    schema: Document,
    *,
    place: Place,
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
        place: where it goes.
        required: whether a call without it is refused.
        description: a parameter's own words; else the schema's.
        name: the keyword, where it is not made from the wire name.

    Raises:
        SpecError: there is no rule for it.
    """
    key = prop.name.get_untrusted_value()
    shapes.restart()
    typed = _Reader(document, shapes).typed(prop, schema, key, key)
    resolved = dict(scalar_of(document, resolve(document, schema)))
    if description:
        resolved["description"] = description
    return Keyword(
        name or naming.keyword_name(key),
        key,
        place,
        typed,
        required,
        _default(resolved),
        resolved.get("deprecated") is True,
        _words(resolved, key, typed),
        resolved,
    )


def _default(schema: Document) -> Any:
    """The server's default, if it is a value that can be told."""
    default = schema.get("default")
    return None if default == "" or isinstance(default, dict | list) else default


def _words(schema: Document, key: str, typed: Type) -> str:
    """Meaning, limits, unit and server default of one keyword."""
    told = schema.get("description", "")
    if typed.takes_files and clean(told).rstrip(".") == "URL":
        told = ""
    starts_with_choice = str(told).split(" ")[0] in map(str, schema.get("enum", ()))
    parts = [clean(told) if starts_with_choice else sentence(told or COMMON_WORDS.get(key, ""))]
    if typed.takes_files:
        files = "files as Path, bytes or `Upload`."
        several = typed.item is not None
        parts.append(f"URLs, or {files}" if several else f"A URL, or a {files.replace('files', 'file')}")
    if typed.choices and not typed.annotation.startswith("Literal"):
        parts.append(f"One of {', '.join(map(str, typed.choices))}.")
    if "enum" not in schema:
        parts.append(_range(schema, "minimum", "maximum", "", told))
    for part in schema.get("oneOf", ()):
        if isinstance(part, dict):
            parts.append(_range(part, "minimum", "maximum", "", told))
            parts.extend(f"Or {clean(one)}." for one in part.get("enum", ()) if str(one) not in str(told))
    parts.append(_range(schema, "minLength", "maxLength", " characters", told))
    parts.append(_range(schema, "minItems", "maxItems", " items", told))
    default = _default(schema)
    if default is not None:
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
