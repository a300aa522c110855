"""The SQLite file of a journal: its tables, its lock, and the checks before it is used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import attrs

from a2e_async._journal.sqlite.errors import journal_error, naming
from a2e_async._journal.sqlite.migration import migrate
from a2e_async._journal.sqlite.owner import claim
from a2e_async._journal.sqlite.rows import TABLES, is_damaged
from a2e_async._journal.sqlite.run_lock import RunLock
from a2e_async.errors import InvalidArgument, JournalError

__all__ = ["OpenedFile", "check_kind", "open_journal", "version_of"]

_APPLICATION = 0x41324531  # "A2E1": marks a SQLite file as a journal
_VERSION = 2
_SYNCHRONOUS = "FULL"  # what is committed is on the disk
_PATIENCE = 10_000  # milliseconds for which a run waits for another program that holds the file
_SCHEMA = """
CREATE TABLE jobs (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL,
    workflow    TEXT NOT NULL,
    state       TEXT NOT NULL,
    seen        INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    marker      TEXT,
    sent        REAL NOT NULL,
    reserved    REAL NOT NULL,
    coins       REAL NOT NULL,
    records     TEXT NOT NULL,
    error       TEXT,
    files       TEXT,
    digest      TEXT,
    path_digest TEXT,
    asked       TEXT,
    checksum    TEXT NOT NULL
);
CREATE INDEX jobs_by_key ON jobs (key, seen);
CREATE INDEX jobs_by_path ON jobs (path_digest) WHERE path_digest IS NOT NULL;
CREATE TABLE tasks (
    id TEXT PRIMARY KEY, workflow TEXT NOT NULL, job INTEGER NOT NULL, checksum TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE uploads (
    sha256 TEXT NOT NULL, content_type TEXT NOT NULL, size INTEGER NOT NULL,
    url TEXT NOT NULL, made REAL NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (sha256, content_type, size)
) WITHOUT ROWID
"""


@attrs.frozen
class OpenedFile:
    """The file of a journal, open and locked.

    Attributes:
        connection: its connection; it may be used from any thread.
        lock: keeps other runs away.
        run: the number of this run.
        damaged: the keys of damaged entries, as far as they can be read.
        has_old: an older version wrote some of the entries.
    """

    connection: sqlite3.Connection
    lock: RunLock
    run: int
    damaged: Sequence[str]
    has_old: bool

    def close(self) -> None:
        """Close the file and let other runs in. Blocks."""
        # Everything that counts is on disk already.
        with suppress(Exception):
            self.connection.close()
        self.lock.release()


def open_journal(path: Path, account: str | None = None) -> OpenedFile:
    """Open the file of a journal and lock it; create it if there is none.

    Args:
        path: the file.
        account: which account its jobs are paid by; None if nothing is started.

    Raises:
        JournalError: the file is in use by another process, damaged, from a newer version, or not a journal.
        InvalidArgument: it belongs to another account.
    """
    try:
        if not path.parent.is_dir():
            raise JournalError(f"{path}: there is no folder {path.parent}; create it, or name another file")
        if path.is_dir():
            raise JournalError(f"{path}: unable to open it: it is a folder; name a file in it")
        lock = RunLock(path)
    except (OSError, ValueError) as error:
        raise journal_error(path, error) from error

    connection: sqlite3.Connection | None = None
    try:
        _check_not_emptied(path)
        connection = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        check_kind(connection, path)
        _check_pages(connection, path)
        _prepare(connection, path)
        if account is not None:
            claim(connection, account)
        return _begin_run(connection, lock)
    except BaseException as error:
        if connection is not None:
            with suppress(Exception):
                connection.close()
        lock.release()
        if isinstance(error, JournalError):
            raise naming(path, error) from None
        if isinstance(error, Exception) and not isinstance(error, MemoryError | InvalidArgument):
            raise journal_error(path, error) from error
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables of a new journal, or bring those of an old one up to date."""
    # In this mode a reader never blocks the run, nor the run a reader. Some file systems have no shared
    # memory, which it needs; there the file is locked for as long as the run goes on.
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")

    # Each commit goes into the journal's own file at once. So what a job has acted upon never depends on a
    # second file, whose last part could be lost without a trace.
    connection.execute("PRAGMA wal_autocheckpoint = 1")
    connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
    connection.execute("PRAGMA temp_store = MEMORY")  # no further file, for which there may be no descriptor

    connection.execute("BEGIN EXCLUSIVE")
    if _is_empty(connection):
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
    elif version_of(connection) < _VERSION:
        migrate(connection, path, _SCHEMA)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")

    # A backup or a browser may hold the file for a moment; the other runs are kept away by the lock.
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE}")


