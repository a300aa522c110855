"""From the bytes of a reply to JSON that is safe to work with. No I/O.

A reply may hold what JSON allows, or decoders accept, and later steps trip over: numbers that are none,
halves of characters, texts cut in the middle of one, or a nesting that no recursion survives.
"""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["decode_json"]

_DEEPEST = 100  # containers inside each other; replies have fewer than ten
_MOST_CONTAINERS = 300_000  # the longest lists have a tenth; millions take seconds, and no thread helps
_MOST_DIGITS = 300  # of a whole number that a float can hold


def decode_json(content: bytes | str) -> Any:
    """Decode JSON.

    A number that no float can hold, NaN and Infinity are kept as texts. Broken characters become U+FFFD.

    Args:
        content: the text, or its bytes in UTF-8, UTF-16 or UTF-32.

    Raises:
        ValueError: the content is not JSON, nested too deeply, or has too many parts.
    """
    text = _text_of(content) if isinstance(content, bytes) else content
    containers = text.count("{") + text.count("[")
    if containers > _MOST_CONTAINERS:
        raise ValueError("too many objects and lists")

    try:
        decoder = _CAREFUL if _has_huge_number(text) else _USUAL
        value = decoder.decode(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("nested too deeply") from None

    if containers > _DEEPEST and _is_deep(value):
        raise ValueError("nested too deeply")
    # An escape may stand for one half of a character only.
    return _repaired(value) if "\\ud" in text or "\\uD" in text else value


def _text_of(content: bytes) -> str:
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode(encoding, "replace")


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _finite(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


_USUAL = json.JSONDecoder(parse_float=_finite, parse_constant=str)
# Looking at each whole number takes twice the time, and huge ones are rare.
_CAREFUL = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=str)
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_HUGE = b"0" * (_MOST_DIGITS + 1)


def _has_huge_number(text: str) -> bool:
    return _HUGE in text.encode("utf-8", "replace").translate(_DIGITS_AS_ZEROS)


def _is_deep(value: Any) -> bool:
    """Whether containers are nested too deeply. Without recursion."""
    level: list[Any] = [[value]]
    for _ in range(_DEEPEST):
        level = [
            item
            for container in level
            for item in (container.values() if type(container) is dict else container)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True


def _repaired(value: Any) -> Any:
    """The value without halves of characters, which can be neither printed nor written down."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {_repaired(key): _repaired(item) for key, item in value.items()}
    return value
