"""The lock that makes sure that only one run at a time uses a journal."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from a2e_async._journal.sqlite.errors import journal_error
from a2e_async.errors import JournalError

__all__ = ["RunLock", "is_running"]

_TRIES = 20


def is_running(path: Path) -> bool:
    """Whether a run is using a journal. Looking does not keep a run away."""
    lock = _lock_of(path)
    if not lock.exists():
        return False
    try:
        connection = sqlite3.connect(f"{lock.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
    except sqlite3.Error:
        return False

    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    finally:
        connection.close()
    return False


class RunLock:
    """A lock beside a journal. It is released when its holder closes it or dies.

    The journal's own file cannot be the lock: it is open to readers while the run goes on. The lock is an
    empty database that is kept locked, because SQLite knows how to lock a file on every system.

    Args:
        path: the file of the journal.

    Raises:
        JournalError: another run holds the lock, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = _lock_of(path)

        # The last holder removes the file. A file that was removed between opening and locking it locks
        # nothing, so the name must still lead to the file that was locked.
        for _ in range(_TRIES):
            before = self._identity()
            self._connection = self._acquire(path)
            after = self._identity()
            if after is not None and before in (None, after):
                return
            self._connection.close()
        raise JournalError(f"{path}: its lock {self._path} is removed again and again")

    def release(self) -> None:
        """Release the lock and remove its file."""
        # Some systems do not remove an open file. An empty file may stay; it does no harm.
        with suppress(OSError):
            self._path.unlink()
        with suppress(Exception):
            self._connection.close()

    def _acquire(self, path: Path) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None

        try:
            connection = sqlite3.connect(
                self._path, timeout=0.2, isolation_level=None, check_same_thread=False
            )
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            if "locked" in str(error):
                raise JournalError(
                    f"{path} is in use by another run; wait for its end, or give this run its own journal"
                ) from None
            raise journal_error(self._path, error) from error

        return connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-lock")
