"""What a worker that died has left is gone on with, though others wait for just that."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import Entry
from a2e_async._journal.journal import Terms
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async.clock import SystemClock
from tests.postgres import Database
from tests.unit.sample import Pictures, Service, Sketches, client

pytestmark = pytest.mark.anyio

MOST = 2  # tasks at once


async def test_its_tasks_need_no_place_that_starts_hold_until_they_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, refused = anyio.Event(), 0
    original = DatabaseJournal.record_start

    async def record_start(self: DatabaseJournal, *given: Any) -> bool:
        nonlocal refused
        written = await original(self, *given)
        refused += not written
        if refused >= MOST:
            waiting.set()
        return written

    service = Service(duration=0.0)
    a2e = client(service)
    keys = ["left 0", "left 1", "new 0", "new 1"]
    jobs = [Pictures(a2e)(prompt=key).with_key(key) for key in keys]

    terms = Terms(account=a2e.runtime.account, account_concurrency=MOST)
    async with DatabaseJournal.open(DatabaseURL(database.url), terms, SystemClock()) as gone:
        for key in keys[:MOST]:
            entry = await gone.take(key, "pictures", unique=True)
            assert await gone.record_start(entry, key, 0.0)
            await gone.record_accepted(entry, [service.add(prompt=key)], 0.0)
        monkeypatch.setattr(DatabaseJournal, "record_start", record_start)

        ended = []
        with anyio.fail_after(10.0):
            async with (
                a2e,
                a2e.bulk(jobs, journal=database.url, concurrency=MOST, account_concurrency=MOST) as run,
            ):
                await waiting.wait()
                with database.administrator() as connection:
                    connection.execute("UPDATE a2e_jobs SET owner = NULL WHERE owner = %s", (gone.worker,))
                async for outcome in run:
                    ended.append((outcome.key, outcome.error))
                    if len(ended) == MOST:
                        break
    assert sorted(ended) == [("left 0", None), ("left 1", None)]
    assert service.starts == 0


async def test_its_unanswered_start_is_searched_for_while_a_lookalike_waits_for_that(
    database: Database,
) -> None:
    service = Service(duration=0.0)
    a2e = client(service)
    jobs = [Sketches(a2e)(prompt="a kite").with_key(key) for key in ("new", "lost")]

    terms = Terms(account=a2e.runtime.account)
    async with DatabaseJournal.open(DatabaseURL(database.url), terms, SystemClock()) as gone:
        entry: Entry = await gone.take("lost", "sketches", unique=True)
        assert await gone.record_start(entry, None, 0.0)
        made = service.add(prompt="a kite")

    with anyio.fail_after(10.0):
        async with a2e, a2e.bulk(jobs, journal=database.url) as run:
            ended = {outcome.key: outcome.result async for outcome in run}
    assert ended["lost"] is not None
    assert ended["new"] is not None
    assert ended["lost"].task.id == made["_id"] != ended["new"].task.id
    assert service.starts == 1
