"""Find the URLs of a task's outputs in its record. No I/O.

The specification declares which fields hold a family's output. If it declares none, or those are empty,
fields are judged by their names. One medium has one URL: parts of an output (its background), twins for
display and further copies of the same picture are left out.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from a2e_async.records import JSONObject

__all__ = [
    "has_declared",
    "has_result",
    "media_of",
    "medium_of_file",
    "medium_of_name",
    "medium_of_output",
    "medium_of_url",
    "output_urls",
    "urls_in",
]

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+[a-z]*")  # of a name, in snake or camel case

_LONGEST_NAME = 100  # characters of a field's name

_SUFFIX = re.compile(r"^[^?#]*\.(\w{3,4})(?:[?#]|$)")  # of the file that a URL names

_RESULT_WORDS = frozenset({"result", "results", "output", "outputs", "generated"})
_MEDIA_WORDS: Mapping[str, str] = {
    "image": "image",
    "images": "image",
    "photo": "image",
    "photos": "image",
    "picture": "image",
    "pictures": "image",
    "video": "video",
    "videos": "video",
    "audio": "audio",
    "audios": "audio",
    "media": "",
    "file": "",
    "files": "",
}
_URL_WORDS = frozenset({"url", "urls", "uri", "uris", "link", "links"})

# A copy of the output in another size or for another purpose: taken only if there is nothing else.
_COPY_WORDS = frozenset(
    {"download", "show", "hd", "4k", "1080p", "720p", "2k", "full", "display", "watermark"}
)
_PART_WORDS = frozenset(
    {"people", "person", "bg", "background", "foreground", "mask", "alpha", "matte", "part"}
)
_BESIDE_WORDS = frozenset(
    {"cover", "poster", "thumb", "thumbnail", "snapshot", "webhook", "callback", "frame"}
)

_MEDIUM_OF_SUFFIX: Mapping[str, str] = {
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "gif", "avif", "bmp", "svg", "tiff"), "image"),
    **dict.fromkeys(("mp4", "mov", "webm", "m4v", "mkv", "ogv", "avi"), "video"),
    **dict.fromkeys(("mp3", "wav", "m4a", "aac", "ogg", "oga", "opus", "flac"), "audio"),
}


class _Name(NamedTuple):
    """What the name of a field says about its value.

    Attributes:
        kind: "result", "preview" or "media".
        medium: image, video or audio; empty if the name does not say.
        copy: whether the value is a copy of an output.
        stem: the name without its numbers: ``output_1`` and ``output_2`` belong together.
    """

    kind: str
    medium: str
    copy: bool
    stem: str


class _Found(NamedTuple):
    """The URLs of one field."""

    name: _Name
    urls: Sequence[str]


def output_urls(
    raw: JSONObject,
    inputs: Collection[str],
    sent: Collection[str] = frozenset(),
    declared: Sequence[str] = (),
) -> Sequence[str]:
    """Return the URLs of a task's outputs, in order, without duplicates.

    The first declared field that holds URLs decides. If there is none, fields named after a result come
    first, then previews of a result, then fields named after a medium (``image_urls``, ``video_url``).

    Args:
        raw: the record.
        inputs: names of the fields that the family's start takes. Records echo them, and an echoed input
            is not an output.
        sent: URLs that the start was given in other fields.
        declared: the fields that hold the output, in order of preference. A dot leads into an object.
    """
    given = _given_urls(raw, inputs, sent)
    for path in declared:
        urls = [url for value in _values_at(raw, path) for url in _declared_in(value) if url not in given]
        if urls:
            return tuple(dict.fromkeys(urls))

    by_kind = _by_kind(raw, inputs, given)
    return next((_one_of_each(found) for found in by_kind.values() if found), ())


def has_result(
    raw: JSONObject, inputs: Collection[str], sent: Collection[str], declared: Sequence[str]
) -> bool:
    """Whether a field holds a URL that is certainly an output: it is declared, or named after a result."""
    given = _given_urls(raw, inputs, sent)
    if any(
        url not in given for path in declared for value in _values_at(raw, path) for url in urls_in(value)
    ):
        return True
    return any(not found.name.copy for found in _by_kind(raw, inputs, given)["result"])


def _given_urls(raw: JSONObject, inputs: Collection[str], sent: Collection[str]) -> Collection[str]:
    """The URLs that the start was given, as sent or as the record echoes them."""
    return {*sent, *(url for key in inputs if key in raw for url in urls_in(raw[key]))}


def has_declared(raw: JSONObject, declared: Sequence[str]) -> bool:
    """Whether a declared field holds a text, be it a URL or an id."""
    return any(value and isinstance(value, str) for path in declared for value in _values_at(raw, path))


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


def _values_at(raw: Any, path: str) -> Iterable[Any]:
    """The values at a path of names. A list on the way is searched element by element."""
    values = [raw]
    for name in path.split("."):
        elements = [one for value in values for one in (value if isinstance(value, list) else [value])]
        values = [one[name] for one in elements if isinstance(one, Mapping) and name in one]
    return values


def _declared_in(value: Any) -> Sequence[str]:
    """The URLs in the value of a declared field. Its own fields may have any names."""
    return [*_outputs_in(value)] or [*urls_in(value)]


def _by_kind(raw: JSONObject, inputs: Collection[str], given: Collection[str]) -> Mapping[str, list[_Found]]:
    """The fields that hold outputs, as their names say, by kind and in the order of preference."""
    by_kind: dict[str, list[_Found]] = {"result": [], "preview": [], "media": []}
    for key, value in raw.items():
        name = None if key in inputs or len(key) > _LONGEST_NAME else _read_name(key)
        if name is not None:
            urls = [url for url in _outputs_in(value) if url not in given]
            if urls:
                by_kind[name.kind].append(_Found(name, urls))
    return by_kind


@functools.lru_cache(maxsize=1024)
def _read_name(key: str) -> _Name | None:
    """Judge a field by its name; None if it holds no output."""
    words = {word.lower() for word in _WORDS.findall(key)}
    if words & _BESIDE_WORDS or words & _PART_WORDS:
        return None

    medium = next((_MEDIA_WORDS[word] for word in words if _MEDIA_WORDS.get(word)), "")
    copy = bool(words & _COPY_WORDS)
    stem = key if copy else re.sub(r"\d+", "", key)
    if words & _RESULT_WORDS:
        return _Name("preview" if "preview" in words else "result", medium, copy, stem)

    says_media = bool(words & (_MEDIA_WORDS.keys() | _URL_WORDS))
    numbers = {word for word in words if word.isdecimal()}
    says_nothing_else = words - numbers <= _MEDIA_WORDS.keys() | _URL_WORDS | _COPY_WORDS
    return _Name("media", medium, copy, stem) if says_media and says_nothing_else else None


def _one_of_each(found: Sequence[_Found]) -> Sequence[str]:
    """The URLs of one field for each medium, in order.

    An original is better than a copy, and a list is better than one of its elements. A field of which
    neither the name nor the URLs show the medium is taken to be another copy.
    """
    best: dict[str, str] = {}
    for one in sorted(found, key=lambda one: (one.name.copy, -len(one.urls))):
        best.setdefault(one.name.medium or medium_of_url(one.urls[0]), one.name.stem)

    if len(best) > 1:
        best.pop("", None)
    originals = {one.name.stem for one in found if not one.name.copy}
    stems = originals.intersection(best.values()) or set(best.values())
    return tuple(dict.fromkeys(url for one in found if one.name.stem in stems for url in one.urls))


def medium_of_url(url: str) -> str:
    """image, video or audio, by the suffix of the file that the URL names; empty if it is not known."""
    match = _SUFFIX.search(url)
    return _MEDIUM_OF_SUFFIX.get(match[1].lower(), "") if match else ""


def medium_of_file(path: str) -> str:
    """image, video or audio, by the suffix of a file on this machine; empty if it is not known."""
    return _MEDIUM_OF_SUFFIX.get(os.path.splitext(path)[1][1:].lower(), "")


def medium_of_name(name: str) -> str:
    """image, video or audio, as the name of a field says, such as ``style.image_urls[0]``; else empty."""
    words = [word.lower() for word in _WORDS.findall(name.rpartition(".")[2][:_LONGEST_NAME])]
    return next((_MEDIA_WORDS[word] for word in words if _MEDIA_WORDS.get(word)), "")


def media_of(raws: Iterable[JSONObject], urls: Iterable[str]) -> dict[str, str]:
    """What each URL of some records leads to: image, video or audio, or empty if that is not known.

    The suffix of a URL says it; without one, the name of its field does.
    """
    known = list(raws)
    return {url: next(filter(None, (medium_of_output(raw, url) for raw in known)), "") for url in urls}


def medium_of_output(raw: JSONObject, url: str) -> str:
    """What one URL of a record leads to; see `media_of`."""
    return medium_of_url(url) if _SUFFIX.search(url) else _medium_of_field(raw, url)


def _medium_of_field(raw: JSONObject, url: str) -> str:
    for name, value in raw.items():
        if url in urls_in(value):
            medium = medium_of_name(name)
            return medium or (_medium_of_field(value, url) if isinstance(value, Mapping) else "")
    return ""


def _outputs_in(value: Any) -> Iterator[str]:
    """The URLs in the value of an output field. In an object, only fields named like an output count."""
    if isinstance(value, Mapping):
        by_kind = _by_kind(value, (), ())
        yield from next((_one_of_each(found) for found in by_kind.values() if found), ())
    elif isinstance(value, list):
        for item in value:
            yield from _outputs_in(item)
    else:
        yield from urls_in(value)
