"""Keywords of an operation from the parsed properties: their types, their checks and their words."""

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
}
MAX_VALUES = 1000
"""Members and elements inside one keyword. Real documents stay below 30."""


@attrs.define
class Shapes:
    """The nested request objects of one module.

    Attributes:
        taken: class names that are in use.
        models: the parser's view of each object, by class name.
        found: the shapes so far.
    """

    taken: set[str]
    models: Mapping[str, ModelProperty] = attrs.field(factory=dict[str, ModelProperty])
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

    def members_of(self, prop: ModelProperty) -> list[Property]:
        """The parsed members of an object; for a reference, those of its target."""
        model = self.models.get(str(prop.class_info.name), prop)
        return [*(model.required_properties or ()), *(model.optional_properties or ())]

    def restart(self) -> None:
        """Start to count the values inside one keyword."""
        self._visited = 0

    def count(self, path: str) -> None:
        """Count one more value inside the keyword.

        Raises:
            SpecError: there are too many, as when objects contain each other in every way.
        """
        self._visited += 1
        if self._visited > MAX_VALUES:
            raise SpecError(f"{path.partition('.')[0]}: more than {MAX_VALUES} values inside each other")


@attrs.define
class _Reader:
    """Reads one property together with its schema, which has limits that the parser drops."""

    document: Document
    shapes: Shapes
    stack: tuple[str, ...] = ()

    def typed(self, prop: PropertyProtocol, schema: Document, key: str, path: str) -> Type:
        """The property's type in Python."""
        self.shapes.count(path)

        if "$ref" in schema:
            if schema["$ref"] in self.stack:
                return Type(kind="dict")
            inner = attrs.evolve(self, stack=(*self.stack, schema["$ref"]))
            return inner.typed(prop, resolve(self.document, schema), key, path)

        schema = scalar_of(self.document, schema)
        choices = _choices_in(schema)
        if choices:
            return _choices(choices, closed=schema.get("x-a2e-closed") is True)

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
                    default_of(resolved),
                    resolved.get("deprecated") is True,
                    value_words(resolved, key, inner),
                )
            )

        return Type(kind="dict", shape=self.shapes.add(path, members))


def scalar_of(document: Document, schema: Document) -> Document:
    """The schema of a scalar with its ``allOf`` members merged; an object's schema stays as it is."""
    parts = [scalar_of(document, resolve(document, part)) for part in schema.get("allOf", ())]
    if not parts or not any(str(part.get("type")) in _SCALARS for part in parts):
        return schema
    joined: Document = {}
    for part in parts:
        joined |= part
    return joined | {name: value for name, value in schema.items() if name != "allOf"}


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
    marked = schema.get("x-a2e-media")
    if isinstance(marked, bool):
        return marked
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
    """An integer for a float without decimals."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _joined(first: Limits, second: Limits) -> Limits:
    set_there = {one.name: getattr(second, one.name) for one in attrs.fields(Limits)}
    return attrs.evolve(first, **{name: value for name, value in set_there.items() if value is not None})


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
        shapes: collects the nested objects.
        prop: the parsed property.
        schema: its schema in the document.
        place: where the request carries it.
        required: whether a call without it is refused.
        description: a parameter's own words; without them, the schema's are used.
        name: the keyword, if it is not made from the wire name.

    Raises:
        SpecError: no rule covers it.
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
        default_of(resolved),
        resolved.get("deprecated") is True,
        value_words(resolved, key, typed),
        resolved,
    )
