"""Which entry of a journal belongs to a job: found, created, or refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import attrs

from a2e_async._journal import taking
from a2e_async._journal.asked import Asked
from a2e_async._journal.entries import Entry
from a2e_async._journal.sqlite.file import OpenedFile
from a2e_async._journal.sqlite.rows import entry_from, insert_entry, save_entry
from a2e_async.errors import InvalidArgument, JournalError

__all__ = ["Taking"]


class Taking:
    """Takes the entries of jobs. Every method works inside a transaction.

    Args:
        path: the file of the journal, for messages.
        file: the open file.
    """

    def __init__(self, path: Path, file: OpenedFile) -> None:
        self._path = path
        self._file = file

    def take(
        self,
        db: sqlite3.Connection,
        key: str,
        workflow: str,
        *,
        unique: bool,
        asked: Asked | None,
        changed: str,
        repeats: bool,
        again: Entry | None,
    ) -> Entry:
        """Take the entry of the next job with this key; see `Journal.take`."""
        run = self._file.run
        if again is not None:
            return entry_from(db.execute("SELECT * FROM jobs WHERE number = ?", (again.number,)).fetchone())

        row = self._next(db, key, repeats)
        if row is None and asked is not None and asked.old_key and not unique:
            row = self._next(db, asked.old_key, repeats)

        if row is not None and row["seen"] == run:
            if unique and not repeats:
                return attrs.evolve(entry_from(row), repeated=True)
            if not unique and not repeats:
                row = None

        if row is None:
            return self._insert(db, key, workflow, asked)

        entry = entry_from(row)
        if asked is not None and (problem := taking.mismatch(entry, workflow, asked, unique)):
            if changed != "restart":
                raise InvalidArgument("key", problem)
            taking.retire(entry)
            save_entry(db, entry, run)
            return self._insert(db, key, workflow, asked)

        if asked is not None:
            taking.adopt(entry, key, asked, unique)
        save_entry(db, entry, run)
        return entry

    @staticmethod
    def _next(db: sqlite3.Connection, key: str, repeats: bool) -> sqlite3.Row | None:
        """The next row of a key: the first that this run has not seen yet, or always the same one."""
        order = "number" if repeats else "seen, number"
        found: sqlite3.Row | None = db.execute(
            f"SELECT * FROM jobs WHERE key = ? AND state <> 'replaced' ORDER BY {order} LIMIT 1",  # noqa: S608 - no values
            (key,),
        ).fetchone()
        return found

    def _insert(self, db: sqlite3.Connection, key: str, workflow: str, asked: Asked | None) -> Entry:
        """Create the entry of a job that is not known."""
        # A damaged row may be the entry of this job under another key.
        if self._file.damaged:
            raise JournalError(
                f"{self._path} is damaged: {len(self._file.damaged)} entries cannot be read "
                f"({', '.join(self._file.damaged[:3])}), and {key!r} may be one of them; it is not started"
            )

        entry = taking.new_entry(key, workflow, asked)
        insert_entry(db, entry, self._file.run)
        return entry

    def take_by_path(self, db: sqlite3.Connection, asked: Asked, *, repeats: bool) -> Entry:
        """Take the entry of a job whose file cannot be read; see `Journal.take_by_path`."""
        rows = db.execute(
            "SELECT * FROM jobs WHERE path_digest = ? AND state <> 'replaced' ORDER BY seen, number",
            (asked.path_digest,),
        ).fetchall()

        found = [(repeats or row["seen"] < self._file.run, entry_from(row)) for row in rows]
        entry = taking.entry_by_path(asked, found)
        save_entry(db, entry, self._file.run)
        return entry
