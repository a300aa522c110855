"""An open run: jobs one by one, each once, whoever asks for them."""

from __future__ import annotations

import gc
import pickle
import traceback
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import anyio
import httpx
import pytest

from a2e_async import (
    A2EError,
    APIError,
    ConfigurationError,
    InvalidArgument,
    Outcome,
    SubmissionUncertain,
    TaskFailed,
    Upload,
    WaitTimeout,
)
from a2e_async._bulk import open_run
from tests.unit.bulk.open_kit import gathered, journal, opened, picture, until
from tests.unit.sample import Service, client, refused
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend", "journal"]

pytestmark = pytest.mark.anyio


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

    service = Service(after=lose, on_list=lambda service, request: refused(404))
    async with opened(service, journal) as (a2e, bulk):
        with pytest.raises(SubmissionUncertain):
            await bulk.result(picture(a2e, key="one"))
        service.on_list = lambda service, request: None
        assert (await bulk.result(picture(a2e, key="one"))).task.id == service.tasks[0]["_id"]
    assert service.starts == 1


async def test_an_uncertain_start_is_decided_in_the_run(tmp_path: Path) -> None:
    service = Service(after=lambda service, request: httpx.ReadError("lost"), on_list=lambda *_: refused(404))
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


async def test_finished_jobs_are_forgotten_if_there_is_a_journal(tmp_path: Path) -> None:
    async with opened(Service(duration=0.0), tmp_path / "run.db") as (a2e, bulk):
        for number in range(20):
            await bulk.result(picture(a2e, str(number)))
        gc.collect()
        kept = [each for each in gc.get_objects() if isinstance(each, open_run._Call | Outcome)]
        mine = [each for each in kept if each.job.workflow.client is a2e]  # other tests may leave some
        assert len(mine) <= 2  # those of the last job


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
        with pytest.raises(InvalidArgument, match=r"source_url: .* does not exist"):
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
