"""A bulk run taken up again from its journal."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from a2e_async import (
    A2E,
    InvalidArgument,
    InvalidRequest,
    Job,
    JournalError,
    Outcome,
    StartPolicy,
    SubmissionUncertain,
    TaskFailed,
    TaskRejected,
)
from a2e_async._bulk.journal import Journal
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import PRICE, Stage, cut_off, drained, entries, ids, pictures, rerun, stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


async def test_finished_jobs_come_from_the_journal_as_they_were(journal: Path) -> None:
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 10), journal=journal) as run:
            first = await drained(run)
        before = on.sandbox.ledger.count("api")
        async with on.a2e.bulk(pictures(on.a2e, 10), journal=journal) as run:
            again = await drained(run)
        assert on.sandbox.ledger.count("api") == before
        assert ids(again) == ids(first)
        assert all(outcome.replayed for outcome in again)
        for old, new in zip(first, again, strict=True):
            assert old.result is not None
            assert new.result is not None
            assert new.result.record == old.result.record
            assert new.result.urls == old.result.urls
            assert new.result.coins == old.result.coins
        assert (run.summary().replayed, run.summary().coins) == (10, 0.0)


async def test_finished_jobs_are_skipped_if_asked(journal: Path) -> None:
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 5), journal=journal) as run:
            await drained(run)
        async with on.a2e.bulk(pictures(on.a2e, 8), journal=journal, finished="skip") as run:
            outcomes = await drained(run)
        assert [outcome.index for outcome in outcomes] == [5, 6, 7]
        assert run.summary().skipped == 5
        assert on.made() == 8


async def test_neither_order_nor_duplicates_matter(journal: Path) -> None:
    async with stage() as on:
        jobs = list(pictures(on.a2e, 4))
        async with on.a2e.bulk([*jobs, jobs[0]], journal=journal) as run:
            first = Counter(ids(await drained(run)))
        assert on.made() == 5
        async with on.a2e.bulk([jobs[0], *reversed(jobs), jobs[0]], journal=journal) as run:
            again = Counter(ids(await drained(run)))
        assert on.made() == 6
        assert not first - again


async def test_a_key_that_is_given_names_one_job_of_one_workflow(journal: Path) -> None:
    async with stage() as on:
        one, two = (job.with_key("scene") for job in pictures(on.a2e, 2))
        async with on.a2e.bulk([one, two], journal=journal) as run:
            outcomes = await drained(run)
        assert outcomes[0].error is None
        assert isinstance(outcomes[1].error, InvalidArgument)
        assert "given to an earlier job" in str(outcomes[1].error)
        other = on.a2e.text_to_image(prompt="a kite").with_key("scene")
        async with on.a2e.bulk([other], journal=journal) as run:
            [outcome] = await drained(run)
        assert "job of image_to_video" in str(outcome.error)
        async with on.a2e.bulk([two], journal=journal) as run:
            [outcome] = await drained(run)
        assert outcome.replayed
        assert on.made() == 1


async def test_a_key_that_cannot_be_written_down_concerns_its_job_alone(journal: Path) -> None:
    async with stage() as on:
        good, bad, last = pictures(on.a2e, 3)
        async with on.a2e.bulk([good, bad.with_key("\ud800"), last], journal=journal) as run:
            outcomes = await drained(run)
        assert [bool(outcome.error) for outcome in outcomes] == [False, True, False]
        assert on.made() == 2


async def test_failed_tasks_come_back_failed_until_more_retries_are_allowed(journal: Path) -> None:
    async with stage(faults=Faults(task_fails=1.0)) as on:
        async with on.a2e.bulk(pictures(on.a2e, 2), journal=journal, retries=1) as run:
            first = await drained(run)
        assert [outcome.attempts for outcome in first] == [2, 2]
        assert on.made() == 4
        async with on.a2e.bulk(pictures(on.a2e, 2), journal=journal, retries=1) as run:
            again = await drained(run)
        assert on.made() == 4
        for old, new in zip(first, again, strict=True):
            assert isinstance(new.error, TaskFailed)
            assert isinstance(old.error, TaskFailed)
            assert str(new.error) == str(old.error)
            assert new.error.record.id == old.error.record.id
            assert new.replayed
        on.sandbox.set_faults()
        async with on.a2e.bulk(pictures(on.a2e, 2), journal=journal, retries=2) as run:
            last = await drained(run)
        assert on.made() == 6
        assert all(outcome.result and not outcome.replayed for outcome in last)


async def test_refusals_for_what_is_shown_stay_all_others_are_tried_again(journal: Path) -> None:
    async with stage() as on:
        moderated = on.a2e.nano_banana(name="n", prompt="sandbox:nsfw")
        refused = on.a2e.image_to_video(
            image_url="https://e.com/a.png", prompt="x", extra_body={"video_time": "long"}
        )
        for replayed in (False, True):
            starts = on.sandbox.ledger.count("start")
            async with on.a2e.bulk([moderated, refused], journal=journal) as run:
                outcomes = await drained(run)
            assert isinstance(outcomes[0].error, TaskRejected)
            assert outcomes[0].replayed is replayed
            assert isinstance(outcomes[1].error, InvalidRequest)
            assert on.sandbox.ledger.count("start") == starts + (1 if replayed else 2)


async def interrupted(on: Stage, journal: Path, *answers: str) -> None:
    """A run that is left while one of its starts has been sent and not been settled."""
    on.sandbox.set_faults(Faults(operations="list", status_503=1.0))
    on.sandbox.script("image_to_video.start", *answers)
    await cut_off(
        lambda: _entered(on, journal, 1), lambda: on.sandbox.ledger.count("image_to_video.list") > 0
    )
    on.sandbox.set_faults()
    [entry] = entries(journal)
    assert entry["state"] == "starting"


def content_of(path: Path) -> bytes:
    """All of a file; nothing of what is none."""
    return path.read_bytes() if path.is_file() else b""


def one(a2e: A2E) -> Iterator[Job[Any]]:
    return pictures(a2e, 1)


async def test_a_start_that_was_sent_and_not_answered_is_found_again(journal: Path) -> None:
    async with stage() as on:
        await interrupted(on, journal, "reset_after")
        async with on.client() as later, later.bulk(one(later), journal=journal) as run:
            [outcome] = await drained(run)
        assert ids([outcome]) == [task.id for task in on.sandbox.ledger.tasks]
        assert outcome.attempts == 1
        # It was charged for before, but only now it is known.
        assert run.summary().coins == PRICE


async def test_a_start_that_never_arrived_is_uncertain_or_sent_again_as_the_caller_chose(
    journal: Path,
) -> None:
    async with stage() as on:
        await interrupted(on, journal, "reset_before")
        began = on.clock.now()
        [outcome] = await rerun(on, one, journal=journal)
        assert isinstance(outcome.error, SubmissionUncertain)
        assert on.clock.now() - began > 60.0
        assert on.made() == 0
        [outcome] = await rerun(on, one, journal=journal, policy=StartPolicy(window=90.0, resubmit=True))
        assert outcome.error is None
        assert on.made() == 1


async def test_the_time_of_the_last_sending_counts(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that was refused for long, then sent and lost, is looked for from its last sending on."""
    async with stage() as on:
        monkeypatch.setattr("time.time", lambda: 1.8e9 + on.clock.now())
        await interrupted(on, journal, "status_429:60", "status_429:60", "late_504:80")
        assert on.clock.now() > 120.0
        [outcome] = await rerun(on, one, journal=journal, policy=StartPolicy(window=90.0, resubmit=True))
        assert outcome.error is None
        await on.clock.sleep(200.0)
        assert on.made() == 1


