"""The document's changes that the interface's changes do not explain, as verdicts.

Together both are complete: every difference of an operation is either a change of a keyword, attribute or
method, or is listed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from codegen.changes.compare import Change
from codegen.changes.operations import OperationChange, operation_changes
from codegen.changes.verdict import Section, Verdict
from codegen.document.tree import Document
from codegen.interface.model import Interface, Method, Module
from codegen.interface.prose import clean

__all__ = ["unexplained"]

SEVERAL = 4
"""So many operations with the same change share a line."""

_ALL = "*"
_SHOWN = 200
_FACTS = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "above": "exclusiveMinimum",
    "below": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_TYPES = frozenset(
    {"type", "format", "enum", "nullable", "anyOf", "oneOf", "discriminator", "added", "removed"}
)


def unexplained(
    old: Document, new: Document, before: Interface, after: Interface, changes: Sequence[Change]
) -> list[Verdict]:
    """The verdicts on what the interface's changes leave out.

    Args:
        old, new: the prepared documents.
        before, after: their interfaces.
        changes: the changes of the interface.
    """
    known = _Explained(before, after, changes)
    left = [one for one in operation_changes(old, new) if not known.explains(one)]
    return [_verdict(known, group) for group in _grouped(left)]


def _grouped(found: Iterable[OperationChange]) -> Iterator[list[OperationChange]]:
    """Changes that many operations share, together; the others alone."""
    groups: dict[str, list[OperationChange]] = {}
    for one in found:
        groups.setdefault(f"{one.where} {one.found!r}", []).append(one)
    for group in groups.values():
        yield from [group] if len(group) >= SEVERAL else ([one] for one in group)


@attrs.define
class _Explained:
    """What the changes of the interface say about the document."""

    before: Interface
    after: Interface
    changes: Sequence[Change]
    methods: dict[tuple[str, str], tuple[Module, Method]] = attrs.field(init=False)
    values: set[tuple[str, str, str, str, str]] = attrs.field(init=False, factory=set)
    attributes: set[tuple[str, str]] = attrs.field(init=False, factory=set)
    returns: set[tuple[str, str]] = attrs.field(init=False, factory=set)

    def __attrs_post_init__(self) -> None:
        self.methods = {
            (method.http, _bare(method.path)): (module, method)
            for interface in (self.before, self.after)
            for module in interface.modules
            for method in module.methods
        }
        for one in self.changes:
            self._learn(one)

    def _learn(self, one: Change) -> None:
        if one.kind == "attribute":
            for node in (one.before, one.after):
                if node is not None:
                    self.attributes.add((one.resource, str(node.facts.get("key", node.name))))
        elif one.kind == "method" and one.fact == "returns":
            self.returns.add((one.resource, one.owner))
        elif one.kind in ("keyword", "value", "exception"):
            names = [one.name] if one.action != "renamed" else [one.old, one.new]
            for name in names:
                self._learn_value(one, str(name))

    def _learn_value(self, one: Change, name: str) -> None:
        path = name.partition("=")[0]
        root, rest = re.fullmatch(r"([^.\[]*)(.*)", path, re.DOTALL).groups()  # type: ignore[union-attr]
        facts = {_FACTS.get(one.fact, one.fact)}
        if one.kind in ("value", "exception"):
            facts = {"enum", "oneOf", "anyOf"}
        elif one.action != "changed" or one.fact in ("form", "shape", "media", "key"):
            facts = {_ALL}

        for interface in (self.before, self.after):
            for method in _methods_of(interface, one.resource, one.owner):
                for keyword in method.keywords:
                    if keyword.name == root:
                        place = f"{keyword.key}{rest}"
                        at = (method.http, _bare(method.path), keyword.place, place)
                        self.values.update((*at, fact) for fact in facts)

    def named(self, one: OperationChange) -> tuple[str, str]:
        """The resource and the method of an operation."""
        found = self.methods.get((one.http, _bare(one.path)))
        return (found[0].resource, found[1].name) if found else ("", "")

    def is_ours(self, one: OperationChange) -> bool:
        """Whether it is a start's name, which the SDK writes."""
        found = self.methods.get((one.http, _bare(one.path)))
        return one.key == ("body", "name") and found is not None and found[1].is_start

    def explains(self, one: OperationChange) -> bool:
        """Whether a change of the interface says the same."""
        place, key = one.key
        if one.found.fact == "renamed":
            return True  # the interface shows another path
        if key:
            inner = one.found.place
            whole = (
                inner if place == "body" else f"{key}{'.' if inner and inner[0] not in '.[' else ''}{inner}"
            )
            operation = (one.http, _bare(one.path), place)
            if (*operation, whole, one.found.fact) in self.values:
                return True
            return any((*operation, part, _ALL) in self.values for part in _beginnings(whole))

        if not one.where.startswith("reply 2") or one.found.fact not in _TYPES or not one.found.place:
            return False
        resource, method = self.named(one)
        if (resource, method) in self.returns:
            return True
        last = re.split(r"[.|]", one.found.place)[-1].replace("[]", "")
        return (resource, last) in self.attributes


