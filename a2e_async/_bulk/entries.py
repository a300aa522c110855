"""What the journal of a bulk run knows of one job. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from a2e_async import errors
from a2e_async.errors import A2EError, APIError, TaskError, TaskFailed, TaskNotFound, TaskRejected
from a2e_async.records import JSONObject, TaskRecord

__all__ = ["Entry", "State", "describe_error", "error_from", "strip_inputs", "with_inputs"]

_IDS = frozenset({"_id", "id", "task_id"})


class State:
    """The states of an entry."""

    NEW = "new"
    STARTING = "starting"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"


@attrs.define
class Entry:
    """What the journal knows of one job.

    Attributes:
        number: its row; 0 where there is no journal.
        key: what it is recognised by.
        workflow: the name of the job's workflow.
        state: one of `State`.
        attempts: starts that were accepted.
        marker: of the last start.
        sent: when that was sent, in seconds since the epoch.
        reserved: coins that it may cost.
        coins: charged so far, all attempts together.
        records: of the last attempt's tasks, as last seen; see `strip_inputs`.
        error: why it failed; see `describe_error`.
        files: what was downloaded: ``path`` and ``size``; None if nothing was yet.
        repeated: this key was already given in this run.
    """

    number: int
    key: str
    workflow: str
    state: str = State.NEW
    attempts: int = 0
    marker: str | None = None
    sent: float = 0.0
    reserved: float = 0.0
    coins: float = 0.0
    records: Sequence[JSONObject] = ()
    error: Mapping[str, Any] | None = None
    files: Sequence[Mapping[str, Any]] | None = None
    repeated: bool = False

    def accept(self, records: Sequence[JSONObject], coins: float) -> None:
        """The start was accepted and made these tasks, for so many coins."""
        self.state, self.records = State.ACCEPTED, records
        self.attempts += 1
        self.coins += coins

    def end(self, records: Sequence[JSONObject], error: Exception | None) -> None:
        """The tasks have ended, or there will be none."""
        self.state = State.FAILED if error else State.DONE
        self.records = records
        self.error = describe_error(error) if error else None


def strip_inputs(record: JSONObject, body: Mapping[str, Any]) -> JSONObject:
    """What is kept of a task's record: neither secrets nor the inputs as they were given."""
    return {
        key: value
        for key, value in record.items()
        if key in _IDS or ("token" not in key.lower() and not (key in body and body[key] == value))
    }


def with_inputs(record: JSONObject, body: Mapping[str, Any]) -> JSONObject:
    """The record again, as far as the job's body has what was left out."""
    return {**{key: value for key, value in body.items() if _is_json(value)}, **record}


def describe_error(error: Exception) -> Mapping[str, Any]:
    """What is kept of an error: ``type``, ``message``, and ``status`` and ``code`` where it has any."""
    if isinstance(error, APIError):
        known = {"message": error.message, "status": error.status, "code": error.code}
    else:
        known = {"message": error.reason if isinstance(error, TaskFailed) else str(error)}
    return {"type": type(error).__name__, **known}


def error_from(entry: Entry, record: TaskRecord | None) -> A2EError:
    """The error again that an entry failed with.

    Args:
        entry: the entry.
        record: of its task, if it had one.
    """
    note = entry.error or {}
    message = str(note.get("message") or "failed in an earlier run")
    kind = getattr(errors, str(note.get("type")), None)
    task_id = record.id if record else None
    if kind is TaskFailed and record is not None:
        return TaskFailed(message, record=record)
    if kind is TaskNotFound:
        return TaskNotFound(message, task_id=task_id)
    if kind is TaskRejected:
        return TaskRejected(message)
    if isinstance(kind, type) and issubclass(kind, APIError):
        return kind(message, status=int(note.get("status") or 0), code=note.get("code"))
    return TaskError(message, task_id=task_id)


def _is_json(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_json(item) for item in value)
    if isinstance(value, Mapping):
        return all(_is_json(member) for member in value.values())
    return value is None or isinstance(value, str | int | float)
