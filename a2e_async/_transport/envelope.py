"""From the bytes of a reply to its data, or to the error that it means. No I/O.

HTTP 200 does not mean success: ``code`` 0 or ``success`` true does. Error messages have different keys
in different families; the first key that holds a text is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async.errors import (
    APIError,
    AuthenticationError,
    InsufficientCredits,
    InvalidRequest,
    ModerationError,
    NotFound,
    NotReady,
    PermissionDenied,
    RateLimited,
    ServerError,
    UnexpectedReply,
)
from a2e_async.policies import retry_after_seconds

__all__ = ["Reply", "open_envelope"]

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
_NO_COINS = re.compile(
    r"(insufficient|not enough|n't have enough|lack(ing)?( of)?|short of|run out of|no( more)?)"
    r"[ _](\w{1,12} )?(coin|credit|balance)"
    r"|(coin|credit|balance)s?( (is|are))? (not enough|insufficient|too low)"
    r"|(余额|积分|金币|点数)不足",
    re.IGNORECASE,
)
_TEXT_LIMIT = 500


@attrs.frozen
class Reply:
    """The reply to one request, not decoded.

    Attributes:
        method, path: the request.
        status: HTTP status.
        headers: lower-case names.
        content: the body's bytes.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    content: bytes


def open_envelope(reply: Reply, now: float = 0.0) -> Any:
    """Return the ``data`` of a successful reply.

    Args:
        reply: the reply.
        now: the time, in seconds since the epoch, to read a Retry-After that is a date.

    Returns:
        ``data``; if it is absent, the envelope's other members; without an envelope, the whole object.

    Raises:
        APIError: the subclass that fits the status, the ``code`` and the message.
    """
    body, problem = _parse(reply)
    if reply.status == 202 and reply.method == "GET":
        raise _error(reply, body, problem, now, NotReady)
    if reply.status < 300 and not problem:
        if not isinstance(body, Mapping):
            return body
        if _succeeded(body):
            return _data(body)
    raise _error(reply, body, problem, now)


_ENVELOPE = frozenset({"code", "success", "trace_id", "timestamp"})
_EMPTY = "an empty reply"


def _parse(reply: Reply) -> tuple[Any, str]:
    """Decode the body; returns it and what is wrong with it."""
    if not reply.content.strip():
        return {}, "" if reply.status in (202, 204) or reply.method == "DELETE" else _EMPTY
    try:
        return json.loads(reply.content), ""
    except (ValueError, RecursionError):
        text = reply.content[:_TEXT_LIMIT].decode("utf-8", "replace")
        if text.lstrip("\ufeff \t\r\n")[:1] == "<":
            return text, "an HTML page instead of JSON: is the base URL right?"
        return text, f"not JSON: {text[:80]!r}"


def _succeeded(body: Mapping[str, Any]) -> bool:
    code = body.get("code")
    if code is not None and _number(code) != 0:
        return False
    if code is None and "success" not in body and "data" not in body:
        # No envelope: an error without a code, or a bare record, which may contain its own error.
        return not _message({"error": body.get("error"), "message": body.get("err_message")}) or "_id" in body
    return body.get("success") is not False


def _data(body: Mapping[str, Any]) -> Any:
    data = body.get("data")
    if data is None:
        # The other members usually say why there is no data.
        rest = {key: value for key, value in body.items() if key not in _ENVELOPE and value is not None}
        return rest if rest or "data" not in body else None
    return data


def _number(code: Any) -> int | None:
    if isinstance(code, int | float):
        return int(code) if code == code and abs(code) < 1e9 else None
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 10:
        return int(code)
    return None


def _error(
    reply: Reply, body: Any, problem: str, now: float, known: type[APIError] | None = None
) -> APIError:
    code = body.get("code") if isinstance(body, Mapping) else None
    if not isinstance(code, int | str):
        code = _number(code)
    message = problem or _message(body)

    kind = known or _kind(
        reply.status, code, message, readable=not problem or (problem == _EMPTY and reply.status >= 400)
    )
    trace_id = body.get("trace_id") if isinstance(body, Mapping) else None

    error = kind(
        message or f"HTTP {reply.status}",
        status=reply.status,
        code=code,
        trace_id=trace_id if isinstance(trace_id, str) else None,
        method=reply.method,
        path=reply.path,
        body=body,
    )
    if isinstance(error, RateLimited | ServerError):
        error.retry_after = retry_after_seconds(reply.headers.get("retry-after"), now)
    return error


def _kind(status: int, code: int | str | None, message: str, *, readable: bool) -> type[APIError]:
    number = _number(code)
    if number in _MODERATION_CODES:
        return ModerationError
    if status in (401, 429) or status >= 500:
        return _BY_STATUS.get(status, ServerError)
    if not readable:
        return UnexpectedReply
    if status == 402 or _NO_COINS.search(f"{code} {message}"):
        return InsufficientCredits
    if status >= 300:
        return _BY_STATUS.get(status, UnexpectedReply if status < 400 else APIError)

    # Some routes answer 200 and put the HTTP status into the body's code.
    if number is not None and number >= 500 and number < 600:
        return ServerError
    return _BY_STATUS.get(number or 0, InvalidRequest)


def _message(body: Any) -> str:
    """The service's message, whichever member contains it."""
    if isinstance(body, str):
        return body[:_TEXT_LIMIT]
    if not isinstance(body, Mapping):
        return ""

    error = body.get("error")
    data = body.get("data")
    candidates = [body.get("message"), body.get("msg"), body.get("err_message"), error]
    if isinstance(error, Mapping):
        candidates.append(error.get("message"))
    if isinstance(data, Mapping):
        candidates += [data.get("failed_message"), data.get("message"), data.get("msg")]
    candidates.append(data)

    message = next((text for text in candidates if isinstance(text, str) and text), "")
    if body.get("errors"):
        message = f"{message} {_dumped(body['errors'])}".strip()
    return message[:_TEXT_LIMIT]


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "..."
