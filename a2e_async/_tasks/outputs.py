"""Find the URLs of a task's outputs in its record. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from a2e_async.records import JSONObject

__all__ = ["output_urls", "urls_in"]

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")  # of a field's name, in snake or camel case

_RESULT_WORDS = frozenset({"result", "results", "output", "outputs", "generated"})
_MEDIA_WORDS = frozenset(
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
_URL_WORDS = frozenset({"url", "urls", "uri", "uris", "link", "links"})
_VARIANT_WORDS = frozenset({"download", "show", "hd", "4k", "1080p", "2k", "full"})
_NEVER_OUTPUT_WORDS = frozenset(["cover", "poster", "thumb", "thumbnail", "snapshot", "webhook", "callback"])


def output_urls(
    raw: JSONObject, inputs: Collection[str], sent: Collection[str] = frozenset()
) -> Sequence[str]:
    """Return the URLs of a task's outputs, in order, without duplicates.

    Fields named after a result come first. If they hold no URL, previews of a result are taken, then
    fields named after a medium (``image_urls``, ``video_url``).

    Args:
        raw: the record.
        inputs: names of the fields that the family's start takes. Records echo them, and an echoed input
            is not an output.
        sent: URLs that the start was given in other fields.
    """
    given = {*sent, *(url for key in inputs if key in raw for url in urls_in(raw[key]))}
    by_kind: dict[str, list[str]] = {"result": [], "preview": [], "media": []}

    for key, value in raw.items():
        kind = None if key in inputs else _kind_of_output(key)
        if kind is not None:
            by_kind[kind].extend(url for url in _outputs_in(value) if url not in given)

    return tuple(dict.fromkeys(next((urls for urls in by_kind.values() if urls), ())))


def _kind_of_output(key: str) -> str | None:
    """Classify a field by its name: "result", "preview", "media", or None if it holds no output."""
    words = {word.lower() for word in _WORDS.findall(key)}
    if words & _NEVER_OUTPUT_WORDS:
        return None
    if words & _RESULT_WORDS:
        return "preview" if "preview" in words else "result"

    says_media = bool(words & (_MEDIA_WORDS | _URL_WORDS))
    says_nothing_else = words <= _MEDIA_WORDS | _URL_WORDS | _VARIANT_WORDS
    return "media" if says_media and says_nothing_else else None


def urls_in(value: Any) -> Iterator[str]:
    """Iterate over every URL in a value, however deeply nested."""
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
    """The URLs in the value of an output field. In an object, only fields named like an output count."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _kind_of_output(key) is not None:
                yield from _outputs_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _outputs_in(item)
    else:
        yield from urls_in(value)
