"""What an overlay action touches in upstream's document, so that a change of it there is noticed.

A touched place is a pointer. What counts there are its own facts: for a schema its type, limits and
choices, not its members, and words only where the action writes words itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from codegen.document.content import json_schema
from codegen.document.tree import Document, SpecError, pointer, resolve

__all__ = ["NUMBERS", "RULES", "Touch", "facts_at", "member_steps", "named_in", "node_at", "shown", "touches"]

RULES = ("x-a2e-any-of", "x-a2e-exclusive", "x-a2e-needs")
"""The extensions that hold rules between body members."""

_WORDS = frozenset({"description", "summary", "title", "example", "examples", "tags", "operationId"})
_PARTS = frozenset({"properties", "paths", "schemas", "responses", "parameters", "requestBody", "components"})
_PARTS_OF_OPERATION = frozenset({"get", "put", "post", "delete", "patch"})

NUMBERS = "numbers in the description"
"""The fact that holds them."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Steps = tuple[Any, ...]


@attrs.frozen
class Touch:
    """One place that an action touches.

    Attributes:
        steps: the place.
        ours: what the overlay says there.
        words: descriptions that the action writes.
    """

    steps: Steps
    ours: Any
    words: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """The place as a JSON pointer."""
        return pointer(*self.steps)


def touches(document: Document, action: Document, places: Sequence[Steps]) -> Iterator[Touch]:
    """What an action touches at the places that its target found.

    Args:
        document: before the action.
        action: with an update or a removal.
        places: where it applies.
    """
    for steps in places:
        if "update" not in action:
            yield Touch(steps, "removed")
            continue

        update = action["update"]
        node = node_at(document, steps)
        if not isinstance(update, Mapping):
            yield Touch(steps, update)
            continue
        yield from _within(steps, node, update)
        yield from _ruled(document, steps, node, update)


def _within(steps: Steps, node: Any, update: Mapping[str, Any]) -> Iterator[Touch]:
    """The places below one that an update touches, and the one itself if it writes facts there."""
    own = {}

    for name, value in update.items():
        there = node.get(name) if isinstance(node, Mapping) else None
        if not isinstance(value, Mapping):
            own[name] = value
        elif isinstance(there, Mapping):
            yield from _within((*steps, name), there, value)
        else:
            yield Touch((*steps, name), value, _WORDS & value.keys())

    facts = {name: value for name, value in own.items() if name not in RULES and not name.startswith("x-")}
    if facts or "x-a2e-closed" in own:
        yield Touch(steps, own, _WORDS & own.keys())
    if "x-a2e-open-body" in own:
        yield Touch((*steps, "requestBody"), own)


def _ruled(document: Document, steps: Steps, node: Any, update: Mapping[str, Any]) -> Iterator[Touch]:
    """The body members that the rules of an update name."""
    for extension in RULES:
        for rule in update.get(extension, ()):
            for name in sorted(named_in(rule)):
                place = member_steps(document, node, name)
                if place is not None:
                    yield Touch((*steps, *place), {extension: rule})


def named_in(rule: Any) -> set[str]:
    """The body members that a rule names."""
    if not isinstance(rule, Mapping):
        return set(rule)
    return {key for part in ("when", "all", "any", "only", "most") for key in rule.get(part, ())}


def member_steps(document: Document, operation: Any, name: str) -> Steps | None:
    """The way from an operation to a member of its JSON body, None if there is no such member."""
    body = operation.get("requestBody") if isinstance(operation, Mapping) else None
    schema = json_schema(resolve(document, body))
    start = ("requestBody", "content", "application/json", "schema")
    return _member(document, schema, name, start) if schema is not None else None


def _member(document: Document, schema: Any, name: str, steps: Steps) -> Steps | None:
    schema = resolve(document, schema)
    if not isinstance(schema, Mapping):
        return None
    if name in schema.get("properties", {}):
        return (*steps, "properties", name)

    for index, part in enumerate(schema.get("allOf", ())):
        found = _member(document, part, name, (*steps, "allOf", index))
        if found is not None:
            return found
    return None


def facts_at(document: Document, steps: Sequence[Any], words: frozenset[str] = frozenset()) -> Any:
    """A place's own facts, references followed; None if there is no such place."""
    node = node_at(document, steps)
    if not isinstance(node, Mapping):
        return node

    left_out = (_WORDS - words) | _PARTS | _PARTS_OF_OPERATION
    found = {name: _plain(value) for name, value in node.items() if name not in left_out}
    if "description" not in words and (numbers := _NUMBER.findall(str(node.get("description", "")))):
        found[NUMBERS] = numbers  # many limits are in prose only

    inner = [name for name in ("properties", "responses") if isinstance(node.get(name), Mapping)]
    return found | {f"names of {name}": sorted(node[name]) for name in inner}


def _plain(value: Any) -> Any:
    """A value without words, in any depth."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items() if name not in _WORDS}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def node_at(document: Document, steps: Sequence[Any]) -> Any:
    """What is at a place, references followed; None if there is nothing."""
    node: Any = document

    for step in steps:
        try:
            node = resolve(document, node)[step]
        except (KeyError, IndexError, TypeError, SpecError):
            return None

    try:
        return resolve(document, node)
    except SpecError:
        return None


def shown(value: Any, limit: int = 160) -> str:
    """A value as JSON in one short line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 2]} …"
