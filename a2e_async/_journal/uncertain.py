"""Starts of a bulk run whose outcome is not known, and what a person decides about them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Self

import attrs

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.sqlite.rows import entry_from, put_row, save_entry
from a2e_async._spec.field import checked_id
from a2e_async.errors import InvalidArgument
from a2e_async.plain import Plain

__all__ = ["UncertainStart", "advice", "bind", "release"]


@attrs.frozen
class UncertainStart(Plain):
    """A start of which it is not known whether it made a task.

    Attributes:
        number: the number of its entry in the journal.
        key: the key of its job.
        workflow: the name of the workflow.
        marker: the text in the task's ``name`` to search for; None if the workflow's tasks have no name.
        sent: when it was sent, in seconds since the epoch.
        coins: what it may have cost, as far as that was known.
        asked: what the job asks for, without contents of files and without secrets. Empty if an older
            version wrote the journal.
    """

    number: int
    key: str
    workflow: str
    marker: str | None = None
    sent: float = 0.0
    coins: float = 0.0
    asked: Mapping[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Make it of the journal's entry."""
        asked = json.loads(entry.asked) if entry.asked else {}
        return cls(entry.number, entry.key, entry.workflow, entry.marker, entry.sent, entry.reserved, asked)


def release(db: sqlite3.Connection, start: UncertainStart) -> None:
    """Write down that the start has made no task, so that the next run starts the job again.

    Raises:
        InvalidArgument: the outcome of the start is known.
    """
    entry, seen = _find(db, start)
    entry.state = State.FAILED if entry.error else State.NEW
    entry.marker = None
    save_entry(db, entry, seen)


def bind(db: sqlite3.Connection, start: UncertainStart, task_id: str) -> None:
    """Write down which task the start has made, so that the next run waits for it.

    Raises:
        InvalidArgument: the outcome of the start is known, the id is invalid, or the task belongs to another
            job.
    """
    entry, seen = _find(db, start)
    task = json.dumps(checked_id("task_id", task_id))

    known = db.execute(
        "SELECT job FROM tasks WHERE id = ? AND workflow = ?", (task, entry.workflow)
    ).fetchone()
    if known is not None and known["job"] != entry.number:
        raise InvalidArgument("task_id", f"{task_id!r} is the task of another job in the journal")

    entry.accept([{"_id": task_id}], 0.0)
    save_entry(db, entry, seen)
    put_row(db, "tasks", (task, entry.workflow, entry.number))


def advice(path: Any, key: str) -> str:
    """What to do about an uncertain start, for the end of an error message."""
    release = f"`a2e journal {path} --release {key!r}` lets the next run start it again"
    return (
        f"then {release}, and `--bind {key!r} ID` takes up the task that was found "
        "(in Python: run.release, run.bind)"
    )


def _find(db: sqlite3.Connection, start: UncertainStart) -> tuple[Entry, int]:
    """The entry of an uncertain start, and the run that took it last."""
    if not isinstance(start, UncertainStart):
        raise InvalidArgument("start", f"{start!r} is not one of those that `uncertain` returns")
    row = db.execute("SELECT * FROM jobs WHERE number = ?", (start.number,)).fetchone()
    entry = None if row is None else entry_from(row)
    if row is None or entry is None or entry.key != start.key or entry.state != State.STARTING:
        raise InvalidArgument("start", f"the start of {start.key!r} is not uncertain")
    return entry, int(row["seen"])
