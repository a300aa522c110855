"""Bulk runs over a sandbox: reading, bounds, errors of single jobs, leaving early, and the summary."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from a2e_async import A2E, ConfigurationError, InvalidArgument, Job, TaskFailed, Upload, WaitTimeout
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import PRICE, cancel_when, drained, ids, pictures, stage

pytestmark = pytest.mark.anyio


async def test_every_job_becomes_one_task_and_one_outcome() -> None:
    async with stage() as on, on.a2e.bulk(pictures(on.a2e, 30)) as run:
        outcomes = await drained(run)
        assert [outcome.index for outcome in outcomes] == list(range(30))
        assert sorted(ids(outcomes)) == sorted(task.id for task in on.sandbox.ledger.tasks)
        assert all(outcome.attempts == 1 and not outcome.replayed for outcome in outcomes)
        assert run.stopped is None


async def test_jobs_come_from_an_async_iterable_too() -> None:
    async with stage() as on:

        async def jobs() -> AsyncIterator[Job[Any]]:
            for job in pictures(on.a2e, 5):
                await on.clock.sleep(100.0)
                yield job

        async with on.a2e.bulk(jobs()) as run:
            assert len(ids(await drained(run))) == 5
        assert on.clock.now() >= 500.0


async def test_no_jobs_no_outcomes() -> None:
    async with stage() as on, on.a2e.bulk([]) as run:
        assert await drained(run) == []
        assert run.summary().jobs == 0


async def test_jobs_are_read_only_a_few_ahead() -> None:
    read = 0
    async with stage(durations={"*": 1000.0}) as on:

        def jobs() -> Iterator[Job[Any]]:
            nonlocal read
            for job in pictures(on.a2e, 10_000):
                read += 1
                yield job

        async with on.a2e.bulk(jobs(), concurrency=10, timeout=5000.0) as run:
            async for _ in run:
                break
        assert 10 <= read <= 10 + 2 * 8


async def test_concurrency_bounds_the_tasks_on_the_server() -> None:
    async with stage(durations={"*": (50.0, 30.0)}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 20), concurrency=5) as run:
            await drained(run)
        events = [(task.created_at, 1) for task in on.sandbox.ledger.tasks]
        events += [(task.done_at, -1) for task in on.sandbox.ledger.tasks]
        running, most = 0, 0
        for _, step in sorted(events):
            running += step
            most = max(most, running)
        assert most == 5


async def test_a_slow_consumer_holds_the_run_back() -> None:
    async with stage() as on, on.a2e.bulk(pictures(on.a2e, 20), concurrency=3) as run:
        first = await anext(run)
        await on.clock.sleep(600.0)
        # Three at the server, and a few whose Outcomes have not been taken yet.
        assert on.made() <= 3 + 8 + 1
        assert len([first, *await drained(run)]) == 20


async def test_an_error_of_one_job_affects_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone.png"
    gone.write_bytes(b"\x89PNG\r\n\x1a\nsoon gone")
    async with stage() as on:

        async def broken(source: Any, **_: Any) -> Upload:
            raise ZeroDivisionError("a bug in an upload")

        good = list(pictures(on.a2e, 3))
        missing = on.a2e.image_to_video(image_url=gone, prompt="it waves")
        gone.unlink()
        bug = on.a2e.image_to_video(image_url=b"\x89PNG\r\n\x1a\nabc", prompt="it waves")
        refused = on.a2e.image_to_video(
            image_url="https://e.com/a.png", prompt="it waves", extra_body={"video_time": "long"}
        )
        # The call itself refuses such a body.
        unsendable = attrs.evolve(good[0], call=attrs.evolve(good[0].call, body={"seed": object()}))
        failing = on.a2e.image_to_video(image_url="https://e.com/a.png", prompt="sandbox:fail")
        endless = on.a2e.image_to_video(image_url="https://e.com/a.png", prompt="sandbox:forever")
        unreadable = on.a2e.wan30(model="wan3.0-video", input={"prompt": "a horse"}, parameters={}, name="n")
        jobs = [good[0], missing, refused, unsendable, good[1], failing, endless, unreadable, good[2]]

        for journal in (None, tmp_path / "run.db"):
            async with on.a2e.bulk(jobs, timeout=100.0, journal=journal) as run:
                outcomes = await drained(run)
            kinds = [type(outcome.error).__name__ if outcome.error else "" for outcome in outcomes]
            assert kinds == [
                "",
                "InvalidArgument",
                "InvalidRequest",
                "InvalidArgument",
                "",
                "TaskFailed",
                "WaitTimeout",
                "ConfigurationError",
                "",
            ]
            assert run.stopped is None

        monkeypatch.setattr(on.a2e.runtime.uploader, "upload", broken)
        async with on.a2e.bulk([good[0], bug, good[1]]) as run:
            outcomes = await drained(run)
        assert isinstance(outcomes[1].error, ZeroDivisionError)
        assert len(ids(outcomes)) == 2


async def test_an_error_of_the_iterable_comes_after_the_last_outcome() -> None:
    async with stage() as on:

        def jobs() -> Iterator[Job[Any]]:
            yield from pictures(on.a2e, 6)
            raise LookupError("row 7 is broken")

        async with on.a2e.bulk(jobs(), concurrency=3) as run:
            got = [await anext(run) for _ in range(6)]
            with pytest.raises(LookupError, match="row 7"):
                await anext(run)
        assert len(ids(got)) == on.made() == 6
        assert isinstance(run.stopped, LookupError)


async def test_an_input_that_is_not_a_job_is_named_by_its_index() -> None:
    async with stage() as on:
        async with on.a2e.bulk([*pictures(on.a2e, 2), "a string"]) as run:  # type: ignore[list-item]
            with pytest.raises(InvalidArgument, match=r"jobs\[2\]"):
                await drained(run)
        assert on.made() == 2
        with pytest.raises(InvalidArgument, match="not an iterable"):
            on.a2e.bulk(7)  # type: ignore[call-overload]


async def test_leaving_early_leaves_nothing_running_and_the_tasks_at_the_server() -> None:
    async with stage(durations={"*": (30.0, 20.0)}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 500), concurrency=10) as run:
            async for _ in run:
                break
        made = on.made()
        await on.clock.sleep(500.0)
        assert on.made() == made
        assert 10 <= made <= 20


async def test_an_exception_in_the_block_comes_out_as_it_is() -> None:
    async with stage() as on:

        async def work() -> None:
            async with on.a2e.bulk(pictures(on.a2e, 10)) as run:
                await anext(run)
                raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            await work()


async def test_a_deadline_inside_or_around_the_run_ends_it(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    async with stage(durations={"*": 200.0}) as on:

        async def run_all() -> None:
            async with on.a2e.bulk(pictures(on.a2e, 30), journal=journal) as run:
                await drained(run)

        await cancel_when(run_all, lambda: on.made() >= 10)
        async with on.a2e.bulk(pictures(on.a2e, 30), journal=journal) as run:
            with on.clock.move_on_after(50.0) as scope:
                await drained(run)
        assert scope.cancelled_caught
        async with on.a2e.bulk(pictures(on.a2e, 30), journal=journal) as run:
            assert len(ids(await drained(run))) == 30
        assert on.made() == 30


async def test_a_run_that_is_broken_off_does_not_look_complete() -> None:
    """Broken off as by Ctrl-C, which trio may raise in any task."""

    class Interrupted(BaseException): ...

    async with stage() as on:

        def jobs() -> Iterator[Job[Any]]:
            yield from pictures(on.a2e, 3)
            raise Interrupted

        complete = False

        async def read() -> None:
            nonlocal complete
            async with on.a2e.bulk(jobs()) as run:
                await drained(run)
                complete = True

        with pytest.raises(Interrupted):
            await read()
        assert not complete


async def test_two_runs_share_one_client(tmp_path: Path) -> None:
    async with stage(faults=Faults(reset_after=0.1), start=None) as on:
        tasks: dict[str, int] = {}

        async def go(name: str, first: int) -> None:
            jobs = pictures(on.a2e, 20, first=first)
            async with on.a2e.bulk(jobs, journal=tmp_path / name, concurrency=10) as run:
                tasks[name] = len(set(ids(await drained(run))))

        async with anyio.create_task_group() as group:
            group.start_soon(go, "one.db", 0)
            group.start_soon(go, "two.db", 20)
        assert tasks == {"one.db": 20, "two.db": 20}
        assert on.made() == 40


async def test_the_summary_agrees_with_the_ledger(tmp_path: Path) -> None:
    async with stage(
        faults=Faults(reset_after=0.1, status_500_after=0.1, status_429=0.1, task_fails=0.2), seed=3
    ) as on:
        before = on.sandbox.ledger.count("api")
        jobs = [
            *pictures(on.a2e, 16),
            *(on.a2e.text_to_image(prompt=f"kite {number}") for number in range(8)),
        ]
        async with on.a2e.bulk(jobs, retries=2, journal=tmp_path / "run.db") as run:
            outcomes = await drained(run)

        summary, ledger = run.summary(), on.sandbox.ledger
        failed = [outcome for outcome in outcomes if outcome.error]
        assert summary.jobs == len(outcomes) == 24
        assert summary.failed == len(failed)
        assert summary.coins == sum(task.coins for task in ledger.tasks)
        assert summary.requests == ledger.count("api") - before
        assert summary.jobs + summary.retried == ledger.made()

        videos = summary.workflows["image_to_video"]
        assert videos.done + videos.failed == 16
        assert videos.coins == PRICE * ledger.made("image_to_video")
        assert 3.0 < videos.mean_duration < videos.longest_duration < 30.0
        assert summary.workflows["text_to_image"].coins == sum(
            task.coins for task in ledger.of("text_to_image")
        )
        assert all(isinstance(outcome.error, TaskFailed) for outcome in failed)

    # The run and the client are closed; the numbers stay.
    assert run.summary() == summary


async def test_a_run_is_used_once() -> None:
    async with stage() as on:
        run = on.a2e.bulk([])
        assert run.stopped is None
        assert run.summary().requests == 0
        with pytest.raises(ConfigurationError, match="inside the"):
            await anext(run)
        async with run:
            pass
        with pytest.raises(ConfigurationError, match="make another"):
            async with run:
                pass


def test_a_run_can_be_made_where_no_loop_runs() -> None:
    run = A2E("sk_x").bulk([], concurrency=3)
    assert run.summary().jobs == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("concurrency", 0),
        ("concurrency", True),
        ("retries", -1),
        ("timeout", 0),
        ("max_coins", 0),
        ("start_rate", float("inf")),
        ("finished", "maybe"),
    ],
)
async def test_an_invalid_setting_is_named(setting: str, value: Any) -> None:
    async with stage() as on:
        with pytest.raises(InvalidArgument, match=setting):
            on.a2e.bulk([], **{setting: value})
        assert on.sandbox.ledger.count("api") == 0


async def test_a_wait_that_times_out_is_taken_up_by_the_next_run(tmp_path: Path) -> None:
    async with stage(durations={"*": 100.0}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 3), timeout=30.0, journal=tmp_path / "run.db") as run:
            assert all(isinstance(outcome.error, WaitTimeout) for outcome in await drained(run))
        async with on.a2e.bulk(pictures(on.a2e, 3), journal=tmp_path / "run.db") as run:
            assert len(ids(await drained(run))) == 3
        assert on.made() == 3
        assert run.summary().coins == 0.0
