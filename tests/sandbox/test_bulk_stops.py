"""Bulk runs that stop early or slow down, and their budget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest

from a2e_async import (
    A2E,
    AuthenticationError,
    BudgetReached,
    ConnectionFailed,
    InsufficientCredits,
    Job,
    RateLimited,
    RetryPolicy,
    StartPolicy,
    TaskFailed,
)
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import PRICE, Stage, drained, entries, ids, pictures, rerun, stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def switch_token(on: Stage, *, enabled: bool) -> None:
    """Switch all tokens of the account on or off."""

    def switch(world: Any) -> None:
        for record in world.account.tokens.values():
            record["enabled"] = enabled

    on.sandbox.call(switch)


@pytest.mark.parametrize("family", ["image_to_video", "head_swap", "flux2"])
async def test_no_coins_stops_the_run_and_running_tasks_are_finished(journal: Path, family: str) -> None:
    """The service reports missing coins in three ways: 200 with a code, 400 with a text, 402."""

    def jobs(a2e: A2E) -> list[Job[Any]]:
        url = "https://e.com/a.png"
        make: dict[str, Callable[[int], Job[Any]]] = {
            "image_to_video": lambda number: a2e.image_to_video(image_url=url, prompt=f"{number}"),
            "head_swap": lambda number: a2e.head_swap(image_url=url, target_image_url=f"{url}?{number}"),
            "flux2": lambda number: a2e.flux2(name="n", prompt=f"{number}"),
        }
        return [make[family](number) for number in range(20)]

    async with stage(coins=7 * PRICE, prices={family: PRICE}) as on:
        async with on.a2e.bulk(jobs(on.a2e), concurrency=5, journal=journal) as run:
            outcomes = await drained(run)
        assert len(set(ids(outcomes))) == len(outcomes) == on.made() == 7
        assert isinstance(run.stopped, InsufficientCredits)
        assert run.summary().stopped is run.stopped
        # The jobs that are left are not tried one by one.
        assert on.sandbox.ledger.count("start") <= 7 + 5
        assert run.summary().not_started <= 5 + 8
        states = {row["state"] for row in entries(journal)}
        assert states == {"done", "new"}

        on.sandbox.set_coins(10**6)
        again = await rerun(on, jobs, journal=journal)
        assert len(set(ids(again))) == on.made() == 20


async def test_starts_that_wait_for_their_turn_are_not_sent_after_a_stop() -> None:
    async with stage(coins=3 * PRICE) as on:
        async with on.a2e.bulk(pictures(on.a2e, 50), concurrency=20, start_rate=1.0) as run:
            assert len(ids(await drained(run))) == 3
        assert on.sandbox.ledger.count("start") == 4


async def test_a_refused_token_stops_the_run_and_keeps_what_was_accepted(journal: Path) -> None:
    async with stage(durations={"*": 100.0}) as on:

        async def jobs() -> AsyncIterator[Job[Any]]:
            for index, job in enumerate(pictures(on.a2e, 12)):
                if index == 6:
                    switch_token(on, enabled=False)
                yield job

        async with on.a2e.bulk(jobs(), concurrency=8, journal=journal) as run:
            outcomes = await drained(run)
        assert isinstance(run.stopped, AuthenticationError)
        made = on.made()
        # The tasks at the server cannot be polled any more. They fail here, and the next run takes them up.
        assert len(outcomes) == made
        assert all(isinstance(outcome.error, AuthenticationError) for outcome in outcomes)
        switch_token(on, enabled=True)
        again = await rerun(on, lambda later: pictures(later, 12), journal=journal)
        assert len(set(ids(again))) == on.made() == 12


async def test_a_token_refused_for_the_last_tasks_is_reported_too() -> None:
    async with stage(durations={"*": 100.0}) as on:

        async def jobs() -> AsyncIterator[Job[Any]]:
            for job in pictures(on.a2e, 4):
                yield job
            while on.made() < 4:
                await anyio.lowlevel.checkpoint()
            switch_token(on, enabled=False)

        async with on.a2e.bulk(jobs()) as run:
            outcomes = await drained(run)
        assert [type(outcome.error) for outcome in outcomes] == [AuthenticationError] * 4
        assert isinstance(run.stopped, AuthenticationError)


async def test_a_stopped_run_does_not_wait_for_the_next_job() -> None:
    async with stage(coins=PRICE) as on:

        async def jobs() -> AsyncIterator[Job[Any]]:
            for job in pictures(on.a2e, 3):
                yield job
            await anyio.sleep_forever()

        async with on.a2e.bulk(jobs()) as run:
            assert len(ids(await drained(run))) == 1
        assert isinstance(run.stopped, InsufficientCredits)


async def test_an_unreachable_service_holds_the_run_then_stops_it(journal: Path) -> None:
    async with stage() as on:
        nowhere = A2E(
            on.sandbox.token,  # a journal belongs to an account
            base_url="http://127.0.0.1:9",
            clock=on.clock,
            retry=RetryPolicy(attempts=3),
            start=StartPolicy(attempts=3),
        )

        began = on.clock.now()
        async with (
            nowhere,
            nowhere.bulk(pictures(nowhere, 100), concurrency=4, journal=journal, timeout=600.0) as run,
        ):
            assert await drained(run) == []
        assert 500.0 < on.clock.now() - began < 1000.0
        assert isinstance(run.stopped, ConnectionFailed)
        assert {row["state"] for row in entries(journal)} == {"new"}

        assert len(ids(await rerun(on, lambda a2e: pictures(a2e, 5), journal=journal))) == 5


async def test_a_long_retry_after_holds_all_jobs() -> None:
    async with stage(client={"retry": RetryPolicy(patience=30.0)}) as on:
        on.sandbox.script("image_to_video.start", "status_429:300")
        async with on.a2e.bulk(pictures(on.a2e, 10), concurrency=4) as run:
            assert len(ids(await drained(run))) == 10
        # The three other starts under way, then no start for as long as the client's patience lasts. The
        # service asked for five minutes; one number does not silence a run for longer than the client allows.
        early = [task for task in on.sandbox.ledger.tasks if task.created_at < 29.0]
        assert len(early) <= 3
        assert min(task.created_at for task in on.sandbox.ledger.tasks if task not in early) < 40.0
        assert on.sandbox.ledger.count("start") == 11


async def test_endless_refusals_stop_the_run() -> None:
    refusing = Faults(operations="start", status_429=1.0, retry_after=500.0)
    async with stage(faults=refusing, start=StartPolicy(attempts=3)) as on:
        async with on.a2e.bulk(pictures(on.a2e, 50), concurrency=4, timeout=900.0) as run:
            assert await drained(run) == []
        assert isinstance(run.stopped, RateLimited)
        # Each pause is cut to two minutes, and asked again: three times a job, for a quarter of an hour.
        assert on.sandbox.ledger.count("start") <= 4 * 3 * 3


async def test_a_rate_limit_slows_the_whole_run_and_not_one_job() -> None:
    async with stage(faults=Faults(operations="start", rate_limit=2.0), durations={"*": 5.0}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 30), concurrency=20) as run:
            assert len(ids(await drained(run))) == 30
        # Thirty starts at two per second take a quarter of a minute; few of them were sent in vain.
        assert on.sandbox.ledger.faults["status_429"] <= 45
        assert on.clock.now() < 60.0


async def test_starts_keep_to_the_rate_that_was_set() -> None:
    async with stage(faults=Faults(operations="start", status_429=0.3, retry_after=0.1)) as on:
        async with on.a2e.bulk(pictures(on.a2e, 20), start_rate=2.0) as run:
            assert len(ids(await drained(run))) == 20
        starts = sorted(task.created_at for task in on.sandbox.ledger.tasks)
        assert starts[-1] >= 19 / 2.0
        # A refused start waits for another turn.
        assert on.sandbox.ledger.count("start") / starts[-1] < 2.2


async def test_failed_tasks_are_retried_but_never_moderated_ones() -> None:
    async with stage(faults=Faults(operations="image_to_video.start", task_fails=0.5), seed=1) as on:
        jobs = [
            *pictures(on.a2e, 12),
            on.a2e.gpt_image(name="n", prompt="sandbox:nsfw-status"),
            on.a2e.image_to_video(image_url="https://e.com/a.png", prompt="sandbox:fail"),
        ]
        async with on.a2e.bulk(jobs, retries=3) as run:
            outcomes = await drained(run)

        assert outcomes[12].attempts == 1
        assert isinstance(outcomes[12].error, TaskFailed)
        assert outcomes[13].attempts == 4
        assert all(outcome.attempts <= 4 for outcome in outcomes)
        assert all(outcome.attempts == 4 for outcome in outcomes[:12] if outcome.error)
        assert on.made() == sum(outcome.attempts for outcome in outcomes)
        assert run.summary().retried == on.made() - len(outcomes)


async def test_a_stopped_run_reports_the_failure_that_it_cannot_retry() -> None:
    async with stage(coins=3 * PRICE, faults=Faults(task_fails=1.0)) as on:
        async with on.a2e.bulk(pictures(on.a2e, 3), retries=5) as run:
            outcomes = await drained(run)
        assert all(isinstance(outcome.error, TaskFailed) for outcome in outcomes)
        assert len(outcomes) == on.made() == 3


LENGTHS: tuple[Literal[5, 10, 15, 20], ...] = (5, 10, 15, 20)


def dear_and_cheap(a2e: A2E, count: int) -> Iterator[Job[Any]]:
    """Jobs with different prices: videos for 10, 20, 30 or 40 coins by their length, and images for 10."""
    for number in range(count):
        if number % 5 == 4:
            yield a2e.text_to_image(prompt=f"kite {number}")
        else:
            length = LENGTHS[number % 5]
            yield a2e.image_to_video(
                image_url=f"https://e.com/{number}.png", prompt="it waves", video_time=length
            )


@pytest.mark.parametrize("quotes", [True, False])
@pytest.mark.parametrize("bound", [5, 95, 10_000])
async def test_max_coins_is_never_exceeded_and_nearly_used_up(quotes: bool, bound: int) -> None:
    """Without the service's quotes, only the first job of a kind can exceed the limit, and it runs alone."""
    async with stage(prices={}) as on:
        if not quotes:
            on.sandbox.set_faults(Faults(operations="POST /api/v1/generation/quote", status_403=1.0))
        async with on.a2e.bulk(dear_and_cheap(on.a2e, 20), concurrency=10, max_coins=bound) as run:
            outcomes = await drained(run)

        spent = sum(task.coins for task in on.sandbox.ledger.tasks)
        whole = 4 * (10 + 20 + 30 + 40 + 10)
        assert spent <= bound + (0 if quotes else 40)
        assert spent > min(bound, whole) - 40
        assert (run.stopped is None) == (bound > whole)
        assert run.stopped is None or isinstance(run.stopped, BudgetReached)
        assert len(outcomes) == on.made()


