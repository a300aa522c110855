"""Whatever is wrong with the database of a journal: one error that says what to do, or patience."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import psycopg
import pytest
from psycopg.rows import dict_row

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import State
from a2e_async._journal.journal import Terms
from a2e_async._journal.look import look_into
from a2e_async._journal.postgres import schema, transaction
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async._journal.postgres.prices import Known, Lesson
from a2e_async.clock import SystemClock
from a2e_async.errors import InvalidArgument, JournalError, TaskError
from tests.postgres import Database, OwnDatabase

pytestmark = pytest.mark.anyio


class Hasty(SystemClock):
    """Pauses are short."""

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds / 20)


def opened(database: Database, **terms: Any) -> AbstractAsyncContextManager[DatabaseJournal]:
    return DatabaseJournal.open(DatabaseURL(database.url), Terms(**terms), Hasty())


async def refused(url: str) -> str:
    with pytest.raises(JournalError) as refusal:
        async with DatabaseJournal.open(DatabaseURL(url), Terms(), Hasty()):
            pass
    return str(refusal.value)


async def ended(journal: DatabaseJournal, key: str = "one") -> None:
    entry = await journal.take(key, "w", unique=True)
    assert await journal.record_start(entry, "m", 10.0)
    await journal.record_accepted(entry, [{"_id": f"t-{key}", "coins": 10}], 10.0)
    await journal.record_end(entry, [{"_id": f"t-{key}", "coins": 10}], None)


# The terms


async def test_a_journal_belongs_to_one_account(database: Database) -> None:
    async with opened(database, account="one"):
        pass
    async with opened(database):  # nothing is started
        pass
    with pytest.raises(InvalidArgument, match="account one, and this token is one of two") as refusal:
        async with opened(database, account="two"):
            pass
    assert refusal.value.field == "journal"


@pytest.mark.parametrize("term", ["max_coins", "account_concurrency"])
async def test_workers_that_work_together_have_the_same_terms(database: Database, term: str) -> None:
    async with opened(database, **{term: 50}):
        with pytest.raises(
            InvalidArgument, match="another worker of this journal runs with 50; give the"
        ) as refusal:
            async with opened(database, **{term: 60}):
                pass
        assert refusal.value.field == term
        async with opened(database) as another:
            await another.spent()
            assert another.max_coins == (50 if term == "max_coins" else None)

    # Nobody works with the old terms any more.
    async with opened(database, **{term: 60}):
        pass


# Versions


async def test_a_newer_version_is_left_alone(database: Database) -> None:
    async with opened(database):
        pass
    with database.administrator() as connection:
        connection.execute("UPDATE a2e_account SET version = 99")
    assert "was made by a newer version (format 99" in await refused(database.url)
    with pytest.raises(JournalError, match="newer version"):
        look_into(DatabaseURL(database.url))


def make_first_version(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(schema.MIGRATIONS[0])
        connection.execute("UPDATE a2e_account SET version = 1, last_number = 7, spent = 10")
        connection.execute(
            "INSERT INTO a2e_jobs (number, key, workflow, state, attempts, sent, reserved, coins, records, "
            "version, stamp) VALUES (7, 'one', 'w', 'done', 1, 5, 10, 10, '[{\"_id\": \"t\"}]', 4, 's')"
        )


async def test_an_older_version_is_brought_up_to_date_with_what_is_in_it(database: Database) -> None:
    make_first_version(database)
    with pytest.raises(JournalError, match="older format 1"):
        look_into(DatabaseURL(database.url))

    async with opened(database) as journal:
        entry = await journal.take("one", "w", unique=True)
        assert (entry.number, entry.state, entry.coins) == (7, State.DONE, 10.0)
        assert (await journal.take("two", "w", unique=True)).number == 8
    assert look_into(DatabaseURL(database.url)).states["done"] == 1


async def test_several_bring_it_up_to_date_at_once(database: Database) -> None:
    make_first_version(database)
    entries = []

    async def come() -> None:
        async with opened(database) as journal:
            entries.append(await journal.take("one", "w", unique=True))

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(come)
    assert [entry.state for entry in entries] == [State.DONE] * 4


# Rights and addresses


async def test_a_role_that_only_reads(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(database):
        pass
    problem = await refused(database.reader_url())
    # The error says it. What psycopg logs about the pipeline that broke is a matter of timing.
    shown = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [record for record in shown if record.name == "a2e_async"]
    assert "this role needs the right to create tables in the schema and to write them" in problem


async def test_a_role_that_may_not_create(database: Database) -> None:
    with database.administrator() as connection:
        connection.execute(f"REVOKE ALL ON SCHEMA {database.name} FROM {database.name}")
        connection.execute(f"ALTER SCHEMA {database.name} OWNER TO postgres")
        connection.execute(f"GRANT USAGE ON SCHEMA {database.name} TO {database.name}")
    assert "needs the right to create tables" in await refused(database.url)


async def test_a_schema_that_is_not_there(database: Database) -> None:
    problem = await refused(database.url.replace(f"%3D{database.name}", "%3Dnowhere"))
    assert "create the schema first" in problem


async def test_a_database_that_is_not_there(database: Database) -> None:
    problem = await refused(database.url.replace("/postgres?", "/nowhere?"))
    assert '"nowhere" does not exist' in problem


async def test_a_password_is_not_shown(database: Database) -> None:
    url = database.url.replace(f"//{database.name}@", "//nobody:geheim@")
    problem = await refused(url)
    assert "nobody" in problem
    assert "geheim" not in problem


async def test_a_server_that_is_not_there_is_said_at_once(database: Database) -> None:
    began = anyio.current_time()
    problem = await refused("postgresql://a2e:geheim@127.0.0.1:1/a2e")
    assert "refused" in problem
    assert "geheim" not in problem
    assert anyio.current_time() - began < 5.0


# A database that is away for a while


async def test_steps_wait_while_the_server_is_away(own_database: OwnDatabase) -> None:
    async with opened(own_database, patience=600.0) as journal:
        entry = await journal.take("one", "w", unique=True)
        own_database.stop(at_once=True)
        with anyio.move_on_after(0.1) as given_up:
            await journal.spent()
        assert given_up.cancelled_caught

        async with anyio.create_task_group() as group:
            group.start_soon(journal.record_start, entry, "m", 10.0)
            await anyio.wait_all_tasks_blocked()
            await anyio.to_thread.run_sync(own_database.start)
        assert entry.state == State.STARTING
        assert await journal.spent() == (0.0, 10.0)


async def test_a_connection_that_is_cut_is_told_in_our_words(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(database) as journal:
        database.cut()
        assert await journal.spent() == (0.0, 0.0)
    assert {record.name for record in caplog.records} <= {"a2e_async"}


async def test_patience_ends(own_database: OwnDatabase) -> None:
    async with opened(own_database, patience=0.05) as journal:
        await journal.spent()
        own_database.stop(at_once=True)
        with pytest.raises(JournalError, match="the journal postgresql://"):
            await journal.spent()
        own_database.start()
        assert await journal.spent() == (0.0, 0.0)


async def test_tables_that_are_dropped_in_the_middle(database: Database) -> None:
    async with opened(database) as journal:
        with database.administrator() as connection:
            connection.execute(f"DROP SCHEMA {database.name} CASCADE")
        with pytest.raises(JournalError, match="a2e_account"):
            await journal.take("one", "w", unique=True)


@pytest.mark.parametrize("is_half_sent", [False, True])
async def test_a_worker_that_stops_in_a_transaction_does_not_hold_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch, is_half_sent: bool
) -> None:
    name = "_NO_DAWDLING" if is_half_sent else "_NO_IDLING"
    setting, _, _ = getattr(transaction, name).partition("=")
    monkeypatch.setattr(transaction, name, f"{setting}= 100")
    with psycopg.connect(database.url) as connection:
        if is_half_sent and connection.info.server_version < transaction._HAS_NO_DAWDLING:
            pytest.skip("this PostgreSQL has no limit for that")
    stopped, goes_on = threading.Event(), threading.Event()

    def stop(opened: transaction.Transaction) -> str:
        if is_half_sent:
            opened._connection.execute("SELECT 1")
            opened._connection.pgconn.send_flush_request()
            opened._connection.pgconn.flush()
        stopped.set()
        goes_on.wait(10)
        return "done"

    async with opened(database) as first, opened(database) as second, anyio.create_task_group() as group:
        results: list[str] = []

        async def work() -> None:
            results.append(await first._transact(stop))

        group.start_soon(work)
        await anyio.to_thread.run_sync(stopped.wait)
        await second.take("one", "w", unique=True)
        goes_on.set()
    assert results == ["done"]


# What a database does not store


@pytest.mark.parametrize("key", ["a\0b", "\ud800"])
async def test_a_key_that_is_not_stored(database: Database, key: str) -> None:
    async with opened(database) as journal:
        with pytest.raises(InvalidArgument) as refusal:
            await journal.take(key, "w", unique=True)
        assert refusal.value.field == "key"
        await journal.take("one", "w", unique=True)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "é\U0001f600"])
async def test_texts_from_elsewhere_are_stored(database: Database, text: str) -> None:
    record = {"_id": text, "coins": 10, "name": text}
    async with opened(database) as journal, opened(database) as another:
        entry = await journal.take("one", "w", unique=True)
        other = await another.take("two", "w", unique=True)
        assert await journal.record_start(entry, "m", 10.0)
        await journal.record_accepted(entry, [record], 10.0)
        assert list(await another.known_among("w", [text, "else"], other)) == [text]
        assert list(await journal.known_among("w", [text, "else"], entry)) == []

        await journal.record_end(entry, [record], TaskError(text))
        await journal.record_files(entry, [{"path": text, "size": 1}])
        again = await another.take("one", "w", unique=True)
        assert (again.records, again.files) == ([record], [{"path": text, "size": 1}])

        assert (await journal.price(text)).known is Known.YOURS
        journal.learn(Lesson(text, found=True, coins=7.0))
        await journal.spent()
        assert (await another.price(text)).coins == 7.0


# Clocks, waiting, looking


async def test_nothing_depends_on_the_clock_of_the_machine(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time
    async with opened(database) as ahead, opened(database) as behind:
        entry = await ahead.take("one", "w", unique=True)
        for wrong in (3600.0, -3600.0):
            monkeypatch.setattr(time, "time", lambda wrong=wrong: right() + wrong)
            await ahead.record_start(entry, "m", 10.0)
            ahead.require_lease(entry)
            assert abs(entry.sent - right()) < 60.0
            held = await behind.take("one", "w", unique=True, again=entry)
            assert held.is_held
            assert held.age < 60.0
            await ahead.undo_start(entry)


async def test_a_job_is_free_when_whoever_had_it_has_ended_it(database: Database) -> None:
    async with opened(database) as first, opened(database) as second:
        entry = await first.take("one", "w", unique=True)
        held = await second.take("one", "w", unique=True)
        assert held.is_held

        async with anyio.create_task_group() as group:
            with anyio.fail_after(5):
                group.start_soon(partial(first.give_up, entry))
                while not await second.until_free(held):
                    pass
        assert not (await second.take("one", "w", unique=True, again=held)).is_held


async def test_a_look_while_workers_run(database: Database) -> None:
    async with opened(database) as first, opened(database) as second:
        await ended(first)
        entry = await second.take("two", "w", unique=True)
        await second.record_start(entry, "m2", 10.0)

        look = await anyio.to_thread.run_sync(look_into, DatabaseURL(database.url))
        assert (look.states, look.coins) == ({"done": 1, "starting": 1}, 10)
        assert {worker.name for worker in look.workers} == {first.worker, second.worker}


def test_a_look_where_there_is_no_journal(database: Database) -> None:
    with pytest.raises(JournalError, match="holds no journal"):
        look_into(DatabaseURL(database.url))


async def test_unfinished_jobs_of_the_dead_are_left(database: Database) -> None:
    async with opened(database) as first:
        entry = await first.take("one", "w", unique=True)
        await first.record_start(entry, "m", 10.0)
        assert await first.unfinished() == 0
        assert await first.uncertain() == []
    async with opened(database) as second:
        assert await second.unfinished() == 1
        (start,) = await second.uncertain()
        with pytest.raises(InvalidArgument):
            await second.bind(start, "")
        await second.bind(start, "t1")
        with pytest.raises(InvalidArgument, match="not uncertain"):
            await second.release(start)


def test_numbers_are_rows(database: Database) -> None:
    """The schema has what `Transaction` writes."""
    make: Callable[..., Any] = psycopg.connect
    with make(database.url, autocommit=True, row_factory=dict_row) as connection:
        schema.bring_up_to_date(connection, DatabaseURL(database.url))
        row = connection.execute(
            "SELECT array_agg(column_name::text) AS names FROM information_schema.columns "
            "WHERE table_name = 'a2e_jobs' AND table_schema = %s",
            (database.name,),
        ).fetchone()
        assert set(row["names"]) == set(schema.JOB_COLUMNS)
