"""The service's explanation in an error's body, whichever member contains it. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["TEXT_LIMIT", "code_in", "message_in"]

TEXT_LIMIT = 500
"""The most characters of a message."""

_KEYS = (
    "message",
    "msg",
    "err_message",
    "error_message",
    "errorMessage",
    "err_msg",
    "error_msg",
    "errmsg",
    "error",
    "error_description",
    "detail",
    "details",
    "reason",
    "description",
    "title",
)
_KEYS_OF_DATA = ("failed_message", "fail_reason", *_KEYS)
_CODES = ("code", "statusCode", "status_code", "error_code", "errorCode", "errcode", "status")
_PLACES = ("loc", "field", "path", "param", "property")
_DEPTH = 4


def message_in(body: Any) -> str:
    """The service's explanation; empty if there is none.

    Frameworks spell it in many ways: a text, a list of texts, or objects that name a field and what is
    wrong with it. What is listed under ``errors`` is added.
    """
    message = _text(body)
    if not isinstance(body, Mapping):
        return _shortened(message)

    if not message:
        data = body.get("data")
        message = _first(data, _KEYS_OF_DATA, _DEPTH) if isinstance(data, Mapping) else _text(data)
    if body.get("errors"):
        message = f"{message} {_dumped(body['errors'])}".strip()
    return _shortened(message)


def code_in(body: Any) -> Any:
    """The code in an error's body: ``code``, or the member that replaces it; None if there is none."""
    if not isinstance(body, Mapping):
        return None

    for key in _CODES:
        code = body.get(key)
        # A status may be a word, such as that of a task.
        if code is not None and (key != "status" or type(code) is int):
            return code
    return code_in(body["error"]) if isinstance(body.get("error"), Mapping) else None


def _text(value: Any, depth: int = _DEPTH) -> str:
    if isinstance(value, str):
        return value
    if depth and isinstance(value, list):
        return "; ".join(filter(None, (_text(item, depth - 1) for item in value[:20])))
    if depth and isinstance(value, Mapping):
        return _with_place(value, _first(value, _KEYS, depth - 1))
    return ""


def _first(members: Mapping[str, Any], keys: tuple[str, ...], depth: int) -> str:
    for key in keys:
        text = _text(members.get(key), depth)
        if text:
            return text
    return ""


def _with_place(members: Mapping[str, Any], text: str) -> str:
    """Add the name of the field that a validation error is about."""
    place = next((members[key] for key in _PLACES if members.get(key)), None) if text else None
    if isinstance(place, list):
        place = ".".join(str(part) for part in place[:10] if isinstance(part, str | int))
    return f"{place}: {text}" if isinstance(place, str) and place else text


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "..."


def _shortened(text: str) -> str:
    """Cut a text, and replace characters that could not be written down again (lone surrogates)."""
    return text[:TEXT_LIMIT].encode("utf-8", "replace").decode()
