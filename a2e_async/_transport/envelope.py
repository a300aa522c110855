"""From the bytes of a reply to its data, or to the error that it means. No I/O.

HTTP 200 does not mean success, and not failure: ``code`` 0 or 200, ``success`` true and the data decide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async._transport.account_words import account_error
from a2e_async._transport.error_kinds import kind_of, number_of
from a2e_async._transport.error_text import TEXT_LIMIT, code_in, message_in
from a2e_async._transport.reply_json import decode_json
from a2e_async.errors import APIError, NotReady, RateLimited, ServerError
from a2e_async.policies import retry_after_seconds

__all__ = ["Reply", "data_of", "open_envelope"]


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


def open_envelope(reply: Reply, now: float = 0.0, *, whole: bool = False, may_be_empty: bool = False) -> Any:
    """Return the ``data`` of a successful reply.

    Args:
        reply: the reply.
        now: the time, in seconds since the epoch, to read a Retry-After that is a date.
        whole: whether to return the whole body of a successful reply.
        may_be_empty: whether a 200 without a body is a success.

    Returns:
        ``data``; if it is absent, the envelope's other members; without an envelope, the whole object.

    Raises:
        APIError: the subclass that fits the status, the ``code`` and the message.
    """
    body, problem = _parse(reply)
    if problem == _EMPTY and may_be_empty and 200 <= reply.status < 300:
        return None
    if reply.status == 202 and reply.method == "GET":
        raise _error(reply, body, problem, now, NotReady)
    if reply.status >= 300 or problem:
        raise _error(reply, body, problem, now)

    if not isinstance(body, Mapping):
        if isinstance(body, str) and account_error(None, body, whole=True):
            raise _error(reply, body, "", now)
        return body

    # Most replies are this one.
    data = body.get("data")
    if data and body.get("code") == 0 and body.get("success") is None and not _may_be_message(data):
        return body if whole else data

    if not _succeeded(body):
        raise _error(reply, body, "", now)
    if not data and reply.method == "GET" and number_of(body.get("code")) == 202:
        raise _error(reply, body, "", now, NotReady)
    if (account := _account_error(body)) is not None:
        raise _error(reply, body, "", now, account)
    return body if whole else data_of(body)


_ENVELOPE = frozenset({"code", "success", "trace_id", "timestamp"})
_WORDLESS = _ENVELOPE | {"data"}
_IDS = ("_id", "id", "task_id", "taskId")
_MESSAGES = frozenset(
    {"message", "msg", "error", "err_message", "error_message", "failed_message", "detail", "code", "status"}
)
_SUCCESS = frozenset(
    {"ok", "success", "succeeded", "successful", "successfully", "成功", "操作成功", "请求成功"}
)
_FAILURE = frozenset({"err", "error", "fail", "failed", "failure"})
_WORD_LIMIT = 100  # characters of a code, or of the id of a request
_EMPTY = "an empty reply"
_PAGE = "an HTML page instead of JSON: is the base URL right?"


def _parse(reply: Reply) -> tuple[Any, str]:
    """Decode the body; returns it and what is wrong with it."""
    if not reply.content.strip():
        return {}, "" if reply.status in (202, 204) or reply.method == "DELETE" else _EMPTY
    try:
        return decode_json(reply.content), ""
    except ValueError as error:
        text = reply.content[:TEXT_LIMIT].decode("utf-8", "replace")
        if text.lstrip("\ufeff \t\r\n")[:1] == "<":
            return text, _PAGE
        problem = "not JSON" if isinstance(error, json.JSONDecodeError) else f"unusable JSON ({error})"
        return text, f"{problem}: {text[:80]!r}"


def _succeeded(body: Mapping[str, Any]) -> bool:
    code, success, data = body.get("code"), body.get("success"), body.get("data")
    if success is not None and success in (False, "false", "False"):
        return False
    if code is None:
        return "success" in body or "data" in body or not _is_bare_error(body)

    number = number_of(code)
    if number == 0 or (number is not None and 200 <= number < 300):
        return True
    if _is_word_of(_SUCCESS, code):
        return True
    if not data or (number is not None and 400 <= number < 600):
        return False

    # Another number, but the reply says success and has data.
    return success is True or _is_word_of(_SUCCESS, body.get("message") or body.get("msg"))


def _is_bare_error(body: Mapping[str, Any]) -> bool:
    """Whether an object without an envelope is an error. A record may contain the error of its own task."""
    if any(body.get(key) for key in _IDS):
        return False
    if any(message_in({key: body.get(key)}) for key in ("error", "err_message", "error_message", "errors")):
        return True

    number = number_of(code_in(body))
    return (number is not None and 400 <= number < 600) or _is_word_of(_FAILURE, body.get("status"))


def _is_word_of(words: frozenset[str], text: Any) -> bool:
    return isinstance(text, str) and text.strip(" .!").lower() in words


def _may_be_message(data: Any) -> bool:
    """Whether data may be an explanation rather than a result."""
    if isinstance(data, dict):
        return len(data) <= 2 and data.keys() <= _MESSAGES
    return isinstance(data, str)


def _account_error(body: Mapping[str, Any]) -> type[APIError] | None:
    """The error of a reply that says success, but has no data and words about the account instead."""
    data = body.get("data")
    if isinstance(data, str) and data:
        return account_error(None, data, whole=True)
    if (data and not _may_be_message(data)) or any(body.get(key) for key in _IDS):
        return None
    if not data and body.keys() <= _WORDLESS:  # such as an empty list
        return None
    return account_error(code_in(body), message_in(body))


def data_of(body: Any) -> Any:
    """The ``data`` of the whole body of a successful reply; see `open_envelope`."""
    if not isinstance(body, Mapping):
        return body
    data = body.get("data")
    if data is None:
        # The other members usually say why there is no data.
        rest = {key: value for key, value in body.items() if key not in _ENVELOPE and value is not None}
        return rest if rest or "data" not in body else None
    return data


def _error(
    reply: Reply, body: Any, problem: str, now: float, known: type[APIError] | None = None
) -> APIError:
    """The error that a reply stands for; of the class `known`, or else of the one that its code says."""
    code = code_in(body)
    if isinstance(code, str):
        code = code[:_WORD_LIMIT]
    elif not isinstance(code, int):
        code = number_of(code)
    message = problem or message_in(body)

    readable = not problem or (problem == _EMPTY and reply.status >= 400)
    kind = known or kind_of(reply.status, code, _words_of(body, problem, message), readable=readable)
    trace_id = body.get("trace_id") if isinstance(body, Mapping) else None

    error = kind(
        message or f"HTTP {reply.status}",
        status=reply.status,
        code=code,
        trace_id=trace_id[:_WORD_LIMIT] if isinstance(trace_id, str) else None,
        method=reply.method,
        path=reply.path,
        body=body,
    )
    if isinstance(error, RateLimited | ServerError):
        error.retry_after = retry_after_seconds(reply.headers.get("retry-after"), now)
    return error


def _words_of(body: Any, problem: str, message: str) -> str:
    """The words that may say what kind of error it is: of a JSON body, or of a line of plain text."""
    if not problem:
        return message
    is_line = isinstance(body, str) and problem != _PAGE and body.lstrip()[:1] not in ("{", "[")
    return body if is_line else ""
