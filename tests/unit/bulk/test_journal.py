"""The journal by itself: what it stores, how it commits, what it refuses; and its entries."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async import errors
from a2e_async._journal.entries import Entry, State, describe_error, error_from, strip_inputs, with_inputs
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async._spec.media import Upload
from a2e_async.errors import A2EError, InvalidArgument, JournalError, TaskFailed, TaskNotFound
from a2e_async.records import TaskRecord

pytestmark = pytest.mark.anyio

RECORD = {"_id": "t1", "coins": 10, "current_status": "completed", "result_url": "https://e.com/r.mp4"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


async def test_a_file_belongs_to_one_account(path: Path) -> None:
    async with FileJournal.open(path):  # nothing is started, or an older version wrote it
        pass
    async with FileJournal.open(path, "one@host") as journal:
        await journal.take("one", "image_to_video", unique=True)
    async with FileJournal.open(path):
        pass
    with pytest.raises(
        InvalidArgument, match="account one@host, and this token is one of two@host"
    ) as refusal:
        async with FileJournal.open(path, "two@host"):
            pass
    assert refusal.value.field == "journal"
    async with FileJournal.open(path, "one@host") as journal:
        assert (await journal.take("one", "image_to_video", unique=True)).number == 1


async def test_a_token_that_names_no_account_may_be_renewed(path: Path) -> None:
    async with FileJournal.open(path, "token-12@host"):
        pass
    async with FileJournal.open(path, "token-34@host"):
        pass
    for other in ("token-12@another", "one@host"):
        with pytest.raises(InvalidArgument, match="belongs to the account token-12@host"):
            async with FileJournal.open(path, other):
                pass


async def test_an_entry_is_the_same_after_reopening(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        entry = await journal.take("one", "image_to_video", unique=True)
        assert (entry.state, entry.attempts, entry.coins) == (State.NEW, 0, 0.0)

        await journal.record_start(entry, "a2e-mark", 12.5)
        assert await journal.spent() == (0.0, 12.5)
        await journal.record_accepted(entry, [RECORD], 10.0)
        assert await journal.spent() == (10.0, 0.0)
        other = Entry(99, "other", "image_to_video")
        assert await journal.known_among("image_to_video", ["t1", "t2"], other) == {"t1"}
        assert await journal.known_among("image_to_video", ["t1", "t2"], entry) == set()
        assert await journal.known_among("flux2", ["t1"], other) == set()
        await journal.record_end(entry, [RECORD], None)
        await journal.record_files(entry, [{"path": "one.mp4", "size": 3}])

    async with FileJournal.open(path) as journal:
        again = await journal.take("one", "image_to_video", unique=True)
    assert again == entry
    assert again.files == [{"path": "one.mp4", "size": 3}]


async def test_a_start_that_made_no_task_leaves_the_entry_as_it_was(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        entry = await journal.take("one", "w", unique=True)
        await journal.record_start(entry, "first", 5.0)
        await journal.record_accepted(entry, [RECORD], 5.0)
        await journal.record_end(entry, [RECORD], TaskFailed("no", record=TaskRecord(id="t1")))
        await journal.record_start(entry, "second", 5.0)
        await journal.undo_start(entry)

    async with FileJournal.open(path) as journal:
        again = await journal.take("one", "w", unique=True)
    assert (again.state, again.marker, again.attempts) == (State.FAILED, None, 1)
    assert again.error == {"type": "TaskFailed", "message": "no"}


async def test_a_unique_key_has_one_entry_another_key_has_one_for_each_job(path: Path) -> None:
    for number in range(2):
        async with FileJournal.open(path) as journal:
            assert not (await journal.take("mine", "w", unique=True)).repeated
            assert (await journal.take("mine", "w", unique=True)).repeated
            rows = [(await journal.take("same", "w", unique=False)).number for _ in range(3 + number)]
            assert len(set(rows)) == 3 + number
            assert await journal.unfinished() == 0


async def test_only_started_entries_that_are_not_taken_again_are_unfinished(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        for key in ("new", "starting", "accepted", "done", "taken"):
            entry = await journal.take(key, "w", unique=True)
            if key != "new":
                await journal.record_start(entry, "m", 0.0)
            if key in ("accepted", "done", "taken"):
                await journal.record_accepted(entry, [{"_id": key}], 1.0)
            if key == "done":
                await journal.record_end(entry, [{"_id": key}], None)
        assert await journal.unfinished() == 0

    async with FileJournal.open(path) as journal:
        await journal.take("taken", "w", unique=True)
        assert await journal.unfinished() == 2


async def test_uploads_come_back_with_their_age(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Upload("https://e.com/1", "aa", 10, "image/png")
    new = Upload("https://e.com/2", "bb", 20, "image/png")

    async with FileJournal.open(path) as journal:
        for moment, upload in ((1000.0, old), (1500.0, new), (1600.0, old)):
            monkeypatch.setattr("time.time", lambda moment=moment: moment)
            await journal.record_upload(upload)

    monkeypatch.setattr("time.time", lambda: 2000.0)
    async with FileJournal.open(path) as journal:
        assert await journal.uploads() == [(new, 500.0), (old, 400.0)]


async def test_many_steps_share_one_commit(path: Path) -> None:
    async with FileJournal.open(path) as journal:

        async def take(number: int) -> None:
            await journal.take(f"key {number}", "w", unique=True)

        async with anyio.create_task_group() as group:
            for number in range(200):
                group.start_soon(take, number)
    assert 1 <= journal.commits <= 3

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone()[0] == 200
    connection.close()


async def test_a_step_that_fails_undoes_itself_alone(path: Path) -> None:
    kinds: list[str] = []

    async with FileJournal.open(path) as journal:

        async def take(key: str) -> None:
            try:
                await journal.take(key, "w", unique=True)
            except JournalError:
                kinds.append("bad")
            else:
                kinds.append("good")

        async with anyio.create_task_group() as group:
            for key in ("a", "\ud800", "b"):
                group.start_soon(take, key)
    assert sorted(kinds) == ["bad", "good", "good"]


async def test_a_step_cancelled_while_it_queues_is_not_done(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        held, go = threading.Event(), threading.Event()

        def slow(_: sqlite3.Connection) -> None:
            held.set()
            go.wait(5)

        async with anyio.create_task_group() as group:
            group.start_soon(journal.transact, slow)
            await anyio.to_thread.run_sync(held.wait)

            with anyio.CancelScope() as scope:
                scope.cancel()
                await journal.take("cancelled", "w", unique=True)
            go.set()

        assert scope.cancelled_caught
        entry = await journal.take("next", "w", unique=True)
    assert entry.number == 1


@pytest.mark.usefixtures("written_through")
async def test_it_is_written_through_to_the_disk(path: Path) -> None:
    async with FileJournal.open(path) as journal:

        def settings(db: sqlite3.Connection) -> list[Any]:
            names = ("journal_mode", "synchronous", "locking_mode")
            return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

        # The mode in which others can look into it meanwhile.
        assert await journal.transact(settings) == ["wal", 2, "normal"]


async def test_a_damaged_entry_is_reported_as_such(path: Path) -> None:
    async with FileJournal.open(path) as journal:
        await journal.take("one", "w", unique=True)
        await journal.take("two", "w", unique=True)

    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE jobs SET records = '[{' WHERE key = 'one'")
    connection.close()

    async with FileJournal.open(path) as journal:
        with pytest.raises(JournalError, match=r"damaged.*'one'"):
            await journal.take("one", "w", unique=True)
        assert (await journal.take("two", "w", unique=True)).state == State.NEW


async def test_it_is_free_again_when_it_is_closed(path: Path) -> None:
    async with FileJournal.open(path):
        with pytest.raises(JournalError, match="in use"):
            async with FileJournal.open(path):
                pass
    async with FileJournal.open(path):
        pass


async def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=tmp_path, delete=False) as file:
        path = file.name
    async with FileJournal.open(path) as journal:
        assert (await journal.take("one", "w", unique=True)).number == 1


def test_a_record_is_stored_without_inputs_and_secrets_and_comes_back_whole() -> None:
    body = {
        "prompt": "private",
        "image_url": Path("cat.png"),
        "name": "n",
        "_id": "t1",
        "images": [b"bytes"],
        "shape": {"width": 3},
    }
    record = {
        **RECORD,
        "prompt": "private",
        "image_url": "https://cdn.e.com/cat.png",
        "name": "n a2e-mark",
        "shape": {"width": 3},
        "webhook_token": "secret",
        "publicAccessToken": "secret",
    }

    stored = strip_inputs(record, body)
    assert "private" not in json.dumps(stored)
    assert "secret" not in json.dumps(stored)
    assert "shape" not in stored
    assert stored["_id"] == "t1"

    whole = {key: value for key, value in record.items() if "oken" not in key}
    assert with_inputs(json.loads(json.dumps(stored)), body) == whole


RECORD_OF = TaskRecord(id="t1", raw={"_id": "t1", "failed_message": "no"})


@pytest.mark.parametrize(
    "error",
    [
        TaskFailed("the face was not found", record=RECORD_OF),
        TaskNotFound("task t1 is not known to the service", task_id="t1"),
        errors.TaskRejected("no task was made: NSFW"),
        errors.ModerationError("suspected minor", status=403, code=1004),
        errors.InvalidRequest("bad", status=400, code="E1"),
    ],
)
def test_errors_come_back_as_they_were(error: A2EError) -> None:
    entry = Entry(1, "one", "w", State.FAILED, error=json.loads(json.dumps(describe_error(error))))
    again = error_from(entry, RECORD_OF)
    assert type(again) is type(error)
    for name in ("message", "status", "code", "reason", "task_id", "record"):
        if getattr(error, name, None) is not None:
            assert getattr(again, name) == getattr(error, name)


@pytest.mark.parametrize(
    "stored", [None, {}, {"type": "Unheard", "message": "x"}, {"type": "annotations"}, {"type": "TaskFailed"}]
)
def test_an_error_that_cannot_be_rebuilt_becomes_a_task_error(stored: dict[str, Any] | None) -> None:
    error = error_from(Entry(1, "one", "w", State.FAILED, error=stored), None)
    assert isinstance(error, errors.TaskError)
    assert str(error)
