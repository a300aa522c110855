"""The document's text as Markdown: it stays text, whatever characters it has."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from codegen.interface.prose import clean

__all__ = ["code", "item", "joined", "paragraph", "plain"]

WIDTH = 100

_CODE = re.compile(r"(`[^`]+`)")
_SPECIAL = re.compile(r"([\\*\[\]<>|`#~])")
_NAME = re.compile(r"(?<![\w/:.-])[A-Za-z0-9]*_[A-Za-z0-9_]+(?![\w/])")
"""A name with an underscore, which Markdown could take for emphasis."""


def plain(text: str) -> str:
    """One line of text in which nothing is markup but code between backticks."""
    parts = _CODE.split(clean(text))
    return "".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    pieces, last = [], 0
    for found in _NAME.finditer(text):
        pieces += [_SPECIAL.sub(r"\\\1", text[last : found.start()]), code(found[0])]
        last = found.end()
    return "".join([*pieces, _SPECIAL.sub(r"\\\1", text[last:])])


def code(text: object) -> str:
    """Text as code."""
    shown = clean(text).replace("`", "'")
    return f"`{shown}`"


def paragraph(*sentences: str) -> list[str]:
    """The lines of a paragraph and an empty one, nothing if there are no sentences."""
    text = " ".join(one for one in sentences if one)
    return [*_wrapped(text), ""] if text else []


def item(*parts: str) -> list[str]:
    """The lines of one item of a list."""
    return _wrapped(" ".join(part for part in parts if part), "- ", "  ")


def _wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [_no_list(line) if number else line for number, line in enumerate(lines)]


def _no_list(line: str) -> str:
    """A line in the middle of a paragraph that would otherwise begin a list or a heading."""
    return re.sub(r"^(\s*\d*)([-+.)])(?=\s)", r"\1\\\2", line)


def joined(lines: Iterable[str]) -> str:
    """A page of lines, with one line break at its end."""
    return "\n".join(lines).rstrip() + "\n"
