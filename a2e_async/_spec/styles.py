"""How values are written into paths, queries, headers and forms. No I/O.

The styles of a `Field`, where a value is a list or a mapping. "" is the usual one of its place:

- query: a list is repeated (``a=1&a=2``). ``members``: a mapping gives one parameter each. ``comma``,
  ``space`` and ``pipe`` join. ``deep`` writes ``a[x]=1``. ``json`` writes JSON.
- path: "" is an id. ``text`` is any text. ``comma``, ``label`` (``.1``) and ``matrix`` (``;a=1``).
- header and cookie: elements are joined by commas; ``pairs`` writes ``x=1,y=2``; ``json`` writes JSON.
- forms: a list is repeated, a mapping is JSON; ``comma``, ``deep`` and ``json`` as in a query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from a2e_async._spec.field import Field, checked_id, shown
from a2e_async.checks import unwrapped
from a2e_async.errors import InvalidArgument

__all__ = ["as_text", "in_cookie", "in_form", "in_headers", "in_path", "in_query"]

_JOINED = {"comma": ",", "space": " ", "pipe": "|", "pairs": ","}
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?|")
_COOKIE_SAFE = "!#$&'()*+-./:<=>?@[]^_`{|}~"


def as_text(value: Any) -> str:
    """A scalar as it is written in a query, a header or a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_json(value: Any) -> str:
    """The value as JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def in_path(field: Field, value: Any) -> str:
    """The text of a path parameter, checked and escaped.

    Raises:
        InvalidArgument: it is missing, not valid, or could lead to another path.
    """
    if value is None:
        raise InvalidArgument(field.name, "is required")
    if field.kind is str and not field.style:
        return quote(checked_id(field.name, value), safe="")

    checked = field.check(unwrapped(value))
    parts = (
        _flat(checked, pairs=field.style == "matrix") if isinstance(checked, list | Mapping) else [checked]
    )
    texts = list(map(as_text, parts))
    text = ",".join(quote(one, safe="") for one in texts)
    if not text or text in (".", "..") or any(ord(character) < 32 for one in texts for character in one):
        raise InvalidArgument(field.name, f"{shown(value)} cannot be a part of a path")
    if field.style == "label":
        return f".{text}"
    return f";{quote(field.wire_name, safe='')}={text}" if field.style == "matrix" else text


def in_query(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters as the HTTP library takes them: scalars, and lists that are repeated."""
    styles = {field.wire_name: field.style for field in fields}
    found: dict[str, Any] = {}
    for name, value in values.items():
        found.update(_parameters(name, value, styles.get(name, "")))
    return found


def _parameters(name: str, value: Any, style: str) -> Iterator[tuple[str, Any]]:
    if style == "json":
        yield name, as_json(value)
    elif not isinstance(value, list | Mapping):
        yield name, value

    elif style == "deep":
        yield from _deep(name, value)
    elif style in _JOINED:
        yield name, _JOINED[style].join(as_text(one) for one in _flat(value))
    elif isinstance(value, Mapping):
        yield from ((str(key), one) for key, one in value.items())
    else:
        yield name, [as_json(one) if isinstance(one, list | Mapping) else one for one in value]


def _deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _deep(f"{name}[{key}]", one)
    elif isinstance(value, list) and any(isinstance(one, list | Mapping) for one in value):
        for index, one in enumerate(value):
            yield from _deep(f"{name}[{index}]", one)
    else:
        yield name, value


def _flat(value: Any, *, pairs: bool = False) -> list[Any]:
    if not isinstance(value, Mapping):
        return [as_json(one) if isinstance(one, list | Mapping) else one for one in value]
    if pairs:
        return [f"{key}={as_text(one)}" for key, one in value.items()]
    return [part for item in value.items() for part in item]


def in_headers(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Headers by their lower-case names.

    Raises:
        InvalidArgument: a value is not printable ASCII.
    """
    return {field.wire_name.lower(): _header(field, values[field.wire_name]) for field in fields
            if field.wire_name in values}  # fmt: skip


def _header(field: Field, value: Any) -> str:
    text = _line(field, value)
    if not _HEADER_VALUE.fullmatch(text):
        raise InvalidArgument(field.name, "the value is not a string of printable ASCII characters")
    return text


def _line(field: Field, value: Any) -> str:
    """A value on one line."""
    if field.style == "json":
        return json.dumps(value, allow_nan=False)
    if isinstance(value, list | Mapping):
        return ",".join(as_text(one) for one in _flat(value, pairs=field.style == "pairs"))
    return as_text(value)


def in_cookie(fields: Iterable[Field], values: Mapping[str, Any]) -> str:
    """The Cookie header, "" if no cookie is given."""
    return "; ".join(
        f"{field.wire_name}={quote(_line(field, values[field.wire_name]), safe=_COOKIE_SAFE)}"
        for field in fields
        if field.wire_name in values
    )


def in_form(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a form: texts, files, and lists of these, which are repeated."""
    styles = {field.wire_name: field.style for field in fields}
    found: dict[str, Any] = {}
    for name, value in values.items():
        style = styles.get(name, "")
        if isinstance(value, Mapping) and style == "":
            style = "json"
        found.update(_parameters(name, value, style))
    return found
