"""Values that travel: pickled, copied, walked through, sent to another process, and taken up there."""

from __future__ import annotations

import copy
import io
import multiprocessing
import pickle
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import attrs
import pytest

from a2e_async import A2E, Outcome, Quote, Summary, Upload
from a2e_async.errors import A2EError, ConfigurationError, InvalidArgument, SubmissionUncertain, WaitTimeout
from a2e_async.jobs import Job
from a2e_async.records import Record
from a2e_async.tasks import Result, Task
from tests.unit.sample import TOKEN, PictureRecord, Pictures, Service, client
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

DONE = {"_id": "a1", "current_status": "completed", "image_urls": ["https://cdn.test/a1.png"], "coins": 30}


def pictures() -> Pictures:
    return Pictures(client(Service()))


def result_of(workflow: Pictures) -> Result[PictureRecord]:
    return Task(workflow, [DONE]).result(elapsed=1.5)


def travelled(value: Any) -> Any:
    pickled = pickle.dumps(value)
    assert TOKEN.encode() not in pickled
    return pickle.loads(pickled)


def test_a_job_travels(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"x")
    job = pictures()(prompt="a kite", source_url=picture, request_timeout=5).with_key("k").with_quote(3)
    twin = travelled(job)
    assert (twin.body, twin.call, twin.key, twin.quote) == (job.body, job.call, "k", 3.0)
    assert twin.operation is job.operation
    assert twin.workflow.client is None


def test_every_value_travels() -> None:
    workflow = pictures()
    result = result_of(workflow)
    task = travelled(result.task)
    assert (task.ids, task.raws, task.coins, task.record) == (("a1",), (DONE,), 30, result.record)

    twin = travelled(result)
    assert (twin.records, twin.urls, twin.ids, twin.coins, twin.elapsed) == (
        result.records,
        result.urls,
        result.ids,
        30,
        1.5,
    )
    outcome = travelled(Outcome(workflow(prompt="x"), 3, "k", result, paths=[Path("a")], attempts=1))
    assert (outcome.index, outcome.key, outcome.paths) == (3, "k", [Path("a")])
    assert outcome.result.urls == result.urls
    for value in (Upload("https://a.test/1", "ab", 1, "image/png"), Quote(3.0, Record.decode({"coins": 3}))):
        assert travelled(value) == value
    assert travelled(summary(A2EError("no"))).stopped.args == ("no",)


def summary(stopped: Exception | None) -> Summary:
    return Summary(1, 1, 0, 0, 0, 0, 0, 0, 30.0, 5, {}, stopped)


def test_a_result_is_not_lost_for_an_error_that_cannot_travel() -> None:
    class Local(Exception):
        """No other process can import it."""

    outcome = Outcome(pictures()(prompt="x"), 0, result=result_of(pictures()), error=Local("disk full"))
    twin = travelled(outcome)
    assert twin.result.urls == ("https://cdn.test/a1.png",)
    assert str(twin.error) == "Local: disk full"
    assert str(travelled(summary(Local("no"))).stopped) == "Local: no"


def test_a_copy_shares_the_client_and_nothing_else() -> None:
    workflow = pictures()
    job, result = workflow(prompt="x", style={"names": ["a"]}), result_of(workflow)
    twin = copy.deepcopy(job)
    twin.body["style"]["names"].append("b")
    assert job.body["style"] == {"names": ["a"]}

    for copied in (copy.copy(job), twin, copy.deepcopy(result).task, copy.copy(result).task):
        assert copied.workflow is workflow
    assert copy.copy(workflow) is copy.deepcopy(workflow) is workflow


@dataclass
class Order:
    """What an application may hold."""

    a2e: A2E
    job: Job[Any]
    result: Result[Any]
    error: Exception


def test_walks_through_objects() -> None:
    a2e = client(Service())
    workflow = Pictures(a2e)
    job, result = workflow(prompt="x"), result_of(workflow)
    walked = asdict(Order(a2e, job, result, WaitTimeout("x", task=result.task)))
    assert walked["a2e"] is a2e
    assert walked["job"].body == job.body
    assert attrs.asdict(result)["records"][0]["id"] == "a1"
    assert attrs.asdict(Outcome(job, 0, result=result))["result"]["coins"] == 30
    assert attrs.asdict(job)["call"]["body"] == {"prompt": "x"}


