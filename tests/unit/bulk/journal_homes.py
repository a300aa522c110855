"""The two homes of a journal as the state machine sees them, and workers of theirs that can be hurt."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.journal import Journal, Terms
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async._journal.postgres.leases import Lease
from a2e_async._journal.postgres.schema import bring_up_to_date
from a2e_async._journal.sqlite.file import open_journal
from a2e_async._journal.sqlite.journal import FileJournal

if TYPE_CHECKING:
    import psycopg

    from tests.postgres import Database

__all__ = ["LEASE", "DatabaseHome", "FileHome", "Home", "Opened"]

LEASE = 30.0  # much longer than an example takes: time passes where the machine says so

Row = dict[str, Any]
Interlude = Callable[[], Awaitable[None]]


class Opened:
    """An open journal of one worker."""

    journal: Journal

    async def die(self) -> None:
        """End it as kill -9 does."""
        raise NotImplementedError

    async def leave(self) -> None:
        """End it in good order."""
        raise NotImplementedError

    async def beat(self) -> None:
        """Show a sign of life, and look after the jobs of dead workers."""

    def pass_time(self, seconds: float) -> None:
        """Let time pass in which this worker does nothing."""

    def cut_next(self, how: str, interlude: Interlude | None) -> None:
        """Break the connection in the next transaction.

        Args:
            how: when: "before", "at commit", "after commit"; empty for not at all.
            interlude: what happens before the transaction is tried again.
        """


class Home:
    """Where a journal is kept."""

    is_shared = False

    async def open(self, terms: Terms) -> Opened:
        """Open the journal for one more worker."""
        raise NotImplementedError

    def rows(self) -> list[Row]:
        """The entries as they are stored."""
        raise NotImplementedError

    def tasks(self) -> Collection[str]:
        """The ids of the tasks that are known."""
        raise NotImplementedError

    def row_of(self, key: str) -> Row | None:
        """The entry that a key belongs to now."""
        found = [row for row in self.rows() if row["key"] == key and row["state"] != "replaced"]
        return found[0] if found else None

    def check_sums(self, max_coins: float) -> None:
        """Compare what the journal counts with its entries."""

    def check_start(self, key: str, most: int) -> None:
        """Make sure that a start of this key was allowed to be written down."""

    def close(self) -> None:
        """Close what was opened to look into it."""
        raise NotImplementedError


class _OpenedFile(Opened):
    def __init__(self, journal: FileJournal) -> None:
        self.journal = journal

    async def die(self) -> None:
        self.journal.close_now()

    async def leave(self) -> None:
        self.journal.close_now()


class FileHome(Home):
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path

    async def open(self, terms: Terms) -> Opened:
        file = await anyio.to_thread.run_sync(open_journal, self._path)
        return _OpenedFile(FileJournal(self._path, file))

    def rows(self) -> list[Row]:
        return self._read("SELECT * FROM jobs ORDER BY number")

    def tasks(self) -> Collection[str]:
        return {json.loads(row["id"]) for row in self._read("SELECT id FROM tasks")}

    def close(self) -> None:
        pass

    def _read(self, query: str) -> list[Row]:
        if not self._path.exists():
            return []
        connection = sqlite3.connect(self._path)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query)]
        finally:
            connection.close()


class _Pauses:
    """A clock whose pauses take no time; something else happens in the next one."""

    interlude: Interlude | None = None

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        interlude, self.interlude = self.interlude, None
        if interlude is not None:
            await interlude()

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        return anyio.move_on_after(seconds)


class _Cut:
    """A connection that breaks in the middle of a transaction."""

    def __init__(self, connection: psycopg.Connection[Row], how: str, home: DatabaseHome) -> None:
        self._connection = connection
        self._how = how
        self._home = home

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        import psycopg

        if self._how == "before":
            self._break()
        with self._connection.pipeline() as pipeline:
            yield pipeline
        if self._how == "after commit":
            raise psycopg.OperationalError("the connection broke before the answer came")

    def execute(self, query: str, *values: Any) -> Any:
        if query == "COMMIT" and self._how == "at commit":
            self._break()
        return self._connection.execute(query, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def _break(self) -> None:
        pid = self._connection.info.backend_pid
        self._home.connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


class _OpenedDatabase(Opened):
    def __init__(self, home: DatabaseHome, journal: DatabaseJournal, clock: _Pauses) -> None:
        self.journal = journal
        self._database = journal
        self._home = home
        self._clock = clock
        self._slept = 0.0
        self._cut = ""
        lease: Any = journal._lease
        lease.now = lambda: Lease.now() + self._slept
        commits: Any = journal._commits
        self._do = commits._do
        commits._do = self._do_or_break

    async def die(self) -> None:
        self._database._commits.close()
        self._database._heartbeat._connection.close()

    async def leave(self) -> None:
        await self._database._close()
        self._database._heartbeat._connection.close()

    async def beat(self) -> None:
        await self._database._heartbeat._beat()

    def pass_time(self, seconds: float) -> None:
        self._slept += seconds
        self._home.connection.execute(
            "UPDATE a2e_workers SET beat = beat - make_interval(secs => %s) WHERE id = %s",
            (seconds, self._database.worker),
        )

    def cut_next(self, how: str, interlude: Interlude | None) -> None:
        self._cut, self._clock.interlude = how, interlude

    def _do_or_break(self, connection: psycopg.Connection[Row], *rest: Any) -> None:
        how, self._cut = self._cut, ""
        cut: Any = _Cut(connection, how, self._home)
        self._do(cut if how else connection, *rest)


class DatabaseHome(Home):
    """A PostgreSQL database.

    Args:
        database: an empty schema, or one that another home has used before.
    """

    is_shared = True

    def __init__(self, database: Database) -> None:
        import psycopg
        from psycopg.rows import dict_row

        # After a restart of the server nobody is dead for the time of a lease, and the server may be new.
        # So workers see a start in the past.
        self._url = DatabaseURL(f"{database.url},pg_catalog")
        options = f"-csearch_path={database.name}"
        self.connection: psycopg.Connection[Row] = psycopg.connect(
            database.server_url, autocommit=True, options=options, row_factory=dict_row
        )
        self.connection.execute(
            f"CREATE OR REPLACE FUNCTION {database.name}.pg_postmaster_start_time() RETURNS timestamptz "
            "LANGUAGE sql AS $$ SELECT now() - interval '1 day' $$"
        )
        with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as owner:
            bring_up_to_date(owner, self._url)
        for table in ("jobs", "tasks", "workers", "uploads", "prices"):
            self.connection.execute(f"DELETE FROM a2e_{table}")
        self.connection.execute(
            "UPDATE a2e_account SET account = NULL, last_number = 0, spent = 0, set_aside = 0, "
            "in_flight = 0, max_coins = NULL, account_concurrency = NULL"
        )

    async def open(self, terms: Terms) -> Opened:
        clock = _Pauses()
        journal = DatabaseJournal(self._url, terms, clock)
        await anyio.to_thread.run_sync(
            journal._commits.open, lambda connection: bring_up_to_date(connection, self._url)
        )
        opened = _OpenedDatabase(self, journal, clock)
        await journal._join()
        return opened

    def rows(self) -> list[Row]:
        return self.connection.execute("SELECT * FROM a2e_jobs ORDER BY number").fetchall()

    def tasks(self) -> Collection[str]:
        return {row["id"] for row in self.connection.execute("SELECT id FROM a2e_tasks")}

    def check_sums(self, max_coins: float) -> None:
        (account,) = self.connection.execute("SELECT * FROM a2e_account").fetchall()
        rows = self.rows()
        spent = sum(row["coins"] + (row["reserved"] if _hides_price(row) else 0.0) for row in rows)
        set_aside = sum(row["reserved"] for row in rows if row["state"] == "starting")
        in_flight = [row for row in rows if row["owner"] and row["state"] in ("starting", "accepted")]

        assert math.isclose(account["spent"], spent, abs_tol=1e-6), (account, rows)
        assert math.isclose(account["set_aside"], set_aside, abs_tol=1e-6), (account, rows)
        assert account["in_flight"] == len(in_flight), (account, rows)
        assert account["spent"] + account["set_aside"] <= max_coins + 1e-6
        assert account["last_number"] >= max((row["number"] for row in rows), default=0)

    def check_start(self, key: str, most: int) -> None:
        rows = [row for row in self.rows() if row["owner"] and row["state"] in ("starting", "accepted")]
        assert len(rows) <= most
        (mine,) = [row for row in rows if row["key"] == key and row["state"] == "starting"]
        alike = [row for row in rows if row["state"] == "starting" and row["marker"] is None]
        assert mine["marker"] or [row["asked"] for row in alike].count(mine["asked"]) == 1

    def close(self) -> None:
        self.connection.close()


def _hides_price(row: Row) -> bool:
    """Whether no record shows what the job's task has cost."""
    records = json.loads(row["records"])
    is_made = row["state"] not in ("new", "starting") and records
    return bool(is_made) and all(record.get("coins") is None for record in records)
