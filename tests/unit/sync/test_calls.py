"""What is called without await: jobs, tasks, results, lists, files, events."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import a2e_async
from a2e_async import sync
from a2e_async.api.text_to_image import TextToImageRecord
from a2e_async.sandbox import Sandbox
from a2e_async.sync import A2E, InvalidArgument, Job, Outcome, Result, Task, TaskFailed, Upload, WaitTimeout


def test_a_job_is_run(a2e: A2E, tmp_path: Path) -> None:
    job = a2e.text_to_image(prompt="a red kite")
    assert isinstance(job, Job)

    result = job.run()
    assert isinstance(result, Result)
    assert type(result.record) is TextToImageRecord

    (path,) = result.download(tmp_path)
    assert path.read_bytes() == result.read()
    with result.stream() as stream:
        assert b"".join(stream) == path.read_bytes()
        assert stream.size == path.stat().st_size
    assert b"".join(result.stream()) == path.read_bytes()


def test_a_task_is_started_and_waited_for(a2e: A2E) -> None:
    task = a2e.text_to_image(prompt="a red kite").start()
    assert isinstance(task, Task)
    assert [record.status for record in task.updates()][-1] == "completed"
    assert task.wait(timeout=5).task == task

    task.delete()
    task = a2e.text_to_image(prompt="a blue boat").start()
    again = a2e.text_to_image.task(task.id)
    assert again.refresh().id == task.id
    assert isinstance(again.workflow.task(task.id), Task)


def test_lists_are_iterators(a2e: A2E) -> None:
    for _ in range(3):
        a2e.wan25(image_url="https://example.com/a.png", prompt="x").start()
    records = list(a2e.wan25.list(page_size=2))
    assert len(records) >= 3
    assert [record.id for record in a2e.wan25.list().first(2)] == [record.id for record in records[:2]]
    assert len(next(a2e.wan25.list(page_size=2).pages())) == 2


def test_files_and_other_operations(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    upload = a2e.upload(b"\x89PNG\r\n\x1a\n" + b"0" * 100, name="a.png")
    assert type(upload) is Upload is a2e_async.Upload
    assert a2e.upload_many([b"\x89PNG\r\n\x1a\n" + b"0" * 100]) == [upload]

    saved = a2e.download(sandbox.file_url(1000), tmp_path)
    assert isinstance(saved, sync.SavedFile)
    assert saved.size == Path(saved).stat().st_size == 1000
    assert len(saved.compute_sha256()) == 64

    assert a2e.quote(a2e.text_to_image(prompt="x")).coins
    assert a2e.balance().coins
    assert a2e.workflows["text_to_image"].schema() == a2e.text_to_image.schema()
    queue = a2e.request("GET", "/api/v1/userText2Image/allRecords", repeatable=True)
    assert queue


def test_a_result_is_taken_where_a_file_is_wanted(a2e: A2E) -> None:
    result = a2e.text_to_image(prompt="a red kite").run()
    job = a2e.image_to_video(image_url=result, prompt="it flies")
    assert job.body["image_url"] == result.urls[0]
    assert a2e.text_to_image(prompt="x", input_images=[result]).body["input_images"] == [result.urls[0]]


def test_events_are_an_iterator(a2e: A2E) -> None:
    words: dict[str, Any] = {
        "reference_id": "1",
        "prompt": "a cat",
        "negative_prompt": "",
        "image_url": "https://e.com/a.png",
    }
    events = a2e.image_to_video.prompt_extension(**words, stream=True)
    with events:
        kinds = [event.kind for event in events]
    assert kinds[-1] == "result"
    assert not inspect_is_async(a2e.image_to_video.prompt_extension(**words))


def inspect_is_async(value: object) -> bool:
    return hasattr(value, "__await__")


def test_errors_are_those_of_the_async_client_and_hold_tasks_that_can_wait(a2e: A2E) -> None:
    task = a2e.text_to_image(prompt="sandbox:slow").start()
    with pytest.raises(a2e_async.WaitTimeout) as caught:
        task.wait(timeout=0.01)
    assert caught.value.task == task
    assert isinstance(caught.value.task, Task)
    assert caught.value.task.wait().task == task

    with pytest.raises(TaskFailed):
        a2e.text_to_image(prompt="sandbox:fail").run()
    with pytest.raises(InvalidArgument, match="prompt"):
        a2e.text_to_image(prompt=5)  # type: ignore[arg-type]
    with pytest.raises(WaitTimeout, match=r"\): task\.wait\(\)"):
        a2e.text_to_image.task("a" * 24).result()


def test_a_traceback_shows_the_caller_and_the_place_and_little_between(a2e: A2E) -> None:
    with pytest.raises(TaskFailed) as caught:
        a2e.text_to_image(prompt="sandbox:fail").run()
    files = [Path(str(entry.path)).name for entry in caught.traceback]
    assert files[0] == Path(__file__).name
    assert sum(name in {"faces.py", "portal.py", "blocking_call.py"} for name in files) <= 6
    assert "jobs.py" in files


@pytest.mark.parametrize(
    "use", [lambda job, heard: job.run(on_update=heard), lambda job, heard: job.start().wait(on_update=heard)]
)
def test_a_callback_is_called_by_the_thread_that_waits(a2e: A2E, use: Callable[..., Any]) -> None:
    heard: list[tuple[int, str]] = []
    use(a2e.text_to_image(prompt="x"), lambda record: heard.append((threading.get_ident(), record.status)))
    assert {thread for thread, _ in heard} == {threading.get_ident()}
    assert heard[-1][1] == "completed"


def test_a_callback_may_use_the_client_and_may_fail(a2e: A2E, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str | None] = []

    def look(record: TextToImageRecord) -> None:
        assert record.id
        seen.append(a2e.text_to_image.get(record.id).id)
        raise ValueError("no more")

    with caplog.at_level(logging.ERROR):
        result = a2e.text_to_image(prompt="x").run(on_update=look)
    assert seen == [result.task.id]
    assert "look at" in caplog.text
    assert "is not called again" in caplog.text


def test_progress_of_files(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    told: list[tuple[int, int | None, int]] = []

    def tell(done: int, total: int | None) -> None:
        told.append((done, total, threading.get_ident()))

    a2e.download(sandbox.file_url(1000), tmp_path, progress=tell)
    assert told[-1] == (1000, 1000, threading.get_ident())


@pytest.mark.anyio
async def test_words_of_the_other_client_say_what_is_meant(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="x")
    with pytest.raises(TypeError, match=r"leave out `await` \(a Job is not awaited: job\.run\(\)\)"):
        await job  # type: ignore[misc]
    with pytest.raises(TypeError, match="leave out `async` before `with`"):
        async with a2e:  # type: ignore[attr-defined]
            pass
    with pytest.raises(TypeError, match="leave out `async` before `for`"):
        async for _ in a2e.text_to_image.list():  # type: ignore[attr-defined]
            pass
    with pytest.raises(AttributeError, match=r"a Job has no 'urls': result = job\.run\(\)"):
        job.urls  # type: ignore[attr-defined]  # noqa: B018


def test_outcomes_hold_faces(a2e: A2E) -> None:
    job = a2e.text_to_image(prompt="x")
    with a2e.bulk([job]) as run:
        (outcome,) = run
    assert isinstance(outcome, Outcome)
    assert vars(sync)["Outcome"] is a2e_async.Outcome
    assert outcome.job == job
    assert isinstance(outcome.result, Result)
    assert outcome.to_dict()["result"]["workflow"] == "text_to_image"
