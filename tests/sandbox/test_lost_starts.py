"""Lost starts of families without a name: matched by echoed inputs and time, or reported as uncertain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async import A2E, Job, StartPolicy, SubmissionUncertain
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import Stage, cancel_when, drained, entries, ids, rerun, stage

pytestmark = pytest.mark.anyio

RESUBMIT = StartPolicy(window=90.0, resubmit=True)


def swaps(a2e: A2E, count: int, *, different: int | None = None) -> Iterator[Job[Any]]:
    """Head swaps with different inputs, or with `different` inputs that repeat."""
    for number in range(count):
        kind = number if different is None else number % different
        yield a2e.head_swap(
            image_url="https://e.com/face.png", target_image_url=f"https://e.com/target-{kind}.png"
        )


@pytest.mark.parametrize("different", [None, 5])
@pytest.mark.parametrize("policy", [StartPolicy(window=90.0), RESUBMIT])
async def test_lost_answers_are_matched_one_to_one(policy: StartPolicy, different: int | None) -> None:
    faults = Faults(operations="start", reset_after=0.15, truncated=0.1, late_504=0.1, late_by=60.0)
    async with stage(faults=faults, start=policy) as on:
        async with on.a2e.bulk(swaps(on.a2e, 20, different=different), concurrency=10) as run:
            outcomes = await drained(run)
        assert [outcome.error for outcome in outcomes if outcome.error] == []
        assert len(set(ids(outcomes))) == on.made() == 20
        if different is None:
            for number, outcome in enumerate(outcomes):
                assert outcome.result is not None
                assert f"target-{number}.png" in outcome.result.record.raw["target_image_url"]


async def test_starts_that_never_arrived_are_sent_again_if_wanted() -> None:
    faults = Faults(operations="start", reset_before=0.2, reset_after=0.1)
    async with stage(faults=faults, start=RESUBMIT) as on:
        async with on.a2e.bulk(swaps(on.a2e, 20), concurrency=20) as run:
            outcomes = await drained(run)
        assert len(set(ids(outcomes))) == on.made() == 20


async def test_starts_that_never_arrived_are_uncertain_by_default() -> None:
    async with stage(faults=Faults(operations="start", reset_before=0.3), seed=4) as on:
        async with on.a2e.bulk(swaps(on.a2e, 20, different=4), concurrency=20) as run:
            outcomes = await drained(run)
        uncertain = [outcome for outcome in outcomes if outcome.error]
        assert all(isinstance(outcome.error, SubmissionUncertain) for outcome in uncertain)
        assert 0 < len(uncertain) == on.sandbox.ledger.faults["reset_before"]
        assert len(set(ids(outcomes))) == on.made() == 20 - len(uncertain)


async def test_a_plain_run_finds_the_very_first_start_of_a_process() -> None:
    async with stage() as on:
        [job] = swaps(on.a2e, 1)
        on.sandbox.script("head_swap.start", "status_500_after")
        result = await job.run()
        assert [task.id for task in on.sandbox.ledger.tasks] == [result.task.id]


async def test_a_task_made_long_ago_with_the_same_inputs_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage() as on:
        began = time.time()
        monkeypatch.setattr("time.time", lambda: began + on.clock.now())
        [old] = swaps(on.a2e, 1)
        await old.run()
        await on.clock.sleep(3600.0)

        # This client knows no task. Only the time shows that the old task is not the one it has lost.
        async with on.client(start=RESUBMIT) as other:
            [job] = swaps(other, 1)
            on.sandbox.script("head_swap.start", "reset_before")
            result = await job.run()

        assert on.made() == 2
        assert result.task.id == on.sandbox.ledger.tasks[1].id


async def test_a_run_taken_up_again_gives_no_record_to_two_jobs(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"

    async def run_all(on: Stage) -> None:
        async with on.a2e.bulk(swaps(on.a2e, 8, different=2), concurrency=8, journal=journal) as run:
            await drained(run)

    async with stage(durations={"*": 100.0}) as on:
        on.sandbox.set_faults(
            Faults(operations="list", status_503=1.0), Faults(operations="start", reset_after=0.4)
        )
        await cancel_when(lambda: run_all(on), lambda: on.sandbox.ledger.count("head_swap.list") > 6)
        on.sandbox.set_faults()
        lost = [row["state"] for row in entries(journal)].count("starting")
        assert lost
        again = await rerun(
            on, lambda a2e: swaps(a2e, 8, different=2), journal=journal, concurrency=8, policy=RESUBMIT
        )
        # New starts with the same inputs may leave open which of the tasks was the lost one.
        uncertain = [outcome.error for outcome in again if outcome.error]
        assert all(isinstance(error, SubmissionUncertain) for error in uncertain)
        assert len(uncertain) <= lost
        assert len(set(ids(again))) == len(again) - len(uncertain)
        assert on.made() == len(again) == 8


@pytest.mark.parametrize("family", ["avatar_video", "face_swap_preview"])
async def test_a_family_without_a_list_is_uncertain_at_once(family: str) -> None:
    async with stage(start=RESUBMIT) as on:
        jobs: dict[str, Job[Any]] = {
            "avatar_video": on.a2e.avatar_video(
                title="n",
                anchor_id="65f0c0ffee0000000000a001",
                anchor_type=0,
                audio_src="https://e.com/voice.mp3",
            ),
            "face_swap_preview": on.a2e.face_swap_preview(
                video_url="https://e.com/a.mp4", face_url="https://e.com/a.png"
            ),
        }
        on.sandbox.script("start", "reset_after")

        with pytest.raises(SubmissionUncertain) as uncertain:
            await jobs[family].run()
        assert uncertain.value.job is jobs[family]
        assert on.made(family) == on.made() == 1


async def test_a_hundred_newer_tasks_never_hide_a_lost_one() -> None:
    """Over real sockets, in a family whose list is read page by page."""
    async with stage(start=StartPolicy(window=5.0)) as on:
        on.sandbox.script("text_to_image.start", "reset_after")
        found: list[str] = []

        async def lose() -> None:
            found.append((await on.a2e.text_to_image(prompt="the lost one").start()).id)

        async with anyio.create_task_group() as group:
            on.sandbox.set_faults(Faults(operations="list", status_503=1.0))
            group.start_soon(lose)
            while not on.made():  # noqa: ASYNC110
                await anyio.sleep(0.001)
            async with on.a2e.bulk(
                (on.a2e.text_to_image(prompt=f"kite {number}") for number in range(120)), concurrency=40
            ) as run:
                await drained(run)
            on.sandbox.set_faults()

        assert found == [on.sandbox.ledger.tasks[0].id]
        assert on.made() == 121


@pytest.mark.parametrize("policy", [StartPolicy(window=90.0), RESUBMIT])
async def test_replies_without_an_id_are_searched_for(policy: StartPolicy) -> None:
    async with stage(faults=Faults(operations="start", no_id=0.4), start=policy) as on:
        async with on.a2e.bulk(
            (on.a2e.text_to_image(prompt=f"kite {number}") for number in range(20)), concurrency=10
        ) as run:
            outcomes = await drained(run)
        assert [outcome.error for outcome in outcomes if outcome.error] == []
        assert len(set(ids(outcomes))) == on.made() == 20
