"""Open runs over a sandbox: what callers of a service see, with files, money, and other processes."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from a2e_async import (
    A2EError,
    APIError,
    AuthenticationError,
    BudgetReached,
    DownloadError,
    InsufficientCredits,
    InvalidArgument,
    Job,
    RetryPolicy,
    TaskFailed,
)
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import PRICE, Stage, entries, pictures, stage
from tests.sandbox.test_bulk_stops import switch_token
from tests.unit.bulk.open_kit import gathered, journal

if TYPE_CHECKING:
    from tests.postgres import Database

__all__ = ["journal"]

pytestmark = pytest.mark.anyio


def jobs(on: Stage, count: int) -> list[Job[Any]]:
    return [job.with_key(f"order {number}") for number, job in enumerate(pictures(on.a2e, count))]


async def test_every_key_is_made_once_and_given_to_all(journal: Path | None) -> None:
    async with stage() as on, on.a2e.bulk(journal=journal, concurrency=8) as run:
        calls = [partial(run.result, job) for job in jobs(on, 16)]
        results = await gathered(*calls, *calls, *calls)
        assert len({result.task.id for result in results}) == on.made() == 16
        again = await gathered(*calls)
        assert [result.task.id for result in again] == [result.task.id for result in results[:16]]
        assert on.made() == 16
        assert run.summary().coins == on.sandbox.ledger.coins() == 16 * PRICE


async def test_jobs_from_messages_of_a_queue() -> None:
    async with stage() as on, on.a2e.bulk() as run:
        message = {"workflow": "text_to_image", "body": {"prompt": "a red kite"}, "key": "order-17"}
        first, second = await gathered(*[lambda: run.result(on.a2e.job(message))] * 2)
        assert first.task.id == second.task.id
        assert first.urls


async def test_files_are_downloaded_once_and_again_if_they_are_gone(
    journal: Path | None, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    async with stage(odd_files=False) as on:
        async with on.a2e.bulk(journal=journal, download_to=out) as run:
            (job,) = jobs(on, 1)
            first, second = await gathered(*[partial(run.outcome, job)] * 2)
            assert [path.name for path in first.paths] == ["order 0.mp4"]
            assert second.paths == first.paths

            again = await run.outcome(job)
            assert again.paths == first.paths
            first.paths[0].unlink()
            assert (await run.outcome(job)).paths[0].stat().st_size > 0
        assert [path.name for path in out.iterdir()] == ["order 0.mp4"]
        assert on.made() == 1


async def test_files_that_could_not_be_downloaded_are_downloaded_by_the_next_call(
    journal: Path | None, tmp_path: Path
) -> None:
    once = {"retry": RetryPolicy(attempts=1)}
    async with stage(odd_files=False, client=once) as on:
        async with on.a2e.bulk(journal=journal, download_to=tmp_path / "out") as run:
            (job,) = jobs(on, 1)
            on.sandbox.set_faults(Faults(operations="download", status_403=1.0))
            with pytest.raises(DownloadError):
                await run.result(job)
            assert (await run.outcome(job)).result
            on.sandbox.set_faults()
            assert (await run.outcome(job)).paths
        assert on.made() == 1


async def test_a_folder_that_is_broken_is_paid_for_once_at_most_and_mended(
    journal: Path | None, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.write_bytes(b"a file")
    async with stage(odd_files=False) as on:
        async with on.a2e.bulk(journal=journal, download_to=place / "out") as run:
            first, second, third = jobs(on, 3)
            with pytest.raises(InvalidArgument, match="download_to"):
                await run.result(first)
            assert on.made() == 0
            place.unlink()
            assert (await run.outcome(first)).paths

            # The folder goes while it is in use.
            shutil.rmtree(place)
            place.write_bytes(b"a file")
            with pytest.raises(DownloadError):
                await run.result(second)
            for job in (second, third):
                with pytest.raises(A2EError):
                    await run.result(job)
            assert on.made() == 2

            place.unlink()
            assert (await run.outcome(second)).paths
            assert (await run.outcome(third)).paths
        assert on.made() == 3


async def test_account_concurrency_bounds_one_process_too() -> None:
    async with stage(durations={"*": 50.0}) as on:
        async with on.a2e.bulk(concurrency=16, account_concurrency=2) as run:
            await gathered(*[partial(run.result, job) for job in jobs(on, 6)])
        assert on.clock.now() >= 3 * 50.0


async def test_coins_that_come_back_are_spent_by_the_same_run(journal: Path | None) -> None:
    async with stage(coins=2 * PRICE) as on, on.a2e.bulk(journal=journal, concurrency=4) as run:
        calls = [partial(run.result, job) for job in jobs(on, 6)]
        ends = await gathered(*calls)
        poor = [end for end in ends if isinstance(end, InsufficientCredits)]
        assert len(poor) == 4
        assert on.made() == 2

        with pytest.raises(InsufficientCredits):
            await calls[ends.index(poor[0])]()
        on.sandbox.set_coins(100 * PRICE)
        assert len({result.task.id for result in await gathered(*calls)}) == on.made() == 6


async def test_a_token_that_is_switched_on_again_goes_on(journal: Path | None) -> None:
    async with stage(durations={"*": 100.0}) as on, on.a2e.bulk(journal=journal) as run:
        accepted, other = (partial(run.result, job) for job in jobs(on, 2))

        async def switch_off() -> None:
            while on.made() < 1:
                await anyio.lowlevel.checkpoint()
            switch_token(on, enabled=False)

        end, _ = await gathered(accepted, switch_off)
        assert isinstance(end, AuthenticationError)
        with pytest.raises(AuthenticationError):
            await other()

        switch_token(on, enabled=True)
        await gathered(accepted, other)
        assert on.made() == 2


async def test_the_budget_of_the_run_holds(journal: Path | None) -> None:
    async with stage() as on, on.a2e.bulk(journal=journal, max_coins=3 * PRICE) as run:
        ends = await gathered(*[partial(run.result, job) for job in jobs(on, 10)])
        assert len([end for end in ends if isinstance(end, BudgetReached)]) == 7
        assert on.made() == 3


async def test_failed_tasks_are_paid_for_once(journal: Path | None) -> None:
    async with stage(faults=Faults(task_fails=1.0)) as on, on.a2e.bulk(journal=journal) as run:
        (job,) = jobs(on, 1)
        ends = await gathered(*[partial(run.result, job)] * 3)
        ends += await gathered(partial(run.result, job))
        assert [type(end) for end in ends] == [TaskFailed] * 4
        assert on.made() == 1


async def test_lost_answers_pay_nothing_twice(journal: Path | None) -> None:
    faults = Faults(operations="start", reset_after=0.3, status_500_after=0.1)
    async with stage(faults=faults) as on, on.a2e.bulk(journal=journal, concurrency=8) as run:
        for _ in range(3):
            calls = [partial(run.result, job) for job in jobs(on, 10)]
            ends = await gathered(*calls)
        assert len({end.task.id for end in ends if not isinstance(end, APIError)}) == on.made()
        assert on.made() <= 10


async def test_the_next_process_serves_what_the_first_has_made(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    async with stage() as on:
        async with on.a2e.bulk(journal=journal) as run:
            before = await gathered(*[partial(run.result, job) for job in jobs(on, 5)])
        assert {row["state"] for row in entries(journal)} == {"done"}

        async with on.client() as later, later.bulk(journal=journal) as run:
            after = await gathered(*[partial(run.outcome, job) for job in jobs(on, 5)])
        assert all(outcome.replayed for outcome in after)
        assert [outcome.result.task.id for outcome in after] == [result.task.id for result in before]
        assert on.made() == 5


async def test_the_start_rate_holds() -> None:
    async with stage(durations={"*": 1.0}) as on, on.a2e.bulk(start_rate=2.0) as run:
        began = on.clock.now()
        await gathered(*[partial(run.result, job) for job in jobs(on, 9)])
        assert on.clock.now() - began >= 4.0


async def test_machines_that_share_a_database_make_each_key_once(database: Database) -> None:
    async with (
        stage() as on,
        on.client() as here,
        on.client() as there,
        here.bulk(journal=database.url) as one,
        there.bulk(journal=database.url) as other,
    ):
        calls = [partial(run.result, job) for job in jobs(on, 10) for run in (one, other)]
        results = await gathered(*calls)
        assert len({result.task.id for result in results}) == on.made() == 10
        assert [result.task.id for result in await gathered(*calls)] == [r.task.id for r in results]


async def test_another_machine_takes_a_job_that_this_one_could_not_start(database: Database) -> None:
    async with stage() as on, on.client() as here, on.client() as there:
        async with here.bulk(journal=database.url) as one, there.bulk(journal=database.url) as other:
            (job,) = jobs(on, 1)
            on.sandbox.set_coins(0)
            with pytest.raises(InsufficientCredits):
                await one.result(job)
            on.sandbox.set_coins(100 * PRICE)
            with anyio.fail_after(20):
                await other.result(job)
                await one.result(job)
        assert on.made() == 1
