"""Words for callers: what the document says, in the names and with the advice that fit this package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from codegen.interface import naming
from codegen.interface.prose import clean, sentence
from codegen.interface.values import Type

__all__ = [
    "CONTENT",
    "MEDIA",
    "MEDIA_LIST",
    "UNDOCUMENTED",
    "default_of",
    "description",
    "listing",
    "meaning",
    "summary",
    "value_words",
    "values_listed",
    "with_python_names",
]

MEDIA = "A URL, a Path, bytes, an `Upload` or a `Result`."
MEDIA_LIST = "Each a URL, a Path, bytes, an `Upload` or a `Result`."
CONTENT = "A file: a Path, bytes or an open file."
"""What may be given for a medium, for a list of media, and for a file that is part of the request."""

UNDOCUMENTED = "Not documented."
"""The docstring entry of an argument without a description."""

COMMON_WORDS = {
    "name": "The task's name, to find it again.",
    "prompt": "What is wanted, in words.",
    "positive_prompt": "What is wanted, in words.",
    "negative_prompt": "What is not wanted, in words.",
    "aspect_ratio": "Width to height.",
    "seed": "Seed of the random generator.",
    "duration": "Seconds.",
    "timeout": "Seconds.",
    "width": "Pixels.",
    "height": "Pixels.",
    "ids": "The tasks' ids.",
    "_id": "The record's id.",
    "video_id": "The video's id.",
    "anchor_id": "The avatar's id.",
    "pageSize": "Records per page.",
    "page_size": "Records per page.",
    "status": "Only records of this status.",
}
"""For members that the document does not describe."""

_EMPTY_WORDS = frozenset({"", "url", "optional"})
"""Descriptions that say no more than the signature."""

_POLLING = re.compile(r"\bpoll(?:s|ed|ing)?\b", re.IGNORECASE)
_ACCEPTED = re.compile(r"asynchronous(?:: [^;]*\b200\b[^;]*)?", re.IGNORECASE)
"""That a start is only accepted is what a Job says anyway."""

_CLAUSES = re.compile(r"; |, (?=poll)|: (?=poll)", re.IGNORECASE)
_CAMEL_CASE = re.compile(r"[a-z0-9]+(?:[A-Z][a-z0-9]*)+")
_WIRE_NAME = re.compile(r"[a-z0-9]*_[A-Za-z0-9_]*|[a-z0-9]+[A-Z][A-Za-z0-9]*")
"""Names that cannot be taken for plain English."""


def listing(words: Sequence[str], conjunction: str) -> str:
    """Words in a row: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def summary(text: Any, fallback: str) -> str:
    """The first line of a method's docstring; a name in camel case becomes words."""
    line = clean(text) or fallback
    if _CAMEL_CASE.fullmatch(line):
        line = naming.snake(line).strip("_").replace("_", " ").capitalize()
    return sentence(line)


def description(text: Any) -> str:
    """A description without what does not concern callers of this package.

    Tasks are awaited with `run()` or `wait()`, so advice to poll goes, and so does the remark that a
    start is only accepted.
    """
    kept = (_without_polling(one) for one in re.split(r"(?<=[.!?])\s+", clean(text)))
    return sentence(" ".join(one for one in kept if one))


def _without_polling(line: str) -> str:
    clauses = _CLAUSES.split(line)
    kept = [one for one in clauses if not _POLLING.search(one) and not _ACCEPTED.fullmatch(one.rstrip("."))]
    if kept == clauses:
        return line

    left = sentence("; ".join(kept))
    return left if left[:1] == line[:1] else left[:1].upper() + left[1:]


def with_python_names(text: str, names: Mapping[str, str]) -> str:
    """The text with names on the wire replaced by those in Python.

    Args:
        text: any words.
        names: wire name -> Python name. Those that could be English words are left alone.
    """
    wire = [re.escape(one) for one in names if _WIRE_NAME.fullmatch(one)]
    if not wire:
        return text

    any_of_them = "|".join(sorted(wire, key=len, reverse=True))
    found = re.compile(rf"(?<![\w/])(?:{any_of_them})(?!\w)")
    return found.sub(lambda match: names[match[0]], text)


