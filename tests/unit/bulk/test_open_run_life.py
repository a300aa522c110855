"""Where an open run is entered, used and left: in other tasks, loops and threads, and by errors."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import httpx
import pytest

from a2e_async import (
    A2EError,
    ConfigurationError,
    OpenRun,
    Result,
    TaskFailed,
)
from a2e_async.policies import StartPolicy
from tests.unit.bulk.open_kit import gathered, journal, opened, picture, until
from tests.unit.sample import Service, client
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend", "journal"]

pytestmark = pytest.mark.anyio
on_each = pytest.mark.parametrize("backend", BACKENDS)


async def test_outside_its_block_it_is_refused() -> None:
    a2e = client(Service())
    bulk = a2e.bulk()
    with pytest.raises(ConfigurationError, match="inside"):
        await bulk.result(picture(a2e))
    async with bulk:
        pass
    with pytest.raises(ConfigurationError, match="inside"):
        await bulk.result(picture(a2e))
    with pytest.raises(ConfigurationError, match="used"):
        await bulk.__aenter__()


async def test_leaving_tells_those_who_wait_and_completes_the_starts() -> None:
    service = Service(duration=1000.0, delay=2.0)
    bulk = client(service).bulk(concurrency=2)
    a2e = client(service)
    ends: dict[str, Exception] = {}

    async def ask(prompt: str) -> None:
        try:
            await bulk.result(picture(a2e, prompt, prompt))
        except A2EError as error:
            ends[prompt] = error

    async with anyio.create_task_group() as group:
        await bulk.__aenter__()
        group.start_soon(ask, "accepted")
        await anyio.sleep(5.0)
        group.start_soon(ask, "starting")
        await anyio.sleep(1.0)
        group.start_soon(ask, "waiting")
        await anyio.sleep(0.1)

        began = anyio.current_time()
        await bulk.__aexit__(None, None, None)
        assert anyio.current_time() - began < 5.0

    assert service.tasks[0]["_id"] in str(ends["accepted"])
    assert "goes on at the server" in str(ends["accepted"])
    assert service.tasks[1]["_id"] in str(ends["starting"])
    assert "not started" in str(ends["waiting"])
    assert [task["prompt"] for task in service.tasks] == ["accepted", "starting"]
    assert service.under_way == 0


@on_each
def test_the_next_run_goes_on_with_what_was_left(backend: str, tmp_path: Path) -> None:
    service = Service(duration=0.0, delay=0.05)
    prompts = [str(number) for number in range(4)]

    async def main() -> None:
        a2e = client(service)

        def calls(bulk: OpenRun) -> list[Callable[[], Awaitable[Any]]]:
            return [partial(bulk.result, picture(a2e, prompt, prompt)) for prompt in prompts]

        async with (
            anyio.create_task_group() as group,
            a2e.bulk(journal=tmp_path / "run.db", concurrency=2) as first,
        ):
            group.start_soon(gathered, *calls(first))
            await until(lambda: service.starts >= 1)

        service.delay = 0.0
        async with a2e.bulk(journal=tmp_path / "run.db") as second:
            assert {type(end) for end in await gathered(*calls(second))} == {Result}

    anyio.run(main, backend=backend)
    assert service.starts == len(service.tasks) == 4


async def test_what_breaks_the_run_off_is_told_to_all() -> None:
    """As Ctrl-C does, which trio may raise in any task."""

    class Interrupted(BaseException): ...

    def interrupt(service: Service, request: httpx.Request) -> None:
        if service.starts == 2:
            raise Interrupted

    service = Service(duration=100.0, before=interrupt)
    a2e = client(service)
    bulk: OpenRun = await a2e.bulk().__aenter__()
    first, second = await gathered(
        lambda: bulk.result(picture(a2e, "a")), lambda: bulk.result(picture(a2e, "b"))
    )
    assert "has ended before the job" in str(first)
    assert "has ended before the job" in str(second)
    with pytest.raises(ConfigurationError, match="another one"):
        await bulk.result(picture(a2e))
    with pytest.raises(Interrupted):
        await bulk.__aexit__(None, None, None)


@on_each
def test_entered_used_and_left_in_different_tasks(backend: str, journal: Path | None) -> None:
    async def main() -> None:
        service = Service()
        a2e = client(service)
        bulk = a2e.bulk(journal=journal)
        async with anyio.create_task_group() as group:
            group.start_soon(bulk.__aenter__)
        ends = await gathered(lambda: bulk.result(picture(a2e)), lambda: bulk.result(picture(a2e)))
        assert {type(end) for end in ends} == {Result}
        async with anyio.create_task_group() as group:
            group.start_soon(bulk.__aexit__, None, None, None)
        assert service.under_way == 0
        assert a2e.runtime.http.closed

    run(backend, main)


@on_each
def test_a_deadline_around_the_call_that_enters_it_ends_no_run(backend: str) -> None:
    async def main() -> None:
        service = Service(duration=10.0)
        a2e = client(service)
        bulk = a2e.bulk()
        with anyio.move_on_after(1.0):
            await bulk.__aenter__()
            await bulk.result(picture(a2e))
        assert await bulk.result(picture(a2e))
        await bulk.__aexit__(None, None, None)
        assert service.starts == 1

    run(backend, main)


@pytest.mark.parametrize("there", BACKENDS)
@on_each
def test_asked_from_the_event_loops_of_other_threads(backend: str, there: str, journal: Path | None) -> None:
    """All work is done in the loop of the run; errors and results come back."""
    service = Service(duration=0.0)

    async def main() -> None:
        async with opened(service, journal) as (a2e, bulk):

            def ask(prompt: str) -> Any:
                return anyio.run(bulk.result, picture(a2e, prompt), backend=there)

            results: list[Any] = []

            async def note(prompt: str) -> None:
                results.append(await anyio.to_thread.run_sync(ask, prompt))

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(note, "a")
            assert len({result.task.id for result in results}) == 1

            with pytest.raises(TaskFailed):
                await anyio.to_thread.run_sync(ask, "FAIL")
            from_thread = await anyio.to_thread.run_sync(
                lambda: anyio.from_thread.run(bulk.result, picture(a2e, "a"))
            )
            assert from_thread.task.id == results[0].task.id

    anyio.run(main, backend=backend)
    assert service.starts == 2


@on_each
def test_a_caller_in_another_thread_is_cancelled_alone(backend: str) -> None:
    service = Service(duration=0.0, delay=0.1)

    async def main() -> None:
        async with opened(service) as (a2e, bulk):

            async def impatient() -> None:
                with anyio.move_on_after(0.05) as scope:
                    await bulk.result(picture(a2e))
                assert scope.cancelled_caught

            await anyio.to_thread.run_sync(anyio.run, impatient)
            assert await bulk.result(picture(a2e))

    anyio.run(main, backend=backend)
    assert service.starts == 1


@on_each
def test_left_while_another_thread_waits(backend: str) -> None:
    errors: list[Exception] = []

    async def main() -> None:
        service = Service(duration=1000.0)
        a2e = client(service)

        def wait() -> None:
            try:
                anyio.run(bulk.result, picture(a2e))
            except A2EError as error:
                errors.append(error)

        async with a2e.bulk() as bulk:
            thread = threading.Thread(target=wait)
            thread.start()
            await until(lambda: service.starts == 1)
        await anyio.to_thread.run_sync(thread.join)

    anyio.run(main, backend=backend)
    assert "was left" in str(errors[0])


@on_each
def test_a_run_that_is_never_left_ends_with_its_loop_and_says_so(backend: str, tmp_path: Path) -> None:
    service = Service(duration=0.0)
    a2e = client(service)
    runs: list[OpenRun] = []

    async def enter() -> None:
        runs.append(await a2e.bulk(journal=tmp_path / "run.db").__aenter__())
        await runs[0].result(picture(a2e))

    async def ask() -> None:
        with pytest.raises(ConfigurationError, match="loop"):
            await runs[0].result(picture(a2e))
        async with a2e.bulk(journal=tmp_path / "run.db") as bulk:
            assert await bulk.result(picture(a2e))

    anyio.run(enter, backend=backend)
    anyio.run(ask, backend=backend)
    assert service.starts == 1


def test_a_loop_that_nobody_runs_at_the_moment_is_not_waited_for() -> None:
    """A loop that is run for single calls, as by those who have no other."""
    a2e = client(Service(duration=0.0))
    loop = asyncio.new_event_loop()
    bulk = loop.run_until_complete(a2e.bulk().__aenter__())
    with pytest.raises(ConfigurationError, match="does not run"):
        asyncio.run(bulk.result(picture(a2e)))
    assert loop.run_until_complete(bulk.result(picture(a2e)))
    loop.run_until_complete(bulk.__aexit__(None, None, None))
    loop.close()


def test_entered_in_a_generator_that_is_collected() -> None:
    service = Service(duration=0.0)
    a2e = client(service)

    async def fixture() -> AsyncIterator[OpenRun]:
        async with a2e.bulk() as bulk:
            yield bulk

    async def main() -> None:
        async for bulk in fixture():
            assert await bulk.result(picture(a2e))
            break
        gc.collect()
        await until(lambda: a2e.runtime.http.closed)
        with pytest.raises(ConfigurationError):
            await bulk.result(picture(a2e))

    asyncio.run(main())


def test_a_block_left_by_an_error_is_left_at_once() -> None:
    async def main() -> None:
        service = Service(duration=1000.0)
        a2e = client(service)
        with suppress(ZeroDivisionError):
            async with a2e.bulk() as bulk:
                waiting = asyncio.create_task(bulk.result(picture(a2e)))
                await until(lambda: service.starts == 1)
                raise ZeroDivisionError
        with pytest.raises(A2EError, match="was left"):
            await waiting

    asyncio.run(main())


async def test_a_start_that_is_never_answered_is_named_when_the_run_is_left() -> None:
    service = Service(delay=1e9)
    a2e = client(service, start=StartPolicy(grace=3.0))
    ends: list[Any] = []

    async def ask(bulk: OpenRun) -> None:
        ends.extend(await gathered(lambda: bulk.result(picture(a2e, key="one"))))

    async with anyio.create_task_group() as group, a2e.bulk() as bulk:
        group.start_soon(ask, bulk)
        await anyio.sleep(2.0)
    assert "was sent and not answered" in str(ends[0])
    assert "in its name" in str(ends[0])


@on_each
def test_a_loop_that_ends_while_another_thread_waits(backend: str) -> None:
    ends: list[Any] = []
    service = Service(duration=1000.0)
    a2e = client(service)
    threads: list[threading.Thread] = []

    def wait(bulk: OpenRun) -> None:
        ends.extend(anyio.run(gathered, lambda: bulk.result(picture(a2e))))

    async def main() -> None:
        bulk = await a2e.bulk().__aenter__()
        threads.append(threading.Thread(target=wait, args=(bulk,)))
        threads[0].start()
        await until(lambda: service.starts == 1)

    anyio.run(main, backend=backend)
    threads[0].join(10)
    assert isinstance(ends[0], A2EError)
    assert "ended" in str(ends[0])
