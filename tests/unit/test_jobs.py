"""Job, Task, Result: what to make, what is being made, what was made."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from a2e_async._spec.routes import Routes
from a2e_async.errors import (
    ConfigurationError,
    InvalidArgument,
    TaskFailed,
    TaskNotFound,
    UploadError,
    WaitTimeout,
)
from tests.unit.sample import START, PictureRecord, Pictures, Service, client, ok, refused
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def test_a_job_is_started_waited_for_and_has_its_result() -> None:
    service = Service(duration=5.0)
    result = await Pictures(client(service))(prompt="a kite").run()
    made = service.tasks[0]
    assert isinstance(result.record, PictureRecord)
    assert result.record.id == made["_id"]
    assert result.record.status == "completed"
    assert result.urls == (f"https://cdn.test/{made['_id']}.png",)
    assert result.ids == (made["_id"],)
    assert result.coins == 30
    assert result.failed == ()
    assert result.task.record == result.record
    assert 5.0 <= result.elapsed < 6.5
    assert result.elapsed == pytest.approx(anyio.current_time(), abs=0.01)


async def test_making_a_job_sends_nothing() -> None:
    service = Service()
    job = Pictures(client(service))(prompt="a kite")
    assert job.body == {"prompt": "a kite"}
    assert service.requests == []


async def test_a_task_that_failed_tells_why() -> None:
    service = Service()
    task = await Pictures(client(service))(prompt="FAIL").start()
    with pytest.raises(TaskFailed) as info:
        await task.wait()
    assert info.value.reason == "it did not work"
    assert info.value.task_id == task.id
    assert info.value.record.id == task.id
    assert isinstance(info.value.record, PictureRecord)
    with pytest.raises(TaskFailed):
        await task.wait()


async def test_a_wait_that_timed_out_can_be_taken_up_again() -> None:
    service = Service(duration=60.0)
    task = await Pictures(client(service))(prompt="a kite").start()
    with pytest.raises(WaitTimeout) as info:
        await task.wait(timeout=10)
    assert info.value.task is task
    assert info.value.task_id == task.id
    assert "10 s" in str(info.value)
    assert anyio.current_time() == pytest.approx(10, abs=0.01)
    result = await info.value.task.wait(timeout=60)
    assert 60 <= result.elapsed < 64
    assert service.starts == 1


async def test_a_run_that_timed_out_names_its_task() -> None:
    service = Service(duration=60.0)
    with pytest.raises(WaitTimeout) as info:
        await Pictures(client(service))(prompt="a kite").run(timeout=10)
    await info.value.task.wait()


async def test_a_deadline_of_the_caller_is_not_a_wait_timeout() -> None:
    service = Service(duration=60.0)
    with anyio.move_on_after(5) as scope:
        await Pictures(client(service))(prompt="a kite").run()
    assert scope.cancelled_caught
    assert service.under_way == 0


async def test_a_start_whose_reply_is_already_the_end_needs_no_polling() -> None:
    service = Service(duration=0.0)
    result = await Pictures(client(service))(prompt="a kite").run()
    assert result.urls
    assert len(service.requests) == 1


async def test_several_tasks_of_one_start() -> None:
    service = Service(several=lambda body: 3, duration=5.0)
    task = await Pictures(client(service))(prompt="kites", max_images=3).start()
    assert task.ids == tuple(made["_id"] for made in service.tasks)
    assert task.id == task.ids[0]
    result = await task.wait()
    assert [record.id for record in result.records] == list(task.ids)
    assert len(result.urls) == 3
    assert result.coins == 90
    assert repr(task) == f"Task(pictures, {', '.join(task.ids)})"


async def test_some_of_several_tasks_failed() -> None:
    service = Service(several=lambda body: 3)
    task = await Pictures(client(service))(prompt="kites", max_images=3).start()
    service.tasks[1]["prompt"] = "FAIL"
    result = await task.wait()
    assert [record.id for record in result.records] == [task.ids[0], task.ids[2]]
    assert [record.id for record in result.failed] == [task.ids[1]]
    assert result.failed[0].failure == "it did not work"
    assert len(result.urls) == 2


async def test_all_of_several_tasks_failed() -> None:
    service = Service(several=lambda body: 2)
    with pytest.raises(TaskFailed):
        await Pictures(client(service))(prompt="FAIL", max_images=2).run()


async def test_a_task_of_an_earlier_process_is_taken_up() -> None:
    service = Service(duration=5.0)
    name = (await Pictures(client(service))(prompt="a kite").start()).id
    await anyio.sleep(100)
    task = Pictures(client(service)).task(name)
    before = len(service.requests)
    result = await task.wait()
    assert result.record.id == name
    assert anyio.current_time() < 101
    assert len(service.requests) == before + 1
    assert 0 <= result.elapsed < 1


async def test_taking_up_a_task_sends_nothing_and_checks_the_id() -> None:
    service = Service()
    pictures = Pictures(client(service))
    assert pictures.task("67d2").record.id == "67d2"
    for bad in ("", "a/b", "../x", None):
        with pytest.raises(InvalidArgument):
            pictures.task(bad)  # type: ignore[arg-type]
    assert service.requests == []


async def test_a_task_that_nobody_knows() -> None:
    service = Service()
    task = Pictures(client(service)).task("67d2")
    with pytest.raises(TaskNotFound) as info:
        await task.wait()
    assert info.value.task_id == "67d2"
    with pytest.raises(TaskNotFound):
        await task.refresh()


async def test_a_refresh_asks_now() -> None:
    service = Service(duration=5.0)
    task = await Pictures(client(service))(prompt="a kite").start()
    assert (await task.refresh()).status == "processing"
    await anyio.sleep(6)
    assert (await task.refresh()).status == "completed"
    assert task.record.status == "completed"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_task_outlives_its_event_loop(backend: str) -> None:
    """Its birth is told in the time of a loop that is gone; in trio each loop's time begins anywhere."""
    service = Service(duration=5.0)
    a2e = client(service)

    async def start() -> Any:
        await anyio.sleep(1000)
        return await Pictures(a2e)(prompt="a kite").start()

    task = run(backend, start)
    service.tasks[0]["_born"] = -100.0

    async def wait() -> Any:
        return await task.wait(), anyio.current_time()

    result, ended = run(backend, wait)
    assert ended < 0.5
    assert 0 <= result.elapsed < 0.5


