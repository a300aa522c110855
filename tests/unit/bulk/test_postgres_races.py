"""What one worker writes about a job while another one, or itself, writes about it too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.journal import LeaseExpired, Superseded, Terms
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async._journal.postgres.prices import Known, Lesson
from tests.postgres import Database, OwnDatabase
from tests.unit.bulk.journal_homes import LEASE, DatabaseHome, Opened

pytestmark = pytest.mark.anyio

TERMS = Terms("account", 1000.0, lease=LEASE, patience=60.0)


class Workers:
    """Workers of one database that give no sign of life by themselves."""

    def __init__(self, home: DatabaseHome) -> None:
        self.home = home
        self.opened: list[Opened] = []

    async def come(self) -> tuple[Opened, DatabaseJournal]:
        """One more worker."""
        opened = await self.home.open(TERMS)
        self.opened.append(opened)
        assert isinstance(opened.journal, DatabaseJournal)
        return opened, opened.journal

    @property
    def row(self) -> dict[str, Any]:
        """The only entry."""
        (row,) = self.home.rows()
        return row


@asynccontextmanager
async def workers_of(database: Database) -> AsyncIterator[Workers]:
    home = DatabaseHome(database)
    workers = Workers(home)
    try:
        yield workers
        home.check_sums(1000.0)
    finally:
        for opened in workers.opened:
            await opened.die()
        home.close()


async def take_over(sleeper: Opened, waker: Opened) -> Entry:
    """One worker sleeps for longer than its lease, and another one takes its job over."""
    sleeper.pass_time(2 * LEASE)
    await waker.beat()
    entry = await waker.journal.take("one", "w", unique=True)
    assert not entry.is_held
    return entry


async def started(journal: DatabaseJournal, marker: str = "m1") -> Entry:
    entry = await journal.take("one", "w", unique=True)
    assert await journal.record_start(entry, marker, 10.0)
    return entry


async def in_one_transaction(journal: DatabaseJournal, *steps: Any) -> None:
    """Take steps that are committed together, after a transaction that is going on."""
    async with anyio.create_task_group() as group:
        for step in (journal.spent, *steps):
            group.start_soon(step)


async def test_a_start_that_was_given_up_and_made_a_task_is_not_sent_again(database: Database) -> None:
    async with workers_of(database) as workers:
        first, one = await workers.come()
        second, two = await workers.come()
        late = await started(one)
        entry = await take_over(first, second)
        await two.undo_start(entry)

        with pytest.raises(Superseded):
            await one.record_accepted(late, [{"_id": "t1", "coins": 10}], 10.0)
        with pytest.raises(Superseded):
            await two.record_start(entry, "m2", 10.0)

        again = await two.take("one", "w", unique=True, again=entry)
        assert (again.is_held, again.state, again.coins, again.attempts) == (False, State.ACCEPTED, 10.0, 1)


async def test_the_coins_of_a_second_task_count_once(database: Database) -> None:
    async with workers_of(database) as workers:
        first, one = await workers.come()
        second, two = await workers.come()
        late = await started(one)
        entry = await take_over(first, second)
        await two.undo_start(entry)
        assert await two.record_start(entry, "m2", 10.0)

        for _ in range(2):
            with pytest.raises(Superseded):
                await one.record_accepted(late, [{"_id": "t1", "coins": 10}], 10.0)
        again = await two.take("one", "w", unique=True, again=entry)
        await two.record_accepted(again, [{"_id": "t2", "coins": 10}], 10.0)
        assert (workers.row["coins"], workers.row["attempts"]) == (20.0, 1)


async def test_an_accepted_start_survives_the_burial_of_whoever_had_it(database: Database) -> None:
    async with workers_of(database) as workers:
        first, one = await workers.come()
        second, _ = await workers.come()
        late = await started(one)
        await take_over(first, second)
        second.pass_time(2 * LEASE)

        async def accept() -> None:
            with pytest.raises(Superseded):
                await one.record_accepted(late, [{"_id": "t1", "coins": 10}], 10.0)

        await in_one_transaction(one, accept, one._bury)
        assert (workers.row["state"], workers.row["owner"], workers.row["coins"]) == ("accepted", None, 10.0)


async def test_what_was_learned_about_a_price_is_written_once_and_in_order(database: Database) -> None:
    async with workers_of(database) as workers:
        _, one = await workers.come()
        _, two = await workers.come()
        assert (await one.price("kind")).known is Known.YOURS
        one.learn(Lesson("kind", found=False))

        async def explore_again() -> None:
            assert (await one.price("kind")).known is Known.YOURS

        await in_one_transaction(one, one.spent, explore_again, one.spent)
        assert (await two.price("kind")).known is Known.EXPLORED

        one.learn(Lesson("kind", found=True, coins=7.0))
        await one.spent()
        assert (await two.price("kind")).coins == 7.0


async def test_one_unknown_price_is_found_out_at_a_time(database: Database) -> None:
    async with workers_of(database) as workers:
        first, one = await workers.come()
        second, two = await workers.come()
        assert (await one.price("kind")).known is Known.YOURS
        assert (await two.price("kind")).known is Known.EXPLORED
        assert (await two.price("another")).known is Known.EXPLORED

        await started(one)  # so that there is a job to free
        first.pass_time(2 * LEASE)
        await second.beat()
        assert (await two.price("kind")).known is Known.YOURS


async def test_a_start_is_not_sent_after_a_pause_even_if_life_goes_on(database: Database) -> None:
    async with workers_of(database) as workers:
        first, one = await workers.come()
        entry = await started(one)
        one.require_lease(entry)

        first.pass_time(0.7 * LEASE)
        with pytest.raises(LeaseExpired):
            one.require_lease(entry)
        await first.beat()
        with pytest.raises(LeaseExpired):
            one.require_lease(entry)

        # Nobody has taken it meanwhile, so a new start is in order.
        await one.undo_start(entry)
        assert await one.record_start(entry, "m2", 10.0)
        one.require_lease(entry)


async def test_lookalikes_without_a_marker_are_started_one_after_the_other(database: Database) -> None:
    async with workers_of(database) as workers:
        _, one = await workers.come()
        _, two = await workers.come()
        first, second = await one.take("a", "w", unique=True), await two.take("b", "w", unique=True)
        assert await one.record_start(first, None, 0.0)
        assert not await two.record_start(second, None, 0.0)
        await one.record_accepted(first, [{"_id": "t1"}], 0.0)
        assert await two.record_start(second, None, 0.0)


async def test_a_lookalike_waits_for_the_start_of_a_worker_that_died(database: Database) -> None:
    async with workers_of(database) as workers:
        first, one = await workers.come()
        _, two = await workers.come()
        lost, other = await one.take("a", "w", unique=True), await two.take("b", "w", unique=True)
        assert await one.record_start(lost, None, 0.0)
        await first.leave()

        # Whoever searches for the task of the one could find that of the other.
        assert not await two.record_start(other, None, 0.0)
        found = await two.take("a", "w", unique=True)
        await two.undo_start(found)
        assert await two.record_start(other, None, 0.0)


async def test_after_a_restart_of_the_database_nobody_is_dead_yet(own_database: OwnDatabase) -> None:
    home = DatabaseHome(own_database)
    home.connection.execute(f"DROP FUNCTION {own_database.name}.pg_postmaster_start_time()")  # the real one
    workers = Workers(home)
    first, one = await workers.come()
    _, two = await workers.come()
    await started(one)
    first.pass_time(2 * LEASE)
    home.close()

    own_database.restart()
    await two._bury()
    with own_database.administrator() as connection:
        assert connection.execute("SELECT count(*) FROM a2e_workers").fetchone() == (2,)
        assert connection.execute("SELECT owner FROM a2e_jobs").fetchone() == (one.worker,)
    for opened in workers.opened:
        await opened.die()
