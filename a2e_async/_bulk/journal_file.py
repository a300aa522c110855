"""The SQLite file of a journal: its tables, its lock, and the checks before it is used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from a2e_async.errors import JournalError

__all__ = ["open_journal"]

_APPLICATION = 0x41324531  # "A2E1": marks a SQLite file as a journal
_VERSION = 1
_SCHEMA = """
CREATE TABLE jobs (
    number   INTEGER PRIMARY KEY,
    key      TEXT NOT NULL,
    workflow TEXT NOT NULL,
    state    TEXT NOT NULL,
    seen     INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    marker   TEXT,
    sent     REAL NOT NULL DEFAULT 0,
    reserved REAL NOT NULL DEFAULT 0,
    coins    REAL NOT NULL DEFAULT 0,
    records  TEXT NOT NULL DEFAULT '[]',
    error    TEXT,
    files    TEXT
);
CREATE INDEX jobs_by_key ON jobs (key, seen);
CREATE TABLE tasks (id TEXT PRIMARY KEY, workflow TEXT NOT NULL, job INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE uploads (
    sha256 TEXT NOT NULL, content_type TEXT NOT NULL, size INTEGER NOT NULL,
    url TEXT NOT NULL, made REAL NOT NULL,
    PRIMARY KEY (sha256, content_type, size)
) WITHOUT ROWID;
"""


def open_journal(path: Path) -> tuple[sqlite3.Connection, int]:
    """Open the file of a journal and lock it; create it if there is none.

    Returns:
        The connection and the number of this run.

    Raises:
        JournalError: the file is in use by another process, damaged, from a newer version, or not a journal.
    """
    if not path.parent.is_dir():
        raise JournalError(f"{path}: there is no folder {path.parent}")

    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        # In this mode the lock is kept until the connection is closed, also between transactions.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA synchronous = FULL")
        _check(connection, path)
        return connection, _begin_run(connection)
    except sqlite3.OperationalError as error:
        _close(connection)
        if "locked" in str(error):
            raise JournalError(f"{path} is in use by another run") from None
        raise JournalError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        _close(connection)
        raise JournalError(f"{path} is damaged or not a journal: {error}") from error
    except BaseException:
        _close(connection)
        raise


def _begin_run(connection: sqlite3.Connection) -> int:
    """Take the lock, create the tables of a new journal, and return the number of this run."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN EXCLUSIVE")
    if _is_empty(connection):
        _create(connection)
    run: int = connection.execute("SELECT coalesce(max(seen), 0) + 1 FROM jobs").fetchone()[0]
    connection.execute("COMMIT")
    return run


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not a usable journal, before anything is written to it."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]

    if application != _APPLICATION and not _is_empty(connection):
        raise JournalError(f"{path} is a database, but not a journal of a2e_async")
    if version > _VERSION:
        raise JournalError(f"{path} was written by a newer version (format {version}, known: {_VERSION})")

    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise JournalError(f"{path} is damaged: {damage}")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def _create(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