@pytest.mark.parametrize("timeout", [0, -1, math.nan, "60", None, True])
async def test_timeouts_that_are_none(timeout: Any) -> None:
    service = Service()
    pictures = Pictures(client(service))
    with pytest.raises(InvalidArgument, match="timeout"):
        await pictures.task("67d2").wait(timeout=timeout)
    with pytest.raises(InvalidArgument, match="timeout"):
        await pictures(prompt="a kite").run(timeout=timeout)
    assert service.requests == []


async def test_a_wait_without_end() -> None:
    service = Service(duration=2000.0)
    result = await Pictures(client(service))(prompt="a kite").run(timeout=math.inf)
    assert result.elapsed >= 2000


async def test_a_workflow_that_cannot_be_read_back_is_not_run() -> None:
    class Blind(Pictures):
        name = "blind"
        routes = Routes(start=START)

    service = Service()
    blind = Blind(client(service))
    with pytest.raises(ConfigurationError, match="blind"):
        await blind(prompt="a kite").run()
    assert service.requests == []
    task = await blind(prompt="a kite").start()
    for read in (task.wait, task.refresh):
        with pytest.raises(ConfigurationError, match="blind"):
            await read()


async def test_files_are_uploaded_before_the_start(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    put: list[httpx.Request] = []

    def presign(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "storage.test":
            put.append(request)
            assert service.starts == 0
            return httpx.Response(200)
        if request.url.path.endswith("presigned-url"):
            key = json.loads(request.content)["key"]
            return ok({"uploadUrl": f"https://storage.test/{key}", "cdnUrl": f"https://cdn.test/{key}"})
        return None

    service = Service(before=presign)
    job = Pictures(client(service))(prompt="a kite", source_url=path, style={"reference_url": path})
    await job.start()
    assert job.body["source_url"] == path
    body = json.loads(service.requests[-1].content)
    assert body["source_url"].startswith("https://cdn.test/")
    assert body["style"]["reference_url"] == body["source_url"]
    assert len(put) == 1
    assert "authorization" not in put[0].headers


async def test_a_file_that_does_not_exist_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    service = Service()
    there, gone = tmp_path / "there.png", tmp_path / "gone.png"
    there.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    job = Pictures(client(service))(prompt="a kite", source_url=there, style={"reference_url": gone})
    with pytest.raises(InvalidArgument, match=r"style.reference_url: .*gone\.png does not exist"):
        await job.start()
    assert service.requests == []


async def test_a_file_that_cannot_be_uploaded_starts_nothing() -> None:
    service = Service(
        before=lambda service, request: refused(403) if "presigned" in request.url.path else None
    )
    with pytest.raises((UploadError, Exception)):
        await Pictures(client(service))(prompt="a kite", source_url=b"\x89PNG\r\n\x1a\n0000").start()
    assert service.starts == 0


async def test_a_job_prints_shortly_whatever_is_in_it() -> None:
    job = Pictures(client(Service()))(
        prompt="x" * 2000, source_url=b"0" * 1_000_000, extra_headers={"x-key": "hunter2"}
    )
    assert len(repr(job)) < 400
    assert "pictures" in repr(job)
    assert "hunter2" not in repr(job)


async def test_keys_and_quotes() -> None:
    job = Pictures(client(Service()))(prompt="a kite")
    assert (job.key, job.quote) == (None, None)
    keyed = job.with_key("order-7").with_quote(30)
    assert (keyed.key, keyed.quote) == ("order-7", 30.0)
    assert job.key is None
    for key in ("", "x" * 201, 7, None):
        with pytest.raises(InvalidArgument, match="key"):
            job.with_key(key)  # type: ignore[arg-type]
    for coins in (-1, math.nan, math.inf, "3", None, True):
        with pytest.raises(InvalidArgument, match="coins"):
            job.with_quote(coins)  # type: ignore[arg-type]


@pytest.mark.parametrize("coins", [None, "30", True])
async def test_a_family_that_does_not_tell_what_it_costs(coins: Any) -> None:
    service = Service()
    task = await Pictures(client(service))(prompt="a kite").start()
    service.tasks[0]["coins"] = coins
    await task.refresh()
    assert task.coins is None
    assert (await task.wait()).coins is None
