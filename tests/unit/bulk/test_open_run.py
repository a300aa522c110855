"""An open run: jobs one by one, each once, whoever asks for them, from wherever."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import anyio
import anyio.from_thread
import anyio.to_thread
import httpx
import pytest

from a2e_async import (
    A2E,
    A2EError,
    APIError,
    BudgetReached,
    ConfigurationError,
    ConnectionFailed,
    InsufficientCredits,
    InvalidArgument,
    OpenRun,
    Outcome,
    Result,
    SubmissionUncertain,
    TaskFailed,
    Upload,
    WaitTimeout,
)
from a2e_async._bulk import open_run
from a2e_async.policies import RetryPolicy, StartPolicy
from tests.unit.sample import Pictures, Service, client, refused
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio
on_each = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture(params=["memory", "journal"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """With and without a journal."""
    return tmp_path / "run.db" if request.param == "journal" else None


def picture(a2e: A2E, prompt: str = "a", key: str | None = None, **body: Any) -> Any:
    job = Pictures(a2e)(prompt=prompt, **body)
    return job if key is None else job.with_key(key)


async def gathered(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What each of the calls returned or raised, all at the same time."""
    ends: list[Any] = [None] * len(calls)

    async def note(index: int, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            ends[index] = await call()
        except A2EError as error:
            ends[index] = error

    async with anyio.create_task_group() as group:
        for index, call in enumerate(calls):
            group.start_soon(note, index, call)
    return ends


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if condition():
            return
        await anyio.sleep(0.01)
    raise AssertionError("it has not come about")


@asynccontextmanager
async def opened(service: Service, journal: Path | None = None, **settings: Any) -> AsyncIterator[Any]:
    """A client of the service, and an open run of it."""
    a2e = client(service)
    async with a2e.bulk(journal=journal, **settings) as bulk:
        yield a2e, bulk


async def test_all_who_ask_for_a_key_get_one_task(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal) as (a2e, bulk):
        results = await gathered(*[lambda: bulk.result(picture(a2e, key="one"))] * 10)
        assert {result.task.id for result in results} == {service.tasks[0]["_id"]}

        again = await bulk.result(picture(a2e, key="one"))
        assert again.urls == results[0].urls
        assert (await bulk.outcome(picture(a2e, key="one"))).replayed
    assert service.starts == 1
    assert bulk.summary().coins == 30


async def test_equal_jobs_without_keys_are_one_job(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal) as (a2e, bulk):
        first, second = await gathered(*[lambda: bulk.result(picture(a2e))] * 2)
        third = await bulk.result(picture(a2e))
        assert first.task.id == second.task.id == third.task.id
        await gathered(lambda: bulk.result(picture(a2e, "b")), lambda: bulk.result(picture(a2e, key="x")))
    assert service.starts == 3


async def test_a_key_with_another_body_is_refused_with_the_difference(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal) as (a2e, bulk), anyio.create_task_group() as group:
        group.start_soon(bulk.result, picture(a2e, "a", "one"))
        await until(lambda: service.starts == 1)
        with pytest.raises(InvalidArgument) as caught:
            await bulk.result(picture(a2e, "b", "one"))

        await bulk.result(picture(a2e, "a", "one"))
        later = (await bulk.outcome(picture(a2e, "b", "one"))).error
        for error in (caught.value, later):
            assert isinstance(error, InvalidArgument)
            assert error.field == "key"
            assert "prompt was 'a' and is now 'b'" in str(error)
    assert service.starts == 1


async def test_restart_makes_it_anew_after_the_one_that_is_under_way(journal: Path | None) -> None:
    service = Service()
    results: list[Any] = []
    async with opened(service, journal, changed="restart") as (a2e, bulk), anyio.create_task_group() as group:

        async def ask() -> None:
            results.append(await bulk.result(picture(a2e, "a", "one")))

        group.start_soon(ask)
        await until(lambda: service.starts == 1)
        second = await bulk.result(picture(a2e, "b", "one"))
        assert results[0].task.id != second.task.id
        assert (await bulk.result(picture(a2e, "b", "one"))).task.id == second.task.id
    assert service.starts == 2


async def test_a_cancelled_caller_cancels_nothing(journal: Path | None) -> None:
    service = Service(duration=100.0)
    async with opened(service, journal) as (a2e, bulk):
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(bulk.result, picture(a2e, key="one"))
                await until(lambda: service.starts == 1)
                scope.cancel()
        assert await bulk.result(picture(a2e, key="one"))
    assert service.starts == 1


async def test_concurrency_bounds_the_tasks_and_not_the_callers(journal: Path | None) -> None:
    service = Service(duration=0.0)
    async with (
        opened(service, journal, concurrency=3, timeout=1e13) as (a2e, bulk),
        anyio.create_task_group() as group,
    ):
        await bulk.result(picture(a2e, "first"))
        service.duration = 1e12
        for number in range(9):
            group.start_soon(bulk.result, picture(a2e, str(number)))
        await until(lambda: service.starts == 1 + 3)
        # What is finished is given out while all places are taken.
        assert await bulk.result(picture(a2e, "first"))
        assert service.starts == 1 + 3
        group.cancel_scope.cancel()


async def test_each_caller_gets_an_error_of_their_own(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal) as (a2e, bulk):
        errors = await gathered(*[lambda: bulk.result(picture(a2e, "FAIL", "one"))] * 3)
        errors.append((await bulk.outcome(picture(a2e, "FAIL", "one"))).error)
        assert [type(error) for error in errors] == [TaskFailed] * 4
        assert len({id(error) for error in errors}) == 4
        assert {error.reason for error in errors} == {"it did not work"}
        depths = [len(traceback.extract_tb(error.__traceback__)) for error in errors[:3]]
        assert len(set(depths)) == 1
        assert pickle.loads(pickle.dumps(errors[0])).reason == "it did not work"
    # A task that failed is paid for, and not made again by asking.
    assert service.starts == 1


async def test_retries_hold(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal, retries=2) as (a2e, bulk):
        assert isinstance((await bulk.outcome(picture(a2e, "FAIL", "one"))).error, TaskFailed)
        assert (await bulk.outcome(picture(a2e, "FAIL", "one"))).attempts == 3
    assert service.starts == 3


async def test_a_timeout_is_waited_for_again(journal: Path | None) -> None:
    service = Service(duration=100.0)
    async with opened(service, journal, timeout=60.0) as (a2e, bulk):
        with pytest.raises(WaitTimeout) as caught:
            await bulk.result(picture(a2e, key="one"))
        assert caught.value.task.id == service.tasks[0]["_id"]
        assert await bulk.result(picture(a2e, key="one"))
    assert service.starts == 1


async def test_a_start_that_is_uncertain_is_searched_for_again(journal: Path | None) -> None:
    def lose(service: Service, request: httpx.Request) -> Exception | None:
        return httpx.ReadError("lost") if service.starts == 1 else None

    service = Service(after=lose, on_list=lambda service, request: refused(500))
    async with opened(service, journal) as (a2e, bulk):
        with pytest.raises(SubmissionUncertain):
            await bulk.result(picture(a2e, key="one"))
        service.on_list = lambda service, request: None
        assert (await bulk.result(picture(a2e, key="one"))).task.id == service.tasks[0]["_id"]
    assert service.starts == 1


async def test_an_uncertain_start_is_decided_in_the_run(tmp_path: Path) -> None:
    service = Service(after=lambda service, request: httpx.ReadError("lost"), on_list=lambda *_: refused(500))
    async with opened(service, tmp_path / "run.db") as (a2e, bulk):
        ends = await gathered(
            lambda: bulk.result(picture(a2e, "a", "a")), lambda: bulk.result(picture(a2e, "b", "b"))
        )
        assert [type(end) for end in ends] == [SubmissionUncertain] * 2
        made = {task["prompt"]: task["_id"] for task in service.tasks}

        uncertain = {start.key: start for start in await bulk.uncertain()}
        await bulk.bind(uncertain["a"], made["a"])
        await bulk.release(uncertain["b"])
        service.after = service.on_list = lambda service, request: None
        assert (await bulk.result(picture(a2e, "a", "a"))).task.id == made["a"]
        assert (await bulk.result(picture(a2e, "b", "b"))).task.id != made["b"]
    assert service.starts == 3


async def test_a_refused_job_may_be_tried_again(journal: Path | None) -> None:
    service = Service(before=lambda service, request: refused(400, "no") if service.starts == 1 else None)
    async with opened(service, journal) as (a2e, bulk):
        with pytest.raises(APIError):
            await bulk.result(picture(a2e, key="one"))
        assert await bulk.result(picture(a2e, key="one"))
    assert service.starts == 2


async def test_what_is_no_job_is_refused() -> None:
    service = Service()
    async with opened(service) as (_, bulk):
        for thing in (None, {"workflow": "pictures", "body": {}}, "a"):
            with pytest.raises(InvalidArgument, match="job"):
                await bulk.result(thing)
            with pytest.raises(InvalidArgument, match=r"A2E\.job"):
                await bulk.outcome(thing)
    with pytest.raises(InvalidArgument, match="finished"):
        client(service).bulk(finished="skip")  # type: ignore[call-overload]


async def test_an_unpickled_job_gets_the_client_of_the_run() -> None:
    async with opened(Service()) as (a2e, bulk):
        job = pickle.loads(pickle.dumps(a2e.text_to_image(prompt="a")))
        assert job.workflow.client is None
        assert isinstance((await bulk.outcome(job)).error, A2EError | None)
        assert (await bulk.outcome(job)).job.workflow.client is a2e


async def test_it_cannot_be_iterated_over() -> None:
    async with opened(Service()) as (_, bulk):
        with pytest.raises(ConfigurationError, match=r"run\.result"):
            async for _ in bulk:
                pass


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


async def test_finished_jobs_are_forgotten_if_there_is_a_journal(tmp_path: Path) -> None:
    async with opened(Service(duration=0.0), tmp_path / "run.db") as (a2e, bulk):
        for number in range(20):
            await bulk.result(picture(a2e, str(number)))
        gc.collect()
        kept = [each for each in gc.get_objects() if isinstance(each, open_run._Call | Outcome)]
        assert len(kept) <= 2  # those of the last job


async def test_a_job_whose_file_is_gone_is_given_out_again(tmp_path: Path) -> None:
    """Its result is known, and a file is only needed for a start."""
    source = tmp_path / "cat.png"
    source.write_bytes(b"x" * 100)
    service = Service()
    upload = Upload("https://cdn.test/cat.png", "0" * 64, 100, "image/png")
    async with opened(service, tmp_path / "run.db") as (a2e, bulk):
        a2e.runtime.uploader.upload = AsyncMock(return_value=upload)
        first = await bulk.result(picture(a2e, source_url=source))
        source.unlink()
        assert (await bulk.result(picture(a2e, source_url=source))).task.id == first.task.id
        assert (await bulk.result(picture(a2e, source_url=source))).task.id == first.task.id
        with pytest.raises(InvalidArgument, match="cannot be read"):
            await bulk.result(picture(a2e, "b", source_url=source))
    assert service.starts == 1


async def test_equal_jobs_of_an_earlier_run_are_one_job_too(tmp_path: Path) -> None:
    """There they were two, and one of them was not started."""
    service = Service()
    a2e = client(service)
    async with a2e.bulk([picture(a2e)] * 2, journal=tmp_path / "run.db", concurrency=1) as bulk:
        async for _ in bulk:
            break
    starts = service.starts
    async with opened(service, tmp_path / "run.db") as (a2e, bulk):
        for _ in range(3):
            await bulk.result(picture(a2e))
    assert service.starts == starts


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


# When the run starts nothing for a while.


async def test_no_coins_is_told_to_all_and_the_next_call_tries_again() -> None:
    def refuse(service: Service, request: httpx.Request) -> httpx.Response | None:
        return refused(402, "no coins") if request.url.path.endswith("/start") else None

    service = Service(before=refuse)
    async with opened(service, concurrency=4) as (a2e, bulk):
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(50)])
        assert {type(end) for end in ends} == {InsufficientCredits}
        assert len({id(end) for end in ends}) == 50
        stopped: Any = bulk.stopped
        assert isinstance(stopped, InsufficientCredits)
        assert isinstance(bulk.summary().stopped, InsufficientCredits)

        # Still none: each time one job finds it out for all.
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(50)])
        assert {type(end) for end in ends} == {InsufficientCredits}
        assert service.starts == 2

        service.before = lambda service, request: None
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(50)])
        assert {type(end) for end in ends} == {Result}
        assert bulk.stopped is None
    assert service.starts == 2 + 50 == len(service.tasks) + 2


