"""From the data of a reply to what a call returns. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from a2e_async.records import Record, decode_many

__all__ = [
    "content",
    "likely",
    "likely_many",
    "many",
    "one",
    "plain_text",
    "raw",
    "rows_of",
    "text",
]

RecordT = TypeVar("RecordT", bound=Record)


def _inside(data: Any, path: Sequence[str]) -> Any:
    """What a member of the data has, as far as the reply has such members."""
    for part in path:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
    return data


def one(cls: type[RecordT], inside: str = "") -> Callable[[Any], RecordT]:
    """A reply whose data is an object, or a list of one object.

    Args:
        cls: its record class.
        inside: the members that lead to the object, joined by dots.
    """
    path = inside.split(".") if inside else ()

    def decode(data: Any) -> RecordT:
        data = _inside(data, path)
        if isinstance(data, list) and data:
            data = data[0]
        if not isinstance(data, Mapping):
            raise TypeError("an object")
        return cls.decode(data)

    return decode


def many(cls: type[RecordT], inside: str = "") -> Callable[[Any], Sequence[RecordT]]:
    """A reply whose data is a list, bare or wrapped.

    Args:
        cls: the record class of its elements.
        inside: the members that lead to the list, where they are not usual ones.
    """
    path = inside.split(".") if inside else ()

    def decode(data: Any) -> Sequence[RecordT]:
        return decode_many(cls, rows_of(_inside(data, path)))

    return decode


def likely(cls: type[RecordT]) -> Callable[[Any], RecordT]:
    """A reply that is probably an object; nobody has seen it.

    Data of another shape is not refused. It is in ``raw``, under ``data`` if it is not an object.
    """

    def decode(data: Any) -> RecordT:
        if isinstance(data, list) and len(data) == 1:
            data = data[0]
        if data is None:
            return cls.decode({})
        return cls.decode(data if isinstance(data, Mapping) else {"data": data})

    return decode


def likely_many(cls: type[RecordT]) -> Callable[[Any], Sequence[RecordT]]:
    """A reply that is probably a list; nobody has seen it.

    Data of another shape is not refused. It is one record, and elements of another shape are records too,
    with everything in ``raw``; see `likely`.
    """
    decode_one = likely(cls)

    def decode(data: Any) -> Sequence[RecordT]:
        try:
            return [decode_one(row) for row in rows_of(data)]
        except TypeError:
            return [decode_one(data)]

    return decode


_URLS = (
    *("audio_url", "audioUrl", "url", "result_url", "tts_url", "file_url", "fileUrl", "cdnUrl", "cdn_url"),
    *("audio_src", "audio", "result"),
)


def text(data: Any) -> str:
    """A reply whose data is a string, or an object that contains it as a URL."""
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if isinstance(data, str) and data:
        return data

    places = [data, *map(data.get, ("data", "audio", "result"))] if isinstance(data, Mapping) else []
    for members in places:
        if not isinstance(members, Mapping):
            continue
        for key in _URLS:
            value = members.get(key)
            if isinstance(value, str) and value.startswith(("https://", "http://")):
                return value
    raise TypeError("a string")


def content(data: Any) -> bytes:
    """A reply that is the content of a file."""
    if not isinstance(data, bytes):
        raise TypeError("the content of a file")
    return data


def plain_text(data: Any) -> str:
    """A reply that is a text and not JSON."""
    if isinstance(data, bytes):
        return data.decode("utf-8", "replace")
    return text(data)


def raw(data: Any) -> Any:
    """A reply of unknown shape: the decoded JSON."""
    return data


_LISTS = ("rows", "list", "data", "records", "items", "results")
_NO_ROWS = frozenset({"message", "msg"})


def rows_of(data: Any, depth: int = 3) -> Sequence[Any]:
    """The elements of a list reply: bare, or under ``rows``, ``list``, ``data`` and the like.

    Args:
        data: the reply's data.
        depth: how many objects may be around the list.
    """
    if isinstance(data, list):
        return data
    if data is None or (isinstance(data, Mapping) and data.keys() <= _NO_ROWS):
        return []

    values = [data[key] for key in _LISTS if key in data] if isinstance(data, Mapping) and depth else []
    for value in values:
        if isinstance(value, list):
            return value
    for value in values:
        if value is None or isinstance(value, Mapping):
            return rows_of(value, depth - 1)
    if not depth:
        raise TypeError("a list")
    return _only_list(data)


def _only_list(data: Any) -> Sequence[Any]:
    """The one list in an object that names it in its own way, such as ``videos``."""
    members = data.values() if isinstance(data, Mapping) else ()
    lists = [value for value in members if isinstance(value, list)]
    filled = [value for value in lists if any(isinstance(row, Mapping) for row in value)]
    if len(filled or lists) == 1:
        return (filled or lists)[0]
    raise TypeError("a list")
