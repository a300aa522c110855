"""The meaning of a change: whether it breaks users' code, and a sentence that describes it."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from codegen.changes.compare import Change
from codegen.changes.facts import EVENTS, Node, RuleWords
from codegen.interface.prose import clean
from codegen.interface.values import Limits, Type

__all__ = ["Section", "Verdict", "verdict"]

Section = Literal["Removed", "Changed", "Deprecated", "Added"]

_LOWER = ("minimum", "above", "min_length", "min_items")
_LIMIT_WORDS = {
    "minimum": "the least value",
    "maximum": "the greatest value",
    "above": "the bound below it",
    "below": "the bound above it",
    "multiple_of": "what it is a multiple of",
    "min_length": "the least number of characters",
    "max_length": "the greatest number of characters",
    "min_items": "the least number of items",
    "max_items": "the greatest number of items",
    "pattern": "the pattern",
}
_ROLES = {
    "start": "started by",
    "get": "read back one by one with",
    "batch_detail": "read back together with",
    "list": "listed with",
    "delete": "deleted with",
}
_UNSEEN = {
    "http": "the HTTP method",
    "path": "the path",
    "sends a body": "sending a body",
    "body form": "how the body is written",
    "optional body": "leaving out an empty body",
    "style": "how the value is written",
    "decoder": "the reply's decoder",
    "paging page": "the parameter of the page number",
    "paging size": "the parameter of the page size",
    "paging default": "the records on a page",
    "paging most": "the most records on a page",
    "paging by": "the way in which pages are counted",
    "paging first": "the number of the first page",
    "repeated after a lost answer": "repeating it after a lost answer",
    "outputs": "the fields of the output",
    "makes a file": "making a file",
    "key": "the name on the wire",
    "place": "the place",
}
"""Facts that users' code does not depend on."""


@attrs.frozen
class Verdict:
    """The meaning of one change for users.

    Attributes:
        change: the change itself.
        breaking: whether it breaks users' code.
        section: of the CHANGELOG.
        text: one sentence in Markdown, without its full stop.
    """

    change: Change
    breaking: bool
    section: Section
    text: str


def verdict(change: Change) -> Verdict:
    """Judge one change."""
    breaking, section, text = _judged(change)
    return Verdict(change, breaking, section, clean(text))


_Judged = tuple[bool, Section, str]


def _judged(one: Change) -> _Judged:
    if one.action == "renamed":
        return _renamed(one)
    if one.action == "changed":
        return _changed(one)
    if one.kind in ("value", "exception", "rule"):
        return _restriction(one)
    return _listed(one)


def _method(resource: str, name: str) -> str:
    return f"`a2e.{resource}()`" if name == "__call__" else f"`a2e.{resource}.{name}()`"


def _owner(one: Change) -> str:
    if one.kind in ("attribute", "record"):
        return f"`{one.owner}`"
    return _method(one.resource, one.owner) if one.owner else f"`a2e.{one.resource}`"


def _listed(one: Change) -> _Judged:
    gone = one.action == "removed"
    section: Section = "Removed" if gone else "Added"
    is_new = "is gone" if gone else "is new"

    if one.kind == "resource":
        node = one.before or one.after
        what = _resource_words(node) if node is not None else "resource"
        return gone, section, f"{what} `a2e.{one.name}` {is_new}"
    if one.kind == "method":
        return gone, section, f"{_method(one.resource, one.name)} {is_new}"
    if one.kind == "record":
        return gone, section, f"class `{one.name}` of `a2e.{one.resource}` {is_new}"
    if one.kind == "attribute":
        return gone, section, f"{_owner(one)}: {'removed' if gone else 'new'} attribute `{one.name}`"

    if gone:
        return True, section, f"{_owner(one)}: removed keyword `{one.name}`"
    needed = bool(one.after and one.after.facts["required"])
    return (
        needed,
        "Changed" if needed else section,
        f"{_owner(one)}: new keyword `{one.name}`{', which is required' if needed else ''}",
    )


def _resource_words(node: Node) -> str:
    return "workflow" if node.facts["record"] else "resource"


def _restriction(one: Change) -> _Judged:
    gone = one.action == "removed"

    if one.kind == "rule":
        node = one.before or one.after
        assert node is not None
        rule: RuleWords = node.source
        if gone:
            return False, "Changed", f"{_owner(one)}: no longer a rule: {rule.words}"
        return rule.bites(one.old), "Changed", f"{_owner(one)}: new rule: {rule.words}"

    keyword, _, value = one.name.partition("=")
    if gone:
        return True, "Removed", f"{_owner(one)}: keyword `{keyword}` no longer takes `{value}`"
    return False, "Added", f"{_owner(one)}: keyword `{keyword}` takes `{value}`"


def _renamed(one: Change) -> _Judged:
    if one.kind == "resource":
        return True, "Changed", f"`a2e.{one.old}` is now `a2e.{one.new}`"
    if one.kind == "method":
        return True, "Changed", f"{_method(one.resource, one.old)} is now {_method(one.resource, one.new)}"
    if one.kind == "record":
        return True, "Changed", f"class `{one.old}` of `a2e.{one.resource}` is now `{one.new}`"
    return True, "Changed", f"{_owner(one)}: {one.kind} `{one.old}` is now `{one.new}`"


