"""The shape of a reply: which members it has and of which types, and no value of the traffic. No I/O.

A reply holds ids, URLs, prompts, names and tokens, and so may the names of its members, where an object is a
map by id. So a name is kept only if it looks like a member's name, and was not sent in the request. Values
are kept of members that say a status, and of the envelope's ``code``, if they look like a word or a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from a2e_async._transport.reply_json import decode_json

__all__ = ["ANY", "ITEM", "Members", "Tally", "operation_of", "shape_of", "strings_in"]

Tally = dict[str, Any]
"""How often a place held which type; its ``values`` are those of a status."""
Members = dict[str, Tally]
"""A tally for each place in a reply, such as ``data.rows[].width``; "" is the whole reply."""

ANY = "*"
"""Stands for a name that is not kept."""
ITEM = "[]"
"""Stands for the elements of a list."""

_STATUSES = frozenset({"current_status", "status", "state", "task_status", "currentStatus", "taskStatus"})
_DEEPEST = 12  # containers inside each other; replies have fewer than ten
_SAMPLED = 24  # elements of a list that are looked at, spread over all of it
_MOST_MEMBERS = 60  # an object with more is a map; records have twenty
_MOST_PLACES = 4000  # places of one reply that are looked at
_LONGEST_NAME = 40

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_HEX = re.compile(r"[0-9A-Fa-f]{8,}")
_NO_WORD = re.compile(r"[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{7,}")  # so many consonants one after another
_STATUS = re.compile(r"[A-Za-z]{2,16}(?:[_-][A-Za-z]{2,16}){0,2}")
_SECRET = re.compile(r"(?i)(?:sk|pk|rk|key|token|bearer)[_-]")
_HIGHEST_STATUS = 999
_HIGHEST_CODE = 99_999

# The second segments that many families have. Only a path that the caller wrote is compared with them.
_ROUTES = frozenset(
    (
        *("add", "all", "batchDetail", "cancel", "create", "del", "delete", "detail", "list", "preview"),
        *("quote", "records", "remove", "result", "retry", "run", "start", "status", "submit", "training"),
        *("update", "upload"),
    )
)


def operation_of(method: str, path: str, template: str) -> str:
    """The name of an operation, without the ids in its path.

    Args:
        method: the method of the request.
        path: the path as sent.
        template: the path with its parameters in braces, "" if only the caller knows what is in it.
    """
    if template:
        return f"{method} {template}"

    kept = []
    for number, segment in enumerate(path.strip("/").split("/")[:8]):
        known = segment in _ROUTES or (number == 1 and segment == "v1")
        # After the family, a single word may be a name. Two, such as queueLevel, are a route.
        is_word = _is_word(segment) and (number <= 2 or len(_PIECES.findall(segment)) > 1)
        kept.append(segment if known or is_word else ANY)
    return f"{method} /{'/'.join(kept)}"


def strings_in(path: str, template: str, values: Iterable[Any]) -> frozenset[str]:
    """The texts of a request that could be names of members or statuses in its reply.

    Args:
        path: the path as sent.
        template: see `operation_of`.
        values: its query and body.
    """
    found: set[str] = {*path.split("/")} - {*template.split("/")} - _ROUTES
    left, looked = list(values), 0

    while left and looked < _MOST_PLACES:
        value, looked = left.pop(), looked + 1
        if isinstance(value, str) and len(value) <= _LONGEST_NAME:
            found.add(value)
        elif isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list | tuple):
            left.extend(value)
    return frozenset(found)


def shape_of(content: bytes, asked: frozenset[str] = frozenset(), *, statuses: bool = True) -> Members:
    """The shape of a reply.

    Args:
        content: its body, of any kind.
        asked: texts of the request; a name or status that is among them is not kept.
        statuses: whether the values of statuses are kept.
    """
    if not content.strip():
        return {"": {"empty": 1}}
    try:
        body = decode_json(content)
    except ValueError:
        return {"": {"html" if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else "text": 1}}

    walk = _Walk(asked, statuses)
    walk.visit(body, "", "", 0)
    return walk.found


class _Walk:
    """One way through a reply."""

    def __init__(self, asked: frozenset[str], statuses: bool) -> None:
        self.found: Members = {}
        self._asked = asked
        self._statuses = statuses
        self._left = _MOST_PLACES

    def visit(self, value: Any, place: str, name: str, depth: int) -> None:
        """Count the value, and what is inside it."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return
        tally = self.found.setdefault(place, {})
        kind = _kind(value)
        _count(tally, kind)
        if kind in ("object", "array", "string") and not value:
            _count(tally, "empty")

        if kind == "object":
            self._members(value, place, depth)
        elif kind == "array":
            step = max(1, -(-len(value) // _SAMPLED))
            for item in value[::step]:
                self.visit(item, f"{place}{ITEM}", "", depth + 1)
        elif kind == "string" and value.startswith(("http://", "https://")):
            _count(tally, "url")
        elif self._statuses and (value_kept := self._status(value, place, name)):
            _count(tally.setdefault("values", {}), value_kept)

    def _members(self, value: Mapping[str, Any], place: str, depth: int) -> None:
        is_map = _is_map(value)
        for number, (key, inner) in enumerate(value.items()):
            if is_map and number >= _SAMPLED:
                break
            keep = not is_map and _is_word(key) and key not in self._asked
            name = key if keep else ANY
            self.visit(inner, f"{place}.{name}" if place else name, name, depth + 1)

    def _status(self, value: Any, place: str, name: str) -> str:
        """The value of a status or of the envelope's code, "" for any other."""
        if type(value) is int:
            highest = _HIGHEST_CODE if place == "code" else _HIGHEST_STATUS if name in _STATUSES else -1
            return str(value) if 0 <= value <= highest else ""
        if name not in _STATUSES or type(value) is not str or value in self._asked:
            return ""
        is_status = _STATUS.fullmatch(value) and _is_word(value) and not _SECRET.match(value)
        return value if is_status else ""


def _count(tally: Tally, what: str) -> None:
    tally[what] = tally.get(what, 0) + 1


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return _KINDS.get(type(value), "string")


_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def _is_map(value: Mapping[str, Any]) -> bool:
    """Whether an object is a map: it has many members, or several objects of one kind."""
    if len(value) > _MOST_MEMBERS:
        return True
    inside = iter(value.values())
    first = next(inside, None)
    return (
        len(value) > 1
        and type(first) is dict
        and bool(first)
        and all(type(one) is dict and one.keys() == first.keys() for one in inside)
    )


def _is_word(text: str) -> bool:
    """Whether a text is made of words, as the names of members are, and not an id or a token."""
    if len(text) > _LONGEST_NAME or not _NAME.fullmatch(text):
        return False
    if _HEX.fullmatch(text) or _NO_WORD.search(text):
        return False

    digits = sum(map(str.isdigit, text))
    if digits > 4 or (digits and _SECRET.match(text)):
        return False
    pieces = _PIECES.findall(text)
    letters = sum(map(len, pieces))
    return letters <= 8 or letters >= 2.5 * len(pieces)
