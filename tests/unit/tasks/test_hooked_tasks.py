"""Tasks of a client with webhooks: those that cannot be read back, and what is left behind."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import anyio
import attrs
import pytest

from a2e_async.errors import A2EError, ConfigurationError, OutputMissing, TaskFailed, WaitTimeout
from a2e_async.hooks import LocalBus
from a2e_async.jobs import Job
from a2e_async.webhooks import Webhooks
from tests.unit.sample import (
    PictureRecord,
    Service,
    client,
)
from tests.unit.tasks.hooked import (
    Called,
    Unreadable,
    deliver,
    hook_of,
    webhooks,
)
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def test_tasks_that_cannot_be_read_back_end_with_the_call() -> None:
    hooks, service = webhooks(), Service()
    job = Unreadable(client(service, webhooks=hooks))(prompt="a kite")

    async def call() -> None:
        await anyio.sleep(20)
        identity = service.tasks[0]["_id"]
        deliver(hooks, hook_of(service, _id=identity, current_status="processing"))
        await anyio.sleep(20)
        record = {"_id": identity, "current_status": "completed", "image_urls": ["https://cdn.test/a.png"]}
        deliver(hooks, hook_of(service, **record))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        result = await job.run()
    assert result.urls == ("https://cdn.test/a.png",)
    assert len(service.requests) == 1
    again = await result.task.wait()
    assert again.urls == result.urls
    assert result.task._slot is None


@pytest.mark.parametrize(("event", "error"), [("task.completed", OutputMissing), ("task.failed", TaskFailed)])
async def test_a_call_without_a_record_is_the_last_news_of_them(event: str, error: type[A2EError]) -> None:
    """The output is lost: nothing is left that could show it."""
    hooks, service = webhooks(), Service()
    job = Unreadable(client(service, webhooks=hooks))(prompt="a kite")

    async def call() -> None:
        await anyio.sleep(20)
        deliver(hooks, attrs.evolve(hook_of(service), event=event, records=()))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        with pytest.raises(error):
            await job.run()
    assert anyio.current_time() < 30


async def test_a_wait_that_timed_out_goes_on() -> None:
    hooks, service = webhooks(), Service()
    with pytest.raises(WaitTimeout) as info:
        await Unreadable(client(service, webhooks=hooks))(prompt="a kite").run(timeout=10)
    task = info.value.task
    assert task is not None
    record = {"_id": task.id, "current_status": "completed", "image_urls": ["https://cdn.test/a.png"]}
    deliver(hooks, hook_of(service, **record))  # while nobody waits
    result = await task.wait(timeout=1)
    assert result.urls == ("https://cdn.test/a.png",)


@pytest.mark.parametrize(
    ("hooks", "extra"), [(None, {}), (webhooks(), {"webhook_url": "https://mine.example.com/"})]
)
async def test_without_calls_they_cannot_be_waited_for(
    hooks: Webhooks | None, extra: Mapping[str, str]
) -> None:
    service = Service()
    a2e = client(service, webhooks=hooks)
    job: Job[PictureRecord] = Unreadable(a2e)(prompt="a kite", extra_body=extra)
    with pytest.raises(ConfigurationError, match=r"A2E\(webhooks=\.\.\.\)"):
        await job.run()
    assert service.requests == []
    task = await job.start()
    with pytest.raises(ConfigurationError, match=r"A2E\(webhooks=\.\.\.\)"):
        await task.wait()
    async with a2e.bulk([job]) as run:
        [outcome] = [outcome async for outcome in run]
    assert isinstance(outcome.error, ConfigurationError)
    assert service.starts == 1


async def test_bulk_waits_for_them_too() -> None:
    hooks, service = webhooks(confirm=False), Service()
    a2e = client(service, webhooks=hooks)
    jobs = [Unreadable(a2e)(prompt=f"{number} kites") for number in range(3)]

    async def call() -> None:
        await anyio.sleep(20)
        for number, task in enumerate(service.tasks):
            record = {"_id": task["_id"], "current_status": "completed", "image_urls": ["https://cdn.test/a"]}
            deliver(hooks, hook_of(service, number, **record))

    async with anyio.create_task_group() as group, a2e.bulk(jobs) as run:
        group.start_soon(call)
        outcomes = [outcome async for outcome in run]
    assert [outcome.error for outcome in outcomes] == [None] * 3


# What is left behind.


async def test_a_task_travels_without_its_slot() -> None:
    service = Service(duration=0.0)
    a2e = client(service, webhooks=webhooks())
    task = await Called(a2e)(prompt="a kite").start()
    copy = pickle.loads(pickle.dumps(task))
    assert copy._slot is None
    assert task.with_client(a2e)._slot is task._slot is not None
    result = await copy.with_client(a2e).wait()
    assert result.record.image_urls


async def test_finished_tasks_leave_no_slots_behind() -> None:
    hooks, service = webhooks(confirm=False), Service(duration=10.0)
    a2e = client(service, webhooks=hooks)
    results: list[Any] = []

    async def one(number: int) -> None:
        results.append(await Called(a2e)(prompt=f"{number} kites").run())

    async def call() -> None:
        await anyio.sleep(10)
        for number, task in enumerate(list(service.tasks)):
            record = {"_id": task["_id"], "current_status": "completed", "image_urls": ["https://cdn.test/a"]}
            deliver(hooks, hook_of(service, number, **record))

    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(one, number)
        group.start_soon(call)
    assert len(results) == 50
    assert isinstance(hooks.bus, LocalBus)
    assert len(hooks.bus._slots) == 0
