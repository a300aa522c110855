"""Jobs in a queue: put in once, carried out once, whatever happens to the workers and the database."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import procrastinate
import pytest

from a2e_async import A2E, ConfigurationError, InvalidArgument, JournalError, StartPolicy, worker
from a2e_async._worker import connector, delivery, names
from a2e_async._worker.others import Others
from a2e_async.sandbox import Faults
from a2e_async.worker import Enqueued, enqueue
from tests.postgres import Database, OwnDatabase
from tests.sandbox.worker_kit import kites, queue_stage, until, working

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """procrastinate runs on asyncio only."""
    return "asyncio"


async def test_each_job_is_queued_and_made_once(database: Database) -> None:
    async with queue_stage(database) as on:
        jobs = list(kites(on.a2e, 20))
        assert await enqueue(jobs, journal=on.url) == Enqueued(queued=20)
        assert await enqueue(jobs, journal=on.url) == Enqueued(waiting=20)
        assert await enqueue([*jobs, *kites(on.a2e, 5, first=18)], journal=on.url) == Enqueued(3, 22, 0)

        seen: list[Any] = []
        await on.work(on_outcome=seen.append)
        assert on.made() == 23 == len({outcome.key for outcome in seen})
        assert on.messages() == []

        assert await enqueue(jobs, journal=on.url) == Enqueued(done=20)
        await on.work()
        assert on.made() == 23

        now = await on.status()
        assert (now.queued, now.running, now.done, now.failed, now.uncertain) == (0, 0, 23, 0, 0)
        assert now.coins == on.sandbox.ledger.coins()
        assert now.starts_per_minute == 23


async def test_jobs_without_keys_are_known_by_what_they_ask_for(database: Database) -> None:
    async with queue_stage(database) as on:
        same = [on.a2e.text_to_image(prompt="a kite") for _ in range(3)]
        assert await enqueue(same, journal=on.url) == Enqueued(queued=1, waiting=2)
        await on.work()
        assert await enqueue(same[:1], journal=on.url) == Enqueued(done=1)
        async with on.a2e.bulk(journal=on.url) as run:
            assert (await run.outcome(same[0])).replayed
        assert on.made() == 1


async def test_a_key_belongs_to_one_job(database: Database) -> None:
    async with queue_stage(database) as on:
        (first,) = kites(on.a2e, 1)
        other = on.a2e.text_to_image(prompt="something else").with_key("kite-0")
        with pytest.raises(InvalidArgument, match=r"key: 'kite-0' is given twice, for different jobs"):
            await enqueue([first, other], journal=on.url)
        await enqueue([first], journal=on.url)
        with pytest.raises(InvalidArgument, match="'kite-0' waits in the queue and asks for something else"):
            await enqueue([other], journal=on.url)
        await on.work()
        with pytest.raises(InvalidArgument, match="prompt was 'kite 0' and is now 'something else'"):
            await enqueue([other], journal=on.url)
        assert on.made() == 1


async def test_files_are_uploaded_before_the_message_is_sent(database: Database, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 64)
    async with queue_stage(database) as on:
        job = on.a2e.image_to_video(image_url=picture, prompt="it waves")
        assert (await enqueue([job], journal=on.url)).queued == 1
        assert await enqueue([job], journal=on.url) == Enqueued(waiting=1)
        (message,) = on.messages()
        assert message["args"]["job"]["body"]["image_url"]["$upload"]["url"].startswith("http")
        assert str(tmp_path) not in json.dumps(message["args"])

        picture.unlink()
        await on.work()
        assert on.made() == 1
        assert on.sandbox.ledger.count("presign") <= 1

        picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 64)
        later = datetime.now(UTC) + timedelta(days=4)
        with pytest.raises(InvalidArgument, match="schedule_at: uploads are kept for three days"):
            await enqueue([job.with_key("late")], journal=on.url, schedule_at=later)
        await enqueue([job.with_key("late")], journal=on.url, schedule_at=later, upload=False)
        assert on.messages()[0]["args"]["job"]["body"]["image_url"] == {"$path": str(picture)}


async def test_priorities_and_times(database: Database) -> None:
    async with queue_stage(database) as on:
        low, high, late = kites(on.a2e, 3)
        await enqueue([low], journal=on.url, priority=-1)
        await enqueue([high], journal=on.url, priority=7)
        await enqueue([late], journal=on.url, schedule_at=datetime.now(UTC) + timedelta(hours=1))
        order: list[Any] = []
        await on.work(concurrency=1, on_outcome=lambda outcome: order.append(outcome.key))
        assert order == ["kite-1", "kite-0"]
        assert [message["queueing_lock"] for message in on.messages()] == [names.lock_of("kite-2")]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"journal": "run.db"}, "journal: 'run.db' is not the URL of a database"),
        ({"journal": "mysql://db"}, "journal: 'mysql://db' is an address"),
        ({"priority": 2.5}, "priority: 2.5 is not a whole number"),
        ({"priority": 2**40}, "priority: 1099511627776 is not a whole number of 32 bits"),
        ({"schedule_at": datetime(2026, 1, 1)}, "schedule_at: .* is not a datetime with a time zone"),
        ({"journal": None}, "journal: give the URL of the database, or an app"),
    ],
)
async def test_bad_arguments(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        await enqueue([], **{"journal": "postgresql://localhost:1/none", **given})


async def test_jobs_that_cannot_be_stored(database: Database) -> None:
    async with queue_stage(database) as on:
        with pytest.raises(InvalidArgument, match="job: 'a job' is not a Job"):
            await enqueue(["a job"], journal=on.url)  # type: ignore[list-item]
        with pytest.raises(InvalidArgument, match="holds a NUL character"):
            await enqueue([on.a2e.text_to_image(prompt="a\0b").with_key("nul")], journal=on.url)
        assert on.messages() == []


async def test_a_database_that_is_not_there() -> None:
    with pytest.raises(JournalError, match="the journal postgresql://localhost:1/none: "):
        await enqueue([], journal="postgresql://localhost:1/none")


async def test_a_job_that_failed_is_not_delivered_again(database: Database) -> None:
    async with queue_stage(database, faults=Faults(task_fails=1.0)) as on:
        await enqueue(kites(on.a2e, 2), journal=on.url)
        seen: list[Any] = []
        await on.work(on_outcome=seen.append)
        await on.work(on_outcome=seen.append)
        assert len(seen) == 2 == on.made() == len(on.messages("failed"))
        now = await on.status()
        assert (now.failed, now.failed_messages, now.queued) == (2, 2, 0)


async def test_a_start_of_unknown_outcome_is_not_delivered_again(database: Database) -> None:
    async with queue_stage(database) as on:
        await enqueue(kites(on.a2e, 1), journal=on.url)
        await on.work()
        on.execute("UPDATE a2e_jobs SET state = 'starting', records = '[]', marker = 'nowhere', owner = NULL")
        assert (await enqueue(kites(on.a2e, 1), journal=on.url)).queued == 1

        quick = A2E(on.sandbox.token, base_url=on.sandbox.url, start=StartPolicy(window=0.1))
        seen: list[Any] = []
        async with quick:
            await worker.work(
                quick, journal=on.url, lease=1, until_empty=True, signals=False, on_outcome=seen.append
            )
        assert [type(outcome.error).__name__ for outcome in seen] == ["SubmissionUncertain"]
        now = await on.status()
        assert (now.uncertain, now.done, now.failed_messages, now.queued) == (1, 0, 1, 0)
        assert on.made() == 1


ANOTHER_HAS_ONE = """
WITH another AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id)
UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM another)
WHERE id = (SELECT min(id) FROM procrastinate_jobs)
"""


async def test_an_empty_queue_is_not_the_end_while_a_worker_may_have_died(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with queue_stage(database) as on:
        await enqueue(kites(on.a2e, 2), journal=on.url)
        on.execute(ANOTHER_HAS_ONE)
        seen: list[Any] = []
        await on.work(on_outcome=seen.append, lease=1.0)
        assert {outcome.key for outcome in seen} == {"kite-0", "kite-1"}
        assert on.messages() == []
    assert "other workers have under way (1)" in caplog.text


async def test_what_goes_back_to_the_queue_at_the_last_moment_is_carried_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with queue_stage(database) as on:
        await enqueue(kites(on.a2e, 2), journal=on.url)
        on.execute(ANOTHER_HAS_ONE)
        have_ended = Others.have_ended

        async def gives_it_back(self: Others) -> bool:
            on.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
            return await have_ended(self)

        monkeypatch.setattr(Others, "have_ended", gives_it_back)
        seen: list[Any] = []
        await on.work(on_outcome=seen.append, lease=60.0)
        assert {outcome.key for outcome in seen} == {"kite-0", "kite-1"}


async def test_without_coins_jobs_wait_with_a_warning(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_FIRST_PAUSE", 0.05)
    async with queue_stage(database, coins=30, prices={"text_to_image": 10}) as on:
        await enqueue(kites(on.a2e, 6), journal=on.url)
        async with working(on):
            await until(lambda: len(on.journal("done")) == 3)
            await until(lambda: "InsufficientCredits" in caplog.text)
            assert on.messages("failed") == []
            on.sandbox.set_coins(1000)
            await until(lambda: len(on.journal("done")) == 6)
        assert on.made() == 6
        warnings = [record for record in caplog.records if "jobs wait, and are tried again" in record.message]
        assert len(warnings) == 1


async def test_told_to_end_it_gives_back_at_once_what_waits_for_coins(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with queue_stage(database, coins=0, prices={"text_to_image": 10}) as on:
        await enqueue(kites(on.a2e, 3), journal=on.url)
        task = asyncio.create_task(on.work(until_empty=False, grace=600.0, signals=True))
        await until(lambda: "jobs wait, and are tried again" in caplog.text)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 60)
        assert len(on.messages("todo")) == 3
        assert on.made() == 0
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


async def test_jobs_over_the_budget_wait_in_the_queue(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_OVER_BUDGET", 0.01)
    async with queue_stage(database, prices={"text_to_image": 10}) as on:
        await enqueue(kites(on.a2e, 5), journal=on.url)
        await on.work(max_coins=30)
        assert on.made() == 3
        assert len(on.messages("todo")) == 2
        assert "the job is tried again later" in caplog.text

        on.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
        await on.work(max_coins=50)
        assert on.made() == 5


async def test_messages_that_are_no_jobs(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with queue_stage(database) as on:
        app = worker.app(on.a2e, journal=on.url)
        await enqueue(kites(on.a2e, 1), journal=on.url)
        async with app.open_async():
            await app.configure_task(names.JOB_TASK, queue=names.QUEUE).defer_async(job={"workflow": "no"})
        await on.work()
        assert on.made() == 1
        assert "a message is not a job: workflow: 'no' is not a workflow" in caplog.text
        assert len(on.messages("failed")) == 1


async def test_told_to_end_it_gives_back_what_has_not_ended(database: Database) -> None:
    async with queue_stage(database, seconds=30.0) as on:
        await enqueue(kites(on.a2e, 4), journal=on.url)
        async with working(on):
            await until(lambda: len(on.journal("accepted")) == 4)
        assert len(on.messages("todo")) == 4
        assert {row["owner"] for row in on.journal()} == {None}
        assert database.connections() == 0
        assert on.made() == 4


async def test_a_worker_that_is_gone_is_cleared_up_after(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with queue_stage(database) as on:
        await enqueue(kites(on.a2e, 3), journal=on.url)
        # One that was killed: its row stays; and one whose row was removed by another application.
        on.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        on.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = w.id FROM procrastinate_workers w "
            "WHERE procrastinate_jobs.id = 1"
        )
        on.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE id = 2")
        async with working(on, lease=1.0):
            await until(lambda: len(on.journal("done")) == 3)
        assert "2 jobs of a worker that is gone go back to the queue" in caplog.text
        assert on.made() == 3


async def test_what_this_worker_has_and_does_not_know_of_goes_back(database: Database) -> None:
    async with queue_stage(database, seconds=0.3) as on:
        await enqueue(kites(on.a2e, 2), journal=on.url, priority=1)
        await enqueue(kites(on.a2e, 1, first=2), journal=on.url, schedule_at=datetime.now(UTC) + timedelta(1))
        async with working(on, lease=1.0):
            await until(lambda: len(on.messages("doing")) == 2)
            on.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = "
                "(SELECT max(id) FROM procrastinate_workers) WHERE status = 'todo'"
            )
            await until(lambda: len(on.journal("done")) == 3)
        assert on.made() == 3


async def test_a_worker_whose_row_was_removed_begins_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with queue_stage(database) as on:
        async with working(on, lease=1.0):
            await enqueue(kites(on.a2e, 1), journal=on.url)
            await until(lambda: len(on.journal("done")) == 1)
            on.execute("DELETE FROM procrastinate_workers")
            await enqueue(kites(on.a2e, 2), journal=on.url)
            await until(lambda: len(on.journal("done")) == 2)
        assert "the worker broke off" in caplog.text


async def test_connections_are_cut(database: Database) -> None:
    async with queue_stage(database, seconds=0.3) as on:
        await enqueue(kites(on.a2e, 12), journal=on.url)
        async with working(on, concurrency=6):
            await until(lambda: on.made() >= 6)
            on.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.name}'"
            )
            await until(lambda: len(on.journal("done")) == 12)
            await enqueue(kites(on.a2e, 1, first=12), journal=on.url)  # it listens again
            await until(lambda: len(on.journal("done")) == 13)
            await until(lambda: on.messages() == [])
        assert on.made() == 13


async def test_the_database_is_restarted(own_database: OwnDatabase) -> None:
    async with queue_stage(own_database, seconds=0.3) as on:
        await enqueue(kites(on.a2e, 12), journal=on.url)
        async with working(on, concurrency=6):
            await until(lambda: on.made() >= 6)
            await asyncio.to_thread(own_database.restart, at_once=True)
            await until(lambda: len(on.journal("done")) == 12)
            await until(lambda: on.messages() == [])
        assert on.made() == 12


async def test_told_to_end_while_the_database_is_away(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "asyncio")
    monkeypatch.setattr(connector, "_FOR_ONE", 0.2)
    monkeypatch.setattr("a2e_async._journal.postgres.journal._CLOSING", 0.2)
    async with queue_stage(own_database, seconds=30.0) as on:
        await enqueue(kites(on.a2e, 3), journal=on.url)
        async with working(on):
            await until(lambda: len(on.journal("accepted")) == 3)
            await asyncio.to_thread(own_database.stop)
        own_database.start()
        await until(lambda: len(on.messages("doing")) == 3)
    assert caplog.text == ""


async def test_an_app_of_ones_own(database: Database) -> None:
    async with queue_stage(database) as on:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=on.url))
        app.add_tasks_from(worker.blueprint(on.a2e, journal=on.url, lease=2), namespace="a2e")
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            assert await enqueue(kites(on.a2e, 5), app=app) == Enqueued(queued=5)
            assert await enqueue(kites(on.a2e, 5), app=app) == Enqueued(waiting=5)
            await app.run_worker_async(wait=False, concurrency=5, install_signal_handlers=False)
            assert on.made() == 5
            assert {row["status"] for row in on.messages()} == {"succeeded"}
            await enqueue(kites(on.a2e, 5), app=app)
            await app.run_worker_async(wait=False, concurrency=5, install_signal_handlers=False)
            assert on.made() == 5
            assert await enqueue(kites(on.a2e, 5), app=app, journal=on.url) == Enqueued(done=5)


async def test_an_app_made_here(database: Database) -> None:
    async with queue_stage(database) as on:
        await enqueue(kites(on.a2e, 3), journal=on.url)
        app = worker.app(on.a2e, journal=on.url, lease=2)
        assert set(app.tasks) >= {"a2e:job", "a2e:rescue"}
        async with app.open_async():
            await app.run_worker_async(wait=False, concurrency=5, install_signal_handlers=False)
        assert on.made() == 3


async def test_other_terms_are_refused_at_once(database: Database) -> None:
    async with queue_stage(database) as on, on.a2e.bulk(journal=on.url, max_coins=50):
        with pytest.raises(InvalidArgument, match="max_coins: 60"):
            await on.work(max_coins=60)


async def test_of_a_database_without_anything(database: Database) -> None:
    with pytest.raises(JournalError, match="holds no journal"):
        await worker.status(database.url)
    await asyncio.gather(*[enqueue([], journal=database.url) for _ in range(4)])
    now = await worker.status(database.url)
    assert (now.queued, now.done, list(now.workers)) == (0, 0, [])


class TestOnTrio:
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "trio"

    async def test_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="asyncio only"):
            await enqueue([], journal="postgresql://localhost/none")
        with pytest.raises(ConfigurationError, match="asyncio only"):
            await worker.status("postgresql://localhost/none")
