"""What type checkers infer. They check this module; running it shows that the same is so."""

from __future__ import annotations

from typing import Any, assert_type

import pytest

from a2e_async import A2E, Job, OpenRun, Outcome, Result, Task, TaskRecord
from a2e_async._bulk.run import BulkRun
from a2e_async.api.image_to_video import ImageToVideo, ImageToVideoRecord
from a2e_async.api.text_to_image import TextToImageRecord
from tests.unit.sample import Service, client
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def kites(a2e: A2E) -> list[Job[TextToImageRecord]]:
    return [a2e.text_to_image(prompt="a red kite")]


async def test_a_run_has_the_type_of_its_jobs() -> None:
    a2e = client(Service())
    run = a2e.bulk(kites(a2e))
    assert_type(run, BulkRun[TextToImageRecord])


async def first_of(run: BulkRun[TextToImageRecord]) -> Outcome[TextToImageRecord]:
    async for outcome in run:
        assert_type(outcome, Outcome[TextToImageRecord])
        return outcome
    raise LookupError


async def test_an_open_run_keeps_the_type_of_each_job() -> None:
    run = client(Service()).bulk(on_update=lambda job, record: (job.key, record.status))
    assert_type(run, OpenRun)


async def results_of(run: OpenRun, a2e: A2E, plain: dict[str, Any]) -> None:
    assert_type(await run.result(kites(a2e)[0]), Result[TextToImageRecord])
    assert_type(await run.outcome(kites(a2e)[0].with_key("a")), Outcome[TextToImageRecord])
    assert_type(await run.result(a2e.job(plain)), Result[TaskRecord])


async def test_jobs_of_several_kinds_are_one_list() -> None:
    a2e = client(Service())
    jobs = [a2e.text_to_image(prompt="x"), a2e.image_to_video(image_url="https://a.test/x.png", prompt="y")]
    jobs.append(a2e.workflow("userNewThing", {}))
    mixed: list[Job[TaskRecord]] = list(jobs)
    assert len(mixed) == 3
    a2e.bulk(jobs)
    a2e.bulk(job for job in jobs)


async def test_an_empty_list_needs_no_annotation() -> None:
    async with client(Service()).bulk([]) as run:
        assert [outcome async for outcome in run] == []


async def test_a_narrower_type_fits_where_a_wider_one_is_meant() -> None:
    def of_any_kind(job: Job[TaskRecord], plain: Job) -> str:
        return job.family + plain.family

    a2e = client(Service())
    job = a2e.text_to_image(prompt="x")
    assert of_any_kind(job, job) == "text_to_image" * 2
    assert_type(a2e.job(job), Job[TextToImageRecord])
    assert_type(a2e.job(job.to_dict()), Job[TaskRecord])
    assert_type(a2e.image_to_video, ImageToVideo)


def record_of(result: Result[ImageToVideoRecord]) -> ImageToVideoRecord:
    assert_type(result.task, Task[ImageToVideoRecord])
    return result.record


def url_of(outcome: Outcome[ImageToVideoRecord]) -> str | None:
    assert_type(outcome.job, Job[ImageToVideoRecord])
    return outcome.result.record.result_url if outcome.result else None


def anything_of(outcome: Outcome) -> Any:
    return outcome.result and outcome.result.record.whatever
