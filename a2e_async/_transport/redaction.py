"""Keep secrets out of texts: the token, other credentials, and the signatures of presigned URLs. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2e_async.settings import Token

__all__ = ["MASK", "errors_behind", "mask_error", "masked", "masked_data", "without_token"]

MASK = "<token>"
"""What a text shows in place of a token."""

_LONG = 16  # characters of a token that is no word of any other text, so that it is found anywhere
_SHORTEST = 4  # characters of a token that is looked for at all
_DEEPEST = 100

# Patterns are compiled by their first use (`re` keeps them), which most processes never come to.
# "Bearer token" and "basic plan" are words: a credential has digits or mixed case, or is longer than words.
_HEADER = (
    r"\b((?i:bearer|basic))([ :=]+|%20|\+)"
    r"(?:(?=[^\s\d]*\d|\S*[a-z][A-Z])[\w.~+/=-]{6,}|[\w.~+/=-]{24,})"
)
_KEY = r"\b(?:sk_[\w.-]{16,}|eyJ[\w-]{8,}(?:\.[\w-]*){0,4})"
_USER = r"(\w://)[^\s/?#@\"'<>]+@"
_QUERY = r"(\bhttps?://[^\s?#\"'<>]*)\?[^\s\"'<>\\]*[^\s\"'<>\\:,;.)]"


def masked(text: str, token: Token | None = None) -> str:
    """Return the text without secrets.

    Replaced are the token, any other credentials of a header, web tokens, passwords in URLs, and the queries
    of URLs, which may hold a signature.

    Args:
        text: the text.
        token: the client's token; None if there is none at hand.

    Example:
        >>> masked("PUT https://host/a.png?X-Signature=1f: 403, Bearer sk_123456")
        'PUT https://host/a.png?...: 403, Bearer <token>'
    """
    if token is not None:
        text = _without(text, token)
    if "://" in text:
        text = re.sub(_USER, r"\1...@", text)
        text = re.sub(_QUERY, r"\1?...", text)
    return re.sub(_KEY, MASK, re.sub(_HEADER, rf"\1\2{MASK}", text))


def masked_data(value: Any, token: Token | None = None, depth: int = _DEEPEST) -> Any:
    """Return decoded JSON with every text in it masked; see `masked`."""
    if isinstance(value, str):
        return masked(value, token)
    if not depth:
        return None if isinstance(value, list | Mapping) else value
    if isinstance(value, list):
        return [masked_data(item, token, depth - 1) for item in value]
    if isinstance(value, Mapping):
        return {masked(str(key), token): masked_data(item, token, depth - 1) for key, item in value.items()}
    return value


def mask_error(error: BaseException, token: Token | None = None) -> None:
    """Mask every text in an error, and in the errors behind it; see `masked`."""
    for each in errors_behind(error):
        each.args = tuple(masked(arg, token) if isinstance(arg, str) else arg for arg in each.args)
        texts = vars(each)
        for name, value in texts.items():
            if isinstance(value, str | list | dict):
                texts[name] = masked_data(value, token)
        if isinstance(each, UnicodeEncodeError):
            each.object = masked(each.object, token)


def errors_behind(error: BaseException) -> list[BaseException]:
    """An error, its causes, and the members of the groups among them."""
    found = [error]
    for each in found:  # it grows
        behind = [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            behind += each.exceptions
        found += [one for one in behind if one is not None and all(one is not other for other in found)]
    return found


def without_token(content: bytes, token: Token) -> bytes:
    """Return the bytes of a reply without the token, if they contain it.

    A short token may also be a part of other texts, so only a long one is replaced here.
    """
    if len(_value_of(token)) < _LONG or _value_of(token).encode() not in content:
        return content
    return content.replace(_value_of(token).encode(), MASK.encode())


# The token is never in a local variable here, so that no traceback can show it.


def _value_of(token: Token) -> str:
    return token.authorization().removeprefix("Bearer ")


def _without(text: str, token: Token) -> str:
    length = len(_value_of(token))
    if length >= _LONG:
        return text.replace(_value_of(token), MASK)
    if length < _SHORTEST or _value_of(token) not in text:
        return text
    return re.sub(rf"(?<![\w-]){re.escape(_value_of(token))}(?![\w-])", MASK, text)