def default_of(schema: Mapping[str, Any]) -> Any:
    """The server's default, if it is a scalar that can be shown."""
    default = schema.get("default")
    return None if default == "" or isinstance(default, dict | list) else default


def value_words(schema: Mapping[str, Any], key: str, typed: Type) -> str:
    """Meaning, limits, unit and server default of a keyword or a member; "" where nothing is known."""
    words = schema.get("description", "")
    default = default_of(schema)

    parts = [meaning(schema, key)]
    if typed.takes_files:
        parts.append(MEDIA_LIST if typed.item is not None else CONTENT if typed.content else MEDIA)
    if typed.choices and not _names_all(words, typed.choices):
        parts.append(values_listed(typed.choices))
    parts += _limits(schema, words)
    if default is not None:
        parts.append(f"Server default: {_shown(default)}.")
    if schema.get("deprecated") is True and "deprecated" not in str(words).lower():
        parts.append("Deprecated.")

    return " ".join(part for part in parts if part)


def values_listed(choices: Sequence[Any]) -> str:
    """The sentence that lists the known values. Editors shorten the signature, so words have them too."""
    if _is_run(choices):
        return f"{choices[0]} to {choices[-1]}."
    return f"One of {', '.join(map(str, choices))}."


def _is_run(choices: Sequence[Any]) -> bool:
    """Whether the values are all whole numbers from one to another."""
    whole = len(choices) > 2 and all(type(one) is int for one in choices)
    return whole and list(choices) == list(range(choices[0], choices[0] + len(choices)))


def _names_all(words: Any, choices: Sequence[Any]) -> bool:
    """Whether a description has every known value in it, or both ends of a run."""
    if _is_run(choices):
        choices = (choices[0], choices[-1])
    return all(re.search(rf"(?<![\w.]){re.escape(str(one))}(?!\w|\.\w)", str(words)) for one in choices)


def meaning(schema: Mapping[str, Any], key: str) -> str:
    """The description of a value, or common words for its name."""
    words = clean(schema.get("description", ""))
    if words.rstrip(".").lower() in _EMPTY_WORDS:
        return COMMON_WORDS.get(key, "")

    # A value at the start of the sentence keeps its spelling.
    starts_with_choice = words.split(" ")[0] in map(str, schema.get("enum", ()))
    return words[0] + sentence(words)[1:] if starts_with_choice else sentence(words)


def _limits(schema: Mapping[str, Any], words: Any) -> list[str]:
    """The bounds in words, without those that the description names already."""
    parts = [] if "enum" in schema else [_range(schema, "minimum", "maximum", "", words)]
    for part in schema.get("oneOf", ()):
        if isinstance(part, dict):
            parts.append(_range(part, "minimum", "maximum", "", words))
            parts.extend(f"Or {clean(one)}." for one in part.get("enum", ()) if str(one) not in str(words))
    parts.append(_range(schema, "minLength", "maxLength", "character", words))
    parts.append(_range(schema, "minItems", "maxItems", "item", words))
    return parts


def _range(schema: Mapping[str, Any], low: str, high: str, noun: str, words: Any) -> str:
    """Two bounds in words, "" if the description names them already."""
    least, most = schema.get(low), schema.get(high)
    numbers = re.findall(r"[\w.]*\w", str(words))
    if all(bound is None or str(bound) in numbers for bound in (least, most)):
        return ""

    last = least if most is None else most
    unit = f" {noun}{'' if last == 1 else 's'}" if noun else ""
    if least == most:
        return f"Exactly {least}{unit}."
    if least is None:
        return f"At most {most}{unit}."
    return f"At least {least}{unit}." if most is None else f"{least} to {most}{unit}."


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, bool | int | float) else clean(value)