async def test_a_start_that_was_refused_and_waits_is_in_no_doubt(journal: Path) -> None:
    async with stage() as on:
        on.sandbox.script("image_to_video.start", "status_429:100")
        await cut_off(
            lambda: _entered(on, journal, 1),
            lambda: bool(on.sandbox.ledger.statuses[429]) and entries(journal)[0]["state"] == "new",
        )
        began = on.clock.now()
        [outcome] = await rerun(on, one, journal=journal)
        assert outcome.error is None
        assert on.made() == 1
        assert on.clock.now() - began < 60.0


async def test_a_start_that_is_sent_again_and_refused_is_in_no_doubt(journal: Path) -> None:
    async with stage() as on:
        await interrupted(on, journal, "reset_before")
        on.sandbox.set_coins(0)
        assert await rerun(on, one, journal=journal, policy=StartPolicy(window=90.0, resubmit=True)) == []
        assert [row["state"] for row in entries(journal)] == ["new"]
        on.sandbox.set_coins(1000)
        [outcome] = await rerun(on, one, journal=journal)
        assert outcome.error is None
        assert on.made() == 1


async def test_what_this_input_does_not_name_is_counted(journal: Path) -> None:
    async with stage(durations={"*": 500.0}) as on:
        await cut_off(lambda: _entered(on, journal, 5), lambda: on.sandbox.ledger.count("batch") > 0)
        async with on.a2e.bulk(pictures(on.a2e, 2), journal=journal) as run:
            assert len(ids(await drained(run))) == 2
        assert run.summary().left == 3
        assert on.made() == 5


