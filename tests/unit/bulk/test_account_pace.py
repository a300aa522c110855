"""The pace that several workers share through a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise

import anyio
import pytest

from a2e_async._bulk.start_rate import StartRate
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.connection import connect
from a2e_async._journal.postgres.pace import AccountPace
from a2e_async._journal.postgres.schema import bring_up_to_date
from a2e_async._transport.pace import Kind, Pace
from a2e_async.clock import SystemClock
from tests.postgres import Database

pytestmark = pytest.mark.anyio

CLOCK = SystemClock()


@asynccontextmanager
async def workers(database: Database, count: int) -> AsyncIterator[Sequence[tuple[Pace, AccountPace]]]:
    """The paces of some workers on one database."""
    url = DatabaseURL(database.url)
    with connect(url) as connection:
        bring_up_to_date(connection, url)
    async with AsyncExitStack() as stack:
        made = [(Pace(CLOCK), AccountPace(url, CLOCK)) for _ in range(count)]
        for pace, account in made:
            await stack.enter_async_context(account.shared_by(pace))
        yield made


async def turns(paces: Sequence[Pace], count: int) -> Sequence[tuple[float, int]]:
    """The seconds after which this many polls, the workers' in turn, get their turns, and whose they are."""
    began = anyio.current_time()
    times: list[tuple[float, int]] = []

    async def one(worker: int) -> None:
        moment = await paces[worker].turn(Kind.POLL)
        assert moment is not None
        times.append((moment - began, worker))

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(one, number % len(paces))
    return sorted(times)


async def test_as_long_as_nobody_is_refused_the_database_is_asked_once_a_second(database: Database) -> None:
    async with workers(database, 1) as [(pace, account)]:
        began = CLOCK.now()
        for _ in range(50):
            await pace.turn(Kind.POLL)
            pace.accepted(Kind.POLL, pace.epoch, CLOCK.now())
        assert 1 <= account.statements <= 1 + (CLOCK.now() - began)
        assert not pace.limited


async def test_a_refusal_slows_all_workers_down_and_their_turns_are_apart(database: Database) -> None:
    async with workers(database, 3) as made:
        paces = [pace for pace, _ in made]
        for pace in paces:
            assert pace.limited
            await pace.turn(Kind.POLL)
        for _ in range(100):
            paces[0].accepted(Kind.POLL, paces[0].epoch, CLOCK.now())
        refused = anyio.current_time()
        await paces[0].refused(Kind.POLL, paces[0].epoch, 0.05)
        for _, account in made:
            await account.look()  # within a second they would do so themselves

        looked = anyio.current_time() - refused
        times = await turns(paces, 30)  # at 90 a second
        assert looked + times[0][0] > 0.03
        gaps = [later[0] - earlier[0] for earlier, later in pairwise(times)]
        assert times[-1][0] - times[0][0] > 0.2
        assert sum(gap > 0.004 for gap in gaps) > 10  # on a machine that is busy, too
        assert all(sum(worker == mine for _, worker in times) == 10 for mine in range(3))


async def test_a_pause_that_the_service_asks_for_holds_all_workers(database: Database) -> None:
    async with workers(database, 2) as made:
        (one, _), (two, account) = made
        await two.turn(Kind.POLL)
        await one.turn(Kind.START)
        began = anyio.current_time()
        await one.refused(Kind.START, one.epoch, 0.2)
        await account.look()
        for kind in (Kind.POLL, Kind.START):
            assert two.limited
            await two.turn(kind)
        assert anyio.current_time() - began > 0.15


async def test_starts_of_all_workers_keep_to_one_rate(database: Database) -> None:
    async with workers(database, 3) as made:
        paces = [StartRate(CLOCK, turns=account.start_turns(100.0)) for _, account in made]
        times: list[float] = []

        async def start(pace: StartRate) -> None:
            await pace.turn()
            times.append(anyio.current_time())

        async with anyio.create_task_group() as group:
            for number in range(30):
                group.start_soon(start, paces[number % 3])
        assert max(times) - min(times) >= 0.28
        with database.administrator() as connection:
            row = connection.execute("SELECT next FROM a2e_pace WHERE lane = 'start_rate'").fetchone()
        assert row is not None
        assert row[0] > 0


async def test_without_its_database_a_worker_goes_on_slowly(database: Database) -> None:
    async with workers(database, 1) as [(pace, _)]:
        await pace.turn(Kind.POLL)
        for _ in range(1000):
            pace.accepted(Kind.POLL, pace.epoch, CLOCK.now())
        await pace.refused(Kind.POLL, pace.epoch, 0.0)
        database.lock_out()
        try:
            times = await turns([pace], 5)
        finally:
            database.let_in()
        assert len(times) == 5
