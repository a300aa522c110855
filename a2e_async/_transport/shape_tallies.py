"""Shapes of many replies, added up: the content of a file of shapes. No I/O.

The format is described in docs/shapes.md. What is added up is bounded, whatever the replies are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from a2e_async._transport.shapes import ANY, Members, Tally

__all__ = ["FORMAT", "VERSION", "Shapes", "add_members", "add_shapes", "parse_shapes", "written"]

FORMAT = "a2e-shapes"
VERSION = 1
Shapes = dict[str, dict[str, Any]]
"""Operation -> status -> {"replies": number, "members": {place: tally}}."""

_MOST_OPERATIONS = 500
_MOST_OUTCOMES = 16  # statuses of one operation
_MOST_PLACES = 500  # of one status
_MOST_IN_ALL = 20_000
_MOST_MEMBERS = 60  # of one object; more over time are a map
_MOST_VALUES = 24  # of one status field; more are not an enum
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_COUNTS = frozenset({*_TYPES, "empty", "url", "text", "html", "file", "map"})
_MAP = "map"  # marks an object that has had too many members: all of them are in ``*``


def add_members(shapes: Shapes, operation: str, outcome: str, members: Members, replies: int = 1) -> None:
    """Add the shape of replies to the sum, in place. What would make it too large is left out."""
    if operation not in shapes and len(shapes) >= _MOST_OPERATIONS:
        return
    outcomes = shapes.setdefault(operation, {})
    if outcome not in outcomes and len(outcomes) >= _MOST_OUTCOMES:
        return

    sum_ = outcomes.setdefault(outcome, {"replies": 0, "members": {}})
    sum_["replies"] += replies
    known: Members = sum_["members"]
    room = _MOST_IN_ALL - _size(shapes) if members.keys() - known.keys() else 0

    for given, tally in members.items():
        place = given if given in known else _place_in(known, given)
        if place not in known:
            if len(known) >= _MOST_PLACES or room <= 0:
                continue
            room -= 1
        if _MAP in tally and _MAP not in known.get(place, ()):
            _collapse(known, place)
        _add(known.setdefault(place, {}), tally)


def add_shapes(shapes: Shapes, more: Shapes) -> None:
    """Add a sum to another one, in place."""
    for operation, outcomes in more.items():
        for outcome, one in outcomes.items():
            add_members(shapes, operation, outcome, one["members"], one["replies"])


def written(shapes: Shapes) -> str:
    """The text of a file."""
    content = {"format": FORMAT, "version": VERSION, "operations": shapes}
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def parse_shapes(text: str | bytes) -> Shapes:
    """Read the text of a file.

    Raises:
        ValueError: says what is wrong with it.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("it is not a file of shapes")
    if content.get("version") != VERSION:
        raise ValueError(f"it has version {content.get('version')!r:.20}, not {VERSION}")

    shapes: Shapes = {}
    for operation, outcomes in _dict(content.get("operations")).items():
        for outcome, one in _dict(outcomes).items():
            members = {place: _tally(tally) for place, tally in _dict(_dict(one).get("members")).items()}
            add_members(shapes, operation, outcome, members, _number(one.get("replies")))
    return shapes


def _dict(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is damaged")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("it is damaged")
    return value


def _tally(value: Any) -> Tally:
    tally: Tally = {name: _number(count) for name, count in _dict(value).items() if name in _COUNTS}
    if "values" in _dict(value):
        tally["values"] = {name: _number(count) for name, count in _dict(value["values"]).items()}
    return tally


def _size(shapes: Shapes) -> int:
    return sum(len(one["members"]) for outcomes in shapes.values() for one in outcomes.values())


def _place_in(known: Members, place: str) -> str:
    """Where a new place belongs: below ``*`` if an object above has had so many members that it is a map."""
    steps = place.split(".")

    for number, step in enumerate(steps):
        parent = ".".join(steps[:number])
        begin = f"{parent}." if parent else ""
        if step.startswith(ANY):
            continue
        if _MAP not in known.get(parent, ()):
            names = {_name(one[len(begin) :]) for one in known if one.startswith(begin) and one}
            if len(names | {_name(step)}) <= _MOST_MEMBERS:
                continue
            _collapse(known, parent)
        steps[number] = ANY + step[len(_name(step)) :]
    return ".".join(steps)


def _name(rest: str) -> str:
    """The first name in the rest of a place."""
    return rest.partition(".")[0].partition("[")[0]


def _collapse(known: Members, parent: str) -> None:
    """Make one member of all members of an object."""
    known.setdefault(parent, {})[_MAP] = 1
    begin = f"{parent}." if parent else ""
    for place in [one for one in known if one.startswith(begin) and one]:
        rest = place[len(begin) :]
        tally = known.pop(place)
        _add(known.setdefault(f"{begin}{ANY}{rest[len(_name(rest)) :]}", {}), tally)


def _add(tally: Tally, more: Tally) -> None:
    for name, count in more.items():
        if name == _MAP:
            tally[_MAP] = 1
        elif name != "values":
            tally[name] = tally.get(name, 0) + count

    if "values" in more:
        values: Tally = tally.setdefault("values", {})
        for name, count in more["values"].items():
            values[name] = values.get(name, 0) + count
        if ANY in values or len(values) > _MOST_VALUES:
            tally["values"] = {ANY: sum(values.values())}
