"""Text files as editors and spreadsheets write them: UTF-8 with or without a mark, UTF-16, any line ends."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from a2e_async.errors import InvalidArgument

__all__ = ["lines_of", "read_text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF_8 = ("utf-8", "utf-8-sig")


def lines_of(path: Path, *, encoding: str | None = None) -> Iterator[str]:
    """Yield the lines of a file with their ends, as ``\\n``. Only as much as needed is read.

    Args:
        path: the file.
        encoding: its encoding; by default what its first bytes say, else UTF-8.

    Raises:
        InvalidArgument: a line is not in this encoding. The message gives its number.
    """
    with path.open("rb") as file:
        shown = _encoding_of(file.read(64))
        known = encoding if encoding and encoding != "utf-8" else shown
        file.seek(0)
        if known.partition("-")[0] == "utf" and known not in _UTF_8:
            yield from _decoded(file.read(), known)
            return

        # A byte that cannot be decoded becomes a lone surrogate, so that the number of its line is known.
        with io.TextIOWrapper(file, encoding=known, errors="surrogateescape") as text:
            for number, line in enumerate(text, 1):
                broken = next((character for character in line if "\udc80" <= character <= "\udcff"), None)
                if broken:
                    raise _not_in(known, number, ord(broken) - 0xDC00)
                yield line


def read_text(path: Path) -> str:
    """Read a whole text file; see `lines_of`."""
    return "".join(lines_of(path))


def _encoding_of(first: bytes) -> str:
    """The encoding that the first bytes of a file show: a mark, or the zeros of ASCII in UTF-16."""
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding

    even, odd = first[::2].count(0), first[1::2].count(0)
    if odd > len(first) // 4 and not even:
        return "utf-16-le"
    if even > len(first) // 4 and not odd:
        return "utf-16-be"
    return "utf-8"


def _decoded(content: bytes, encoding: str) -> Iterator[str]:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "ignore")
        raise _not_in(encoding, before.count("\n") + 1, content[error.start]) from None
    yield from io.StringIO(text, newline=None)


def _not_in(encoding: str, number: int, byte: int) -> InvalidArgument:
    name = encoding.removesuffix("-sig").upper()
    advice = (
        "save the file as UTF-8, or name its encoding with --encoding" if encoding in _UTF_8 else "cut off?"
    )
    return InvalidArgument(f"line {number}", f"is not {name} (byte 0x{byte:02x}): {advice}")
