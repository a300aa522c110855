"""The journal of a bulk run: a SQLite file that records the progress of each job.

An entry is written before a start is sent, when it is accepted, when its tasks have ended and when their
files are downloaded. Each write is on disk before the job takes its next step. What a job asks for is written
down to be compared. The journal holds no token, no address that results are sent to, and no media.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import anyio
import anyio.to_thread

from a2e_async._journal.asked import Asked
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.sqlite.errors import journal_error
from a2e_async._journal.sqlite.file import OpenedFile, open_journal
from a2e_async._journal.sqlite.group_commit import GroupCommit
from a2e_async._journal.sqlite.rows import entry_from, loads_id, put_row, save_entry
from a2e_async._journal.sqlite.taking import Taking
from a2e_async._journal.uncertain import UncertainStart, bind, release
from a2e_async._spec.media import Upload
from a2e_async.records import JSONObject, task_id_of

__all__ = ["Journal"]

# Where the records of a task show no price, none was counted. They are as `json.dumps` writes them.
_SPENT = """
SELECT
    coalesce(sum(coins), 0) + coalesce(sum(CASE WHEN
        state NOT IN ('new', 'starting') AND records <> '[]'
        AND (instr(records, '"coins": ') = 0 OR instr(records, '"coins": null') > 0)
    THEN reserved END), 0),
    coalesce(sum(CASE state WHEN 'starting' THEN reserved END), 0)
FROM jobs
"""

T = TypeVar("T")


class Journal:
    """An open journal. Only one process at a time can open a journal.

    Every method raises `JournalError` if the file cannot be read or written, or if what it holds is damaged.

    Example:
        ```python
        async with Journal.open("run.db") as journal:
            entry = await journal.take("scene-1", "image_to_video", unique=True)
        ```
    """

    def __init__(self, path: Path, file: OpenedFile) -> None:
        self._path = path
        self._file = file
        self._group = GroupCommit(file.connection, path)
        self._taking = Taking(path, file)

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
        file: OpenedFile | None = None
        try:
            file = await anyio.to_thread.run_sync(open_journal, path)
            journal = cls(path, file)
        except (OSError, RuntimeError) as error:  # it is gone again, or there is no thread to open it in
            if file is not None:
                file.close()
            raise journal_error(path, error) from error

        try:
            yield journal
        finally:
            with anyio.CancelScope(shield=True):
                await journal._close_in_thread()

    @property
    def commits(self) -> int:
        """Transactions committed so far."""
        return self._group.commits

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def has_old(self) -> bool:
        """Whether an older version wrote some of the entries, without what was asked for."""
        return self._file.has_old

    async def take(
        self,
        key: str,
        workflow: str,
        *,
        unique: bool,
        asked: Asked | None = None,
        changed: Literal["raise", "restart"] = "raise",
    ) -> Entry:
        """Take the entry of the next job with this key; create one if none is left.

        Args:
            key: the key of the job.
            workflow: the name of the job's workflow.
            unique: the key belongs to a single job. Otherwise each job with the key in one run has an entry
                of its own.
            asked: what the job asks for; without it nothing is compared.
            changed: what to do if the key belongs to a job that asked for something else.

        Raises:
            InvalidArgument: the key belongs to a job that asked for something else; or a file that is needed
                cannot be read.
        """
        return await self.transact(lambda db: self._taking.take(db, key, workflow, unique, asked, changed))

    async def take_by_path(self, asked: Asked) -> Entry:
        """Take the entry of a job without a key whose file cannot be read, if it does not need the file.

        The job is recognised by the paths of its files and what else was asked.

        Raises:
            InvalidArgument: there is no such entry, or several whose files had different contents.
        """
        return await self.transact(lambda db: self._taking.take_by_path(db, asked))

    async def spent(self) -> tuple[float, float]:
        """The coins charged so far, and the coins that unanswered starts may have cost.

        Where no record shows what a task cost, what it was expected to cost counts.
        """
        return await self.transact(lambda db: tuple(db.execute(_SPENT).fetchone()))

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
        tasks = [(json.dumps(task_id_of(record)), entry.workflow, entry.number) for record in records]

        def save(db: sqlite3.Connection) -> None:
            save_entry(db, entry, self._file.run)
            for task in tasks:
                put_row(db, "tasks", task)

        await self.transact(save)

    async def record_end(
        self, entry: Entry, records: Sequence[JSONObject], error: Exception | None, coins: float = 0.0
    ) -> None:
        """Record that the tasks have ended, or that there will be none.

        Args:
            entry: the entry of the job.
            records: the last records of its tasks.
            error: why the job failed; None if it did not.
            coins: coins that only the last records show.
        """
        entry.end(records, error, coins)
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
                loads_id(row[0])
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
        await self.transact(lambda db: put_row(db, "uploads", row))

    async def unfinished(self) -> int:
        """The number of jobs that earlier runs started and this run has not taken."""
        return await self.transact(
            lambda db: cast(
                int,
                db.execute(
                    "SELECT count(*) FROM jobs WHERE seen < ? AND state IN ('starting', 'accepted')",
                    (self._file.run,),
                ).fetchone()[0],
            )
        )

    async def uncertain(self, under_way: Collection[int] = ()) -> Sequence[UncertainStart]:
        """The starts whose outcome is not known.

        Args:
            under_way: the numbers of the entries whose start is going on now.
        """
        rows = await self.transact(
            lambda db: db.execute("SELECT * FROM jobs WHERE state = 'starting' ORDER BY number").fetchall()
        )
        return [UncertainStart.of(entry_from(row)) for row in rows if row["number"] not in under_way]

    async def release(self, start: UncertainStart) -> None:
        """Let the next run start the job again; see `BulkRun.release`."""
        await self.transact(lambda db: release(db, start))

    async def bind(self, start: UncertainStart, task_id: str) -> None:
        """Record which task the start has made; see `BulkRun.bind`."""
        await self.transact(lambda db: bind(db, start, task_id))

    def close_now(self) -> None:
        """Close the journal without an event loop, after its own was closed."""
        self._close()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction; see `GroupCommit.transact`."""
        return await self._group.transact(work)

    async def _save(self, entry: Entry) -> None:
        await self.transact(lambda db: save_entry(db, entry, self._file.run))

    async def _close_in_thread(self) -> None:
        try:
            await anyio.to_thread.run_sync(self._close)
        except RuntimeError:  # there is no thread
            self._close()

    def _close(self) -> None:
        self._group.close(self._file.close)