def _changed(one: Change) -> _Judged:
    if one.kind == "route":
        return _route(one)
    if one.kind == "rule":
        return _rule(one)
    if one.kind == "keyword":
        return _keyword(one)
    if one.fact == "positional":
        return _positional(one)

    owner = _owner(one)
    if one.fact in _UNSEEN:
        return _unseen(one, f"{owner}: attribute `{one.name}`" if one.kind == "attribute" else owner)
    if one.fact == "returns" and one.new == f"{one.old}{EVENTS}":
        return False, "Added", f"{owner} gives events with `stream=True`"

    words = {"returns": "returns", "annotation": f"attribute `{one.name}` is", "base": "inherits from"}
    what = words.get(one.fact, f"{one.fact} is")
    return True, "Changed", f"{owner}: {what} `{one.new}` instead of `{one.old}`"


def _rule(one: Change) -> _Judged:
    assert one.before is not None
    assert one.after is not None
    old, new = one.before.source, one.after.source
    text = f"{_owner(one)}: the rule is now: {new.words} (was: {old.words})"
    return not new.allows_all_of(old), "Changed", text


def _positional(one: Change) -> _Judged:
    owner = _owner(one)
    lost = [name for name in one.old if name not in one.new]
    if lost:
        return True, "Changed", f"{owner}: `{', '.join(lost)}` must be given by name"
    if set(one.old) == set(one.new):
        return True, "Changed", f"{owner}: the order without names is now `{', '.join(one.new)}`"
    return False, "Changed", f"{owner}: `{', '.join(one.new)}` may be given without its name"


def _unseen(one: Change, place: str) -> _Judged:
    if one.fact == "paging page" and one.new is None:
        lost = f"because {_shown(one.old)} does not count pages any more"
        return True, "Changed", f"{place}: is no longer read page by page, {lost}"

    what = _UNSEEN[one.fact]
    return False, "Changed", f"{place}: {what} changed from {_shown(one.old)} to {_shown(one.new)}"


def _route(one: Change) -> _Judged:
    workflow, how = f"`a2e.{one.resource}`", _ROLES[one.name]
    if one.new is None:
        lost = one.name in ("start", "get", "batch_detail", "list")
        return lost, "Changed", f"{workflow}: tasks are no longer {how} `{one.old}()`"
    return False, "Changed", f"{workflow}: tasks are now {how} `{one.new}()`"


def _keyword(one: Change) -> _Judged:
    place = f"{_owner(one)}: keyword `{one.name}`"
    if one.fact == "required":
        return bool(one.new), "Changed", f"{place} {'is now' if one.new else 'is no longer'} required"
    if one.fact == "form":
        old, new = _type(one.before), _type(one.after)
        text = f"{place} takes `{new.annotation}` instead of `{old.annotation}`"
        return not widens(old, new), "Changed", text

    if one.fact == "media":
        if one.new:
            return True, "Changed", f"{place} takes a URL or a file, no longer any text"
        return True, "Changed", f"{place} takes any text, no longer a file"
    if one.fact == "default":
        text = f"{place}: the server's default is {_shown(one.new)} instead of {_shown(one.old)}"
        return False, "Changed", text
    if one.fact == "deprecated":
        if one.new:
            return False, "Deprecated", f"{place} is deprecated"
        return False, "Changed", f"{place} is no longer deprecated"

    if one.fact == "shape":
        return True, "Changed", f"{place}: its type is called `{one.new}` instead of `{one.old}`"
    if one.fact in _LIMIT_WORDS:
        return _limit(one, place)
    return _unseen(one, place)


def _limit(one: Change, place: str) -> _Judged:
    what = _LIMIT_WORDS[one.fact]
    if one.new is None:
        return False, "Changed", f"{place}: {what} is no longer limited (was {_shown(one.old)})"

    narrower = one.old is None or one.fact in ("pattern", "multiple_of")
    narrower = narrower or (one.new > one.old if one.fact in _LOWER else one.new < one.old)
    was = "" if one.old is None else f" instead of {_shown(one.old)}"
    return narrower, "Changed", f"{place}: {what} is {_shown(one.new)}{was}"


def _type(node: Node | None) -> Type:
    return node.type if node is not None else Type()


def widens(old: Type, new: Type) -> bool:
    """Whether the new type still allows every value of the old one."""
    if not new.closed:
        new = attrs.evolve(new, choices=())  # an open list of choices allows all values of their kind

    if new == Type():
        return True
    if old.choices and attrs.evolve(old, choices=new.choices, closed=True) == new:
        return set(old.choices) <= set(new.choices)

    if new.options:
        return all(any(widens(one, other) for other in new.options) for one in old.options or (old,))
    if old.options or new.values != old.values or new.content != old.content:
        return False

    if new.limits != Limits() or new.choices or new.shape or new.media:
        return False
    if old.item is not None and new.item is not None:
        return widens(old.item, new.item)
    if new.item is not None:
        return False
    return new.kind == old.kind or (new.kind == "float" and old.kind == "int")


def _shown(value: Any) -> str:
    return "not set" if value is None else f"`{value}`"
