"""Judge the reply to a start: its tasks, a refusal, or nothing that can be relied on. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from a2e_async._spec.operation import Call
from a2e_async._tasks.refusals import is_final_refusal, refuses
from a2e_async._tasks.replies import tasks_in
from a2e_async.errors import (
    APIError,
    InvalidRequest,
    ModerationError,
    PermissionDenied,
    TaskRejected,
    UnexpectedReply,
)
from a2e_async.markers import foreign_marker
from a2e_async.records import JSONObject, task_id_of

__all__ = ["as_moderation_error", "rejection_of", "tasks_made"]

_WORD_KEYS = (
    "message",
    "msg",
    "failed_message",
    "fail_reason",
    "error_message",
    "err_message",
    "error",
    "detail",
)
_SILENT = frozenset({"code", "success", "data", "message", "msg", "trace_id", "timestamp"})


def tasks_made(
    reply: Any, call: Call, marker: str | None, is_claimed: Callable[[str | None], bool]
) -> Sequence[JSONObject]:
    """Return the tasks in the reply to a start.

    Args:
        reply: the whole body of a reply that says success.
        call: the start.
        marker: its marker, if it carries one.
        is_claimed: whether a task belongs to another start.

    Raises:
        TaskRejected: no task was made, as the reply says.
        UnexpectedReply: the reply names no task, or one of another start: a task may have been made.
    """
    records = tasks_in(reply)
    # A start that continues an existing task, such as the further training of a twin, names that task
    # and is answered with no more than a success.
    known = (call.body or {}).get("_id")

    for record in records:
        name = record.get("name")
        foreign = foreign_marker(name, marker) if isinstance(name, str) else None
        task_id = task_id_of(record)
        if task_id is not None and task_id == known:
            continue  # the task that is continued keeps the name of its first start
        if foreign or (is_claimed(task_id) and _differs(record, call.body or {})):
            raise _unclear(call, reply, f"the reply is about another start ({foreign or task_id})")
    if records:
        return records

    words = " ".join(_words_in(reply, call.body or {}))
    if refuses(words):
        raise TaskRejected(f"no task was made: {words}", body=reply)
    if isinstance(known, str) and _is_silent(reply):
        return [{"_id": known}]
    raise _unclear(call, reply, f"the reply names no id{f' ({words})' if words else ''}")


def _differs(record: JSONObject, body: Mapping[str, Any]) -> bool:
    """Whether a record shows other inputs than those that were sent."""
    texts = [key for key, value in body.items() if isinstance(value, str) and key != "name"]
    return any(isinstance(record.get(key), str) and record[key] != body[key] for key in texts)


def rejection_of(error: Exception | None) -> TaskRejected | None:
    """The error of a start whose reply said success without a task, once it is certain that none was made."""
    if not isinstance(error, UnclearReply):
        return None
    return TaskRejected(f"no task was made: {error.message}", body=error.body)


def as_moderation_error(error: Exception, body: Mapping[str, Any]) -> ModerationError | None:
    """The error of a start that was refused for content or rights, whatever status the service chose."""
    plain = isinstance(error, InvalidRequest | PermissionDenied) or type(error) is APIError
    if not plain or not isinstance(error, APIError) or error.status >= 500:
        return None

    if not is_final_refusal(_without_inputs(error.message, body), error.code):
        return None

    return ModerationError(
        error.message,
        status=error.status,
        code=error.code,
        trace_id=error.trace_id,
        method=error.method,
        path=error.path,
        body=error.body,
    )


class UnclearReply(UnexpectedReply):
    """A reply that says success without a task of this start."""


def _unclear(call: Call, reply: Any, problem: str) -> UnexpectedReply:
    return UnclearReply(problem, status=200, method=call.method, path=call.path, body=reply)


def _is_silent(reply: Any) -> bool:
    """Whether a reply holds nothing but a success."""
    if not isinstance(reply, Mapping):
        return not reply
    data = reply.get("data")
    nothing = not data or data is True or (isinstance(data, Mapping) and data.keys() <= _SILENT)
    return nothing and reply.keys() <= _SILENT


def _words_in(reply: Any, body: Mapping[str, Any]) -> Iterator[str]:
    """What a reply without a task says, without the inputs that it may repeat."""
    if isinstance(reply, str):
        yield _without_inputs(reply, body)
    elif isinstance(reply, list):
        for item in reply[:8]:
            yield from _words_in(item, body)
    elif isinstance(reply, Mapping):
        for key in _WORD_KEYS:
            if reply.get(key) and isinstance(reply[key], str | Mapping):
                yield from _words_in(reply[key], body)
        yield from _words_in(reply.get("data"), body)


def _without_inputs(text: str, body: Mapping[str, Any]) -> str:
    """Take a start's own texts out of a message: a prompt may hold the words of a refusal."""
    for value in body.values():
        if isinstance(value, str) and len(value) > 3:
            text = text.replace(value, "...")
    return text.strip()[:500]
