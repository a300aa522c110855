"""Which failures of a job are final, so that starting it again would pay for the same end. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from a2e_async._journal.entries import Entry
from a2e_async._tasks.refusals import is_final_refusal
from a2e_async._tasks.status import CODE_KEYS, failure_reason
from a2e_async.errors import APIError, ModerationError, TaskRejected
from a2e_async.failures import Failure, classify
from a2e_async.records import JSONObject, task_status_of

__all__ = ["finally_refused", "refuses_finally"]

_CODE_KEYS = (*CODE_KEYS, "code")


def finally_refused(entry: Entry) -> bool:
    """Whether the last task of a failed entry was refused for good, as its record or its error says."""
    error = entry.error or {}
    said = [(str(error.get("message") or ""), error.get("code"))]
    for raw in entry.records:
        said += _words_of(raw)
    return any(is_final_refusal(text, code if isinstance(code, str | int) else None) for text, code in said)


def refuses_finally(error: Exception) -> bool:
    """Whether the error of a start says that this job is refused for good."""
    if isinstance(error, TaskRejected | ModerationError):
        return True
    if not isinstance(error, APIError) or classify(error) is not Failure.FINAL:
        return False
    return is_final_refusal(error.message, error.code)


def _words_of(raw: JSONObject) -> Iterator[tuple[str, Any]]:
    """The status and the reason of a record, each with its codes."""
    codes = [raw.get(key) for key in _CODE_KEYS if raw.get(key) not in (None, "")]
    for code in codes or [None]:
        yield f"{task_status_of(raw) or ''} {failure_reason(raw)}", code
