"""``python -m tests.bench.scaling``: how much a journal in PostgreSQL carries on this machine.

The numbers in ``docs/scaling.md`` come from here. A server of its own is started, with the settings that
PostgreSQL has by default, and stopped at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio

from a2e_async._embedded.server import Server
from a2e_async._journal.asked import Asked
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.journal import Terms
from a2e_async._journal.look import look_into
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async.client import A2E
from a2e_async.clock import SystemClock
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.postgres import Database

ROOT = Path(__file__).resolve().parents[2]
WRITERS = (1, 2, 4, 8)
SIZES = (10_000, 100_000, 1_000_000)
SAMPLES = 200
_STEPS = 4  # of a job in the journal: taken, about to start, accepted, ended
_BEAT = 7.5  # seconds between two signs of life of a worker, with the lease of 30 s that is the default

# What a job of image_to_video leaves: sizes as in a run with a sandbox.
_BODY = json.dumps({"path": "/api/v1/userImage2Video/start", "body": {"prompt": "it waves " * 12}})
_RECORD = {"_id": "", "coins": 10, "current_status": "completed", "name": "x", "result_url": "https://x/" * 8}
_JOBS = """
INSERT INTO a2e_jobs (number, key, workflow, state, attempts, marker, sent, reserved, coins, records, digest,
    asked, owner, version, stamp)
SELECT n, 'job-' || n, 'image_to_video', 'done', 1, 'marker-' || n, 0, 10, 10, %s,
    md5(n::text) || md5(n::text), %s, 'worker-1', 5, md5(n::text) FROM generate_series(%s::bigint, %s) AS n
