"""Workers in processes of their own: killed, frozen, told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from a2e_async.worker import enqueue
from tests.postgres import Database
from tests.sandbox.worker_kit import QueueStage, kites, queue_stage, until, working

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="signals"),
]

JOBS, CONCURRENCY = 12, 6


@pytest.fixture
def anyio_backend() -> str:
    """procrastinate runs on asyncio only."""
    return "asyncio"


@contextmanager
def process(on: QueueStage, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own; killed at the end of the block."""
    command = [sys.executable, "-m", "a2e_async", "worker", "--lease", "1", *options]
    variables = {"A2E_API_TOKEN": on.sandbox.token, "A2E_BASE_URL": on.sandbox.url, "A2E_JOURNAL": on.url}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, "--concurrency", str(CONCURRENCY)],
        env={**os.environ, **variables},
        stdout=pipe,
        stderr=pipe,
        text=True,
    ) as worker:
        try:
            yield worker
        finally:
            worker.kill()


async def ended(worker: subprocess.Popen[str]) -> tuple[str, str]:
    return await asyncio.to_thread(worker.communicate, timeout=30)


def accepted(on: QueueStage) -> bool:
    """Whether the worker has filled its places, and no start is under way."""
    return on.made() == CONCURRENCY and len(on.journal("accepted")) == CONCURRENCY


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_jobs_of_a_worker_that_is_gone_are_taken_over(
    database: Database, number: signal.Signals
) -> None:
    async with queue_stage(database, seconds=1.5) as on:
        await enqueue(kites(on.a2e, JOBS), journal=on.url)
        with process(on) as first:
            await until(lambda: accepted(on))
            first.send_signal(number)
            async with working(on, concurrency=JOBS, lease=1.0):
                await until(lambda: len(on.journal("done")) == JOBS)
                first.send_signal(signal.SIGCONT)
                await until(lambda: on.messages() == [])
                first.terminate()
                await ended(first)

        assert first.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)
        assert on.made() == JOBS
        assert on.messages() == []


async def test_told_to_end_it_finishes_what_it_has_begun(database: Database) -> None:
    async with queue_stage(database, seconds=1.0) as on:
        await enqueue(kites(on.a2e, JOBS), journal=on.url)
        with process(on) as worker:
            await until(lambda: accepted(on))
            worker.terminate()
            out, err = await ended(worker)

        assert worker.returncode == 0
        assert sorted(line.partition("\t")[0] for line in out.splitlines()) == ["done"] * CONCURRENCY
        assert f"a2e: ending: {CONCURRENCY} jobs are under way" in err
        assert err.splitlines()[-1] == f"a2e: the worker has ended: {CONCURRENCY} done, 0 failed"
        assert len(on.journal("done")) == on.made() == CONCURRENCY
        assert len(on.messages("todo")) == len(on.messages()) == JOBS - CONCURRENCY


async def test_told_twice_it_leaves_them_to_others(database: Database) -> None:
    async with queue_stage(database, seconds=60.0) as on:
        await enqueue(kites(on.a2e, JOBS), journal=on.url)
        with process(on, "--grace", "60") as worker:
            await until(lambda: accepted(on))
            worker.send_signal(signal.SIGINT)
            assert worker.stderr is not None
            while not (await asyncio.to_thread(worker.stderr.readline)).startswith("a2e: ending"):
                pass
            worker.send_signal(signal.SIGINT)
            _, err = await ended(worker)

        assert (worker.returncode, err) == (0, "a2e: the worker has ended: 0 done, 0 failed\n")
        assert len(on.messages("todo")) == JOBS
        assert len(on.journal("accepted")) == CONCURRENCY
        assert {row["owner"] for row in on.journal()} == {None}


async def test_the_grace_time_ends(database: Database) -> None:
    async with queue_stage(database, seconds=60.0) as on:
        await enqueue(kites(on.a2e, JOBS), journal=on.url)
        with process(on, "--grace", "0.1") as worker:
            await until(lambda: accepted(on))
            worker.terminate()
            await ended(worker)
        assert worker.returncode == 0
        assert len(on.messages("todo")) == JOBS
