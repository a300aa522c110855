"""Journals of format 1, which older versions wrote, are brought to the current format."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.sqlite.rows import TABLES, insert_entry, put_row
from a2e_async._journal.values import read_entry
from a2e_async.errors import JournalError

__all__ = ["OLD_JOB_COLUMNS", "migrate"]

OLD_JOB_COLUMNS = (
    "number", "key", "workflow", "state", "seen", "attempts", "marker", "sent", "reserved", "coins",
    "records", "error", "files",
)  # fmt: skip
_OLD_TABLES = {"jobs": OLD_JOB_COLUMNS, "tasks": TABLES["tasks"], "uploads": TABLES["uploads"]}


def migrate(db: sqlite3.Connection, path: Path, create: str) -> None:
    """Rewrite a journal of format 1, in the transaction that is open.

    What its jobs asked for was not written down. Their entries are kept without it.

    Args:
        db: the connection.
        path: the file, for messages.
        create: the statements that create the current tables.

    Raises:
        JournalError: the journal is damaged.
    """
    old = {name: _rows(db, path, name) for name in _OLD_TABLES}
    for statement in ("DROP INDEX jobs_by_key", *(f"DROP TABLE {name}" for name in _OLD_TABLES)):
        db.execute(statement)
    for statement in create.split(";"):
        db.execute(statement)

    known = {row["job"] for row in old["tasks"]}
    numbers: dict[int, int] = {}
    for row in old["jobs"]:
        entry = _entry(path, row, known)
        insert_entry(db, entry, _seen(path, row))
        numbers[row["number"]] = entry.number

    for row in old["tasks"]:
        put_row(db, "tasks", (json.dumps(row["id"]), row["workflow"], numbers.get(row["job"], 0)))
    for row in old["uploads"]:
        put_row(db, "uploads", tuple(row[name] for name in TABLES["uploads"]))


def _rows(db: sqlite3.Connection, path: Path, table: str) -> list[Mapping[str, Any]]:
    """The rows of a table of format 1."""
    found = tuple(row["name"] for row in db.execute(f"PRAGMA table_info({table})"))
    if found != _OLD_TABLES[table]:
        raise JournalError(f"{path} is damaged: its table {table} is not one of format 1")
    return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608 - the table names are ours


def _entry(path: Path, row: Mapping[str, Any], known: set[Any]) -> Entry:
    """Read an entry. Without checksums, what contradicts itself is all that can be noticed."""
    entry = read_entry({**row, "digest": None, "path_digest": None, "asked": None})

    made = entry.attempts > 0 or bool(entry.records) or row["number"] in known
    if entry.state == State.NEW and made:
        raise JournalError(f"{path} is damaged: the entry of {entry.key!r} is new, but tasks of it are known")
    if entry.state in (State.ACCEPTED, State.DONE) and not entry.records:
        raise JournalError(f"{path} is damaged: the entry of {entry.key!r} is {entry.state} without a task")
    return entry


def _seen(path: Path, row: Mapping[str, Any]) -> int:
    if not isinstance(row["seen"], int):
        raise JournalError(f"{path} is damaged: the entry of {row['key']!r}: seen is {row['seen']!r}")
    return row["seen"]