"""
_TASKS = """
INSERT INTO a2e_tasks (workflow, id, job)
SELECT 'image_to_video', substr(md5(n::text), 1, 24), n FROM generate_series(%s::bigint, %s) AS n
"""


def main() -> int:
    """Measure everything, and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scaling", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement with several writers")
    parser.add_argument("--rows", type=int, default=SIZES[-1], help="the most rows of the journal")
    parser.add_argument("--not-durable", action="store_true", help="commits do not wait for the disk")
    parser.add_argument("--only", choices=("day", "writers", "growth"))
    parser.add_argument("--jobs", type=int, default=1_000_000, help="of a day")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        anyio.run(_work, json.loads(given.work))
        return 0

    with tempfile.TemporaryDirectory(prefix="a2e-scaling-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder), durable=not given.not_durable)
        server.start()
        try:
            if given.only in (None, "day"):
                anyio.run(_day, given.jobs)
            if given.only in (None, "writers"):
                _writers(server.url, given.seconds)
            if given.only in (None, "growth"):
                _growth(server.url, given.rows)
        finally:
            server.stop(at_once=True)
    return 0


# A day of one account


async def _day(jobs: int) -> None:
    """Simulate one of several workers for some minutes of a day, and print what all of them do together."""
    _say("workers | task s | jobs/s | in flight | requests a job | requests/s | commits/s | connections")
    for workers in (1, 10, 50):
        for seconds in (60.0, 360.0):
            rate = jobs / 86_400
            asked = await _requests_a_job(rate / workers, seconds)
            commits = _STEPS * rate + workers / _BEAT
            _say(
                f"{workers:7} | {seconds:6.0f} | {rate:6.1f} | {rate * seconds:9.0f} | {asked:14.2f} | "
                f"{asked * rate:10.1f} | {commits:9.1f} | {3 * workers}"
            )
    _say("")


async def _requests_a_job(rate: float, seconds: float) -> float:
    """The requests for a job of a worker that starts jobs at a steady rate."""
    clock = VirtualClock(auto=True, step=0.25)
    count = int(max(200, min(2000, 4 * rate * seconds)))
    durations = {"text_to_image": (seconds, seconds / 4)}

    async with Sandbox(clock=clock, coins=10**9, durations=durations) as sandbox:
        async with A2E(sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
            jobs = (a2e.text_to_image(prompt=f"kite {number}") for number in range(count))
            async with a2e.bulk(jobs, concurrency=count, start_rate=rate) as run:
                async for outcome in run:
                    assert outcome.error is None
        return sandbox.ledger.count("api") / count


# Several writers at once


def _writers(url: str, seconds: float) -> None:
    _say("writers | transactions/s | steps/s of them | jobs/s, whole | takes/s of jobs that have ended")
    for writers in WRITERS:
        row = [
            sum(_in_processes(Database.made(url).url, writers, kind, seconds))
            for kind in ("alone", "together", "jobs", "ended")
        ]
        _say(f"{writers:7} | {row[0]:14.0f} | {row[1]:15.0f} | {row[2]:13.0f} | {row[3]:8.0f}")


def _in_processes(url: str, writers: int, kind: str, seconds: float) -> Iterator[float]:
    """Let processes write at the same time. Yields what each has done in a second."""
    processes = []
    for number in range(writers):
        work = json.dumps({"url": url, "kind": kind, "seconds": seconds, "number": number})
        command = [sys.executable, "-m", "tests.bench.scaling", "--work", work]
        processes.append(
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
        )
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
    for process in processes:
        yield float(process.communicate()[0])


async def _work(given: Mapping[str, Any]) -> None:
    """What one of these processes does."""
    place, terms = DatabaseURL(given["url"]), Terms(account="one", max_coins=1e12)
    async with DatabaseJournal.open(place, terms, SystemClock()) as journal:
        if given["kind"] == "ended":
            await _run_jobs(journal, f"{given['number']}-", 2000, 1e9)
        _say("ready")
        sys.stdin.readline()

        began = time.perf_counter()
        done = await _KINDS[given["kind"]](journal, given)
        _say(str(done / (time.perf_counter() - began)))


async def _alone(journal: DatabaseJournal, given: Mapping[str, Any]) -> int:
    """One step a transaction."""
    until, done = time.perf_counter() + given["seconds"], 0
    while time.perf_counter() < until:
        await journal.spent()
        done += 1
    return done


async def _together(journal: DatabaseJournal, given: Mapping[str, Any]) -> int:
    """Steps of 64 jobs, which share transactions."""
    done = 0

    async def one() -> None:
        nonlocal done
        mine = await _alone(journal, given)
        done += mine

    async with anyio.create_task_group() as group:
        for _ in range(64):
            group.start_soon(one)
    return done


async def _jobs(journal: DatabaseJournal, given: Mapping[str, Any]) -> int:
    return await _run_jobs(journal, f"{given['number']}-", 10**9, given["seconds"])


async def _ended(journal: DatabaseJournal, given: Mapping[str, Any]) -> int:
    """Take what has ended, as every worker does that reads the same input as the others."""
    until, done = time.perf_counter() + given["seconds"], 0

    async def one(first: int) -> None:
        nonlocal done
        while time.perf_counter() < until:
            key = f"{given['number']}-{(first + 64 * done) % 2000}"
            entry = await journal.take(key, "image_to_video", unique=True, asked=_asked(key), repeats=True)
            assert entry.state == "done"
            done += 1

    async with anyio.create_task_group() as group:
        for number in range(64):
            group.start_soon(one, number)
    return done


_KINDS: Mapping[str, Callable[[DatabaseJournal, Mapping[str, Any]], Any]] = {
    "alone": _alone,
    "together": _together,
    "jobs": _jobs,
    "ended": _ended,
}


async def _run_jobs(journal: DatabaseJournal, prefix: str, count: int, seconds: float) -> int:
    """Take jobs through all their steps, 64 at a time. Returns how many."""
    numbers, until, done = iter(range(count)), time.perf_counter() + seconds, 0

    async def one() -> None:
        nonlocal done
        for number in numbers:
            if time.perf_counter() > until:
                return
            key = f"{prefix}{number}"
            entry = await journal.take(key, "image_to_video", unique=True, asked=_asked(key))
            await journal.record_start(entry, f"marker-{key}", 10.0)
            record = {**_RECORD, "_id": f"task-{key}"}
            await journal.record_accepted(entry, [record], 10.0)
            await journal.record_end(entry, [record], None)
            done += 1

    async with anyio.create_task_group() as group:
        for _ in range(64):
            group.start_soon(one)
    return done


def _asked(key: str) -> Asked:
    return Asked("image_to_video", key * 4, key * 4, _BODY)


# A journal that grows


def _growth(url: str, most: int) -> None:
    database = Database.made(url)
    anyio.run(_open_once, database.url)
    made = 0
    _say("\nrows | MB | bytes a job | take new ms | take ended ms | a beat ms | a look ms | connections")
    for size in (*(size for size in SIZES if size < most), most):
        with database.administrator() as connection:
            connection.execute(_JOBS, (json.dumps([{**_RECORD, "_id": "x" * 24}]), _BODY, made + 1, size))
            connection.execute(_TASKS, (made + 1, size))
            connection.execute("UPDATE a2e_account SET last_number = %s", (size,))
            connection.execute("ANALYZE")
            (found,) = connection.execute(
                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname IN ('a2e_jobs', "
                "'a2e_tasks') AND relnamespace = %s::regnamespace",
                (database.name,),
            ).fetchone() or (0,)
        made, stored = size, float(found)
        times = anyio.run(_time_takes, database, size)
        with database.administrator() as connection:
            connection.execute("DELETE FROM a2e_jobs WHERE key LIKE 'new-%'")
        with _timed() as look:
            look_into(DatabaseURL(database.url))
        _say(
            f"{size:9} | {stored / 1e6:6.0f} | {stored / size:6.0f} | {times['new']:6.2f} | "
            f"{times['ended']:6.2f} | {times['beat']:6.2f} | {look[0] * 1e3:7.1f} | "
            f"{times['connections']:.0f}"
        )
    _after_many_writes(database)


async def _open_once(url: str) -> None:
    async with DatabaseJournal.open(DatabaseURL(url), Terms(), SystemClock()):
        pass


async def _time_takes(database: Database, size: int) -> dict[str, float]:
    """The milliseconds of single takes, and of signs of life."""
    async with DatabaseJournal.open(
        DatabaseURL(database.url), Terms(account="one"), SystemClock()
    ) as journal:
        times: dict[str, float] = {}
        with _timed() as spent:
            for number in range(SAMPLES):
                key = f"new-{size}-{number}"
                await journal.take(key, "image_to_video", unique=True, asked=_asked(key))
        times["new"] = spent[0] / SAMPLES * 1e3

        with _timed() as spent:
            for number in range(SAMPLES):
                await journal.take(f"job-{1 + number * size // SAMPLES}", "image_to_video", unique=True)
        times["ended"] = spent[0] / SAMPLES * 1e3

        with _timed() as spent:
            for _ in range(SAMPLES):
                await journal._heartbeat._beat()
        times["beat"] = spent[0] / SAMPLES * 1e3
        times["connections"] = database.connections()
    return times


def _after_many_writes(database: Database) -> None:
    """What the rows that every transaction writes have grown to, and what clears them."""
    with database.administrator() as connection:
        for table in ("a2e_account", "a2e_workers"):
            row = connection.execute(
                "SELECT pg_relation_size(relid), n_tup_upd, n_tup_hot_upd, n_dead_tup, autovacuum_count "
                "FROM pg_stat_user_tables WHERE relname = %s AND schemaname = %s",
                (table, database.name),
            ).fetchone()
            assert row is not None
            _say(
                f"{table}: {row[0] / 1024:.0f} kB after {row[1]} updates, {row[2]} of them in place; "
                f"{row[3]} dead rows, {row[4]} automatic vacuums"
            )


@contextmanager
def _timed() -> Iterator[list[float]]:
    spent: list[float] = []
    began = time.perf_counter()
    try:
        yield spent
    finally:
        spent.append(time.perf_counter() - began)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
