"""The journal in a SQLite file, which only one process at a time can open."""

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

from a2e_async._files.uploads import Uploader
from a2e_async._journal.asked import Asked
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.sqlite.errors import journal_error
from a2e_async._journal.sqlite.file import OpenedFile, open_journal
from a2e_async._journal.sqlite.group_commit import GroupCommit
from a2e_async._journal.sqlite.rows import entry_from, put_row, save_entry
from a2e_async._journal.sqlite.taking import Taking
from a2e_async._journal.sqlite.uncertain import bind, release
from a2e_async._journal.uncertain import UncertainStart
from a2e_async._spec.media import Upload
from a2e_async.records import JSONObject, task_id_of

__all__ = ["FileJournal"]

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


class FileJournal:
    """An open journal in a SQLite file; see `Journal`.

    Args:
        path: the file.
        file: the open file.

    Example:
        ```python
        async with FileJournal.open("run.db") as journal:
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
    async def open(cls, path: str | Path, account: str | None = None) -> AsyncIterator[FileJournal]:
        """Open a journal; create it if there is none.

        Args:
            path: the file. Its folder must exist.
            account: which account its jobs are paid by; None if nothing is started.

        Raises:
            JournalError: the file is in use by another process, damaged, from a newer version, or not a
                journal.
            InvalidArgument: it belongs to another account.
        """
        path = Path(path)
        file: OpenedFile | None = None
        try:
            file = await anyio.to_thread.run_sync(open_journal, path, account)
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
    def name(self) -> str:
        """The file."""
        return str(self._path)

    @property
    def is_shared(self) -> bool:
        """Never: a file has one worker."""
        return False

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
        repeats: bool = False,
        again: Entry | None = None,
    ) -> Entry:
        """Take the entry of the next job with this key; see `Journal.take`."""

        def work(db: sqlite3.Connection) -> Entry:
            entry = self._taking.take(
                db,
                key,
                workflow,
                unique=unique,
                asked=asked,
                changed=changed,
                repeats=repeats,
                again=again,
            )
            return _aged(entry)

        return await self.transact(work)

    async def take_by_path(self, asked: Asked, *, repeats: bool = False, again: Entry | None = None) -> Entry:
        """Take the entry of a job whose file cannot be read; see `Journal.take_by_path`."""
        return await self.transact(lambda db: _aged(self._taking.take_by_path(db, asked, repeats=repeats)))

    async def until_free(self, entry: Entry) -> bool:
        """Return at once: there is no other worker."""
        return True

    async def give_up(self, entry: Entry) -> None:
        """Do nothing: there is no other worker."""

    def require_lease(self, entry: Entry) -> None:
        """Do nothing: there is no other worker."""

    async def spent(self) -> tuple[float, float]:
        """The coins charged so far, and those that unanswered starts may have cost."""
        return await self.transact(lambda db: tuple(db.execute(_SPENT).fetchone()))

    async def record_start(self, entry: Entry, marker: str | None, reserved: float) -> bool:
        """Record that a start is about to be sent; see `Journal.record_start`."""
        entry.state, entry.marker = State.STARTING, marker
        entry.sent, entry.reserved = time.time(), reserved
        await self._save(entry)
        return True

    async def record_accepted(self, entry: Entry, records: Sequence[JSONObject], coins: float) -> None:
        """Record that a start was accepted; see `Journal.record_accepted`."""
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
        """Record that the tasks have ended; see `Journal.record_end`."""
        entry.end(records, error, coins)
        await self._save(entry)

    async def undo_start(self, entry: Entry) -> None:
        """Put the entry back into its earlier state: the start provably made no task."""
        entry.undo_start()
        await self._save(entry)

    async def record_files(self, entry: Entry, files: Sequence[Mapping[str, Any]]) -> None:
        """Record the downloaded files, each with ``path`` and ``size``."""
        entry.files = files
        await self._save(entry)

    async def known_among(self, workflow: str, ids: Collection[str], entry: Entry) -> Collection[str]:
        """Which of these tasks belong to other jobs; see `Journal.known_among`."""
        texts = {json.dumps(task_id): task_id for task_id in ids}
        places = ", ".join("?" * len(texts))
        query = f"SELECT id FROM tasks WHERE workflow = ? AND job <> ? AND id IN ({places})"  # noqa: S608 - the values are parameters

        def work(db: sqlite3.Connection) -> Collection[str]:
            return {texts[row[0]] for row in db.execute(query, (workflow, entry.number, *texts))}

        return await self.transact(work)

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

    @asynccontextmanager
    async def uploads_shared(self, uploader: Uploader) -> AsyncIterator[None]:
        """Reuse the uploads of earlier runs, and record new ones; see `Journal.uploads_shared`."""
        uploader.recall(await self.uploads())
        uploader.listeners.append(self.record_upload)
        try:
            yield
        finally:
            uploader.listeners.remove(self.record_upload)

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
        """The starts whose outcome is not known; see `Journal.uncertain`."""
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
        self._group.close(self._file.close)

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction; see `GroupCommit.transact`."""
        return await self._group.transact(work)

    async def _save(self, entry: Entry) -> None:
        await self.transact(lambda db: save_entry(db, entry, self._file.run))

    async def _close_in_thread(self) -> None:
        try:
            await anyio.to_thread.run_sync(self.close_now)
        except RuntimeError:  # there is no thread
            self.close_now()


def _aged(entry: Entry) -> Entry:
    """The entry, with the time since its start was sent, as this machine's clock shows it."""
    entry.age = max(0.0, time.time() - entry.sent)
    return entry