async def test_a_stopped_run_asks_about_once_a_second() -> None:
    service = Service(before=lambda service, request: refused(401, "token disabled"))
    async with opened(service) as (a2e, bulk):
        began = anyio.current_time()
        for number in range(5):
            with pytest.raises(APIError):
                await bulk.result(picture(a2e, str(number)))
        assert 4.0 <= anyio.current_time() - began < 6.0
    assert service.starts == 5


async def test_what_was_finished_is_given_out_while_the_run_is_stopped(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal) as (a2e, bulk):
        await bulk.result(picture(a2e, "a"))
        service.before = lambda service, request: refused(402, "no coins")
        with pytest.raises(InsufficientCredits):
            await bulk.result(picture(a2e, "b"))
        assert await bulk.result(picture(a2e, "a"))


async def test_the_budget_refuses_single_jobs_only(journal: Path | None) -> None:
    service = Service()
    async with opened(service, journal, max_coins=100) as (a2e, bulk):
        await bulk.result(picture(a2e, "a").with_quote(30))
        with pytest.raises(BudgetReached):
            await bulk.result(picture(a2e, "b").with_quote(80))
        assert bulk.stopped is None
        assert await bulk.result(picture(a2e, "c").with_quote(30))
        with pytest.raises(BudgetReached):
            await bulk.result(picture(a2e, "b").with_quote(80))
    assert service.starts == 2


async def test_an_unreachable_service_is_waited_for_and_tried_again(journal: Path | None) -> None:
    service = Service(before=lambda service, request: httpx.ConnectError("refused"))
    a2e = client(service, retry=RetryPolicy(attempts=1), start=StartPolicy(attempts=1))
    async with a2e.bulk(journal=journal, timeout=300.0) as bulk:
        ends = await gathered(*[lambda n=n: bulk.result(picture(a2e, str(n))) for n in range(5)])
        assert {type(end) for end in ends} == {ConnectionFailed}

        service.before = lambda service, request: None
        assert await bulk.result(picture(a2e, "0"))
        service.before = lambda service, request: httpx.ConnectError("refused")
        with anyio.move_on_after(100.0) as scope:
            await bulk.result(picture(a2e, "6"))
        assert scope.cancelled_caught  # it is waited for as the first time
        service.before = lambda service, request: None
        assert await bulk.result(picture(a2e, "6"))


# Where it is entered, used and left.


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
