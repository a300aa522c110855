"""Makes the document's text safe for docstrings: it stays text, whatever characters it has."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from openapi_python_client.strings import safe_for_docstring

__all__ = ["block", "clean", "docstring", "entry", "escape", "literal", "sentence"]

WIDTH = 104
"""Characters of a docstring's line with its indentation; ruff allows 110."""


def clean(text: Any) -> str:
    """One line of printable characters, without any that could control a terminal or an editor."""
    line = str(text)
    if not line.isprintable():
        spaced = (" " if character.isspace() else character for character in line)
        line = "".join(character for character in spaced if character.isprintable())
    return " ".join(line.split())


def sentence(text: Any) -> str:
    """A cleaned sentence: a capital first (unless it starts with code), a full stop last."""
    line = clean(text)
    if not line:
        return ""

    first = line.split()[0].rstrip(",;")
    if first.isalpha() and first.islower():
        line = line[0].upper() + line[1:]
    return line if line[-1] in ".!?:;" else f"{line}."


def escape(line: str) -> str:
    """A cleaned line that can neither end a docstring nor start an escape in it."""
    return safe_for_docstring(clean(line)).replace("\n", " ").rstrip()


def block(text: str, indent: int, hanging: int = 0) -> list[str]:
    """Wrapped lines of escaped text."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_on_hyphens=False,
        break_long_words=_may_break(text),
    )


def entry(name: str, words: str, indent: int) -> str:
    """One entry of a list in a docstring.

    It stays on one line, however long: editors show the words of a parameter up to the end of its line.
    """
    return " " * indent + escape(f"{name}: {words}")


def _may_break(text: str) -> bool:
    """Whether words may be broken anywhere. With backslashes that could cut an escape in two."""
    return "\\" not in text


def docstring(parts: Sequence[Iterable[str]], indent: int) -> str:
    """A docstring made of paragraphs of finished lines. The first line follows the quotes."""
    pad = " " * indent
    paragraphs = [list(part) for part in parts]
    paragraphs = [part for part in paragraphs if part]
    lines = [line for number, part in enumerate(paragraphs) for line in ([""] if number else []) + part]
    lines[0] = f'{pad}"""{lines[0].lstrip()}'

    if len(lines) == 1 and not lines[0].endswith(('"', "\\")) and len(lines[0]) + 3 <= 110:
        return f'{lines[0]}"""'
    return "\n".join([*lines, f'{pad}"""'])


def literal(value: Any) -> str:
    """A Python literal of a JSON scalar, and never any other code.

    Raises:
        TypeError: the value is not a scalar.
    """
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        return ascii(value)
    raise TypeError(f"{value!r} is not a scalar")
