"""Write to stdout and stderr, whatever they can encode, and whether or not anybody still reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

__all__ = ["can_encode", "escaping", "flush_stdout", "is_terminal", "shown", "write_line"]


def shown(text: object) -> str:
    """The text as one line that any terminal can show: text from the service must not steer a terminal.

    Bytes of a file's name that are not UTF-8 are written as ``\\xe9``. Control characters become spaces.
    """
    return " ".join("".join(map(_shown, str(text))).split())


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"  # how Python keeps a byte that it cannot decode
    return f"\\u{ord(character):04x}" if "\ud800" <= character <= "\udfff" else " "


def write_line(stream: TextIO | None, line: str) -> None:
    """Write a line at once. What the stream cannot encode is escaped. Without a stream nothing is written."""
    if stream is None:
        return  # the process was started with a closed stdout or stderr
    if not can_encode(stream, line):
        encoding = stream.encoding
        line = line.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(f"{line}\n")
    stream.flush()


def can_encode(stream: TextIO | None, text: str) -> bool:
    """Whether the text can be written to the stream as it is."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at the stream."""
    return stream is not None and not stream.closed and stream.isatty()


@contextmanager
def escaping() -> Iterator[None]:
    """Make stdout and stderr escape what they cannot encode, also where other libraries write to them."""
    changed: list[tuple[Any, str]] = []
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        errors = getattr(stream, "errors", None)
        if hasattr(stream, "reconfigure") and errors == "strict":
            stream.reconfigure(errors="backslashreplace")
            changed.append((stream, errors))

    try:
        yield
    finally:
        for stream, errors in changed:
            if not stream.closed:
                stream.reconfigure(errors=errors)


def flush_stdout() -> None:
    """Write what stdout still holds. If nobody reads it, let go of it: Python flushes it again at exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):  # it is closed, or of no file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
