"""Transactions of many jobs, written to one SQLite file together."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import attrs

from a2e_async._journal.sqlite.errors import journal_error, naming
from a2e_async._journal.step_queue import QueuedStep, StepQueue
from a2e_async.errors import A2EError, JournalError

__all__ = ["GroupCommit"]

T = TypeVar("T")

# Errors of one value that SQLite cannot store. The file and the steps of other jobs are not concerned.
_OF_ONE_STEP = (sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.IntegrityError)


class GroupCommit:
    """Commits the steps of many jobs together.

    Args:
        connection: the connection; it may be used from any thread.
        path: the file, for messages.

    Attributes:
        commits: transactions committed so far.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.commits = 0
        self._connection = connection
        self._path = path
        self._identity = _identity(path)
        self._queue = StepQueue[_Step[Any]](self._commit_in_thread)
        # A limiter of its own: other work in threads, such as hashing, must not delay a start.
        self._thread = anyio.CapacityLimiter(1)
        # When asyncio abandons a task, its thread may still be writing. The connection must not be closed
        # under it.
        self._connection_in_use = threading.Lock()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction. The transaction is on disk when this returns.

        Args:
            work: called in a worker thread, with the connection.

        Returns:
            What the work returns.

        Raises:
            JournalError: the file cannot be read or written, or a value cannot be stored.
            A2EError: any that the work raises.
        """
        step = _Step(work)
        await self._queue.commit(step)
        return step.outcome()

    def close(self, close: Callable[[], None]) -> None:
        """Close the file, after any write that is still going on."""
        with self._connection_in_use:
            close()

    async def _commit_in_thread(self, steps: Sequence[_Step[Any]]) -> None:
        """Commit the steps, or fail them: no step may be taken for done that is not."""
        try:
            await anyio.to_thread.run_sync(self._commit, steps, limiter=self._thread)
        except Exception as error:  # there may be no thread
            _end(steps, journal_error(self._path, error))

    def _commit(self, steps: Sequence[_Step[Any]]) -> None:
        """Do the steps in one transaction. An error of the database or the system fails all of them."""
        failure: Exception | None = None
        try:
            with self._connection_in_use, self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for step in steps:
                    step.do(self._connection, self._path)
                self._require_file()
            self.commits += 1
        except JournalError as error:
            failure = error
        except Exception as error:
            failure = journal_error(self._path, error)

        _end(steps, failure)

    def _require_file(self) -> None:
        """Refuse to write to a file that nobody can find any more: SQLite itself would go on."""
        if _identity(self._path) != self._identity:
            raise JournalError(
                f"{self._path} was removed or replaced while the run was using it; nothing more is started. "
                "Put the file back, or look for the tasks in the lists of their workflows first"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@attrs.define(eq=False)
class _Step(QueuedStep[T]):
    work: Callable[[sqlite3.Connection], T]

    def do(self, db: sqlite3.Connection, path: Path) -> None:
        """Do the work. An error that is not the database's undoes this step alone."""
        db.execute("SAVEPOINT step")
        try:
            self.value = self.work(db)

        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_STEP):
                raise
            if isinstance(error, JournalError):
                self.failure = naming(path, error)
            else:
                self.failure = error if isinstance(error, A2EError) else _unstorable(path, error)
            db.execute("ROLLBACK TO step")
        db.execute("RELEASE step")


def _end(steps: Sequence[_Step[Any]], failure: Exception | None) -> None:
    for step in steps:
        step.done, step.failure = True, failure or step.failure


def _unstorable(path: Path, error: Exception) -> JournalError:
    failure = JournalError(f"{path}: a value cannot be stored: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
