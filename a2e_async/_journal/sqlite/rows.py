"""The rows of a journal: how an entry is written, and how it is read without guessing."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from a2e_async._journal.entries import Entry, State
from a2e_async.errors import JournalError

__all__ = [
    "JOB_COLUMNS",
    "STATES",
    "TABLES",
    "checksum_of",
    "entry_from",
    "insert_entry",
    "is_damaged",
    "loads_id",
    "put_row",
    "read_entry",
    "save_entry",
    "storable",
]

STATES = frozenset({State.NEW, State.STARTING, State.ACCEPTED, State.DONE, State.FAILED, State.REPLACED})
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

_PLACES = {name: ", ".join("?" * (len(columns) + 1)) for name, columns in TABLES.items()}
_ASSIGNED = ", ".join(f"{name} = ?" for name in (*JOB_COLUMNS, "checksum"))
_DEEPEST = 100  # levels of a stored record
_LARGEST = 2**63  # whole numbers beyond this are not stored
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "number": int,
    "key": str,
    "workflow": str,
    "state": str,
    "seen": int,
    "attempts": int,
    "marker": (str, type(None)),
    "sent": float,
    "reserved": float,
    "coins": float,
}


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
    values = (
        entry.number,
        entry.key,
        entry.workflow,
        entry.state,
        seen,
        entry.attempts,
        entry.marker,
        float(entry.sent),
        float(entry.reserved),
        float(entry.coins),
        _dump(list(entry.records)),
        None if entry.error is None else _dump(entry.error),
        None if entry.files is None else _dump(list(entry.files)),
        entry.digest,
        entry.path_digest,
        entry.asked,
    )

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
        raise _damaged(row["key"], "its checksum is wrong")
    return read_entry({name: row[name] for name in JOB_COLUMNS})


def read_entry(row: Mapping[str, Any]) -> Entry:
    """Read an entry from the values of its columns.

    Raises:
        JournalError: a value is not one that a journal writes.
    """
    key = row["key"]
    for name, kind in _TYPES.items():
        if not isinstance(row[name], kind):
            raise _damaged(key, f"{name} is {row[name]!r}")
    if row["state"] not in STATES:
        raise _damaged(key, f"its state {row['state']!r} is not known")

    return Entry(
        number=row["number"],
        key=key,
        workflow=row["workflow"],
        state=row["state"],
        attempts=row["attempts"],
        marker=row["marker"],
        sent=row["sent"],
        reserved=row["reserved"],
        coins=row["coins"],
        records=_load(key, row["records"], list, Mapping) or [],
        error=_load(key, row["error"], dict),
        files=_load(key, row["files"], list, Mapping),
        digest=row["digest"],
        path_digest=row["path_digest"],
        asked=row["asked"],
    )


def storable(value: Any, depth: int = 0) -> Any:
    """A value as it is stored: odd numbers from the service become None, which means unknown."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None

    if depth >= _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(key): storable(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item, depth + 1) for item in value]
    return None


def loads_id(text: str) -> str:
    """A task's id from the table of tasks, where it is written as JSON."""
    return str(json.loads(text))


def _dump(value: Any) -> str:
    # Escaped as ASCII, so that a lone surrogate can be written too.
    return json.dumps(storable(value))


def _load(key: Any, text: Any, kind: type[list[Any]] | type[dict[str, Any]], item: type = object) -> Any:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError) as problem:
        raise _damaged(key, str(problem)) from None
    if not isinstance(value, kind) or not all(isinstance(one, item) for one in value):
        raise _damaged(key, "a value has a wrong type")
    return value


def _damaged(key: Any, problem: str) -> JournalError:
    return JournalError(f"the journal is damaged: the entry of {key!r}: {problem}")
