"""A look into a SQLite file, also while a run is using it. Nothing is written, and no run has to wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from a2e_async._journal.asked import asked_of
from a2e_async._journal.contents import Look
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.sqlite.errors import journal_error
from a2e_async._journal.sqlite.file import check_kind, version_of
from a2e_async._journal.sqlite.migration import OLD_JOB_COLUMNS
from a2e_async._journal.sqlite.rows import entry_from
from a2e_async._journal.sqlite.run_lock import is_running
from a2e_async._journal.uncertain import UncertainStart
from a2e_async._journal.values import read_entry
from a2e_async.errors import InvalidArgument, JournalError
from a2e_async.jobs import Job

__all__ = ["look_into", "needs_files"]


def look_into(path: Path) -> Look:
    """Look into a journal.

    Raises:
        JournalError: there is none, or it cannot be read.
    """
    states: dict[str, int] = {}
    coins = 0.0
    uncertain: list[UncertainStart] = []
    damaged: list[str] = []

    running = is_running(path)
    with _reading(path) as connection:
        for row, entry in _entries(connection, "ORDER BY number"):
            if entry is None:
                damaged.append(str(row["key"]))
                continue
            states[entry.state] = states.get(entry.state, 0) + 1
            coins += entry.coins
            if entry.state == State.STARTING:
                uncertain.append(UncertainStart.of(entry))

    return Look(states, coins, uncertain, damaged, running)


def needs_files(path: Path, job: Job[Any]) -> bool:
    """Whether a job whose files are gone has to be started, so that it needs them.

    Raises:
        JournalError: the journal cannot be read.
    """
    if not path.exists():
        return True

    asked = asked_of(job)
    with _reading(path) as connection:
        if job.key is not None:
            found = _entries(connection, "WHERE key = ? AND state <> 'replaced'", job.key)
        elif version_of(connection) > 1:
            found = _entries(connection, "WHERE path_digest = ? AND state <> 'replaced'", asked.path_digest)
        else:
            return True
        return all(entry is None or entry.needs_files for _, entry in found)


def _entries(
    connection: sqlite3.Connection, clause: str, *values: Any
) -> Iterator[tuple[sqlite3.Row, Entry | None]]:
    """The rows, each with its entry; None where it is damaged."""
    old = version_of(connection) == 1
    columns = ", ".join(OLD_JOB_COLUMNS) if old else "*"

    for row in connection.execute(f"SELECT {columns} FROM jobs {clause}", values):  # noqa: S608 - columns and clause are ours, the values are parameters
        try:
            if old:
                entry = read_entry({**dict(row), "digest": None, "path_digest": None, "asked": None})
            else:
                entry = entry_from(row)
        except JournalError:
            yield row, None
        else:
            yield row, entry


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads.

    Raises:
        JournalError: the file is not a journal, or cannot be read.
    """
    try:
        if not path.is_file():
            raise InvalidArgument("FILE", f"{str(path)!r} is not a file")
    except OSError as error:
        raise journal_error(path, error) from error

    # Without a log, nobody is writing. Then the file can be read even where no other file may be made.
    log = path.with_name(f"{path.name}-wal")
    options = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, timeout=1)
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
        check_kind(connection, path)
        yield connection
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise JournalError(f"{path} is in use by another run, and cannot be read meanwhile") from None
        raise journal_error(path, error) from error
    finally:
        if connection is not None:
            connection.close()
