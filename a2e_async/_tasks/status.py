"""Read from a task's record whether it has ended, how and why. No I/O.

Each family has its own words for a status. An unknown word never ends a task.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime

from a2e_async.records import JSONObject, task_status_of

__all__ = ["created_at", "failure_reason", "has_failed", "is_final", "is_moderated"]

_SUCCEEDED = frozenset(
    {"completed", "complete", "success", "succeeded", "done", "finished", "ready", "trained"}
)
_FAILED = frozenset(
    {"failed", "fail", "failure", "error", "canceled", "cancelled", "rejected", "timeout", "expired"}
)
_REFUSED = re.compile(r"nsfw|nfsw")
_MODERATED = re.compile(r"nsfw|nfsw|moderat|sensitive|minor|policy|prohibited|inappropriate|violat")
_REASON_KEYS = ("failed_message", "faild_message", "fail_reason", "failed_reason", "msg", "message", "error")


def is_final(raw: JSONObject) -> bool:
    """Whether the task has ended, well or badly."""
    return _ended_well(task_status_of(raw)) is not None


def has_failed(raw: JSONObject) -> bool:
    """Whether the task has ended without a result."""
    return _ended_well(task_status_of(raw)) is False


@functools.lru_cache(maxsize=256)
def _ended_well(status: str | None) -> bool | None:
    """True if the status means success, False if it means failure, None if the task has not ended."""
    if status is None:
        return None
    if status in _FAILED or _REFUSED.search(status):
        return False
    return True if status in _SUCCEEDED else None


def is_moderated(raw: JSONObject) -> bool:
    """Whether the task failed because of its content, so that another attempt would fail as well."""
    return _MODERATED.search(f"{task_status_of(raw)} {failure_reason(raw)}".lower()) is not None


def failure_reason(raw: JSONObject) -> str:
    """Why the task failed, in the service's words; its status if the service gives no reason."""
    for key in _REASON_KEYS:
        value = raw.get(key)
        if isinstance(value, str) and value:
            return value
    return task_status_of(raw) or "no reason given"


def created_at(raw: JSONObject) -> float | None:
    """When the service created the record, in seconds since the epoch; None if it is missing or invalid."""
    value = raw.get("createdAt")
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
