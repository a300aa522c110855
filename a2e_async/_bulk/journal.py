"""The journal of a bulk run: one SQLite file that knows what was started, accepted, ended and fetched.

It is written before each start is sent, after each acceptance, after each end and each download, and
is on disk before the next step is taken. It holds no token, no media, and of the records only what does
not merely repeat a job's inputs.
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
from a2e_async._spec.media import Upload
from a2e_async.errors import JournalError
from a2e_async.records import JSONObject, task_id_of

__all__ = ["Journal"]

T = TypeVar("T")
_APPLICATION = 0x41324531  # "A2E1": tells our files from other SQLite files
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


class Journal:
    """An open journal. Only one process can have it open.

    Example:
        ```python
        async with Journal.open("run.db") as journal:
            entry = await journal.take("scene-1", "image_to_video", unique=True)
        ```
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, run: int) -> None:
        self._connection = connection
        self._path = path
        self._run = run
        self._committing = anyio.Lock()
        self._queue: list[_Step[Any]] = []
        # Its own thread: what else is done in threads must not hold up a start.
        self._thread = anyio.CapacityLimiter(1)
        # asyncio can leave a thread at work when it ends a task the hard way.
        self._at_work = threading.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: str | Path) -> AsyncIterator[Journal]:
        """Open a journal, or make one.

        Args:
            path: the file.

        Raises:
            JournalError: in use by another process, damaged, from a newer version, or not a journal.
        """
        path = Path(path)
        journal = cls(*await anyio.to_thread.run_sync(_open, path))
        try:
            yield journal
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(journal._close)

    async def take(self, key: str, workflow: str, *, unique: bool) -> Entry:
        """The entry of the next job with that key; a new one if there is none left.

        Args:
            key: what jobs are recognised by.
            workflow: the job's workflow.
            unique: the key names one job. Otherwise the second job with the key in a run has an entry
                of its own.
        """
        return await self._do(lambda db: self._take(db, key, workflow, unique))

    async def spent(self) -> tuple[float, float]:
        """Coins charged so far, and coins that starts whose outcome is not known may have cost."""
        return await self._do(
            lambda db: tuple(
                db.execute(
                    "SELECT coalesce(sum(coins), 0), "
                    "coalesce(sum(CASE state WHEN 'starting' THEN reserved END), 0) FROM jobs"
                ).fetchone()
            )
        )

    async def record_start(self, entry: Entry, marker: str | None, reserved: float) -> None:
        """A start is about to be sent; it may cost that many coins."""
        entry.state, entry.marker, entry.sent, entry.reserved = State.STARTING, marker, time.time(), reserved
        await self._save(entry)

    async def record_accepted(self, entry: Entry, records: Sequence[JSONObject], coins: float) -> None:
        """The start was accepted and made these tasks, for so many coins."""
        entry.accept(records, coins)
        tasks = [(task_id_of(record), entry.workflow, entry.number) for record in records]

        def work(db: sqlite3.Connection) -> None:
            _update(db, entry)
            db.executemany("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?)", tasks)

        await self._do(work)

    async def record_end(self, entry: Entry, records: Sequence[JSONObject], error: Exception | None) -> None:
        """The tasks have ended, or there will be none."""
        entry.end(records, error)
        await self._save(entry)

    async def undo_start(self, entry: Entry, state: str) -> None:
        """The start provably made no task: the entry is again what it was before."""
        entry.state, entry.marker = state, None
        await self._save(entry)

    async def record_files(self, entry: Entry, files: Sequence[Mapping[str, Any]]) -> None:
        """The results are on disk."""
        entry.files = files
        await self._save(entry)

    async def known_tasks(self, workflow: str) -> Sequence[str]:
        """The ids of all tasks of a workflow that belong to jobs of this journal."""
        return await self._do(
            lambda db: [
                row[0]
                for row in db.execute("SELECT id FROM tasks WHERE workflow = ?", (workflow,)).fetchall()
            ]
        )

    async def uploads(self) -> Sequence[tuple[Upload, float]]:
        """The uploads of earlier runs, each with its age in seconds."""
        rows = await self._do(lambda db: db.execute("SELECT * FROM uploads ORDER BY made").fetchall())
        return [
            (
                Upload(row["url"], row["sha256"], row["size"], row["content_type"]),
                max(0.0, time.time() - row["made"]),
            )
            for row in rows
        ]

    async def record_upload(self, upload: Upload) -> None:
        """A file was uploaded; later runs need not upload it again."""
        row = (upload.sha256, upload.content_type, upload.size, upload.url, time.time())
        await self._do(lambda db: db.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", row))

    async def unfinished(self) -> int:
        """Jobs in the journal that this run has not met and that were started."""
        return await self._do(
            lambda db: cast(
                int,
                db.execute(
                    "SELECT count(*) FROM jobs WHERE seen < ? AND state IN ('starting', 'accepted')",
                    (self._run,),
                ).fetchone()[0],
            )
        )

    def _take(self, db: sqlite3.Connection, key: str, workflow: str, unique: bool) -> Entry:
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

    async def _save(self, entry: Entry) -> None:
        await self._do(lambda db: _update(db, entry))

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction that is on disk when this returns.

        Whoever holds the lock commits for everyone who queued up meanwhile: the disk is waited for
        once.
        """
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

    def _commit(self, steps: Sequence[_Step[Any]]) -> None:
        """Do the steps in one transaction; one that cannot be done undoes itself alone."""
        failure: Exception | None = None
        try:
            with self._at_work, self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for step in steps:
                    step.do(self._connection)
        except sqlite3.Error as error:
            failure = JournalError(f"{self._path}: {error}")
        for step in steps:
            step.done, step.failure = True, failure or step.failure

    def _close(self) -> None:
        with self._at_work:
            self._connection.close()


@attrs.define(eq=False)
class _Step(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    value: T | None = None
    failure: Exception | None = None
    done: bool = False

    def do(self, db: sqlite3.Connection) -> None:
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
        if self.failure is not None:
            raise self.failure
        return cast(T, self.value)


def _open(path: Path) -> tuple[Path, sqlite3.Connection, int]:
    """Connect, take the lock that lasts as long as the connection, and check what is there."""
    if not path.parent.is_dir():
        raise JournalError(f"{path}: there is no folder {path.parent}")
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA synchronous = FULL")
        _check(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN EXCLUSIVE")
        if _is_empty(connection):
            _create(connection)
        run = connection.execute("SELECT coalesce(max(seen), 0) + 1 FROM jobs").fetchone()[0]
        connection.execute("COMMIT")
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
    return path, connection, run


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not ours before anything is written."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION and not _is_empty(connection):
        raise JournalError(f"{path} is a database, but not a journal of a2e_async")
    if version > _VERSION:
        raise JournalError(f"{path} was written by a newer version (format {version}, known: {_VERSION})")
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise JournalError(f"{path} is damaged: {found}")


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


def _entry(row: sqlite3.Row) -> Entry:
    try:
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
            records=json.loads(row["records"]),
            error=json.loads(row["error"]) if row["error"] else None,
            files=json.loads(row["files"]) if row["files"] else None,
        )
    except ValueError as error:
        raise JournalError(f"the journal is damaged: the entry of {row['key']!r}: {error}") from None


def _update(db: sqlite3.Connection, entry: Entry) -> None:
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
            None if entry.error is None else json.dumps(entry.error),
            None if entry.files is None else json.dumps(entry.files),
            entry.number,
        ),
    )
