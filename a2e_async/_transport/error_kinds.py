"""The class of error that an unsuccessful reply means, by its status, its code and its words. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from a2e_async._transport.account_words import account_error
from a2e_async.errors import (
    APIError,
    AuthenticationError,
    InsufficientCredits,
    InvalidRequest,
    ModerationError,
    NotFound,
    PermissionDenied,
    PlanRequired,
    RateLimited,
    ServerError,
    UnexpectedReply,
)
from a2e_async.failures import UNANSWERED

__all__ = ["kind_of", "number_of"]

_MODERATION_CODES = frozenset({1003, 1004})
_BY_STATUS: Mapping[int, type[APIError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    402: InsufficientCredits,
    403: PermissionDenied,
    404: NotFound,
    422: InvalidRequest,
    429: RateLimited,
}
# A gateway's words inside a reply: the request may have been done.
_UNANSWERED_INSIDE = (
    r"\binternal (?:server )?error\b|\bbad gateway\b|\bgateway time-?out\b|\bservice unavailable\b"
    r"|\bsocket hang up\b|\bECONNRESET\b|\bETIMEDOUT\b|\A\W*(?:request )?time(?:d ?)?-?out\W*\Z"
    r"|\A\W*(?:服务器?内部错误|请求超时|系统错误)\W*\Z"
)


def kind_of(status: int, code: Any, words: str, *, readable: bool) -> type[APIError]:
    """Return the class of error that a reply means.

    Args:
        status: the HTTP status.
        code: the code in the body, if any.
        words: the service's explanation.
        readable: whether the body is one of the API: not a page, and not cut short.
    """
    number = number_of(code)
    if number in _MODERATION_CODES:
        return ModerationError

    # What a gateway says about the exchange comes before everything that a body says.
    if status >= 500:
        return ServerError
    if status in UNANSWERED:
        return APIError if readable else UnexpectedReply
    if 300 <= status < 400:
        return UnexpectedReply

    account = account_error(code, words)
    if status == 429:
        return InsufficientCredits if account is InsufficientCredits else RateLimited
    if status in (401, 402):
        return PlanRequired if account is PlanRequired else _BY_STATUS[status]
    if account and status != 404:  # "Token not found" is about a token that the caller names
        return account
    if not readable:
        return UnexpectedReply
    if status >= 400:
        return _BY_STATUS.get(status, APIError)
    return _kind_inside(number, words)


def number_of(code: Any) -> int | None:
    """The code as a number; None if it is none."""
    if isinstance(code, int | float):
        return int(code) if code == code and abs(code) < 1e9 else None
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 10:
        return int(code)
    return None


def _kind_inside(number: int | None, words: str) -> type[APIError]:
    """The kind of an error that came with HTTP 200: its number is an HTTP status, or the service's own."""
    if number is not None and (500 <= number < 600 or number in UNANSWERED):
        return ServerError
    if number is not None and number // 100 in (401, 402):  # such as 40101
        number //= 100
    known = _BY_STATUS.get(number or 0)
    if known is None:
        unanswered = re.search(_UNANSWERED_INSIDE, words, re.IGNORECASE)
        return ServerError if unanswered else InvalidRequest
    return known