def test_files_in_memory_travel_and_open_ones_stay(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"x")
    with picture.open("rb") as file:
        job = pictures()(prompt="x", source_urls=[b"1", io.BytesIO(b"2"), picture, file])
        twin = travelled(job)
        one, two, path, left = twin.body["source_urls"]
        assert (one, two.read(), path) == (b"1", b"2", picture)
        with pytest.raises(InvalidArgument, match="stayed in the process"):
            left.read()
        assert "cat.png" in repr(left)

        # A copy in the same process keeps the file.
        for copied in (copy.copy(job), copy.deepcopy(job)):
            assert copied.body["source_urls"][3] is file
        assert travelled(SubmissionUncertain("x", job=job, marker="m")).marker == "m"


@pytest.mark.anyio
async def test_an_open_file_that_stayed_behind_stops_the_start(
    tmp_path: Path,
) -> None:
    service = Service()
    (tmp_path / "cat.png").write_bytes(b"x")
    with (tmp_path / "cat.png").open("rb") as file:
        job = travelled(pictures()(prompt="x", source_url=file)).with_client(client(service))
    with pytest.raises(InvalidArgument, match=r"source_url: .*cat.png"):
        await job.start()
    assert service.requests == []


@pytest.mark.anyio
async def test_what_was_unpickled_says_that_it_has_no_client() -> None:
    job, result = travelled(pictures()(prompt="x")), travelled(result_of(pictures()))
    for attempt in (job.start, job.run, job.with_uploads, result.task.wait, result.task.refresh):
        with pytest.raises(ConfigurationError, match=r"pictures: .*with_client\(a2e\)"):
            await attempt()
    with pytest.raises(ConfigurationError):
        await result.download("out")
    assert job.workflow(prompt="y").body == {"prompt": "y"}  # a job needs no client


@pytest.mark.anyio
async def test_what_was_unpickled_is_taken_up_with_a_client() -> None:
    a2e = client(Service())
    job = travelled(pictures()(prompt="x"))
    task = await job.with_client(a2e).start()
    result = await travelled(task).with_client(a2e).wait()
    assert result.urls
    assert (await a2e.job(job).run()).urls

    async with a2e.bulk([job]) as run:
        assert [outcome.error async for outcome in run] == [None]


@pytest.mark.parametrize("wrong", [None, "x", object(), A2E, {"a": 1}])
def test_what_is_no_client(wrong: Any) -> None:
    for value in (pictures()(prompt="x"), pictures().task("a"), result_of(pictures())):
        with pytest.raises(InvalidArgument, match="client: "):
            value.with_client(wrong)


def test_families_by_convention_travel() -> None:
    job = client(Service()).workflow("userNewThing", {"prompt": "x", "size": 3})
    twin = travelled(travelled(job))
    assert (twin.body, twin.family, twin.operation.path) == (job.body, "userNewThing", job.operation.path)
    assert [field.name for field in twin.operation.body] == ["name", "prompt", "size"]


def start_of(values: Sequence[Any]) -> list[str]:
    job = values[0]
    assert job.body == {"prompt": "x"}
    return [repr(value) for value in values]


def fail(job: Job[Any]) -> None:
    raise SubmissionUncertain("not known", job=job, marker="a2e-x")


def test_other_processes() -> None:
    workflow = pictures()
    values = [workflow(prompt="x"), workflow.task("a"), result_of(workflow), workflow]
    with (
        (Path(__file__)).open("rb") as file,
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        assert pool.submit(start_of, values).result() == [repr(value) for value in values]
        with pytest.raises(SubmissionUncertain) as info:
            pool.submit(fail, workflow(prompt="y", source_url=file)).result()
    assert (info.value.marker, info.value.job.body["prompt"]) == ("a2e-x", "y")


def test_a_job_of_one_thread_is_pickled_in_another() -> None:
    job = pictures()(prompt="x")
    sizes: list[int] = []
    thread = threading.Thread(target=lambda: sizes.append(len(pickle.dumps(job))))
    thread.start()
    thread.join()
    assert 0 < sizes[0] < 1000  # the declaration of the operation stays at home
