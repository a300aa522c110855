"""Where a bulk run is entered and left: in other tasks, loops and threads, twice, never, after a deadline."""

from __future__ import annotations

import asyncio
import gc
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._bulk.run import BulkRun
from a2e_async._journal.look import look_into
from a2e_async.client import A2E
from a2e_async.errors import ConfigurationError
from a2e_async.policies import StartPolicy
from tests.unit.sample import Pictures, Service, client
from tests.virtual_time import BACKENDS, run

on_each = pytest.mark.parametrize("backend", BACKENDS)


def jobs(a2e: A2E, count: int) -> list[Any]:
    return [Pictures(a2e)(prompt=str(number)) for number in range(count)]


async def in_a_task(work: Callable[..., Any], *args: Any) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(work, *args)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nothing tells
        await anyio.sleep(0.01)


async def drained(bulk: BulkRun) -> list[Any]:
    return [outcome async for outcome in bulk]


def states(journal: Path) -> list[str]:
    with closing(sqlite3.connect(journal)) as db:
        return [row[0] for row in db.execute("SELECT state FROM jobs ORDER BY number")]


@on_each
def test_entered_in_one_task_and_left_in_another(backend: str, tmp_path: Path) -> None:
    async def main() -> None:
        service = Service()
        a2e = client(service)
        bulk = a2e.bulk(jobs(a2e, 30), concurrency=4, journal=tmp_path / "run.db")
        await in_a_task(bulk.__aenter__)
        await in_a_task(anext, bulk)
        await anext(bulk)
        await in_a_task(bulk.__aexit__, None, None, None)
        await bulk.__aexit__(None, None, None)
        assert service.under_way == 0
        assert not look_into(tmp_path / "run.db").running
        assert a2e.runtime.http.closed

    run(backend, main)


@on_each
def test_a_deadline_in_the_user_s_task_reaches_only_that_task(backend: str) -> None:
    """No scope of a run is open in its user's code, so the scopes there need not enclose it."""

    async def main() -> None:
        a2e = client(Service(duration=100.0))
        bulk = a2e.bulk(jobs(a2e, 10))
        with anyio.move_on_after(1.0) as deadline:
            await bulk.__aenter__()
            await anext(bulk)
        assert deadline.cancelled_caught
        assert await anext(bulk)
        await bulk.__aexit__(None, None, None)
        await anyio.sleep(1.0)

    run(backend, main)


def test_a_generator_that_is_collected_leaves_the_run_and_cancels_nobody(tmp_path: Path) -> None:
    """asyncio closes such a generator in a task of its own."""
    service = Service(duration=0.0)
    a2e = client(service)
    journal = tmp_path / "run.db"

    async def results() -> AsyncIterator[Any]:
        async with a2e.bulk(jobs(a2e, 30), concurrency=2, journal=journal) as bulk:
            async for outcome in bulk:
                yield outcome

    async def main() -> None:
        async for _ in results():
            break
        gc.collect()
        for _ in range(2000):
            await asyncio.sleep(0.001)
            if not look_into(journal).running:
                break
        assert not look_into(journal).running
        assert service.starts < 30

        async with a2e.bulk(jobs(a2e, 30), journal=journal) as bulk:
            assert len(await drained(bulk)) == 30

    asyncio.run(main())
    assert len(service.tasks) == 30


@on_each
def test_a_run_that_is_never_left_ends_with_its_loop(backend: str, tmp_path: Path) -> None:
    service = Service(duration=0.0)
    # The loop may end before a start has arrived. It is searched for, and sent again.
    a2e = client(service, start=StartPolicy(window=1.0, resubmit=True))
    journal = tmp_path / "run.db"

    async def abandon() -> None:
        bulk = await a2e.bulk(jobs(a2e, 30), concurrency=2, journal=journal).__aenter__()
        await anext(bulk)

    async def resume() -> int:
        async with a2e.bulk(jobs(a2e, 30), journal=journal) as bulk:
            return len(await drained(bulk))

    anyio.run(abandon, backend=backend)
    assert not look_into(journal).running
    assert anyio.run(resume, backend=backend) == len(service.tasks) == 30


@on_each
def test_left_and_read_in_another_loop(backend: str, tmp_path: Path) -> None:
    a2e = client(Service(duration=0.0))
    runs: list[BulkRun] = []

    async def enter() -> None:
        runs.append(await a2e.bulk(jobs(a2e, 10), journal=tmp_path / "run.db").__aenter__())
        await anext(runs[0])

    async def leave() -> None:
        with pytest.raises(ConfigurationError, match="event loop"):
            await anext(runs[0])
        await runs[0].__aexit__(None, None, None)
        await runs[0].__aexit__(None, None, None)
        with pytest.raises(ConfigurationError, match="inside"):
            await anext(runs[0])

    anyio.run(enter, backend=backend)
    anyio.run(leave, backend=backend)
    assert not look_into(tmp_path / "run.db").running


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_closed_under_a_run_keeps_no_journal_locked(tmp_path: Path) -> None:
    a2e = client(Service())
    loop = asyncio.new_event_loop()
    bulk = loop.run_until_complete(a2e.bulk([], journal=tmp_path / "run.db").__aenter__())
    loop.run_until_complete(drained(bulk))
    loop.close()

    asyncio.run(bulk.__aexit__(None, None, None))
    assert not look_into(tmp_path / "run.db").running
    del bulk
    gc.collect()


