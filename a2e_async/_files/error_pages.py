"""Error pages that arrive in place of a file: HTML, XML, JSON or a line of text. No I/O.

Hosts send them with any status and any Content-Type. What a body is, its first bytes decide. Whether text is
a result depends on what was promised: by the name that the caller gave, by the URL, or by the Content-Type.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from a2e_async._files.media_types import BY_EXTENSION, HEAD_BYTES, MEDIA, sniff

__all__ = ["describe_page", "first_words"]

_LONGEST = 160  # characters

_MARKUP_FILES = frozenset({".html", ".htm", ".xhtml", ".xml", ".rss", ".mpd", ".dae", ".ttml", ".dfxp"})
_JSON_FILES = frozenset({".json", ".jsonl", ".ndjson", ".gltf", ".geojson", ".txt", ".log"})
_TEXT_FILES = frozenset({".srt", ".vtt", ".txt", ".csv", ".tsv", ".md", ".log", ".ass", ".ssa", ".lrc"})
_SUBTITLES = frozenset({".srt", ".vtt", ".ass", ".ssa", ".lrc"})

_HTML = re.compile(
    r"<(!doctype html|html|head|body|title|meta|script|style|h[1-6]|p|div|center|pre|br)\b", re.I
)
_XML_ERROR = re.compile(
    r"<([\w.-]+:)?(error|errors|errorresponse|fault|exception|envelope|code)\b", re.IGNORECASE
)
_JSON = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\d\]]")
_ERROR_WORDS = re.compile(
    r"\b(errors?|not found|forbidden|denied|unauthori[sz]ed|expired|unavailable|time(d )?[- ]?out|gateway|"
    r"no such|not exist|invalid|too many requests|failed|failure|refused|upstream|not allowed|blocked)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title[^>]*>([^<]+)", re.IGNORECASE)
_XML_TEXT = re.compile(r"<(?:[\w.-]+:)?(?:code|message|msg|error|faultstring)>([^<]+)<", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"<(script|style)\b.*?(</\1>|$)|<!--.*?-->|<[^>]*>?", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"\?[^\s'\"<>]*=[^\s'\"<>]*")  # may be a signature
_ERROR_KEYS = ("error", "errors", "errorCode", "error_code", "errorMessage", "error_message", "errmsg")
_MESSAGE_KEYS = ("message", "msg", "detail", "reason", "title", "description")


def describe_page(head: bytes, header: str | None, names: Iterable[str]) -> str | None:
    """Say what came if it is an error page instead of the file.

    Args:
        head: the first bytes of the body; `HEAD_BYTES` are enough.
        header: the Content-Type.
        names: file names that promise a kind of file, the caller's first.

    Returns:
        What came and its first words, as the end of a sentence; None if the body may be the file.

    Example:
        >>> describe_page(b"<html>502 Bad Gateway</html>", "video/mp4", ["cat.mp4"])
        "an HTML page instead of the file: '502 Bad Gateway'"
    """
    if sniff(head) is not None or (text := _as_text(head)) is None:
        return None

    kind = _kind(text)
    if not _is_page(kind, text, header, _extension(names)):
        return None
    words = first_words(head)
    return f"{kind} instead of the file{f': {words!r}' if words else ''}"


def first_words(head: bytes) -> str:
    """The first words of a page, for an error message; empty if it has none."""
    text = _as_text(head)
    if text is None:
        return ""

    if _JSON.match(text.lstrip()):
        words = _json_words(text)
    elif found := _TITLE.search(text):
        words = found[1]
    elif parts := _XML_TEXT.findall(text):
        words = ": ".join(part.strip() for part in parts[:2])
    else:
        words = _NOT_SHOWN.sub(" ", text)

    words = _QUERY.sub("?…", " ".join(words.split()))
    words = "".join(character for character in words if character.isprintable() and character != "\ufffd")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _as_text(head: bytes) -> str | None:
    """The bytes as text; None if they are not text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    else:
        # In another charset, only the ASCII of a page is readable.
        is_page = head[:200].lstrip().startswith((b"<", b"{"))
        try:
            text = head.decode("utf-8-sig", "replace" if is_page else "strict")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 3 or not error.start:
                return None
            text = head[: error.start].decode("utf-8-sig")  # before a letter that was cut

    odd = any(character < " " and character not in "\t\n\r\f\x1b" for character in text)
    return None if odd or not text.strip() else text


def _kind(text: str) -> str:
    start = text.lstrip()
    if start.startswith("<"):
        plain = re.sub(r"\A(<\?xml[^>]*>|<!--.*?-->|\s)+", "", start, flags=re.DOTALL)
        return "an HTML page" if _HTML.match(plain) or "<html" in plain[:1000].lower() else "XML"
    if _JSON.match(start):
        return "JSON" if len(text) >= HEAD_BYTES // 2 or _parsed(text) is not None else "text"
    return "text"


def _is_page(kind: str, text: str, header: str | None, extension: str) -> bool:
    """Whether text of this kind is an error page, by what was promised."""
    content_type = (header or "").partition(";")[0].strip().lower()

    if extension in _MARKUP_FILES:
        return kind in ("JSON", "text") and _speaks_of_error(kind, text)
    if extension in _TEXT_FILES or extension in _JSON_FILES:
        if kind == "an HTML page" or (kind == "JSON" and extension in _SUBTITLES):
            return True
        return kind in ("XML", "JSON") and _speaks_of_error(kind, text)

    promised = extension in BY_EXTENSION or content_type.startswith(MEDIA)
    if kind == "text":
        # Only a line that speaks of an error: tests use a few letters as a picture.
        return len(text) < HEAD_BYTES // 2 and (
            _speaks_of_error(kind, text) or (extension in BY_EXTENSION and content_type == "text/plain")
        )
    return promised or kind == "an HTML page" or _speaks_of_error(kind, text)


def _speaks_of_error(kind: str, text: str) -> bool:
    if kind == "XML":
        return _XML_ERROR.search(text, 0, 1000) is not None
    if kind == "text":
        return _ERROR_WORDS.search(text[:300]) is not None

    content = _parsed(text)
    if not isinstance(content, Mapping):
        return False
    if any(content.get(key) for key in _ERROR_KEYS) or content.get("success") is False:
        return True
    return len(content) <= 6 and any(isinstance(content.get(key), str) for key in _MESSAGE_KEYS[:4])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _json_words(text: str) -> str:
    content = _parsed(text)
    while isinstance(content, Mapping):
        found = next((content[key] for key in (*_MESSAGE_KEYS, *_ERROR_KEYS) if content.get(key)), None)
        if isinstance(found, str):
            return found
        if not isinstance(found, Mapping):
            break
        content = found
    return text


def _extension(names: Iterable[str]) -> str:
    """The first extension that means something; empty if none does."""
    known = (*_MARKUP_FILES, *_JSON_FILES, *_TEXT_FILES, *BY_EXTENSION)
    extensions = (os.path.splitext(name)[1].lower() for name in names)
    return next((extension for extension in extensions if extension in known), "")
