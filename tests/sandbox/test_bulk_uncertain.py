"""Starts of unknown outcome: listed, released, bound; and a look into the journal of a run that is on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, ConfigurationError, InvalidArgument, JournalError, StartPolicy, SubmissionUncertain
from a2e_async._journal.look import look_into
from a2e_async.sandbox import Faults
from tests.sandbox.bulk_kit import Stage, drained, entries, ids, pictures, rerun, stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def keyed(a2e: A2E) -> list[Any]:
    return [job.with_key(f"scene {number}") for number, job in enumerate(pictures(a2e, 3))]


async def lose_a_start(on: Stage, journal: Path, answer: str = "reset_before") -> None:
    """Run three jobs; the start of one of them ends without a known outcome."""
    if answer == "reset_after":
        on.sandbox.set_faults(Faults(late_visibility=1.0, visible_after=1000.0))

    on.sandbox.script("image_to_video.start", "ok", answer)
    outcomes = await rerun(on, keyed, journal=journal, concurrency=1, policy=StartPolicy(window=5.0))
    on.sandbox.set_faults()

    [error] = [outcome.error for outcome in outcomes if outcome.error]
    assert isinstance(error, SubmissionUncertain)
    assert error.marker
    assert error.marker in str(error)
    assert f"a2e journal {journal} --release 'scene 1'" in str(error)
    assert "--bind 'scene 1' ID" in str(error)


async def test_an_uncertain_start_is_listed_with_what_it_asked_for(journal: Path) -> None:
    async with stage() as on:
        await lose_a_start(on, journal)
        async with on.a2e.bulk([], journal=journal) as run:
            [start] = await run.uncertain()
        assert (start.key, start.workflow) == ("scene 1", "image_to_video")
        assert start.marker
        assert start.sent > 1e9
        assert start.asked["body"] == {"image_url": "https://e.com/1.png", "prompt": "it waves"}


async def test_a_released_start_is_sent_by_the_next_run(journal: Path) -> None:
    async with stage() as on:
        await lose_a_start(on, journal)
        assert on.made() == 2
        async with on.a2e.bulk([], journal=journal) as run:
            for start in await run.uncertain():
                await run.release(start)
        outcomes = await rerun(on, keyed, journal=journal)
        assert len(set(ids(outcomes))) == on.made() == 3


async def test_a_bound_start_is_waited_for_and_not_paid_again(journal: Path) -> None:
    async with stage() as on:
        await lose_a_start(on, journal, "reset_after")
        assert on.made() == 3
        known = {row["id"].strip('"') for row in entries_of(journal, "tasks")}
        [lost] = [task.id for task in on.sandbox.ledger.tasks if task.id not in known]

        async with on.a2e.bulk([], journal=journal) as run:
            [start] = await run.uncertain()
            with pytest.raises(InvalidArgument, match="is the task of another job"):
                await run.bind(start, next(iter(known)))
            with pytest.raises(InvalidArgument, match="is not an id"):
                await run.bind(start, "../x")
            await run.bind(start, lost)
            assert await run.uncertain() == []
            for again in (run.release(start), run.bind(start, lost)):
                with pytest.raises(InvalidArgument, match="is not uncertain"):
                    await again

        outcomes = await rerun(on, keyed, journal=journal)
        assert lost in ids(outcomes)
        assert len(set(ids(outcomes))) == on.made() == 3


def entries_of(journal: Path, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(journal)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]


async def test_what_a_run_is_working_on_is_not_uncertain(journal: Path) -> None:
    slow = Faults(operations="start", latency=50.0)
    async with stage(faults=slow) as on, on.a2e.bulk(keyed(on.a2e), journal=journal) as run:
        while "starting" not in {row["state"] for row in entries(journal)}:
            await on.clock.sleep(0.001)
        assert await run.uncertain() == []
        assert len(ids(await drained(run))) == 3


async def test_uncertain_starts_are_those_of_a_journal_that_is_open(journal: Path) -> None:
    async with stage() as on:
        run = on.a2e.bulk([], journal=journal)
        with pytest.raises(ConfigurationError, match="inside the `async with`"):
            await run.uncertain()
        async with run:
            assert await run.uncertain() == []
        with pytest.raises(ConfigurationError, match="inside the `async with`"):
            await run.uncertain()
        async with on.a2e.bulk([]) as run:
            with pytest.raises(InvalidArgument, match="this run has none"):
                await run.uncertain()


async def test_a_look_does_not_disturb_a_run(journal: Path) -> None:
    async with stage() as on:
        async with on.a2e.bulk(pictures(on.a2e, 12), journal=journal, concurrency=4) as run:
            looks = 0
            async for _ in run:
                look = look_into(journal)
                looks += 1
                assert look.running
                assert look.damaged == []
                assert sum(look.states.values()) >= looks
                if looks in (1, 6, 12):
                    with pytest.raises(JournalError, match="in use"):
                        await rerun(on, lambda a2e: [], journal=journal)

        look = look_into(journal)
        assert not look.running
        assert look.states == {"done": 12}
        assert look.coins == 120.0


async def test_no_lock_is_left_behind(journal: Path) -> None:
    async with stage() as on:
        await rerun(on, keyed, journal=journal)
        assert sorted(path.name for path in journal.parent.iterdir()) == ["run.db"]
