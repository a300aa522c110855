"""What newcomers try: the error names what was meant, and nothing else has changed."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from a2e_async import A2E, ConfigurationError, InvalidArgument, Outcome, Task, WaitTimeout
from a2e_async._files.reading import FileStream
from a2e_async.announcer import SILENT
from a2e_async.protocols import NoRuntime
from tests.unit.sample import TOKEN, Pictures, Service, client

DONE = {"_id": "a1", "current_status": "completed", "image_urls": ["https://cdn.test/a1.png"], "seed": 7}
RUNNING = {"_id": "a2", "current_status": "processing"}

A2E_ = client(Service())
WORKFLOW = Pictures(A2E_)
JOB: Any = WORKFLOW(prompt="a kite")
TASK: Any = Task(WORKFLOW, [RUNNING])
RESULT: Any = Task(WORKFLOW, [DONE]).result()
PAGES: Any = WORKFLOW.list()
UPDATES: Any = TASK.updates()
STREAM: Any = FileStream("https://cdn.test/a1.png", cast(Any, SimpleNamespace(events=SILENT)))
ANY: Any = A2E_


async def awaited(value: Any) -> None:
    await value


async def entered(value: Any) -> None:
    async with value:
        pass


async def gathered(value: Any) -> None:
    await asyncio.gather(value)


async def looped(value: Any) -> None:
    for _ in value:
        pass


async def opened(value: Any) -> None:
    with value:
        pass


async def taken(value: Any) -> None:
    value[0]


MISTAKES: list[tuple[Callable[[Any], Awaitable[None]], Any, str]] = [
    (awaited, JOB, "a Job is not awaited: await job.run()"),
    (entered, JOB, "a Job is not entered with `async with`: await job.run()"),
    (awaited, TASK, "a Task is not awaited: await task.wait()"),
    (awaited, PAGES, "a list is not awaited: async for record in ...list(), or await ...list().first(10)"),
    (looped, PAGES, "a list is not read with `for`: async for"),
    (taken, PAGES, "a list has no element 0: async for"),
    (awaited, RESULT, "a Result is not awaited: it is there already"),
    (looped, UPDATES, "a TaskUpdates is not read with `for`: async for record in task.updates()"),
    (awaited, UPDATES, "a TaskUpdates is not awaited: async for record in task.updates()"),
    (opened, STREAM, "a FileStream is not entered with `with`: async with result.stream() as file"),
    (awaited, STREAM, "a FileStream is not awaited: async with result.stream() as file"),
    (awaited, A2E_, "an A2E is not awaited: async with A2E() as a2e"),
    (
        opened,
        A2E_,
        "an A2E is not entered with `with`: async with A2E() as a2e; without async, from a2e_async.sync",
    ),
    (
        awaited,
        A2E_.bulk([]),
        "a BulkRun is not awaited: async with a2e.bulk(jobs) as run, and in it async for",
    ),
    (looped, A2E_.bulk([]), "a BulkRun is not read with `for`: async with"),
    (opened, A2E_.bulk(), "an OpenRun is not entered with `with`: async with a2e.bulk() as run"),
]


@pytest.mark.parametrize(("use", "value", "hint"), MISTAKES)
def test_a_wrong_use_names_the_right_one(
    use: Callable[[Any], Awaitable[None]], value: Any, hint: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(hint)):
        anyio.run(use, value)


def test_jobs_in_a_gather_too() -> None:
    with pytest.raises(TypeError, match=r"a Job is not awaited: await job.run\(\)"):
        asyncio.run(gathered(JOB))


@pytest.mark.parametrize(
    ("value", "name", "hint"),
    [
        (JOB, "result", "a Job has no 'result': result = await job.run()"),
        (JOB, "id", "a Job has no 'id': task = await job.start()"),
        (TASK, "urls", "a Task has no 'urls': result = await task.wait()"),
        (TASK, "status", "task.record.status"),
        (RESULT, "url", "a Result has no 'url': result.urls[0]"),
        (RESULT, "content", "await result.read()"),
        (RESULT, "seed", "a Result has no 'seed': it is in result.record.seed"),
        (Outcome(JOB, 0), "urls", "an Outcome has no 'urls': outcome.result"),
        (WORKFLOW, "run", "call it with its keywords to make a Job"),
        (WORKFLOW, "status", "await a2e.pictures.task(id).wait()"),
        (PAGES, "data", "a list has no 'data': async for"),
        (ANY, "run", "an A2E has no 'run': make a Job"),
        (ANY, "text_to_imag", "did you mean a2e.text_to_image?"),
    ],
)
def test_a_missing_attribute_names_what_was_meant(value: Any, name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(hint)):
        getattr(value, name)
    assert not hasattr(value, name)


def test_other_missing_attributes_are_missing_as_ever() -> None:
    with pytest.raises(AttributeError, match=r"^'Job' object has no attribute 'zzz'$"):
        _ = JOB.zzz
    with pytest.raises(NoRuntime, match="no running event loop"):
        _ = ANY.runtime
    left = pickle.loads(pickle.dumps(WORKFLOW))
    with pytest.raises(NoRuntime, match="unpickled"):
        _ = left.runtime


def test_the_values_are_what_they_were() -> None:
    for value in (JOB, TASK, RESULT, Outcome(JOB, 0)):
        assert repr(copy.deepcopy(value)) == repr(value)
        assert repr(pickle.loads(pickle.dumps(value))) == repr(value)
    assert isinstance(PAGES, AsyncIterator) is False
    assert not inspect.iscoroutine(JOB)
    assert all((JOB, TASK, RESULT, PAGES))


def test_a_task_that_runs_has_no_result() -> None:
    with pytest.raises(
        WaitTimeout, match=r"Task\(pictures, a2\) has not ended \(processing\): await task.wait"
    ):
        TASK.result()
    with pytest.raises(WaitTimeout, match="not asked for yet"):
        WORKFLOW.task("a1").result()


async def never() -> str:
    return "https://cdn.test/a.png"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (JOB, "give what it makes"),
        (TASK, "give what it makes"),
        (["https://cdn.test/a.png"], "give one of the list"),
        (RESULT.record, "is not a URL"),
    ],
)
def test_what_has_no_url_says_so(given: Any, hint: str) -> None:
    with pytest.raises(InvalidArgument, match=f"source_url: .*{hint}"):
        WORKFLOW(prompt="x", source_url=given)


@pytest.mark.parametrize("field", ["source_url", "prompt", "max_images", "size"])
def test_a_coroutine_as_a_value_misses_its_await(field: str) -> None:
    coroutine: Any = never()  # no warning comes later that it was never awaited
    values: dict[str, Any] = {"prompt": "x", field: coroutine}
    with pytest.raises(InvalidArgument, match=rf"{field}: .*\(`await` is missing before it\)"):
        WORKFLOW(**values)


def test_a_client_without_a_token_says_so_first() -> None:
    with pytest.raises(ConfigurationError):
        A2E("")
    assert TOKEN not in str(ANY)


def test_code_without_await_is_told_so() -> None:
    sync = pytest.importorskip("a2e_async.sync")
    a2e = sync.A2E(TOKEN)
    job = a2e.text_to_image(prompt="x")
    with pytest.raises(AttributeError, match=r"a Job has no 'result': result = job\.run\(\)"):
        _ = job.result
    with pytest.raises(AttributeError, match=r"a Task has no 'urls': result = task\.wait\(\)"):
        _ = a2e.text_to_image.task("a1").urls


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (lambda: JOB.run(), "give the Job itself, without run() or start()"),
        (lambda: {"prompt": "x"}, "a2e.jobs(rows) makes Jobs of rows"),
        (lambda: RESULT, "is not a Job"),
    ],
)
def test_what_a_bulk_run_cannot_run_says_what_it_can(given: Callable[[], Any], hint: str) -> None:
    async def main() -> None:
        async with A2E_.bulk([given()]) as run:
            async for _ in run:
                pass

    with pytest.raises(InvalidArgument, match=rf"jobs\[0\]: .*{re.escape(hint)}"):
        anyio.run(main)
    with pytest.raises(InvalidArgument, match=re.escape("give a list of them, [job]")):
        A2E_.bulk(JOB)
