"""The budget of a bulk run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._bulk.budget import Budget, Reservation, kind_of
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async.errors import BudgetReached
from tests.unit.sample import Pictures, Service, client, ok, refused
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def refusal(budget: Budget, kind: str, quote: float | None) -> str:
    """The message of the refusal to set coins aside."""
    with pytest.raises(BudgetReached) as error:
        await budget.reserve(kind, quote)
    return str(error.value)


async def test_without_a_bound_everything_is_allowed() -> None:
    budget = Budget(None)
    for _ in range(3):
        budget.spend(await budget.reserve("a", None), 1e9)
    assert not budget.wants_quote("a")


async def test_a_start_that_might_pass_the_bound_is_refused() -> None:
    budget = Budget(100.0)
    first = await budget.reserve("a", 60.0)
    assert "40 of 100 coins are left" in await refusal(budget, "a", 41.0)
    second = await budget.reserve("a", 40.0)
    assert "0 of 100" in await refusal(budget, "a", 0.0)
    budget.release(second)
    budget.spend(first, 60.0)
    await budget.reserve("b", 40.0)


async def test_the_highest_cost_of_a_kind_counts_even_if_a_quote_says_less() -> None:
    budget = Budget(100.0)
    budget.spend(await budget.reserve("a", 5.0), 30.0)
    budget.spend(await budget.reserve("a", 5.0), 20.0)
    reservation = await budget.reserve("a", 5.0)
    assert reservation.coins == 30.0
    assert (await budget.reserve("b", 5.0)).coins == 5.0


async def test_starts_of_unknown_cost_go_one_at_a_time() -> None:
    budget = Budget(100.0)
    order: list[str] = []

    async def explore(kind: str, end: Callable[[Any], None]) -> None:
        reservation = await budget.reserve(kind, None)
        order.append(f"{kind} {reservation.exploring} {reservation.coins:g}")
        await anyio.wait_all_tasks_blocked()
        end(reservation)

    async with anyio.create_task_group() as group:
        group.start_soon(explore, "a", lambda reservation: budget.spend(reservation, 10.0))
        await anyio.wait_all_tasks_blocked()
        for _ in range(3):
            group.start_soon(explore, "a", lambda reservation: budget.spend(reservation, 10.0))
        # A kind whose price is known does not have to wait.
        await budget.reserve("c", 1.0)
    assert order == ["a True 0", *["a False 10"] * 3]


@pytest.mark.parametrize("end", ["release", "doubt"])
async def test_the_next_start_explores_when_the_first_made_no_task(end: str) -> None:
    budget = Budget(100.0)
    first = await budget.reserve("a", None)
    getattr(budget, end)(first)
    with anyio.fail_after(1):
        assert (await budget.reserve("a", None)).exploring


async def test_coins_in_doubt_stay_set_aside() -> None:
    budget = Budget(100.0)
    budget.doubt(await budget.reserve("a", 70.0))
    assert "30 of 100" in await refusal(budget, "a", 31.0)


async def test_coins_of_earlier_processes_count() -> None:
    budget = Budget(100.0, spent=50.0, set_aside=20.0)
    assert "30 of 100" in await refusal(budget, "a", 31.0)


async def test_a_workflow_that_reports_no_cost_needs_quotes() -> None:
    budget = Budget(100.0)
    first = await budget.reserve("face_swap x=1", None)
    budget.spend(first, None)
    budget.settle(first, None)
    assert "face_swap does not report" in await refusal(budget, "face_swap x=1", None)
    budget.spend(await budget.reserve("face_swap x=1", 60.0), None)
    assert "40 of 100" in await refusal(budget, "face_swap x=1", 60.0)


async def test_the_last_record_may_show_what_a_start_has_cost() -> None:
    budget = Budget(100.0)
    first = await budget.reserve("a", None)
    budget.spend(first, None)
    reserved: list[float] = []

    async def reserve() -> None:
        reserved.append((await budget.reserve("a", None)).coins)

    async with anyio.create_task_group() as group:
        group.start_soon(reserve)
        await anyio.wait_all_tasks_blocked()
        assert not reserved
        budget.settle(first, 30.0)
    assert reserved == [30.0]
    assert "40 of 100" in await refusal(budget, "b", 41.0)

    dear = await budget.reserve("b", 10.0)
    budget.spend(dear, None)
    budget.settle(dear, 25.0)
    assert "15 of 100" in await refusal(budget, "b", 16.0)


@pytest.mark.parametrize("with_journal", [False, True])
async def test_coins_that_only_the_last_record_shows_count(tmp_path: Path, with_journal: bool) -> None:
    def without_coins(service: Service, request: httpx.Request) -> httpx.Response:
        return ok({"_id": service.tasks[-1]["_id"], "current_status": "processing"})

    service = Service(duration=0.0, after=without_coins, before=lambda _, request: no_quote(request))
    journal = tmp_path / "run.db" if with_journal else None
    a2e = client(service)
    jobs = [Pictures(a2e)(prompt=str(number)) for number in range(10)]
    async with a2e.bulk(jobs, journal=journal, max_coins=100.0) as run:
        assert [outcome async for outcome in run if outcome.error] == []

    assert isinstance(run.stopped, BudgetReached)
    assert "10 of 100" in str(run.stopped)
    assert run.summary().coins == 90.0
    assert service.starts == 3
    if journal is not None:
        async with FileJournal.open(journal) as opened:
            assert await opened.spent() == (90.0, 0.0)


async def test_what_was_expected_counts_where_no_record_shows_a_price(tmp_path: Path) -> None:
    def priceless(service: Service, request: httpx.Request) -> httpx.Response:
        for task in service.tasks:
            task["coins"] = None
        return ok({"_id": service.tasks[-1]["_id"], "current_status": "processing"})

    service = Service(duration=0.0, after=priceless)
    for _ in range(2):
        a2e = client(service)
        jobs = [Pictures(a2e)(prompt=str(number)).with_quote(30.0) for number in range(10)]
        async with a2e.bulk(jobs, journal=tmp_path / "run.db", max_coins=100.0) as run:
            assert [outcome async for outcome in run if outcome.error] == []
        assert isinstance(run.stopped, BudgetReached)
    assert service.starts == 3


def no_quote(request: httpx.Request) -> httpx.Response | None:
    return refused(404) if request.url.path.endswith("/quote") else None


async def test_a_price_is_asked_for_once() -> None:
    budget = Budget(100.0)
    assert budget.wants_quote("a")
    budget.expect("a", 25.0)
    assert not budget.wants_quote("a")
    assert (await budget.reserve("a", None)).coins == 25.0
    budget.expect("b", None)
    assert not budget.wants_quote("b")
    assert (await budget.reserve("b", None)).exploring


@given(
    bound=st.integers(1, 300),
    jobs=st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["paid", "less", "none", "doubt"]))),
)
def test_no_order_of_events_passes_the_bound(bound: int, jobs: list[tuple[int, str]]) -> None:
    def settle(budget: Budget, reservation: Reservation, end: str) -> float:
        """End a start; returns the coins that it may have cost."""
        if end in ("paid", "less"):
            coins = reservation.coins if end == "paid" else reservation.coins / 2
            budget.spend(reservation, coins)
            return coins
        if end == "doubt":
            budget.doubt(reservation)
            return reservation.coins
        budget.release(reservation)
        return 0.0

    async def spend() -> float:
        budget, spent = Budget(float(bound)), 0.0
        open_starts: list[tuple[Reservation, str]] = []

        for quote, end in jobs:
            try:
                open_starts.append((await budget.reserve("a", float(quote)), end))
            except BudgetReached:
                continue
            if len(open_starts) == 4:
                spent += settle(budget, *open_starts.pop(0))

        return spent + sum(reservation.coins for reservation, _ in open_starts)

    assert anyio.run(spend) <= bound


async def test_jobs_of_one_kind_differ_in_texts_urls_and_seeds_only() -> None:
    pictures = Pictures(client(Service()))

    def kind(**changes: Any) -> str:
        return kind_of(pictures(**{"prompt": "x", "source_url": "https://e.com/a.png", **changes}))

    assert kind() == kind(prompt="y", source_url="https://e.com/b.png")
    assert kind(extra_body={"seed": 1}) == kind(extra_body={"seed": 2})
    kinds = {
        kind(),
        kind(max_images=2),
        kind(max_images=3),
        kind(size="small"),
        kind(size="large"),
        kind(source_urls=["https://e.com/a.png"]),
        kind(source_urls=["https://e.com/a.png"] * 2),
        kind(extra_body={"fast": True}),
    }
    assert len(kinds) == 8