def _begin_run(connection: sqlite3.Connection, lock: RunLock) -> OpenedFile:
    damaged = _damaged_jobs(connection)
    # Damaged entries do not count: their numbers may be anything.
    rows = connection.execute("SELECT seen, digest IS NULL AS old FROM jobs WHERE typeof(seen) = 'integer'")
    run, has_old = 0, False
    for row in rows:
        run, has_old = max(run, row["seen"]), has_old or bool(row["old"])
    return OpenedFile(connection, lock, min(run, 2**62) + 1, damaged, has_old)


def check_kind(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not a journal of a known format, before anything is written to it.

    Raises:
        JournalError: it is not a journal, from a newer version, or damaged.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = version_of(connection)

    if application != _APPLICATION and not _is_empty(connection):
        raise JournalError(f"{path} is a database, but not a journal of a2e_async; name another file")
    if version > _VERSION:
        raise JournalError(
            f"{path} was written by a newer version (format {version}, known: {_VERSION}); update a2e_async"
        )
    if version < 1 and not _is_empty(connection):
        raise JournalError(f"{path} is damaged: its format {version} is not known")


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file whose pages are damaged."""
    # The quick check would not notice an entry that its index has lost, and that would be started again.
    damage = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if damage != "ok":
        raise JournalError(f"{path} is damaged: {damage}")


def _damaged_jobs(connection: sqlite3.Connection) -> Sequence[str]:
    """The keys of damaged entries, as far as they can be read.

    Raises:
        JournalError: rows are missing, or damaged in another table.
    """
    # Text that is not valid UTF-8 must not end the reading.
    connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    try:
        damaged = {table: _damaged_rows(connection, table) for table in TABLES}
        count, last = connection.execute(
            "SELECT (SELECT count(*) FROM jobs), "
            "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'jobs')"
        ).fetchone()
    finally:
        connection.text_factory = str

    if count != last:
        raise JournalError(f"the journal is damaged: it has {count} entries, and {last} were written")
    for table in ("tasks", "uploads"):
        if damaged[table]:
            raise JournalError(f"the journal is damaged: {len(damaged[table])} rows of its table {table}")
    return damaged["jobs"]


def _damaged_rows(connection: sqlite3.Connection, table: str) -> list[str]:
    columns = tuple(row["name"] for row in connection.execute(f"PRAGMA table_info({table})"))
    if columns != (*TABLES[table], "checksum"):
        raise JournalError(f"the journal is damaged: its table {table} has other columns")
    shown = 1 if table == "jobs" else 0
    rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - the table names are ours
    return [repr(row[shown]) for row in rows if is_damaged(tuple(row))]


def version_of(connection: sqlite3.Connection) -> int:
    """The format of the file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_empty(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def _check_not_emptied(path: Path) -> None:
    """Refuse an empty file beside which there is a log of an earlier run: SQLite would delete the log."""
    log = path.with_name(f"{path.name}-wal")
    if path.exists() and not path.stat().st_size and log.exists() and log.stat().st_size:
        raise JournalError(f"{path} is damaged: it is empty, but {os.fspath(log)} of an earlier run is not")
    if not path.exists() and log.exists() and log.stat().st_size:
        raise JournalError(f"{path} is missing, but {os.fspath(log)} of an earlier run is there")
