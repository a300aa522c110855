"""The journal of a bulk run: a SQLite file that records the progress of each job.

An entry is written before a start is sent, when it is accepted, when its tasks have ended and when their
files are downloaded. Each write is on disk before the job takes its next step. The journal holds no token
and no media. Records are stored without the inputs that they repeat.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import anyio
import anyio.to_thread
import attrs

from a2e_async._bulk.entries import Entry, State
from a2e_async._bulk.journal_file import open_journal
from a2e_async._spec.media import Upload
from a2e_async.errors import JournalError
from a2e_async.records import JSONObject, task_id_of

__all__ = ["Journal"]

T = TypeVar("T")


class Journal:
    """An open journal. Only one process at a time can open a journal.

    Every method raises `JournalError` if the file cannot be read or written.

    Attributes:
        commits: transactions committed so far.

    Example:
        ```python
        async with Journal.open("run.db") as journal:
            entry = await journal.take("scene-1", "image_to_video", unique=True)
        ```
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, run: int) -> None:
        self.commits = 0
        self._connection = connection
        self._path = path
        self._run = run
        self._committing = anyio.Lock()
        self._queue: list[_Step[Any]] = []
        # A limiter of its own: other work in threads, such as hashing, must not delay a start.
        self._thread = anyio.CapacityLimiter(1)
        # When asyncio abandons a task, its thread may still be writing. The connection must not be closed
        # under it.
        self._connection_in_use = threading.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: str | Path) -> AsyncIterator[Journal]:
        """Open a journal; create it if there is none.

        Args:
            path: the file. Its folder must exist.

        Raises:
            JournalError: the file is in use by another process, damaged, from a newer version, or not a
                journal.
        """
        path = Path(path)
        connection, run = await anyio.to_thread.run_sync(open_journal, path)
        journal = cls(path, connection, run)
        try:
            yield journal
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(journal._close)

    async def take(self, key: str, workflow: str, *, unique: bool) -> Entry:
        """Take the entry of the next job with this key; create one if none is left.

        Args:
            key: the key of the job.
            workflow: the name of the job's workflow.
            unique: the key belongs to a single job. Otherwise each job with the key in one run has an entry
                of its own.
        """
        return await self.transact(lambda db: self._take(db, key, workflow, unique))

    async def spent(self) -> tuple[float, float]:
        """The coins charged so far, and the coins that unanswered starts may have cost."""
        return await self.transact(
            lambda db: tuple(
                db.execute(
                    "SELECT coalesce(sum(coins), 0), "
                    "coalesce(sum(CASE state WHEN 'starting' THEN reserved END), 0) FROM jobs"
                ).fetchone()
            )
        )

    async def record_start(self, entry: Entry, marker: str | None, reserved: float) -> None:
        """Record that a start is about to be sent.

        Args:
            entry: the entry of its job.
            marker: the marker in the task's name; None where the workflow takes no name.
            reserved: coins that the start may cost.
        """
        entry.state, entry.marker = State.STARTING, marker
        entry.sent, entry.reserved = time.time(), reserved
        await self._save(entry)

    async def record_accepted(self, entry: Entry, records: Sequence[JSONObject], coins: float) -> None:
        """Record that a start was accepted.

        Args:
            entry: the entry of its job.
            records: the records of the tasks that it made.
            coins: the coins charged.
        """
        entry.accept(records, coins)
        tasks = [(task_id_of(record), entry.workflow, entry.number) for record in records]

        def save(db: sqlite3.Connection) -> None:
            _update(db, entry)
            db.executemany("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?)", tasks)

        await self.transact(save)

    async def record_end(self, entry: Entry, records: Sequence[JSONObject], error: Exception | None) -> None:
        """Record that the tasks have ended, or that there will be none.

        Args:
            entry: the entry of the job.
            records: the last records of its tasks.
            error: why the job failed; None if it did not.
        """
        entry.end(records, error)
        await self._save(entry)

    async def undo_start(self, entry: Entry, state: str) -> None:
        """Put the entry back into its earlier state: the start provably made no task."""
        entry.state, entry.marker = state, None
        await self._save(entry)

    async def record_files(self, entry: Entry, files: Sequence[Mapping[str, Any]]) -> None:
        """Record the downloaded files, each with ``path`` and ``size``."""
        entry.files = files
        await self._save(entry)

    async def known_tasks(self, workflow: str) -> Sequence[str]:
        """The ids of all tasks of a workflow that the journal's jobs have made."""
        return await self.transact(
            lambda db: [
                row[0]
                for row in db.execute("SELECT id FROM tasks WHERE workflow = ?", (workflow,)).fetchall()
            ]
        )

    async def uploads(self) -> Sequence[tuple[Upload, float]]:
        """The uploads of earlier runs, each with its age in seconds."""
        rows = await self.transact(lambda db: db.execute("SELECT * FROM uploads ORDER BY made").fetchall())
        return [
            (
                Upload(row["url"], row["sha256"], row["size"], row["content_type"]),
                max(0.0, time.time() - row["made"]),
            )
            for row in rows
        ]

    async def record_upload(self, upload: Upload) -> None:
        """Record an upload, so that later runs need not upload the file again."""
        row = (upload.sha256, upload.content_type, upload.size, upload.url, time.time())
        await self.transact(
            lambda db: db.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", row)
        )

    async def unfinished(self) -> int:
        """The number of jobs that earlier runs started and this run has not taken."""
        return await self.transact(
            lambda db: cast(
                int,
                db.execute(
                    "SELECT count(*) FROM jobs WHERE seen < ? AND state IN ('starting', 'accepted')",
                    (self._run,),
                ).fetchone()[0],
            )
        )

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction. The transaction is on disk when this returns.

        Args:
            work: called in a worker thread, with the connection.

        Returns:
            What the work returns.

        Raises:
            JournalError: the file cannot be read or written.
        """
        # Group commit. A commit waits for the disk, and many jobs want to commit at once. So each job puts
        # its step into the queue, and the job that gets the lock commits all steps queued so far. The others
        # find their steps done when they get the lock.
        #
        # A commit is shielded: it holds other jobs' steps, which must not be lost when this job is
        # cancelled. A job that is cancelled while its own step is still queued takes the step out again, so
        # that nothing is written for a job that has given up.
        step = _Step(work)
        self._queue.append(step)

        try:
            async with self._committing:
                if not step.done:
                    steps, self._queue = self._queue, []
                    with anyio.CancelScope(shield=True):
                        await anyio.to_thread.run_sync(self._commit, steps, limiter=self._thread)
        except anyio.get_cancelled_exc_class():
            if step in self._queue:
                self._queue.remove(step)
            raise

        return step.outcome()

    async def _save(self, entry: Entry) -> None:
        await self.transact(lambda db: _update(db, entry))

    def _take(self, db: sqlite3.Connection, key: str, workflow: str, unique: bool) -> Entry:
        # Entries that this run has not seen yet come first.
        row = db.execute("SELECT * FROM jobs WHERE key = ? ORDER BY seen, number LIMIT 1", (key,)).fetchone()

        if row is not None and row["seen"] == self._run:
            if unique:
                return attrs.evolve(_entry(row), repeated=True)
            row = None

        if row is None:
            number = db.execute(
                "INSERT INTO jobs (key, workflow, state, seen) VALUES (?, ?, ?, ?)",
                (key, workflow, State.NEW, self._run),
            ).lastrowid
            return Entry(cast(int, number), key, workflow)

        db.execute("UPDATE jobs SET seen = ? WHERE number = ?", (self._run, row["number"]))
        return _entry(row)

    def _commit(self, steps: Sequence[_Step[Any]]) -> None:
        """Do the steps in one transaction. A database error fails all of them."""
        failure: Exception | None = None
        try:
            with self._connection_in_use, self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for step in steps:
                    step.do(self._connection)
            self.commits += 1
        except sqlite3.Error as error:
            failure = JournalError(f"{self._path}: {error}")

        for step in steps:
            step.done, step.failure = True, failure or step.failure

    def _close(self) -> None:
        with self._connection_in_use:
            self._connection.close()


@attrs.define(eq=False)
class _Step(Generic[T]):
    """One job's part of a transaction, and how it ended."""

    work: Callable[[sqlite3.Connection], T]
    value: T | None = None
    failure: Exception | None = None
    done: bool = False

    def do(self, db: sqlite3.Connection) -> None:
        """Do the work. An error that is not the database's undoes this step alone."""
        db.execute("SAVEPOINT step")
        try:
            self.value = self.work(db)
        except sqlite3.Error:
            raise
        except Exception as error:
            self.failure = error
            db.execute("ROLLBACK TO step")
        db.execute("RELEASE step")

    def outcome(self) -> T:
        """The value of the work; raises if it failed."""
        if self.failure is not None:
            raise self.failure
        return cast(T, self.value)


def _entry(row: sqlite3.Row) -> Entry:
    try:
        records = json.loads(row["records"])
        error = json.loads(row["error"]) if row["error"] else None
        files = json.loads(row["files"]) if row["files"] else None
    except ValueError as problem:
        raise JournalError(f"the journal is damaged: the entry of {row['key']!r}: {problem}") from None

    return Entry(
        number=row["number"],
        key=row["key"],
        workflow=row["workflow"],
        state=row["state"],
        attempts=row["attempts"],
        marker=row["marker"],
        sent=row["sent"],
        reserved=row["reserved"],
        coins=row["coins"],
        records=records,
        error=error,
        files=files,
    )


def _update(db: sqlite3.Connection, entry: Entry) -> None:
    error = None if entry.error is None else json.dumps(entry.error)
    files = None if entry.files is None else json.dumps(entry.files)

    db.execute(
        "UPDATE jobs SET state = ?, attempts = ?, marker = ?, sent = ?, reserved = ?, coins = ?, "
        "records = ?, error = ?, files = ? WHERE number = ?",
        (
            entry.state,
            entry.attempts,
            entry.marker,
            entry.sent,
            entry.reserved,
            entry.coins,
            json.dumps(entry.records),
            error,
            files,
            entry.number,
        ),
    )
