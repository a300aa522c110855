"""Settles conflicts in which an overlay action would refuse what upstream's document allows.

Upstream wins, unless the action has ``x-a2e-keep: true``: then the overlay knows better on purpose, as for a
limit that holds for API tokens only.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from codegen.document.touches import NUMBERS, facts_at, member_steps, node_at, shown
from codegen.document.tree import Document, pointer

__all__ = ["KEEP", "Settled", "settle"]

KEEP = "x-a2e-keep"
"""The member of an action that may say less than upstream."""

_UPPER = frozenset({"maximum", "maxLength", "maxItems", "maxProperties"})
_LOWER = frozenset({"minimum", "minLength", "minItems", "minProperties"})
_SAME = frozenset({"pattern", "type", "format"})
_COMPARED = (*sorted(_UPPER), *sorted(_LOWER), *sorted(_SAME))


@attrs.define
class Settled:
    """An update without what would refuse more than upstream does.

    Attributes:
        update: what is applied.
        notes: what was left out of it, one line each.
    """

    update: Any
    notes: list[str] = attrs.field(factory=list[str])


def settle(
    upstream: Document,
    current: Document,
    steps: tuple[Any, ...],
    update: Any,
    opened: Mapping[str, Any],
) -> Settled:
    """Leave out of an update what would refuse what upstream allows.

    Args:
        upstream: the repaired document, without any action.
        current: with the actions so far; what one of them has taken away is not upstream's word any more.
        steps: where the update applies.
        update: is not changed.
        opened: pointer -> facts before, for the touched places that upstream has changed.
    """
    made = Settled(copy.deepcopy(update))
    if isinstance(made.update, dict):
        made.notes.extend(_limits(_Words(upstream, current), steps, made.update, opened))
        made.notes.extend(_rules(upstream, steps, made.update, opened))
    return made


@attrs.frozen
class _Words:
    """What upstream says and no action has taken away."""

    upstream: Document
    current: Document

    def at(self, steps: tuple[Any, ...]) -> Mapping[str, Any]:
        """The facts of one place that an update may contradict."""
        theirs, there = node_at(self.upstream, steps), node_at(self.current, steps)
        if not isinstance(theirs, Mapping) or not isinstance(there, Mapping):
            return {}
        return {name: theirs[name] for name in _COMPARED if name in theirs and name in there}


def _limits(
    words: _Words, steps: tuple[Any, ...], update: dict[str, Any], opened: Mapping[str, Any]
) -> Iterator[str]:
    """Take limits out of an update, in place."""
    theirs = words.at(steps)
    here = pointer(*steps)

    for name in list(update):
        value = update[name]
        if isinstance(value, dict):
            there = words.at((*steps, name))
            if _is_other(value, there):
                del update[name]
                place = pointer(*steps, name)
                yield f"{place}: the overlay's schema is left out, because upstream says {_kind(there)}"
            else:
                yield from _limits(words, (*steps, name), value, opened)
        elif name in ("oneOf", "anyOf") and isinstance(value, list):
            for part in value:
                for inner in list(_refusing(part, theirs)) if isinstance(part, dict) else ():
                    yield _left_out(here, inner, part.pop(inner), theirs)
        elif name == "x-a2e-closed" and value is True and here in opened:
            del update[name]
            yield f"{here}: its list of values is open again, because upstream has changed it"

    for name in list(_refusing(update, theirs)):
        yield _left_out(here, name, update.pop(name), theirs)
    for name in [one for one in update if one in _UPPER | _LOWER and here in opened]:
        if _no_longer_said(update[name], opened[here], facts_at(words.upstream, steps)):
            yield f"{here}: {name} {shown(update.pop(name))} is left out, because upstream no longer says so"


def _no_longer_said(limit: Any, was: Any, now: Any) -> bool:
    """Whether a limit was in upstream's description and is not any more."""
    before, after = (one.get(NUMBERS, ()) if isinstance(one, Mapping) else () for one in (was, now))
    return str(limit) in before and str(limit) not in after


def _is_other(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether two schemas are of different types."""
    kinds = ours.get("type"), theirs.get("type")
    return all(isinstance(one, str) for one in kinds) and kinds[0] != kinds[1]


def _kind(schema: Mapping[str, Any]) -> str:
    return f"type {shown(schema['type'])}"


def _left_out(here: str, name: str, ours: Any, theirs: Mapping[str, Any]) -> str:
    return f"{here}: {name} {shown(ours)} is left out, because upstream says {shown(theirs[name])}"


def _refusing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """The facts of ours that refuse what theirs allow."""
    for name in list(ours):
        if name not in theirs or isinstance(ours[name], Mapping):
            continue  # a member that is called "type" is no type
        if name in _SAME and ours[name] != theirs[name]:
            yield name
        if name in _UPPER and ours[name] < theirs[name]:
            yield name
        if name in _LOWER and ours[name] > theirs[name]:
            yield name


def _rules(
    upstream: Document, steps: tuple[Any, ...], update: dict[str, Any], opened: Mapping[str, Any]
) -> Iterator[str]:
    """Widen, in place, the rules that name a member whose choices or limits upstream has widened."""
    operation = node_at(upstream, steps)
    rules = [one for one in update.get("x-a2e-needs", ()) if isinstance(one, dict)]

    for rule in rules:
        size = len(rule)
        named = [(part, name) for part in ("only", "most") for name in rule.get(part, ())]
        for part, name in named:
            place = member_steps(upstream, operation, name)
            here = pointer(*steps, *place) if place is not None else ""
            if place is not None and here in opened:
                was, now = opened[here] or {}, facts_at(upstream, (*steps, *place)) or {}
                yield from _widened(rule, part, name, was, now, here)

        # What is left of such a rule, a condition without a consequence, would refuse the combination.
        if len(rule) < size and len(rule) == 1:
            update["x-a2e-needs"].remove(rule)


def _widened(
    rule: dict[str, Any], part: str, name: str, was: Mapping[str, Any], now: Mapping[str, Any], here: str
) -> Iterator[str]:
    if part == "only":
        # A rule lists values one by one, so a value that it cannot know must not be refused by it.
        new = [one for one in now.get("enum", ()) if one not in was.get("enum", ())]
        new = [one for one in new if one not in rule["only"][name]]
        if new:
            rule["only"][name] = [*rule["only"][name], *new]
            yield f"{here}: the rule on it takes {shown(new)} too, because upstream has it by now"
    elif _no_longer_said(rule["most"][name], was, now) or any(
        _raised(was.get(limit), now.get(limit)) for limit in ("maximum", "maxItems")
    ):
        bound = shown(rule["most"].pop(name))
        yield f"{here}: the rule's bound {bound} is left out, because upstream allows more by now"

    if not rule.get(part):
        rule.pop(part, None)


def _raised(was: Any, now: Any) -> bool:
    return was is not None and (now is None or now > was)
