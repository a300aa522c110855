"""Safe file names, made from any text. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from a2e_async._files.media_types import BY_EXTENSION
from a2e_async.errors import InvalidArgument

__all__ = ["ascii_name", "check_name", "name_of_url", "numbered", "safe_name", "shortened", "with_extension"]

MAX_NAME_BYTES = 120
"""Bound on safe names: leaves room for suffixes under every file system's 255 (eCryptfs: 143)."""

_MAX_ASCII_BYTES = 80

# Extensions that say nothing about the content; replaced like a wrong one.
_EMPTY_EXTENSIONS = frozenset({".bin", ".tmp", ".dat", ".part", ".download"})

_UNSAFE = re.compile(r'[<>:"/\\|?*]')

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")

# Letters and marks that show nothing: with them, two names look the same.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def check_name(name: Any) -> None:
    """Raise InvalidArgument unless the wanted name of a file is a string, or None."""
    if not isinstance(name, str | None):
        raise InvalidArgument("name", f"{name!r} is not a string")


def safe_name(name: str | bytes | None, *, fallback: str = "file") -> str:
    """A file name that is safe on every system.

    Path separators and characters that Windows forbids become ``_``. Control characters, characters that
    change the direction of text and those that nobody sees are removed. The result does not start with a
    dot or dash, does not end with a dot, is not a device name (``con``), and has 1 to `MAX_NAME_BYTES`
    bytes. Letters of all scripts are kept.

    Args:
        name: the wanted name.
        fallback: used if nothing of the name is left.

    Example:
        >>> safe_name("../../etc/passwd")
        '_.._etc_passwd'
    """
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    text = "".join(_safe_character(character) for character in name or "")
    text = unicodedata.normalize("NFC", _UNSAFE.sub("_", text))
    text = _trim(text) or fallback
    if _RESERVED.fullmatch(text.partition(".")[0].rstrip()):
        text = f"_{text}"
    return shortened(text, MAX_NAME_BYTES)


def _safe_character(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "_"  # half of a character, or a byte of a name that is not UTF-8
    if category in ("Cc", "Cf", "Cn", "Co") or character in _INVISIBLE:
        return ""
    return character


def _trim(text: str) -> str:
    return " ".join(text.split()).lstrip(" .-").rstrip(" .")


def shortened(name: str, limit: int, suffix: str = "") -> str:
    """The name with a suffix before its extension. The stem is cut until it fits.

    Args:
        name: a safe name.
        limit: bytes that the result may have.
        suffix: put between the stem and the extension.
    """
    stem, extension = _split_extension(name)
    room = limit - len((suffix + extension).encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{stem}{suffix}{extension}"


def _split_extension(name: str) -> tuple[str, str]:
    """The stem and the extension with its dot; the extension may be empty."""
    stem, dot, last = name.rpartition(".")
    return (stem, dot + last) if stem and _EXTENSION.fullmatch(dot + last) else (name, "")


def numbered(name: str) -> Iterator[str]:
    """The name, then ``stem_2.ext``, ``stem_3.ext`` and so on, without end."""
    yield name
    number = 2
    while True:
        yield shortened(name, MAX_NAME_BYTES, f"_{number}")
        number += 1


def with_extension(name: str, extension: str) -> str:
    """The safe name with the extension that fits the content.

    A known but wrong extension is replaced, and so is one that says nothing (``.bin``). Another spelling
    of the right extension (``.jpeg``) is kept. A suffix that only looks like an extension (``v1.2``)
    stays in the stem.
    """
    stem, old = _split_extension(name)
    wanted = BY_EXTENSION.get(extension)

    if old.lower() == extension or (wanted is not None and BY_EXTENSION.get(old.lower()) == wanted):
        return name
    if old.lower() in BY_EXTENSION or old.lower() in _EMPTY_EXTENSIONS:
        name = stem
    return safe_name(shortened(name + extension, MAX_NAME_BYTES))


def name_of_url(url: str) -> str:
    """A safe name from the last part of a URL's path."""
    path = urlsplit(url).path.rstrip("/")
    return safe_name(unquote(path.rpartition("/")[2]), fallback="download")


def ascii_name(name: str) -> str:
    """A name for the path of a URL: ASCII without spaces, with the extension of the safe name.

    Letters lose their accents. A letter that is none of ASCII's is written as its code point.

    Example:
        >>> ascii_name("图片 déjà vu.png")
        'u56fe-u7247-deja-vu.png'
    """
    stem, extension = _split_extension(name)
    plain = "".join(map(_ascii_character, unicodedata.normalize("NFC", stem)))
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-._") or "file"
    return shortened(slug + extension, _MAX_ASCII_BYTES)


def _ascii_character(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if plain or unicodedata.combining(character):
        return plain
    return f"-u{ord(character):x}-" if character.isalpha() else "-"
