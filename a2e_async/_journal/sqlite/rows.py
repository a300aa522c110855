"""The rows of a journal: how an entry is written, and how it is read without guessing."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from a2e_async._journal.entries import Entry
from a2e_async._journal.values import damaged_entry, read_entry, storable, values_of

__all__ = [
    "JOB_COLUMNS",
    "TABLES",
    "checksum_of",
    "entry_from",
    "insert_entry",
    "is_damaged",
    "put_row",
    "save_entry",
]

JOB_COLUMNS = (
    "number", "key", "workflow", "state", "seen", "attempts", "marker", "sent", "reserved", "coins",
    "records", "error", "files", "digest", "path_digest", "asked",
)  # fmt: skip
TABLES = {
    "jobs": JOB_COLUMNS,
    "tasks": ("id", "workflow", "job"),
    "uploads": ("sha256", "content_type", "size", "url", "made"),
}
"""The tables and their columns; each has a checksum as well."""

_in_order = itemgetter(*JOB_COLUMNS)
_PLACES = {name: ", ".join("?" * (len(columns) + 1)) for name, columns in TABLES.items()}
_ASSIGNED = ", ".join(f"{name} = ?" for name in (*JOB_COLUMNS, "checksum"))


def checksum_of(values: Sequence[Any]) -> str:
    """The checksum of a row.

    Raises:
        TypeError: the row holds a value that no journal writes.
    """
    text = json.dumps(list(values))
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def is_damaged(row: Sequence[Any]) -> bool:
    """Whether a row, with its checksum at the end, is not what was written."""
    try:
        return bool(checksum_of(row[:-1]) != row[-1])
    except (TypeError, ValueError):
        return True


def _row_of(entry: Entry, seen: int) -> tuple[Any, ...]:
    """The row of an entry, with its checksum at the end.

    Args:
        entry: the entry.
        seen: the run that took it last.
    """
    known = values_of(entry)
    known["seen"] = seen
    values = _in_order(known)
    return (*values, checksum_of(values))


def save_entry(db: sqlite3.Connection, entry: Entry, seen: int) -> None:
    """Write an entry into its row.

    Args:
        db: the connection.
        entry: the entry.
        seen: the run that took it last.
    """
    db.execute(f"UPDATE jobs SET {_ASSIGNED} WHERE number = ?", (*_row_of(entry, seen), entry.number))  # noqa: S608 - names and places are ours, the values are parameters


def insert_entry(db: sqlite3.Connection, entry: Entry, seen: int) -> None:
    """Write a new entry into a new row, and give it the row's number; see `save_entry`."""
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    entry.number = (last[0] if last else 0) + 1
    db.execute(f"INSERT INTO jobs VALUES ({_PLACES['jobs']})", _row_of(entry, seen))  # noqa: S608 - names and places are ours, the values are parameters


def put_row(db: sqlite3.Connection, table: str, values: Sequence[Any]) -> None:
    """Write a row of another table, in the place of one with the same key."""
    values = [storable(value) for value in values]
    db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({_PLACES[table]})", (*values, checksum_of(values)))  # noqa: S608 - names and places are ours, the values are parameters


def entry_from(row: Any) -> Entry:
    """Read an entry.

    Raises:
        JournalError: the row is damaged, or its state is not known.
    """
    if is_damaged(tuple(row)):
        raise damaged_entry(row["key"], "its checksum is wrong")
    if not isinstance(row["seen"], int):
        raise damaged_entry(row["key"], f"seen is {row['seen']!r}")
    return read_entry({name: row[name] for name in JOB_COLUMNS})
