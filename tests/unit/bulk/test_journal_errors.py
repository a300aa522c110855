"""Whatever is wrong with the file of a journal: one error that names the file and says what to do."""

from __future__ import annotations

import errno
import os
import re
import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from a2e_async._bulk.settings import BulkSettings
from a2e_async._journal.look import look_into
from a2e_async._journal.sqlite import file as journal_file
from a2e_async._journal.sqlite.errors import journal_error, naming
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async._journal.uncertain import advice
from a2e_async.errors import InvalidArgument, JournalError
from tests.unit.sample import Pictures, Service, client

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def settings(**options: Any) -> BulkSettings:
    given: dict[str, Any] = {
        "concurrency": 1, "timeout": 1.0, "journal": None, "retries": 0, "download_to": None,
        "max_coins": None, "start_rate": None, "finished": "yield", **options,
    }  # fmt: skip
    return BulkSettings(**given)


@pytest.mark.parametrize("field", ["journal", "download_to"])
@pytest.mark.parametrize("value", [7, b"a\0b", "a\0b", "", "\ud800", ["run.db"]])
def test_what_is_no_path_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        settings(**{field: value})
    assert refusal.value.field == field


@pytest.mark.parametrize("field", ["journal", "download_to"])
def test_the_home_folder_is_expanded(field: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert getattr(settings(**{field: "~/run"}), field) == tmp_path / "run"
    assert getattr(settings(**{field: Path("~/run")}), field) == tmp_path / "run"


async def test_a_journal_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    a2e = client(Service(duration=0.0))
    async with a2e.bulk([Pictures(a2e)(prompt="a kite")], journal="~/run.db") as run:
        assert [outcome async for outcome in run]
    assert (tmp_path / "run.db").is_file()


def refusing(number: int) -> Callable[..., Any]:
    def connect(*args: Any, **options: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return connect


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EIO, errno.EMFILE])
async def test_errors_of_the_system(path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "RunLock", refusing(number))
    with pytest.raises(JournalError) as error:
        async with FileJournal.open(path):
            pass
    assert str(path) in str(error.value)
    assert ";" in str(error.value)


@pytest.mark.parametrize(
    ("place", "words"),
    [("", "folder"), ("nowhere/run.db", "create it"), ("file/run.db", "folder"), ("a\0b", "null")],
)
async def test_paths_that_cannot_be_a_journal(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=words):
        async with FileJournal.open(f"{tmp_path}/{place}"):
            pass


def spoil(journal: FileJournal, statement: str) -> None:
    journal._file.connection.execute(statement)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda journal, path: path.unlink(), "was removed or replaced"),
        (lambda journal, path: path.rename(path.with_name("other.db")), "was removed or replaced"),
        (lambda journal, path: (path.unlink(), path.write_bytes(b"")), "was removed or replaced"),
        (lambda journal, path: spoil(journal, "PRAGMA query_only = 1"), "the right to write"),
        (lambda journal, path: spoil(journal, "DROP TABLE jobs"), "no such table"),
        (lambda journal, path: spoil(journal, "UPDATE jobs SET state = 'odd'"), "another file"),
        (lambda journal, path: journal._file.connection.close(), "closed"),
    ],
)
async def test_what_happens_to_the_file_while_it_is_used(
    path: Path, change: Callable[[FileJournal, Path], Any], words: str
) -> None:
    async with FileJournal.open(path) as journal:
        await journal.take("one", "pictures", unique=True)
        change(journal, path)
        with pytest.raises(JournalError, match=words) as error:
            await journal.take("one", "pictures", unique=True)
        assert str(path) in str(error.value)


async def test_a_file_that_another_program_holds(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        spoil(journal, "PRAGMA busy_timeout = 1")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(JournalError, match=r"locked; another program holds it"):
                await journal.take("one", "pictures", unique=True)
        assert (await journal.take("one", "pictures", unique=True)).key == "one"


async def test_a_run_stops_once_when_its_journal_is_removed(path: Path) -> None:
    service = Service(duration=0.0)
    a2e = client(service)
    outcomes = []

    async def drain() -> None:
        jobs = [Pictures(a2e)(prompt=str(number)) for number in range(50)]
        async with a2e.bulk(jobs, concurrency=4, journal=path) as run:
            async for outcome in run:
                outcomes.append(outcome)
                os.unlink(path) if len(outcomes) == 1 else None

    with pytest.raises(JournalError, match="was removed"):
        await drain()
    assert all(outcome.result for outcome in outcomes)
    assert len(outcomes) == service.starts < 20


def test_looking_into_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgument, match="is not a file"):
        look_into(tmp_path)

    def forbidden(self: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    (tmp_path / "run.db").write_bytes(b"no database at all, and long enough to be seen as none")
    with pytest.raises(JournalError, match="damaged or not a journal"):
        look_into(tmp_path / "run.db")
    monkeypatch.setattr(Path, "is_file", forbidden)
    with pytest.raises(JournalError, match="right to write"):
        look_into(tmp_path / "run.db")


def test_errors_without_a_name_or_advice_get_them(path: Path) -> None:
    assert str(path) in str(
        journal_error(path, sqlite3.ProgrammingError("Cannot operate on a closed database."))
    )
    assert str(path) in str(naming(path, JournalError("the journal is damaged: no rows")))
    named = JournalError(f"{path} is in use")
    assert naming(path, named) is named


def test_the_commands_of_an_uncertain_start_can_be_pasted() -> None:
    url = "postgresql://a2e@db.test/jobs?sslmode=require&options=-csearch_path%3Da2e"
    words = advice(url, "anna's $1 `cat`")
    release, bind = re.findall("`(a2e .+?)` lets|`(--bind .+?)` takes", words)
    assert shlex.split(release[0]) == ["a2e", "journal", url, "--release", "anna's $1 `cat`"]
    assert shlex.split(bind[1]) == ["--bind", "anna's $1 `cat`", "ID"]
    assert f"{shlex.quote(url)} --release" in words  # an & ends the command, where it is not quoted
