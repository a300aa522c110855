"""What a person decides about the uncertain starts in a SQLite file."""

from __future__ import annotations

import json
import sqlite3

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.sqlite.rows import entry_from, put_row, save_entry
from a2e_async._journal.uncertain import UncertainStart
from a2e_async._spec.field import checked_id
from a2e_async.errors import InvalidArgument

__all__ = ["bind", "release"]


def release(db: sqlite3.Connection, start: UncertainStart) -> None:
    """Write down that the start has made no task, so that the next run starts the job again.

    Raises:
        InvalidArgument: the outcome of the start is known.
    """
    entry, seen = _find(db, start)
    entry.undo_start()
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


def _find(db: sqlite3.Connection, start: UncertainStart) -> tuple[Entry, int]:
    """The entry of an uncertain start, and the run that took it last."""
    if not isinstance(start, UncertainStart):
        raise InvalidArgument("start", f"{start!r} is not one of those that `uncertain` returns")
    row = db.execute("SELECT * FROM jobs WHERE number = ?", (start.number,)).fetchone()
    entry = None if row is None else entry_from(row)
    if row is None or entry is None or entry.key != start.key or entry.state != State.STARTING:
        raise InvalidArgument("start", f"the start of {start.key!r} is not uncertain")
    return entry, int(row["seen"])
