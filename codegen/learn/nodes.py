"""Collected shapes as a tree, and the schemas that such shapes have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from a2e_async._transport.shape_tallies import Shapes, parse_shapes
from codegen.document.tree import Document, SpecError

__all__ = ["CONFIDENCE", "Node", "node_of", "read_shapes", "schema_of"]

CONFIDENCE = "x-a2e-confidence"
_TYPES = ("object", "array", "string", "integer", "number", "boolean")
_ANY = "*"


@attrs.define
class Node:
    """What was seen at one place of many replies.

    Attributes:
        counts: how often it had which type, was ``null`` or ``empty``, or a ``url``.
        values: how often a status had which value; ``*`` alone if there were too many.
        members: of objects, by name; ``*`` for names that are not kept.
        items: the elements of lists.
    """

    counts: dict[str, int] = attrs.field(factory=dict[str, int])
    values: dict[str, int] = attrs.field(factory=dict[str, int])
    members: dict[str, Node] = attrs.field(factory=dict[str, "Node"])
    items: Node | None = None

    @property
    def types(self) -> list[str]:
        """The types that were seen. Where there are others, an empty text or list stands for nothing."""
        types = [name for name in _TYPES if self.counts.get(name)]
        if "number" in types and "integer" in types:
            types.remove("integer")

        nothing = {"array"} if self.items is None else set[str]()
        if self.counts.get("empty", 0) >= self.counts.get("string", 0) + len(nothing & {*types}):
            nothing.add("string")
        return [one for one in types if one not in nothing] or types

    @property
    def seen(self) -> int:
        """How often anything was there."""
        return sum(self.counts.get(name, 0) for name in (*_TYPES, "null"))

    @property
    def named(self) -> dict[str, Node]:
        """The members whose names are kept."""
        return {name: node for name, node in self.members.items() if name != _ANY}

    def add(self, other: Node) -> None:
        """Add what was seen elsewhere."""
        for mine, theirs in ((self.counts, other.counts), (self.values, other.values)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for name, node in other.members.items():
            self.members.setdefault(name, Node()).add(node)
        if other.items is not None:
            self.items = self.items or Node()
            self.items.add(other.items)

    def only(self, *types: str) -> Node:
        """The part of these types."""
        return Node(
            {name: self.counts[name] for name in types if name in self.counts},
            self.values if {"string", "integer"} & {*types} else {},
            self.members if "object" in types else {},
            self.items if "array" in types else None,
        )


def read_shapes(content: bytes, label: str) -> Shapes:
    """Read a file of shapes.

    Raises:
        SpecError: says what is wrong with it.
    """
    try:
        return parse_shapes(content)
    except ValueError as error:
        raise SpecError(f"{label}: {error}") from None


def node_of(members: Mapping[str, Mapping[str, Any]]) -> Node:
    """The tree of collected places such as ``data.rows[].width``."""
    root = Node()

    for place, tally in members.items():
        node = root
        for step in place.split(".") if place else ():
            name, *lists = step.split("[]")
            if name:
                node = node.members.setdefault(name, Node())
            for _ in lists:
                node.items = node.items or Node()
                node = node.items
        node.counts = {name: count for name, count in tally.items() if name != "values"}
        node.values = dict(tally.get("values", {}))

    return root


def schema_of(node: Node, known: Callable[[Node], Document | None] = lambda node: None) -> Document:
    """The schema of what was seen.

    Args:
        node: what was seen.
        known: returns a reference for objects that have a schema already.
    """
    types = node.types
    if not types:
        return {"nullable": True} if node.counts.get("null") else {}
    if len(types) > 1:
        return {"anyOf": [schema_of(node.only(one), known) for one in types]}

    kind = types[0]
    if kind == "object" and (reference := known(node)) is not None:
        return reference
    schema: Document = {"type": kind}
    if kind == "object" and node.named:
        schema["properties"] = {
            name: attributed(schema_of(inner, known), inner, node)
            for name, inner in sorted(node.named.items())
            if inner.seen
        }
    elif kind == "object" and _ANY in node.members:
        schema["additionalProperties"] = schema_of(node.members[_ANY], known)
    elif kind == "array":
        schema["items"] = schema_of(node.items, known) if node.items is not None else {}

    if node.counts.get("null"):
        schema["nullable"] = True
    return schema


def attributed(schema: Document, node: Node, owner: Node | None = None) -> Document:
    """The schema with how often it was seen, unless it is a reference: beside that, nothing counts."""
    if "$ref" in schema:
        return schema
    of = f" of {owner.counts.get('object', 0)}" if owner is not None else ""
    return {**schema, CONFIDENCE: f"live ({node.seen}{of})"}