async def test_given_quotes_count_until_the_replies_report_more() -> None:
    async with stage() as on:
        jobs = [job.with_quote(PRICE) for job in pictures(on.a2e, 12)]
        async with on.a2e.bulk(jobs, max_coins=45.0) as run:
            await drained(run)
        assert on.made() == 4
        assert on.sandbox.ledger.count("POST /api/v1/generation/quote") == 0
        cheap = [job.with_quote(1.0) for job in pictures(on.a2e, 30, first=50)]
        async with on.a2e.bulk(cheap, concurrency=1, max_coins=45.0) as run:
            await drained(run)
        assert on.made() == 4 + 4


async def test_the_budget_counts_what_earlier_processes_spent(journal: Path) -> None:
    async with stage(durations={"*": 400.0}) as on:
        for bound, made in ((35.0, 3), (35.0, 3), (82.0, 8)):
            async with on.a2e.bulk(
                pictures(on.a2e, 20), journal=journal, max_coins=bound, timeout=10.0
            ) as run:
                await drained(run)
            assert on.made() == made
            assert isinstance(run.stopped, BudgetReached)


async def test_the_budget_sets_aside_what_a_lost_start_may_have_cost(journal: Path) -> None:
    async with stage() as on:
        on.sandbox.script("image_to_video.start", "ok", "reset_before")
        for _ in range(2):
            outcomes = await rerun(
                on, lambda a2e: pictures(a2e, 20), journal=journal, max_coins=50.0, concurrency=1
            )
        # One start is uncertain and may have been paid, so the limit allows only four others.
        assert on.made() == 4
        assert len(outcomes) == 5


