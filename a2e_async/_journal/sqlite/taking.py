"""Which entry of a journal belongs to a job: found, created, or refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import attrs

from a2e_async._journal.asked import Asked, difference
from a2e_async._journal.entries import Entry, State
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
        unique: bool,
        asked: Asked | None,
        changed: str,
    ) -> Entry:
        """Take the entry of the next job with this key; see `Journal.take`."""
        run = self._file.run
        row = self._next(db, key)
        if row is None and asked is not None and asked.old_key and not unique:
            row = self._next(db, asked.old_key)

        if row is not None and row["seen"] == run:
            if unique:
                return attrs.evolve(entry_from(row), repeated=True)
            row = None

        if row is None:
            return self._insert(db, key, workflow, asked)

        entry = entry_from(row)
        if asked is not None and (problem := self._mismatch(entry, workflow, asked, unique)):
            if changed != "restart":
                raise InvalidArgument("key", problem)
            self._retire(db, entry)
            return self._insert(db, key, workflow, asked)

        if asked is not None:
            self._adopt(entry, key, asked, unique)
        save_entry(db, entry, self._file.run)
        return entry

    @staticmethod
    def _next(db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
        """The next row of a key. Entries that this run has not seen yet come first."""
        found: sqlite3.Row | None = db.execute(
            "SELECT * FROM jobs WHERE key = ? AND state <> 'replaced' ORDER BY seen, number LIMIT 1", (key,)
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

        entry = Entry(0, key, workflow)
        if asked is not None:
            if asked.problem is not None:
                raise asked.problem
            entry.ask(asked)

        insert_entry(db, entry, self._file.run)
        return entry

    @staticmethod
    def _mismatch(entry: Entry, workflow: str, asked: Asked, unique: bool) -> str | None:
        """Why the entry is not that of the job; None if it is."""
        if entry.workflow != workflow:
            return f"{entry.key!r} is a job of {entry.workflow} in the journal"
        if not unique or entry.asked is None or entry.state == State.NEW:
            return None
        if asked.digest is None:
            same = asked.path_digest == entry.path_digest
        else:
            same = asked.digest == entry.digest
        if same:
            return None

        changes = difference(entry.asked, asked.copy)
        return (
            f"{entry.key!r} is a job in the journal that asked for something else: {changes}; "
            'give this job another key, or make it anew with changed="restart"'
        )

    @staticmethod
    def _adopt(entry: Entry, key: str, asked: Asked, unique: bool) -> None:
        """Write down what is asked for, where nothing was started yet or the key itself proves it."""
        if asked.problem is not None:
            if entry.needs_files:
                raise asked.problem
            return
        if entry.state == State.NEW or (entry.asked is None and not unique):
            entry.key = key
            entry.ask(asked)

    def _retire(self, db: sqlite3.Connection, entry: Entry) -> None:
        """Take the key from an entry. What it has cost still counts."""
        if entry.state == State.STARTING:
            entry.coins += entry.reserved
        entry.state = State.REPLACED
        save_entry(db, entry, self._file.run)

    def take_by_path(self, db: sqlite3.Connection, asked: Asked) -> Entry:
        """Take the entry of a job whose file cannot be read; see `Journal.take_by_path`."""
        problem = asked.problem or InvalidArgument("source", "the file cannot be read")
        rows = db.execute(
            "SELECT * FROM jobs WHERE path_digest = ? AND state <> 'replaced' ORDER BY seen, number",
            (asked.path_digest,),
        ).fetchall()

        # Jobs with a key have a say too: with another content, it is not known which one is meant.
        entries = [(row["seen"], entry_from(row)) for row in rows]
        if len({entry.digest for _, entry in entries}) > 1:
            raise problem
        for seen, entry in entries:
            if seen < self._file.run and entry.key == f"{asked.workflow}-{(entry.digest or '')[:24]}":
                if entry.needs_files:
                    break
                save_entry(db, entry, self._file.run)
                return entry
        raise problem
