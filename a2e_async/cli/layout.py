"""How lines look on a terminal: columns side by side, cut to its width, with a little colour."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

from a2e_async.cli.streams import can_encode, is_terminal

__all__ = ["amount", "colored", "columns", "cut", "fitting", "has_colors", "is_dumb", "padded", "width_of"]

# No yellow, no cyan: they can hardly be read on white.
_COLORS = {"green": 32, "red": 31, "magenta": 35, "dim": 2, "bold": 1}
_MEANS = {
    "done": "green", "ok": "green", "completed": "green", "failed": "red", "fail": "red", "warn": "magenta",
}  # fmt: skip
_LEAST = 20


def amount(number: float) -> str:
    """A number of coins, with all its digits."""
    return f"{number:.12g}"


def columns() -> int:
    """The width of the terminal, in columns."""
    return max(_LEAST, shutil.get_terminal_size().columns)


def is_dumb() -> bool:
    """Whether the terminal can do no more than print lines."""
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def has_colors(stream: TextIO | None) -> bool:
    """Whether colours are wanted and can be shown."""
    if os.name == "nt" and not any(map(os.environ.get, ("WT_SESSION", "ANSICON", "TERM"))):
        return False  # a console that may be too old for them
    return is_terminal(stream) and not is_dumb() and not os.environ.get("NO_COLOR")


def colored(text: str, word: str, stream: TextIO | None) -> str:
    """The text in the colour of a word, such as "failed"; as it is where there are no colours."""
    code = _COLORS.get(_MEANS.get(word, word))
    return f"\x1b[{code}m{text}\x1b[0m" if code is not None and has_colors(stream) else text


def width_of(text: str) -> int:
    """How many columns the text takes: letters of East Asia take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def cut(text: str, width: int, *, keep_end: bool = False) -> str:
    """The text in at most so many columns; what was cut off is marked."""
    if width_of(text) <= width:
        return text
    mark = "…" if can_encode(sys.stdout, "…") else "~"
    if width <= 1:
        return mark[:width]

    characters: Iterable[str] = reversed(text) if keep_end else text
    kept: list[str] = []
    room = width - 1
    for each in characters:
        room -= width_of(each)
        if room < 0:
            break
        kept.append(each)

    return mark + "".join(reversed(kept)) if keep_end else "".join(kept) + mark


def padded(text: str, width: int) -> str:
    """The text in exactly so many columns."""
    text = cut(text, width)
    return text + " " * (width - width_of(text))


def fitting(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """The width of each column of a table: as much as it needs, less for the widest where room is short."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    room -= 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 8:
        widest = widths.index(max(widths))
        widths[widest] -= 1
    return widths