def _methods_of(interface: Interface, resource: str, name: str) -> Iterator[Method]:
    for module in interface.modules:
        if module.resource == resource:
            yield from (method for method in module.methods if method.name == name)


def _beginnings(place: str) -> Iterator[str]:
    """The place, and those that it is inside of."""
    yield place
    for found in re.finditer(r"[.\[|]", place):
        yield place[: found.start()]


def _bare(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _verdict(known: _Explained, group: Sequence[OperationChange]) -> Verdict:
    first = group[0]
    resource, method = known.named(first)
    owner = _call(resource, method) if resource else ""

    if not first.http:
        resource, owner = "every resource", "every operation"
    elif len(group) > 1:
        names = [_call(*known.named(one)) for one in group]
        owner = f"{len(group)} operations ({', '.join(names[:3])}, …)"
        resource = "several resources"

    found = first.found
    breaking = found.breaking and not known.is_ours(first)
    parts = [part for part in (owner, first.where) if part]
    if found.place:
        parts.append(f"`{found.place}`")
    text = f"{': '.join(parts)}{_words(first, breaking=breaking)}"

    name = " ".join(part for part in (first.where, found.place) if part)
    change = Change(resource, method, "document", name, "changed", found.fact, found.old, found.new)
    return Verdict(change, breaking, _section(first), clean(text))


def _call(resource: str, method: str) -> str:
    return f"`a2e.{resource}()`" if method == "__call__" else f"`a2e.{resource}.{method}()`"


def _section(one: OperationChange) -> Section:
    if one.found.fact == "deprecated" and one.found.new:
        return "Deprecated"
    sections: dict[str, Section] = {"added": "Added", "removed": "Removed"}
    return sections.get(one.found.fact, "Changed")


def _words(one: OperationChange, *, breaking: bool) -> str:
    """The rest of the sentence about a difference."""
    found = one.found
    fact, old, new = found.fact, found.old, found.new

    if fact == "removed":
        return " is gone"
    if fact == "added":
        return f" is new{', and required' if breaking else ''}"
    if fact == "required":
        return f" is {'now' if new else 'no longer'} required"
    if fact == "renamed":
        return f" is the renamed {old}"
    if fact == "deprecated":
        return " is deprecated" if new else " is no longer deprecated"
    if fact == "description":
        return f": upstream now says: {_shown(new)}"
    if fact == "enum" and isinstance(old, list) and isinstance(new, list):
        come = [one for one in new if one not in old]
        gone = [one for one in old if one not in new]
        parts = [f"new values {_shown(come)}"] if come else []
        parts += [f"without the values {_shown(gone)}"] if gone else []
        return f": {', '.join(parts)}"
    return f": {fact} is {_shown(new)} instead of {_shown(old)}"


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= _SHOWN else f'{text[: _SHOWN - 2]} …'}`"
