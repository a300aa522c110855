"""Damaged journals: whatever was changed in the file, no job that was paid for is started again."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._journal.asked import read_asked
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.job_keys import key_of
from a2e_async._journal.look import look_into
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async.client import A2E
from a2e_async.errors import InvalidArgument, JournalError
from a2e_async.jobs import Job

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

JOBS = 15
FILES_A_GROUP = 16


@pytest.fixture
def anyio_backend() -> str:
    """The file is the same on every event loop."""
    return "asyncio"


def jobs() -> Iterator[Job[Any]]:
    """Jobs with and without a key."""
    a2e = A2E("sk_x")
    for number in range(JOBS):
        job = a2e.image_to_video(image_url=f"https://e.com/{number}.png", prompt="it waves")
        yield job if number % 2 else job.with_key(f"scene {number}")


async def take(journal: FileJournal, job: Job[Any]) -> Entry:
    asked = await read_asked(job)
    key = await key_of(job, asked)
    return await journal.take(key, job.workflow.name, unique=job.key is not None, asked=asked)


def record_of(number: int) -> dict[str, Any]:
    return {"_id": f"{number:024x}", "coins": 10, "result_url": f"https://e.com/{number}.mp4"}


async def write(path: Path, copy_to: Path) -> None:
    """Write a journal whose jobs are all done; copy it while it is open, as a kill leaves it."""

    async def run(journal: FileJournal, number: int, job: Job[Any]) -> None:
        entry = await take(journal, job)
        await journal.record_start(entry, f"a2e-{number}", 10.0)
        await journal.record_accepted(entry, [record_of(number)], 10.0)
        await journal.record_end(entry, [record_of(number)], None)

    async with FileJournal.open(path) as journal:
        async with anyio.create_task_group() as group:
            for number, job in enumerate(jobs()):
                group.start_soon(run, journal, number, job)

        copy_to.mkdir()  # noqa: ASYNC240 - a test
        for name in ("run.db", "run.db-wal"):
            shutil.copy(path.with_name(name), copy_to)


def flip_bytes(dice: random.Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 1, 2, 20])):
        content[dice.randrange(len(content))] = dice.randrange(256)
    path.write_bytes(content)


def flip_one_bit(dice: random.Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def blank_a_stretch(dice: random.Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    start, length = dice.randrange(len(content)), dice.choice([16, 512, 4096])
    content[start : start + length] = bytes(len(content[start : start + length]))
    path.write_bytes(content)


def truncate(dice: random.Random, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: dice.randrange(1, len(content))])


ODD_VALUES: list[Any] = [
    "",
    "new",
    "resting",
    "[]",
    "{}",
    "x",
    0,
    -1,
    2**63 - 1,
    1.5,
    1e300,
    b"\xff\xfe",
    None,
]


def edit_a_cell(dice: random.Random, path: Path) -> None:
    """Change one cell, as a person with a database browser would."""
    with closing(sqlite3.connect(path)) as db, db:
        table = dice.choice(["jobs"] * 6 + ["tasks", "uploads", "sqlite_sequence"])
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        count = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if count == 0:
            return

        column, row = dice.choice(columns), dice.randrange(count)
        keys = ", ".join(columns[:3])
        condition = f"({keys}) IN (SELECT {keys} FROM {table} LIMIT 1 OFFSET {row})"
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {condition}", (dice.choice(ODD_VALUES),))
        except sqlite3.IntegrityError:
            return


def delete_a_row(dice: random.Random, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM jobs WHERE number = ?", (dice.randint(1, JOBS),))


DAMAGES: list[Callable[[random.Random, Path], None]] = [
    flip_bytes, flip_one_bit, blank_a_stretch, truncate, edit_a_cell, edit_a_cell, delete_a_row,
]  # fmt: skip


async def started_again(path: Path, ends: Counter[str]) -> list[str]:
    """The jobs that a run with this journal would start."""
    again: list[str] = []

    async def run(journal: FileJournal, number: int, job: Job[Any]) -> None:
        try:
            entry = await take(journal, job)
        except JournalError:
            ends["refused"] += 1
            return
        except InvalidArgument:
            # The key belongs to something else, as far as the journal knows.
            ends["differs"] += 1
            return

        ends[entry.state] += 1
        if entry.state != State.DONE:
            again.append(f"{entry.key}: {entry.state}")
        elif list(entry.records) != [record_of(number)]:
            again.append(f"{entry.key}: a wrong result")

    try:
        async with FileJournal.open(path) as journal, anyio.create_task_group() as group:
            for number, job in enumerate(jobs()):
                group.start_soon(run, journal, number, job)
    except JournalError:
        ends["not opened"] += 1
    return again


@pytest.mark.parametrize("group", range(4))
@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
async def test_no_damaged_file_starts_a_paid_job_again(group: int, killed: bool, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    await write(whole / "run.db", tmp_path / "killed")
    source = tmp_path / "killed" if killed else whole

    ends: Counter[str] = Counter()
    for number in range(FILES_A_GROUP):
        dice = random.Random(1000 * group + number)
        folder = tmp_path / f"{number}"
        shutil.copytree(source, folder)
        files = sorted(folder.iterdir())

        damage = dice.choice(DAMAGES)
        by_bytes = damage not in (edit_a_cell, delete_a_row)
        damage(dice, dice.choice(files) if by_bytes else folder / "run.db")

        assert await started_again(folder / "run.db", ends) == [], (damage.__name__, number)
    assert ends[State.DONE] > 0
    assert ends["not opened"] > 0


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
async def test_a_whole_file_replays_everything(killed: bool, tmp_path: Path) -> None:
    await write(tmp_path / "run.db", tmp_path / "killed")
    ends: Counter[str] = Counter()
    path = tmp_path / "killed" / "run.db" if killed else tmp_path / "run.db"
    assert await started_again(path, ends) == []
    assert ends == {State.DONE: JOBS}


async def test_nothing_depends_on_the_log_of_a_killed_run(tmp_path: Path) -> None:
    """The log may be lost or cut anywhere: what was acted upon is in the journal's own file."""
    await write(tmp_path / "run.db", tmp_path / "killed")
    log = tmp_path / "killed" / "run.db-wal"
    size = log.stat().st_size

    for length in (None, 0, 31, 33, size // 2, size - 1):
        folder = tmp_path / f"cut {length}"
        shutil.copytree(tmp_path / "killed", folder)
        if length is None:
            (folder / "run.db-wal").unlink()
        else:
            (folder / "run.db-wal").write_bytes(log.read_bytes()[:length])
        ends: Counter[str] = Counter()
        assert await started_again(folder / "run.db", ends) == []
        assert ends == {State.DONE: JOBS}


async def test_an_emptied_file_beside_a_log_is_refused(tmp_path: Path) -> None:
    await write(tmp_path / "run.db", tmp_path / "killed")
    path = tmp_path / "killed" / "run.db"
    log = path.with_name("run.db-wal").read_bytes()
    path.write_bytes(b"")

    with pytest.raises(JournalError, match="it is empty, but"):
        async with FileJournal.open(path):
            pass

    path.unlink()
    with pytest.raises(JournalError, match="is missing, but"):
        async with FileJournal.open(path):
            pass
    assert path.with_name("run.db-wal").read_bytes() == log


async def test_a_damaged_entry_blocks_what_is_new_and_no_replay(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await write(path, tmp_path / "killed")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE jobs SET key = 'scene 4711' WHERE key = 'scene 4'")

    assert look_into(path).damaged == ["scene 4711"]
    async with FileJournal.open(path) as journal:
        assert (await take(journal, list(jobs())[2])).state == State.DONE
        with pytest.raises(JournalError, match=r"'scene 4' may be one of them; it is not started"):
            await take(journal, list(jobs())[4])
        with pytest.raises(JournalError, match="may be one of them"):
            await journal.take("new", "image_to_video", unique=True)


@pytest.mark.parametrize("state", ["", "resting", "DONE"])
async def test_an_unknown_state_is_an_error_even_with_a_right_checksum(state: str, tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    async with FileJournal.open(path) as journal:
        entry = await journal.take("one", "image_to_video", unique=True)
        entry.state = state
        await journal.record_files(entry, [])
    async with FileJournal.open(path) as journal:
        with pytest.raises(JournalError, match="is not known"):
            await journal.take("one", "image_to_video", unique=True)
