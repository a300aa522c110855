"""The journal's entry for one job of a bulk run. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from a2e_async import errors
from a2e_async._journal.asked import Asked, without_delivery
from a2e_async.errors import A2EError, APIError, TaskError, TaskFailed, TaskNotFound, TaskRejected
from a2e_async.records import JSONObject, TaskRecord

__all__ = [
    "Entry",
    "State",
    "describe_error",
    "error_from",
    "strip_inputs",
    "with_inputs",
]

_IDS = frozenset({"_id", "id", "task_id"})


class State:
    """The states of an entry."""

    NEW = "new"
    STARTING = "starting"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    REPLACED = "replaced"  # its key was given to a job that asks for something else


@attrs.define
class Entry:
    """The journal's entry for one job.

    Attributes:
        number: its row in the journal; 0 without a journal.
        key: the key that identifies the job in later runs.
        workflow: the name of the job's workflow.
        state: one of `State`.
        attempts: accepted starts.
        marker: the marker of the last start, if it had one.
        sent: when the last start was sent, in seconds since the epoch.
        reserved: coins that the last start may cost.
        coins: coins charged so far, for all attempts together.
        records: the last known records of the last attempt's tasks; see `strip_inputs`.
        error: why the job failed; see `describe_error`.
        files: the downloaded files, each with ``path`` and ``size``; None before the download.
        digest, path_digest, asked: what was asked, see `Asked`; None if an older version wrote the entry.
        saving: its files are being downloaded; kept by a shared journal only.
        age: seconds since the last start was sent, when the entry was taken.
        is_held: another worker has the job.
        version: counts what a shared journal wrote about the entry.
        leased: when a shared journal recorded its start, in seconds of the lease's clock.
        place: which of the jobs with the same key it is, from 0, in a shared journal.
        repeated: an earlier job of this run has the same key.
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
    digest: str | None = None
    path_digest: str | None = None
    asked: str | None = None
    saving: bool = False
    age: float = attrs.field(default=0.0, eq=False)
    is_held: bool = False
    version: int = 0
    leased: float = 0.0
    place: int = 0
    repeated: bool = False

    @property
    def needs_files(self) -> bool:
        """Whether the job has to be started, for which its files are needed."""
        return self.state in (State.NEW, State.REPLACED)

    def ask(self, asked: Asked) -> None:
        """Note what the job asks for."""
        self.digest, self.asked = asked.digest, asked.copy
        # Without files there is nothing to find by a path.
        self.path_digest = None if asked.path_digest == asked.digest else asked.path_digest

    @property
    def may_be_paid(self) -> bool:
        """Whether it has a start whose end is not known."""
        return self.state in (State.STARTING, State.ACCEPTED)

    def undo_start(self) -> None:
        """Note that the last start made no task: it is as if it had not been sent."""
        self.state = State.FAILED if self.error else State.NEW
        self.marker = None

    def accept(self, records: Sequence[JSONObject], coins: float) -> None:
        """Note that the start was accepted: the records of its tasks, and the coins charged."""
        self.state, self.records = State.ACCEPTED, records
        self.attempts += 1
        self.coins += coins

    def end(self, records: Sequence[JSONObject], error: Exception | None, coins: float = 0.0) -> None:
        """Note that the tasks have ended, or that there will be none.

        Args:
            records: the last records of the tasks.
            error: why the job failed; None if it did not.
            coins: coins that only the last records show.
        """
        self.state = State.FAILED if error else State.DONE
        self.records = records
        self.coins += coins
        self.error = describe_error(error) if error else None


def strip_inputs(record: JSONObject, body: Mapping[str, Any]) -> JSONObject:
    """A task's record as it is stored: without secrets, and without inputs that repeat the job's body."""
    return {
        key: value
        for key, value in without_delivery(record).items()
        if key in _IDS or ("token" not in key.lower() and not (key in body and body[key] == value))
    }


def with_inputs(record: JSONObject, body: Mapping[str, Any]) -> JSONObject:
    """A stored record with its inputs put back from the job's body, where they are JSON."""
    inputs = without_delivery(body)
    return {**{key: value for key, value in inputs.items() if _is_json(value)}, **record}


def describe_error(error: Exception) -> Mapping[str, Any]:
    """An error as it is stored: ``type`` and ``message``; ``status`` and ``code`` of an `APIError`."""
    if isinstance(error, APIError):
        known = {"message": error.message, "status": error.status, "code": error.code}
    else:
        known = {"message": error.reason if isinstance(error, TaskFailed) else str(error)}
    return {"type": type(error).__name__, **known}


def error_from(entry: Entry, record: TaskRecord | None) -> A2EError:
    """Rebuild the error of a failed entry.

    Args:
        entry: the entry.
        record: the record of its task, if it had one.

    Returns:
        An error of the stored type; a `TaskError` where that type cannot be rebuilt.
    """
    stored = entry.error or {}
    message = str(stored.get("message") or "failed in an earlier run")
    kind = getattr(errors, str(stored.get("type")), None)
    task_id = record.id if record else None

    if kind is TaskFailed and record is not None:
        return TaskFailed(message, record=record)
    if kind is TaskNotFound:
        return TaskNotFound(message, task_id=task_id)
    if kind is TaskRejected:
        return TaskRejected(message)
    if isinstance(kind, type) and issubclass(kind, APIError):
        return kind(message, status=int(stored.get("status") or 0), code=stored.get("code"))

    return TaskError(message, task_id=task_id)


def _is_json(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_json(item) for item in value)
    if isinstance(value, Mapping):
        return all(_is_json(member) for member in value.values())
    return value is None or isinstance(value, str | int | float)
