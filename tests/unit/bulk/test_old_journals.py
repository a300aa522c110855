"""Journals that version 0.1.0 wrote, in format 1. `format1.sql` is the dump of one."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from a2e_async._journal.asked import read_asked
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.job_keys import key_of
from a2e_async._journal.look import look_into
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async.client import A2E
from a2e_async.errors import JournalError
from a2e_async.jobs import Job

pytestmark = pytest.mark.anyio

A2E_CLIENT = A2E("sk_x")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "format1.sql").read_text())
    return path


def job(number: int, **body: Any) -> Job[Any]:
    given = {"image_url": f"https://e.com/{number}.png", "prompt": "it waves", **body}
    return A2E_CLIENT.image_to_video(**given)


async def take(journal: FileJournal, job: Job[Any]) -> Entry:
    asked = await read_asked(job, old_key=journal.has_old and job.key is None)
    key = await key_of(job, asked)
    return await journal.take(key, job.workflow.name, unique=job.key is not None, asked=asked)


async def test_every_job_is_found_again(path: Path) -> None:
    for _ in range(2):
        async with FileJournal.open(path) as journal:
            assert journal.has_old
            states = {
                key: (await take(journal, job(number).with_key(key))).state
                for number, key in ((0, "done"), (2, "failed"), (4, "uncertain"), (5, "accepted"), (6, "new"))
            }
            assert states == {
                "done": State.DONE,
                "failed": State.FAILED,
                "uncertain": State.STARTING,
                "accepted": State.ACCEPTED,
                "new": State.NEW,
            }

            # Without a key, too: by the key that the old version derived.
            for unkeyed in (job(1), job(0, image_url=PICTURE)):
                entry = await take(journal, unkeyed)
                assert entry.state == State.DONE
                assert entry.asked is not None

            tasks = re.findall(
                r"INSERT INTO \"tasks\" VALUES\('(\w+)'", (Path(__file__).parent / "format1.sql").read_text()
            )
            other = Entry(99, "other", "image_to_video")
            assert len(await journal.known_among("image_to_video", tasks, other)) == 5
            assert [upload.size for upload, _ in await journal.uploads()] == [len(PICTURE)]
            assert (await journal.spent())[0] == 50.0


async def test_what_an_old_key_asked_for_is_not_known_and_not_made_up(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        entry = await take(journal, job(0, prompt="it runs").with_key("done"))
        assert (entry.state, entry.asked) == (State.DONE, None)

        # What was not started is written down now, and compared from then on.
        assert (await take(journal, job(6).with_key("new"))).asked is not None


def test_a_look_changes_nothing(path: Path) -> None:
    content = path.read_bytes()
    look = look_into(path)
    assert look.states == {"done": 3, "failed": 1, "starting": 1, "accepted": 1, "new": 1}
    [start] = look.uncertain
    assert (start.key, start.marker, start.asked) == ("uncertain", "a2e-ftr2xh5es265y", {})
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE jobs SET state = 'new' WHERE key = 'done'",
        "UPDATE jobs SET state = 'new', records = '[]', attempts = 0 WHERE key = 'done'",
        "UPDATE jobs SET state = 'resting' WHERE key = 'done'",
        "UPDATE jobs SET state = 'done', records = '[]' WHERE key = 'uncertain'",
        "UPDATE jobs SET records = '[{' WHERE key = 'done'",
        "UPDATE jobs SET records = '{}' WHERE key = 'done'",
        "UPDATE jobs SET records = '[1]' WHERE key = 'done'",
        "UPDATE jobs SET error = '7' WHERE key = 'failed'",
        "UPDATE jobs SET coins = 'many' WHERE key = 'done'",
        "UPDATE jobs SET seen = 'once' WHERE key = 'done'",
        "UPDATE jobs SET key = x'ff' WHERE key = 'done'",
        "ALTER TABLE jobs ADD COLUMN more TEXT",
        "PRAGMA user_version = 2",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = -3",
    ],
)
async def test_what_contradicts_itself_is_refused_and_left_alone(damage: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    content = sqlite3_dump(path)
    with pytest.raises(JournalError):
        async with FileJournal.open(path):
            pass
    assert sqlite3_dump(path) == content


def sqlite3_dump(path: Path) -> list[str]:
    """The rows of a file."""
    with closing(sqlite3.connect(path)) as db:
        return [repr(db.execute(f"SELECT * FROM {name}").fetchall()) for name in ("jobs", "tasks", "uploads")]
