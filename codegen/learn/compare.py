"""Compares what was seen with what the document declares, and mends the schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from codegen.document.merging import is_open, members_of, merged, sole_ref
from codegen.document.tree import Document, resolve
from codegen.interface import naming
from codegen.learn.nodes import CONFIDENCE, Node, attributed, schema_of

__all__ = ["Comparison", "component_of"]

_SCHEMAS = "#/components/schemas/"
_IDS = ("_id", "id", "task_id", "taskId")
_WRAPPERS = ("task", "record", "result", "data", "detail", "info", "item", "job")
_DEEPEST = 12
_WORDS = ("description", "example")


def component_of(document: Document, schema: Any) -> str:
    """The component with members that a schema refers to, "" if it is none."""
    name = sole_ref(schema).removeprefix(_SCHEMAS)
    found = document["components"]["schemas"].get(name) if name else None
    return name if found is not None and members_of(document, found).properties else ""


@attrs.define
class Comparison:
    """A comparison of shapes with a document.

    Attributes:
        document: complete; it is not changed.
        seen: what was seen of each component, in all replies together.
        lines: what was found, in plain words.
    """

    document: Document
    seen: dict[str, Node] = attrs.field(factory=dict[str, Node])
    lines: list[str] = attrs.field(factory=list[str])

    def feed(self, schema: Any, node: Node, known: tuple[str, ...], depth: int = 0) -> None:
        """Add what was seen to the components that a schema refers to.

        Args:
            schema: declared.
            node: seen.
            known: components that objects at other places may be.
            depth: how many objects and lists it is in.
        """
        if depth > _DEEPEST:
            return
        name = component_of(self.document, schema)
        if name:
            inner = node.only("object") if not (wrapper := wrapped(node)) else node.members[wrapper]
            if inner.counts.get("object"):
                self.seen.setdefault(name, Node()).add(inner)
            node = attrs.evolve(node, members=inner.members)

        if not name and (found := self._variants(schema)) is not None:
            for variant, part in self._parts(found[1], node):
                self.feed(variant, part, known, depth + 1)
            return

        properties = members_of(self.document, schema).properties
        for key, inner in node.named.items():
            self._feed_one(properties.get(key), inner, known, depth)
        if node.items is not None:
            items = merged(self.document, schema).keywords.get("items")
            self._feed_one(items, node.items, known, depth)

    def _feed_one(self, schema: Any, node: Node, known: tuple[str, ...], depth: int) -> None:
        if schema is None or is_open(self.document, schema):
            reference = self.known(node, known)
            schema = reference if reference is not None else {}
        self.feed(schema, node, known, depth + 1)

    def known(self, node: Node, names: tuple[str, ...]) -> Document | None:
        """A reference to the first component that an object may be."""
        for name in names:
            properties = members_of(self.document, {"$ref": f"{_SCHEMAS}{name}"}).properties
            alike = properties.keys() & node.members.keys()
            ids = node.members.keys() & {*_IDS}
            if ids and (len(alike) > 1 or node.members.keys() == ids):
                return {"$ref": f"{_SCHEMAS}{name}"}
        return None

    def mend(self, schema: Any, node: Node, place: str, known: tuple[str, ...] = ()) -> Any:
        """The schema with what was seen in it. The schema itself if it says everything.

        Args:
            schema: declared.
            node: seen.
            place: for the report.
            known: see `feed`.
        """
        types = node.types
        name = component_of(self.document, schema)
        if name and (wrapper := wrapped(node)):
            self.lines.append(f"{place}: the record is in {wrapper!r}")
            made = schema_of(node)
            return {**made, "properties": {**made["properties"], wrapper: schema}}

        declared = _declared(self.document, schema)
        if is_open(self.document, schema) and (not declared or types == ["object"]):
            return self._typed(schema, node, place, known)

        if not name and (found := self._variants(schema)) is not None:
            return self._alternatives(schema, found[0], node, place, known)

        allowed = _allowed(declared)
        extra = [one for one in types if one not in allowed]
        if extra and declared:
            schema = self._other_type(schema, node, allowed, place, known)
        elif "object" in types and not name:
            schema = self._members(schema, node, place, known)
        elif "array" in types and node.items is not None:
            schema = self._items(schema, node.items, place, known)
        return self._scalar(schema, node, place)

    def component(self, name: str) -> Any:
        """The mended schema of a component."""
        schema, node = self.document["components"]["schemas"][name], self.seen[name]
        made = self._members(schema, node, name, ())

        sure = str(schema.get(CONFIDENCE, "live"))
        outputs = [one for one in schema.get("x-a2e-outputs", ()) if _has_value(node, one.split("."))]
        if outputs and not sure.startswith("live"):
            self.lines.append(f"{name}: {', '.join(outputs)} seen; its confidence was: {sure}")
            made = {**made, CONFIDENCE: f"live ({node.counts.get('object', 0)})"}
        self._other_outputs(name, schema, node)
        return made

    def _typed(self, schema: Any, node: Node, place: str, known: tuple[str, ...]) -> Any:
        """What the document leaves open."""
        seen = schema_of(node, lambda one: self.known(one, known))
        if {key: value for key, value in seen.items() if key != "nullable"} in ({}, {"type": "object"}):
            return self._scalar(schema, node, place)
        self.lines.append(f"{place}: open in the document, seen as {_kind(node)}{_names(node)}")
        words = {key: schema[key] for key in _WORDS if isinstance(schema, Mapping) and key in schema}
        return attributed({**words, **seen}, node)

    def _variants(self, schema: Any) -> tuple[str, list[Any]] | None:
        """The alternatives of a schema that is nothing else, and no two of which are of one type."""
        base = resolve(self.document, schema)
        for key in ("anyOf", "oneOf"):
            variants = base.get(key) if isinstance(base, Mapping) else None
            if isinstance(variants, list) and len(variants) > 1 and not base.keys() & {"allOf", "properties"}:
                types = [one for variant in variants for one in _declared(self.document, variant)]
                return (key, variants) if len({*types}) == len(types) >= len(variants) else None
        return None

    def _parts(self, variants: list[Any], node: Node) -> list[tuple[Any, Node]]:
        """Each alternative with what was seen of it."""
        allowed = [_declared(self.document, one) for one in variants]
        return [(one, node.only(*_allowed(types))) for one, types in zip(variants, allowed, strict=True)]

    def _alternatives(self, schema: Any, key: str, node: Node, place: str, known: tuple[str, ...]) -> Any:
        base = resolve(self.document, schema)
        parts = self._parts(base[key], node)
        made = [self.mend(one, part, place, known) if part.types else one for one, part in parts]

        extra = [one for one in node.types if one not in _allowed(_declared(self.document, schema))]
        if extra:
            self.lines.append(f"{place}: not declared as {' or '.join(extra)}, but seen so")
            made.append(schema_of(node.only(*extra), lambda one: self.known(one, known)))
        same = len(made) == len(parts) and all(new is one for new, (one, _) in zip(made, parts, strict=True))
        return schema if same else {**base, key: made}

    def _other_type(
        self, schema: Any, node: Node, allowed: set[str], place: str, known: tuple[str, ...]
    ) -> Any:
        """The document says one type, and the service another."""
        declared = _declared(self.document, schema)
        extra = [one for one in node.types if one not in allowed]
        same = [one for one in node.types if one in allowed]
        counts = ", ".join(f"{one} {node.counts[one]} times" for one in node.types)
        self.lines.append(f"{place}: declared as {' or '.join(sorted(declared))}, seen as {counts}")

        seen = schema_of(node.only(*extra), lambda one: self.known(one, known))
        words = {key: schema[key] for key in _WORDS if isinstance(schema, Mapping) and key in schema}
        if extra == ["number"] and declared == {"integer"}:
            return attributed({**words, "type": "number"}, node)

        if not same:
            return attributed({**words, **seen}, node)
        variants = seen.get("anyOf", [seen])
        plain = {key: value for key, value in schema.items() if key not in words and key != CONFIDENCE}
        plain = self.mend(plain, node.only(*same), place, known)
        return attributed({**words, "anyOf": [plain, *variants]}, node)

    def _members(self, schema: Any, node: Node, place: str, known: tuple[str, ...]) -> Any:
        """Compare the members of an object, and return the schema with those that are new or have changed."""
        members = members_of(self.document, schema)
        objects = node.counts.get("object", 0)
        changed: Document = {}

        attributes = {naming.field_name(key): key for key in members.properties}
        for key, inner in sorted(node.named.items()):
            where = f"{place}.{key}"
            if key in members.properties:
                made = self.mend(members.properties[key], inner, where, known)
                if made is not members.properties[key]:
                    changed[key] = made
            elif not inner.seen:
                continue
            elif (attribute := naming.field_name(key)) in attributes:
                other = attributes[attribute]
                self.lines.append(f"{where}: not declared, and left out, because {other!r} is named alike")
            else:
                attributes[attribute] = key
                made = schema_of(inner, lambda one: self.known(one, known))
                self.lines.append(f"{where}: not declared, {_kind(inner)} in {inner.seen} of {objects}")
                changed[key] = attributed(made, inner, node)

        for key in sorted(members.required):
            seen = node.members[key].seen if key in node.members else 0
            if seen < objects:
                self.lines.append(f"{place}.{key}: required, and not there in {objects - seen} of {objects}")
        missing = [key for key in members.properties if key not in node.members]
        if missing and objects and not members.variants:
            self.lines.append(f"{place}: declared and never seen in {objects}: {', '.join(missing)}")

        base = resolve(self.document, schema)
        rest = base.get("additionalProperties")
        if isinstance(rest, dict) and "*" in node.members:
            made = self.mend(rest, node.members["*"], f"{place}.*", known)
            base = base if made is rest else {**base, "additionalProperties": made}
        if changed:
            base = {**base, "properties": {**base.get("properties", {}), **changed}}
        return schema if base is resolve(self.document, schema) else base

    def _items(self, schema: Any, node: Node, place: str, known: tuple[str, ...]) -> Any:
        whole = merged(self.document, schema).keywords
        if whole.get("type") != "array":
            return schema
        items = whole.get("items", {})
        made = self.mend(items, node, f"{place}[]", known)
        return schema if made is items else {**resolve(self.document, schema), "items": made}

    def _scalar(self, schema: Any, node: Node, place: str) -> Any:
        """Values of a status, and null."""
        whole = merged(self.document, schema).keywords
        values = [one for one in sorted(node.values) if one != "*"]
        enum = whole.get("enum")
        if isinstance(enum, list) and "string" in node.types:
            new = [one for one in values if one not in enum]
            if new:
                self.lines.append(f"{place}: {', '.join(new)} are not in its list of values")
                schema = attributed({**schema, "enum": [*enum, *new]}, node)

        # An alternative cannot say so, and a record's members may be None anyway.
        if (
            node.counts.get("null")
            and whole.get("type")
            and whole.get("nullable") is not True
            and not sole_ref(schema)
        ):
            self.lines.append(f"{place}: null in {node.counts['null']} of {node.seen}")
            return {**schema, "nullable": True}
        return schema

    def _other_outputs(self, name: str, schema: Document, node: Node) -> None:
        """URLs that may be results, and that nobody looks for."""
        outputs = schema.get("x-a2e-outputs")
        if not outputs:
            return
        heads = {one.partition(".")[0] for one in outputs}
        urls = [key for key, one in sorted(node.named.items()) if _is_url(one) and key not in heads]
        if urls and not any(_has_value(node, one.split(".")) for one in outputs):
            self.lines.append(
                f"{name}: none of its x-a2e-outputs was seen with a value, but URLs in {', '.join(urls)}"
            )


def wrapped(node: Node) -> str:
    """The member that holds the task, where an object is no task itself."""
    inside = [
        key
        for key in _WRAPPERS
        if key in node.members and any(one in node.members[key].members for one in _IDS)
    ]
    is_task = any(one in node.members for one in _IDS)
    return inside[0] if len(inside) == 1 and not is_task and node.types == ["object"] else ""


def _declared(document: Document, schema: Any) -> set[str]:
    """The types that a schema allows; none if it allows all."""
    whole = merged(document, schema)
    if whole.keywords.get("type"):
        return {str(whole.keywords["type"])}
    if "properties" in whole.keywords:
        return {"object"}

    found: set[str] = set()
    for group in whole.groups:
        for one in group:
            types = _declared(document, one)
            if not types:
                return set()
            found |= types
    return found


def _allowed(declared: set[str]) -> set[str]:
    """The types that a value may have."""
    return declared | {"integer"} if "number" in declared else declared


def _kind(node: Node) -> str:
    return " or ".join(node.types) or "null"


def _names(node: Node) -> str:
    inside = node if node.named else node.items or node
    return f" with {', '.join(sorted(inside.named))}" if inside.named else ""


def _is_url(node: Node) -> bool:
    return bool(node.counts.get("url") or (node.items is not None and node.items.counts.get("url")))


def _has_value(node: Node, steps: list[str]) -> bool:
    for step in steps:
        node = node.members.get(step, Node())
        node = node.items if node.items is not None and not node.members else node
    return bool(set(node.types) - {"object"}) and node.counts.get("empty", 0) < node.seen
