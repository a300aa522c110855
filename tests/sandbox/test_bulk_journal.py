"""Bulk runs that are resumed from their journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from a2e_async import (
    A2E,
    InvalidArgument,
    InvalidRequest,
    Job,
    StartPolicy,
    SubmissionUncertain,
    TaskFailed,
    TaskRejected,
)
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import (
    PRICE,
    Stage,
    cancel_when,
    drained,
    entries,
    ids,
    pictures,
    rerun,
    run_pictures,
    stage,
)

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


async def test_the_order_and_duplicates_do_not_matter(journal: Path) -> None:
    async with stage() as on:
        jobs = list(pictures(on.a2e, 4))
        async with on.a2e.bulk([*jobs, jobs[0]], journal=journal) as run:
            first = Counter(ids(await drained(run)))
        assert on.made() == 5
        async with on.a2e.bulk([jobs[0], *reversed(jobs), jobs[0]], journal=journal) as run:
            again = Counter(ids(await drained(run)))
        assert on.made() == 6
        assert not first - again


async def test_a_given_key_belongs_to_one_job_of_one_workflow(journal: Path) -> None:
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
        assert "asked for something else" in str(outcome.error)
        async with on.a2e.bulk([one], journal=journal) as run:
            [outcome] = await drained(run)
        assert outcome.replayed
        assert on.made() == 1


async def test_a_key_that_cannot_be_stored_affects_its_job_alone(journal: Path) -> None:
    async with stage() as on:
        good, bad, last = pictures(on.a2e, 3)
        bad = attrs.evolve(bad, key="\ud800")  # with_key refuses it
        async with on.a2e.bulk([good, bad, last], journal=journal) as run:
            outcomes = await drained(run)
        assert [bool(outcome.error) for outcome in outcomes] == [False, True, False]
        assert on.made() == 2


async def test_failed_tasks_stay_failed_until_more_retries_are_allowed(journal: Path) -> None:
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


async def test_moderated_jobs_stay_refused_others_are_tried_again(journal: Path) -> None:
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


async def interrupt_start(on: Stage, journal: Path, *answers: str) -> None:
    """Cancel a run while the outcome of its start is unknown."""
    on.sandbox.set_faults(Faults(operations="list", status_503=1.0))
    on.sandbox.script("image_to_video.start", *answers)
    await cancel_when(
        lambda: run_pictures(on, journal, 1), lambda: on.sandbox.ledger.count("image_to_video.list") > 0
    )
    on.sandbox.set_faults()
    [entry] = entries(journal)
    assert entry["state"] == "starting"


def one(a2e: A2E) -> Iterator[Job[Any]]:
    return pictures(a2e, 1)


async def test_a_start_without_an_answer_is_recovered(journal: Path) -> None:
    async with stage() as on:
        await interrupt_start(on, journal, "reset_after")
        async with on.client() as later, later.bulk(one(later), journal=journal) as run:
            [outcome] = await drained(run)
        assert ids([outcome]) == [task.id for task in on.sandbox.ledger.tasks]
        assert outcome.attempts == 1
        # It was charged in the first run, but that is known only now.
        assert run.summary().coins == PRICE


async def test_a_start_that_never_arrived_is_uncertain_or_sent_again_by_choice(
    journal: Path,
) -> None:
    async with stage() as on:
        await interrupt_start(on, journal, "reset_before")
        began = on.clock.now()
        [outcome] = await rerun(on, one, journal=journal)
        assert isinstance(outcome.error, SubmissionUncertain)
        assert on.clock.now() - began > 60.0
        assert on.made() == 0
        [outcome] = await rerun(on, one, journal=journal, policy=StartPolicy(window=90.0, resubmit=True))
        assert outcome.error is None
        assert on.made() == 1


async def test_a_lost_start_is_searched_from_its_last_sending_on(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start is refused for a long time before it is sent and lost."""
    async with stage() as on:
        monkeypatch.setattr("time.time", lambda: 1.8e9 + on.clock.now())
        await interrupt_start(on, journal, "status_429:60", "status_429:60", "late_504:80")
        assert on.clock.now() > 120.0
        [outcome] = await rerun(on, one, journal=journal, policy=StartPolicy(window=90.0, resubmit=True))
        assert outcome.error is None
        await on.clock.sleep(200.0)
        assert on.made() == 1


async def test_a_refused_start_is_not_uncertain(journal: Path) -> None:
    async with stage() as on:
        on.sandbox.script("image_to_video.start", "status_429:100")
        await cancel_when(
            lambda: run_pictures(on, journal, 1),
            lambda: bool(on.sandbox.ledger.statuses[429]) and entries(journal)[0]["state"] == "new",
        )
        began = on.clock.now()
        [outcome] = await rerun(on, one, journal=journal)
        assert outcome.error is None
        assert on.made() == 1
        assert on.clock.now() - began < 60.0


async def test_a_start_that_is_sent_again_and_refused_is_not_uncertain(journal: Path) -> None:
    async with stage() as on:
        await interrupt_start(on, journal, "reset_before")
        on.sandbox.set_coins(0)
        assert await rerun(on, one, journal=journal, policy=StartPolicy(window=90.0, resubmit=True)) == []
        assert [row["state"] for row in entries(journal)] == ["new"]
        on.sandbox.set_coins(1000)
        [outcome] = await rerun(on, one, journal=journal)
        assert outcome.error is None
        assert on.made() == 1


async def test_started_jobs_missing_in_the_input_are_counted(journal: Path) -> None:
    async with stage(durations={"*": 500.0}) as on:
        await cancel_when(lambda: run_pictures(on, journal, 5), lambda: on.made() == 5)
        async with on.a2e.bulk(pictures(on.a2e, 2), journal=journal) as run:
            assert len(ids(await drained(run))) == 2
        assert run.summary().left == 3
        assert on.made() == 5


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