async def test_workflows_that_report_no_cost_need_quotes_for_a_limit() -> None:
    async with stage(prices={"face_swap_task": 12}) as on:
        on.sandbox.set_faults(Faults(operations="POST /api/v1/generation/quote", status_403=1.0))

        def jobs() -> list[Job[Any]]:
            return [
                on.a2e.face_swap_task(
                    name="n", video_url=f"https://e.com/{number}.mp4", face_url="https://e.com/a.png"
                )
                for number in range(10)
            ]

        async with on.a2e.bulk(jobs(), max_coins=50.0) as run:
            await drained(run)
        assert isinstance(run.stopped, BudgetReached)
        assert "does not report its cost" in str(run.stopped)
        assert on.made() == 1
        async with on.a2e.bulk([job.with_quote(12.0) for job in jobs()], max_coins=50.0) as run:
            await drained(run)
        assert on.made() == 1 + 4


async def test_nothing_hangs_when_the_start_that_explores_the_price_is_refused() -> None:
    async with stage(coins=5) as on:
        on.sandbox.set_faults(Faults(operations="POST /api/v1/generation/quote", status_403=1.0))
        async with on.a2e.bulk(pictures(on.a2e, 30), max_coins=1000.0) as run:
            assert await drained(run) == []
        assert isinstance(run.stopped, InsufficientCredits)
        assert on.sandbox.ledger.count("start") == 1
