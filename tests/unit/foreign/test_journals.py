"""Whatever SQLite answers, at whichever statement: one error that names the file, and no second charge."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
from anyio import to_thread

from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async.errors import A2EError, InvalidArgument, JournalError
from tests.unit.foreign.kit import World
from tests.unit.foreign.test_transports import drained, job
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

ERRORS: dict[str, Callable[[], Exception]] = {
    "I/O": lambda: sqlite3.OperationalError("disk I/O error"),
    "full": lambda: sqlite3.OperationalError("database or disk is full"),
    "malformed": lambda: sqlite3.DatabaseError("database disk image is malformed"),
    "closed": lambda: sqlite3.ProgrammingError("Cannot operate on a closed database."),
    "misuse": lambda: sqlite3.InterfaceError("bad parameter or other API misuse"),
    "unique": lambda: sqlite3.IntegrityError("UNIQUE constraint failed"),
    "internal": lambda: sqlite3.InternalError("unknown"),
    "system": lambda: OSError(5, "Input/output error"),
    "no room": lambda: OSError(28, "No space left on device"),
    "too large": lambda: OverflowError("Python int too large to convert to SQLite INTEGER"),
    "no UTF-8": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
}


@attrs.define
class Faulty:
    """Connections of which one statement fails.

    Attributes:
        works: makes a connection.
        at: the number of the statement; 0 for none.
        make: makes the error.
        count: the statements so far.
        failed: the statement that failed.
        make_at_close: makes an error at each close.
    """

    works: Callable[..., sqlite3.Connection]
    at: int
    make: Callable[[], Exception]
    count: int = 0
    failed: str = ""
    make_at_close: Callable[[], Exception] | None = None

    def step(self, statement: str) -> None:
        self.count += 1
        if self.count == self.at:
            self.failed = statement
            raise self.make()

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        faulty = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                faulty.step(sql)
                quick = sql.replace("synchronous = FULL", "synchronous = OFF")  # no waiting for the disk
                return super().execute(quick, *values)

            def close(self) -> None:
                super().close()
                if faulty.make_at_close:
                    raise faulty.make_at_close()

            def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
                try:
                    if kind is None:
                        faulty.step("COMMIT")
                except Exception as failure:
                    super().__exit__(type(failure), failure, None)
                    raise
                return super().__exit__(kind, error, traceback)

        return self.works(*args, factory=Connection, **options)


async def outcome_of(world: World, journal: Path) -> Any:
    a2e = world.client()
    try:
        return await drained(a2e.bulk([job(a2e)], journal=journal, timeout=99))
    except BaseException as error:
        return error


@pytest.fixture
def sqlite(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Faulty]:
    """Puts faulty connections in the place of those of SQLite."""
    works = sqlite3.connect

    def put(at: int = 0, make: Callable[[], Exception] = sqlite3.OperationalError) -> Faulty:
        faulty = Faulty(works, at, make)
        monkeypatch.setattr(sqlite3, "connect", faulty.connect)
        return faulty

    return put


async def test_every_statement_may_fail(
    sqlite: Callable[..., Faulty], tmp_path: Path, anyio_backend_name: str
) -> None:
    whole = sqlite()
    assert not isinstance(await outcome_of(World(), tmp_path / "whole.db"), BaseException)

    kinds = list(ERRORS.items())
    for at in range(1, whole.count + 1, 1 if anyio_backend_name == "asyncio" else 9):
        path, world = tmp_path / f"{at}.db", World()
        name, make = kinds[at % len(kinds)]
        faulty = sqlite(at, make)
        outcome = await outcome_of(world, path)
        where = (name, faulty.failed)
        assert faulty.failed, where
        # What fails after the task has ended stops the run, and costs no result.
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, JournalError), (where, outcome)
            assert str(path) in str(outcome)

        sqlite()
        again = await outcome_of(world, path)
        assert not isinstance(again, BaseException), (where, again)
        assert len(world.service.tasks) == 1, where


async def test_closing_may_fail(sqlite: Callable[..., Faulty], tmp_path: Path) -> None:
    for make in ERRORS.values():
        faulty = sqlite()
        faulty.make_at_close = make
        for _ in range(2):
            async with World().client().bulk([], journal=tmp_path / "run.db") as run:
                assert [outcome async for outcome in run] == []
                assert await run.uncertain() == []


async def test_there_may_be_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    works, path = to_thread.run_sync, tmp_path / "run.db"
    at, calls = 0, 0

    async def run_sync(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise RuntimeError("can't start new thread")
        return await works(*args, **options)

    monkeypatch.setattr(to_thread, "run_sync", run_sync)
    await outcome_of(World(), tmp_path / "whole.db")
    world, whole = World(), calls
    for at in range(1, whole + 1):
        calls = 0
        outcome = await outcome_of(world, path)
        assert not isinstance(outcome, BaseException) or isinstance(outcome, A2EError), (at, outcome)
    assert len(world.service.tasks) == 1


async def test_no_step_is_taken_for_done_that_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that commits for others fails before it has begun: the others fail too."""
    failures = []
    async with FileJournal.open(tmp_path / "run.db") as journal:

        async def take(number: int) -> None:
            try:
                await journal.take(f"{number}", "pictures", unique=True)
            except JournalError as error:
                failures.append(error)

        async def run_sync(*args: Any, **options: Any) -> Any:
            await anyio.sleep(1)
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patched:
            patched.setattr(to_thread, "run_sync", run_sync)
            async with anyio.create_task_group() as group:
                for number in range(4):
                    group.start_soon(take, number)

        assert len(failures) == 4
        assert (await journal.take("1", "pictures", unique=True)).state == "new"


@pytest.mark.parametrize("start", ["key", None, 7])
async def test_what_is_no_start_is_refused_by_name(start: Any, tmp_path: Path) -> None:
    async with World().client().bulk([], journal=tmp_path / "run.db") as run:
        with pytest.raises(InvalidArgument, match="start: "):
            await run.release(start)
        with pytest.raises(InvalidArgument, match="start: "):
            await run.bind(start, "1")