@on_each
def test_left_in_another_thread_while_its_own_loop_runs(backend: str) -> None:
    async def main() -> None:
        service = Service(duration=1000.0)
        a2e = client(service)
        bulk = await a2e.bulk(jobs(a2e, 10)).__aenter__()
        await until(lambda: service.starts == 10)

        thread = threading.Thread(target=anyio.run, args=(bulk.__aexit__, None, None, None))
        thread.start()
        with anyio.fail_after(5):
            await until(lambda: a2e.runtime.http.closed)
        thread.join()

    anyio.run(main, backend=backend)


@on_each
def test_a_reader_is_told_when_another_task_leaves_the_run(backend: str) -> None:
    async def main() -> None:
        a2e = client(Service(duration=100.0))
        bulk = await a2e.bulk(jobs(a2e, 3)).__aenter__()

        async def read() -> None:
            with pytest.raises(ConfigurationError, match="inside"):
                await anext(bulk)

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.sleep(1.0)
            await bulk.__aexit__(None, None, None)

    run(backend, main)


@on_each
def test_a_deadline_ends_a_run_whose_starts_are_never_answered(
    backend: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(delay=1e9)
    journal = tmp_path / "run.db"

    async def main() -> None:
        a2e = client(service, start=StartPolicy(grace=0.05))
        keyed = [job.with_key(job.body["prompt"]) for job in jobs(a2e, 3)]
        with anyio.CancelScope() as scope:
            async with a2e.bulk(keyed, journal=journal) as bulk:
                await until(lambda: service.starts == 3)
                scope.cancel()
                await drained(bulk)

    with caplog.at_level(logging.WARNING, "a2e_async"):
        anyio.run(main, backend=backend)
    assert states(journal) == ["starting"] * 3
    told = next(message for message in caplog.messages if "not answered" in message)
    assert all(repr(key) in told for key in "012")
    assert str(journal) in told


def test_asyncio_timeout_ends_it_too_and_says_what_is_open() -> None:
    service = Service(delay=1e9)

    async def main() -> None:
        a2e = client(service, start=StartPolicy(grace=3.0))
        async with asyncio.timeout(10.0), a2e.bulk(jobs(a2e, 2)) as bulk:
            await drained(bulk)

    with pytest.raises(TimeoutError) as caught:
        run("asyncio", main)
    assert caught.value.__cause__ is not None
    notes = "".join(caught.value.__cause__.__notes__)
    assert "2 starts were sent and not answered" in notes


@on_each
def test_a_second_ctrl_c_may_come_before_the_run_is_left(backend: str) -> None:
    """As in `asyncio.run`: the first is a cancellation, and the second is raised where the program is."""

    async def main() -> None:
        service = Service(delay=1e9)
        a2e = client(service, start=StartPolicy(grace=8.0))
        began = anyio.current_time()
        with pytest.raises(KeyboardInterrupt) as caught:
            await interrupted_twice(a2e, service)
        assert anyio.current_time() - began < 8.0
        assert "2 starts were sent and not answered" in "".join(caught.value.__notes__)

    async def interrupted_twice(a2e: A2E, service: Service) -> None:
        with anyio.CancelScope() as scope:
            async with a2e.bulk(jobs(a2e, 2)) as bulk:
                await until(lambda: service.starts == 2)
                scope.cancel()
                try:
                    await drained(bulk)
                finally:
                    raise KeyboardInterrupt

    run(backend, main)


@on_each
def test_an_answer_within_the_grace_time_is_recorded(backend: str, tmp_path: Path) -> None:
    service = Service(delay=0.05)
    journal = tmp_path / "run.db"

    async def main() -> None:
        a2e = client(service, start=StartPolicy(grace=60.0))
        async with a2e.bulk(jobs(a2e, 3), journal=journal):
            await until(lambda: service.starts == 3)

    anyio.run(main, backend=backend)
    assert states(journal) == ["accepted"] * 3


@on_each
def test_the_first_job_shows_whether_the_service_can_be_reached(backend: str) -> None:
    """The others wait for it, but not for long: a start may take its time."""

    async def main(delay: float) -> int:
        service = Service(delay=delay)
        a2e = client(service)
        async with a2e.bulk(jobs(a2e, 20)):
            await anyio.sleep(0.5)
            early = service.starts
            await anyio.sleep(1.0)
            assert service.starts == 20
        return early

    assert run(backend, lambda: main(0.1)) == 20
    assert run(backend, lambda: main(5.0)) == 1
