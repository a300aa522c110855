"""Values as data: the types of keywords and members, for signatures, `Field` declarations and ``diff``."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from codegen.document.tree import Document
from codegen.interface.naming import BUILTINS
from codegen.interface.prose import literal

__all__ = ["FREE", "Keyword", "Limits", "Member", "Place", "Shape", "Type", "tuple_of"]

FREE = "Mapping[str, Any]"
Place = Literal["path", "query", "header", "cookie", "body"]


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of a value. None means that there is no such limit."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    pattern: str | None = None

    @property
    def code(self) -> list[str]:
        """The arguments of the `Field`."""
        found = {one.name: getattr(self, one.name) for one in attrs.fields(Limits)}
        return [f"{name}={literal(value)}" for name, value in found.items() if value is not None]


@attrs.frozen(kw_only=True)
class Type:
    """The type of a value.

    Attributes:
        kind: the builtin that a `Field` names; ``object`` is anything.
        choices: the known values, empty if any value is allowed.
        closed: the service is known to refuse all other values.
        also: values that are allowed outside the limits.
        limits: bounds and pattern.
        media: a URL of a medium, for which a file may be given.
        content: the content of a file, which is sent in the request itself.
        item: the type of a list's elements.
        shape: the members of an object, None if it may be any mapping.
        values: the type of the values of a mapping with any names.
        options: the types of which a value has one.
    """

    kind: str = "object"
    choices: tuple[Any, ...] = ()
    closed: bool = False
    also: tuple[Any, ...] = ()
    limits: Limits = Limits()
    media: bool = False
    content: bool = False
    item: Type | None = None
    shape: Shape | None = None
    values: Type | None = None
    options: tuple[Type, ...] = ()

    @property
    def annotation(self) -> str:
        """The type in a signature. An open list of choices accepts other values of their kinds too."""
        if self.choices and not any(isinstance(one, float) for one in self.choices):
            known = f"Literal[{', '.join(map(literal, self.choices))}]"
            kinds = sorted({type(one).__name__ for one in self.choices})
            return known if self.closed else " | ".join([known, *kinds])

        if self.options:
            return " | ".join(dict.fromkeys(one.annotation for one in self.options))
        if self.media:
            return "Media"
        if self.content:
            return "File"
        if self.values is not None:
            return f"Mapping[str, {self.values.annotation}]"
        if self.item is not None:
            return f"Sequence[{self.item.annotation}]"
        if self.shape is not None:
            return self.shape.name
        # `Literal` takes no floats. Their choices are checked at run time only.
        return {"dict": FREE, "list": "Sequence[Any]", "object": "Any"}.get(self.kind, self.kind)

    @property
    def brief(self) -> str:
        """The type in documentation: without the known values, which the words list."""
        if self.choices:
            return " or ".join(sorted({type(one).__name__ for one in self.choices}))
        if self.options:
            return " or ".join(dict.fromkeys(one.brief for one in self.options))
        if self.media or self.content:
            return self.annotation
        if self.item is not None:
            return f"list of {self.item.brief}"
        if self.shape is not None or self.values is not None:
            return "mapping"
        return {"dict": "mapping", "object": "any JSON"}.get(self.kind, self.kind)

    @property
    def takes_files(self) -> bool:
        """Whether a file, or a list of files, may be given."""
        inner = [*self.options, *(one for one in (self.item, self.values) if one is not None)]
        return self.media or self.content or any(one.takes_files for one in inner)

    def field(self, name: str, key: str = "", *, required: bool = False, style: str = "") -> str:
        """The expression that makes its `Field`."""
        arguments = [literal(name)]
        if self.kind != "object" or key:
            arguments.append(self.kind)
        if key:
            arguments.append(literal(key))
        if required:
            arguments.append("required=True")
        if style:
            arguments.append(f"style={literal(style)}")
        return f"Field({', '.join([*arguments, *self._arguments()])})"

    def _arguments(self) -> list[str]:
        found = [f"choices={tuple_of(self.choices)}"] if self.choices else []
        found += ["closed=True"] if self.closed else []
        found += self.limits.code
        found += [f"also={tuple_of(self.also)}"] if self.also else []
        found += ["media=True"] if self.media else []
        found += ["content=True"] if self.content else []
        if self.item is not None and self.item != Type():
            found.append(f"item={self.item.field('')}")

        if self.values is not None:
            found.append(f"item={self.values.field('')}")
        if self.shape is not None:
            members = ", ".join(one.type.field(one.key, required=one.required) for one in self.shape.members)
            found.append(f"fields=({members},)")
        return found


@attrs.frozen
class Member:
    """One member of a nested request object."""

    key: str
    type: Type
    required: bool
    default: Any
    deprecated: bool
    doc: str

    @property
    def declared(self) -> str:
        """The annotation inside the TypedDict."""
        return f"Required[{self.type.annotation}]" if self.required else self.type.annotation


@attrs.frozen
class Shape:
    """A nested request object: a TypedDict."""

    name: str
    place: str
    """Its path in the body, such as ``input.media``."""
    members: tuple[Member, ...]

    @property
    def by_class(self) -> bool:
        """Whether it can be written as a class: all its members must be plain identifiers."""
        return all(_is_plain(member.key) for member in self.members)


def _is_plain(name: str) -> bool:
    usable = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return usable and not name.startswith("__") and name not in BUILTINS


@attrs.frozen
class Keyword:
    """One keyword of a method.

    Attributes:
        name: the name in Python.
        key: the name on the wire.
        default: the server's default, if the document declares one.
    """

    name: str
    key: str
    place: Place
    type: Type
    required: bool
    default: Any
    deprecated: bool
    doc: str
    schema: Document = attrs.field(repr=False, eq=False)
    style: str = ""
    """How the value is written, if not as usual in its place; see `a2e_async._spec.styles`."""

    @property
    def field(self) -> str:
        """The expression that makes its `Field`."""
        key = self.key if self.key != self.name else ""
        return self.type.field(self.name, key, required=self.required, style=self.style)

    @property
    def annotation(self) -> str:
        """The type in a signature."""
        return self.type.annotation


def tuple_of(values: Sequence[Any]) -> str:
    """The code of a tuple of scalars."""
    inner = ", ".join(literal(one) for one in values)
    return f"({inner},)" if len(values) == 1 else f"({inner})"
