"""An open run that starts nothing for a while: no coins, no service, a refused token, a reached budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from a2e_async import (
    APIError,
    BudgetReached,
    ConnectionFailed,
    InsufficientCredits,
    Result,
)
from a2e_async.policies import RetryPolicy, StartPolicy
from tests.unit.bulk.open_kit import gathered, journal, opened, picture
from tests.unit.sample import Service, client, refused
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend", "journal"]

pytestmark = pytest.mark.anyio


async def test_no_coins_is_told_to_all_and_the_next_call_tries_again() -> None:
    def refuse(service: Service, request: httpx.Request) -> httpx.Response | None:
        return refused(402, "no coins") if request.url.path.endswith("/start") else None

    service = Service(before=refuse)
    async with opened(service, concurrency=4) as (a2e, bulk):
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(50)])
        assert {type(end) for end in ends} == {InsufficientCredits}
        assert len({id(end) for end in ends}) == 50
        stopped: Any = bulk.stopped
        assert isinstance(stopped, InsufficientCredits)
        assert isinstance(bulk.summary().stopped, InsufficientCredits)

        # Still none: each time one job finds it out for all.
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(50)])
        assert {type(end) for end in ends} == {InsufficientCredits}
        assert service.starts == 2

        service.before = lambda service, request: None
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(50)])
        assert {type(end) for end in ends} == {Result}
        assert bulk.stopped is None
    assert service.starts == 2 + 50 == len(service.tasks) + 2


async def test_a_stopped_run_asks_about_once_a_second() -> None:
    service = Service(before=lambda service, request: refused(401, "token disabled"))
    async with opened(service) as (a2e, bulk):
        began = anyio.current_time()
        for number in range(5):
            with pytest.raises(APIError):
                await bulk.result(picture(a2e, str(number)))
        assert 4.0 <= anyio.current_time() - began < 6.0
    assert service.starts == 5


async def test_what_was_finished_is_given_out_while_the_run_is_stopped(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal) as (a2e, bulk):
        await bulk.result(picture(a2e, "a"))
        service.before = lambda service, request: refused(402, "no coins")
        with pytest.raises(InsufficientCredits):
            await bulk.result(picture(a2e, "b"))
        assert await bulk.result(picture(a2e, "a"))


async def test_the_budget_refuses_single_jobs_only(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal, max_coins=100) as (a2e, bulk):
        await bulk.result(picture(a2e, "a").with_quote(30))
        with pytest.raises(BudgetReached):
            await bulk.result(picture(a2e, "b").with_quote(80))
        assert bulk.stopped is None
        assert await bulk.result(picture(a2e, "c").with_quote(30))
        with pytest.raises(BudgetReached):
            await bulk.result(picture(a2e, "b").with_quote(80))
    assert service.starts == 2


async def test_an_unreachable_service_is_waited_for_and_tried_again(journal: Path | None) -> None:
    service = Service(before=lambda service, request: httpx.ConnectError("refused"))
    a2e = client(service, retry=RetryPolicy(attempts=1), start=StartPolicy(attempts=1))
    async with a2e.bulk(journal=journal, timeout=300.0) as bulk:
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(5)])
        assert {type(end) for end in ends} == {ConnectionFailed}

        service.before = lambda service, request: None
        assert await bulk.result(picture(a2e, "0"))
        service.before = lambda service, request: httpx.ConnectError("refused")
        with anyio.move_on_after(100.0) as scope:
            await bulk.result(picture(a2e, "6"))
        assert scope.cancelled_caught  # it is waited for as the first time
        service.before = lambda service, request: None
        assert await bulk.result(picture(a2e, "6"))
