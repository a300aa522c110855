"""Whoever downloads the files of a job keeps it until they are saved: no other worker downloads them too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.journal import Terms
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async.clock import SystemClock
from tests.postgres import Database

pytestmark = pytest.mark.anyio

FILES = [{"path": "one.png", "size": 3}]


@asynccontextmanager
async def two_workers(database: Database) -> AsyncIterator[tuple[DatabaseJournal, DatabaseJournal]]:
    url, terms = DatabaseURL(database.url), Terms(account="one")
    async with (
        DatabaseJournal.open(url, terms, SystemClock()) as first,
        DatabaseJournal.open(url, terms, SystemClock()) as second,
    ):
        yield first, second


async def ended(journal: DatabaseJournal, *, saving: bool) -> Entry:
    entry = await journal.take("one", "w", unique=True)
    assert await journal.record_start(entry, "m", 1.0)
    await journal.record_accepted(entry, [{"_id": "t1"}], 1.0)
    entry.saving = saving
    await journal.record_end(entry, [{"_id": "t1"}], None)
    return entry


async def test_a_job_is_held_until_its_files_are_saved(database: Database) -> None:
    async with two_workers(database) as (first, second):
        entry = await ended(first, saving=True)
        held = await second.take("one", "w", unique=True)
        assert (held.is_held, held.state) == (True, State.DONE)

        await first.record_files(entry, FILES)
        assert await second.until_free(held)
        free = await second.take("one", "w", unique=True, again=held)
        assert (free.is_held, free.files) == (False, FILES)


async def test_files_that_cannot_be_saved_are_left_to_others(database: Database) -> None:
    async with two_workers(database) as (first, second):
        entry = await ended(first, saving=True)
        await first.give_up(entry)
        free = await second.take("one", "w", unique=True)
        assert (free.is_held, free.state, free.files) == (False, State.DONE, None)


@pytest.mark.parametrize("saving", [True, False])
async def test_a_worker_that_leaves_keeps_nothing(database: Database, saving: bool) -> None:
    async with two_workers(database) as (first, second):
        await ended(first, saving=saving)
        await first._close()
        free = await second.take("one", "w", unique=True)
        assert (free.is_held, free.state) == (False, State.DONE)