@attrs.define
class Watched(httpx.AsyncBaseTransport):
    """Looks into the journal when a request is about to leave."""

    journal: Path
    look: Callable[[httpx.Request, list[dict[str, Any]]], None]
    inner: httpx.AsyncHTTPTransport = attrs.field(factory=httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.look(request, entries(self.journal))
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


async def test_every_step_is_on_disk_before_the_next_one(journal: Path, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()

    def look(request: httpx.Request, known: list[dict[str, Any]]) -> None:
        path = request.url.path
        if path.endswith("/start"):
            seen["start"] += 1
            name = json.loads(request.content)["name"]
            [entry] = [row for row in known if row["marker"] and row["marker"] in name]
            assert entry["state"] == "starting"
        elif path.endswith("/batchDetail"):
            seen["poll"] += 1
            accepted = {
                record["_id"]
                for row in known
                if row["state"] in ("accepted", "done")
                for record in json.loads(row["records"])
            }
            assert set(json.loads(request.content)["ids"]) <= accepted
        elif path.startswith("/results/"):
            seen["download"] += 1
            task_id = path.split("/")[2]
            [entry] = [row for row in known if task_id in row["records"]]
            assert entry["state"] == "done"

    async with stage() as on:
        transport = Watched(journal, look)
        client = A2E(on.sandbox.token, base_url=on.sandbox.url, clock=on.clock, transport=transport)
        async with (
            client,
            client.bulk(pictures(client, 6), journal=journal, download_to=tmp_path / "out") as run,
        ):
            async for outcome in run:
                assert outcome.error is None
                [entry] = [row for row in entries(journal) if row["key"] == outcome.key]
                [file] = json.loads(entry["files"])
                assert (tmp_path / "out" / file["path"]) == outcome.paths[0]
        await transport.aclose()
    assert seen["start"] == 6
    assert seen["poll"] > 0
    assert seen["download"] == 6


async def test_the_journal_holds_no_secret_no_input_and_no_media(journal: Path) -> None:
    media = b"\x89PNG\r\n\x1a\n" + b"pixels of a secret picture" * 40
    held: list[bytes] = []

    async with stage() as on:
        jobs = [
            on.a2e.image_to_video(
                image_url=media,
                prompt="a very private prompt",
                webhook_url="https://hooks.example.com/a2e",
                webhook_token="whs-topsecret",
            ),
            *pictures(on.a2e, 3),
        ]
        async with on.a2e.bulk(jobs, journal=journal) as run:
            async for _ in run:
                held.extend(map(content_of, journal.parent.glob("run.db*")))
        held.append(content_of(journal))
        token = on.sandbox.token.encode()
    for content in held:
        for secret in (token, token[3:40], b"topsecret", b"private prompt", b"secret picture"):
            assert secret not in content


async def test_files_of_earlier_runs_are_not_presigned_again(journal: Path, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    async with stage() as on:
        for run_number in range(2):
            async with on.client() as client:
                jobs = [
                    client.image_to_video(image_url=picture, prompt=f"{run_number} {number}")
                    for number in range(5)
                ]
                async with client.bulk(jobs, journal=journal) as run:
                    assert len(ids(await drained(run))) == 5
        assert list(on.sandbox.ledger.presigns.values()) == [1]
        assert list(on.sandbox.ledger.uploads.values()) == [1]


async def test_only_one_run_at_a_time(journal: Path) -> None:
    async with stage() as on, on.a2e.bulk([], journal=journal):
        with pytest.raises(JournalError, match="in use by another run"):
            await _entered(on, journal)


async def _entered(on: Stage, journal: Path, count: int = 3) -> None:
    async with on.a2e.bulk(pictures(on.a2e, count), journal=journal) as run:
        await drained(run)


def _text(path: Path) -> None:
    path.write_text("this is a list of things to do, and no database at all\n" * 100)


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE things (name TEXT)")
    connection.commit()
    connection.close()


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def _torn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words", "fresh"),
    [
        (_text, "damaged or not a journal", True),
        (_foreign, "not a journal of a2e_async", True),
        (_newer, "newer version", False),
        (_torn, "damaged", False),
        (_cut, "damaged", False),
        (_folder, "unable to open", False),
    ],
)
async def test_what_is_no_journal_is_refused_and_left_alone(
    journal: Path, spoil: Callable[[Path], None], words: str, fresh: bool
) -> None:
    async with stage() as on:
        if not fresh:
            await _entered(on, journal)
        before = on.sandbox.ledger.count("api")
        spoil(journal)
        content = content_of(journal)
        with pytest.raises(JournalError, match=words) as refusal:
            await _entered(on, journal)
        assert str(journal) in str(refusal.value)
        assert on.sandbox.ledger.count("api") == before
        assert content_of(journal) == content


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with stage() as on:
        with pytest.raises(JournalError, match="there is no folder"):
            await _entered(on, tmp_path / "nowhere" / "run.db")
        assert on.sandbox.ledger.count("api") == 0


async def test_a_disk_that_fills_up_stops_the_run_and_loses_nothing(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Journal] = []
    open_journal = Journal.open

    @asynccontextmanager
    async def observed(path: Path) -> AsyncIterator[Journal]:
        async with open_journal(path) as journal:
            opened.append(journal)
            yield journal

    def fill_disk(db: sqlite3.Connection) -> None:
        """Let the file grow no further; the error is the one of a full disk."""
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(Journal, "open", observed)
    async with stage() as on:
        got: list[Outcome] = []

        async def drain() -> None:
            async with on.a2e.bulk(pictures(on.a2e, 60), concurrency=8, journal=journal) as run:
                async for outcome in run:
                    if not got:
                        await opened[0].transact(fill_disk)
                    got.append(outcome)

        with pytest.raises(JournalError, match="full"):
            await drain()
        made = on.made()
        assert made < 60
        assert all(outcome.error is None for outcome in got)

        outcomes = await rerun(on, lambda later: pictures(later, 60), journal=journal)
        assert len(set(ids(outcomes))) == 60
        assert on.made() == 60
