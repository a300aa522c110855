"""Which URLs in a task's JSON it made. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from a2e_async.records import JSONObject

__all__ = ["output_urls", "urls_in"]


_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


_MADE = frozenset({"result", "results", "output", "outputs", "generated"})


_MEDIA = frozenset(
    [
        "image",
        "images",
        "video",
        "videos",
        "audio",
        "audios",
        "photo",
        "photos",
        "picture",
        "pictures",
        "media",
        "file",
        "files",
    ]
)


_ADDRESS = frozenset({"url", "urls", "uri", "uris", "link", "links"})


_VARIETY = frozenset({"download", "show", "hd", "4k", "1080p", "2k", "full"})


_BESIDE = frozenset(["cover", "poster", "thumb", "thumbnail", "snapshot", "webhook", "callback"])


def output_urls(
    raw: JSONObject, inputs: Collection[str], sent: Collection[str] = frozenset()
) -> Sequence[str]:
    """The URLs that the task made, in order, each once.

    Fields that call themselves a result are believed first. Only where none of them holds anything,
    the family's output is taken to be in one named after a medium (``image_urls``, ``video_url``).

    Args:
        raw: the record.
        inputs: names of the fields that the family's start takes; records echo them, and an echoed
            input is no output.
        sent: URLs that the start was given in other fields.
    """
    given = {*sent, *(url for key in inputs if key in raw for url in urls_in(raw[key]))}
    kinds: dict[str, list[str]] = {"result": [], "preview": [], "media": []}
    for key, value in raw.items():
        kind = None if key in inputs else _kind_of_output(key)
        if kind is not None:
            kinds[kind].extend(url for url in _outputs_in(value) if url not in given)
    return tuple(dict.fromkeys(next((urls for urls in kinds.values() if urls), ())))


def _kind_of_output(key: str) -> str | None:
    """What a field of that name may hold: a result, a preview of one, media that may be one, or nothing."""
    words = {word.lower() for word in _WORDS.findall(key)}
    if words & _BESIDE:
        return None
    if words & _MADE:
        return "preview" if "preview" in words else "result"
    named_after_media = words <= _MEDIA | _ADDRESS | _VARIETY and bool(words & (_MEDIA | _ADDRESS))
    return "media" if named_after_media else None


def urls_in(value: Any) -> Iterator[str]:
    """Every URL in a value."""
    if isinstance(value, str):
        if value.startswith(("https://", "http://")):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from urls_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from urls_in(item)


def _outputs_in(value: Any) -> Iterator[str]:
    """The URLs in the value of an output field; of an object, those under names that outputs have."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _kind_of_output(key) is not None:
                yield from _outputs_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _outputs_in(item)
    else:
        yield from urls_in(value)
