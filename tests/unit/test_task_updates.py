"""Updates of a task: each change, on the polls that are sent anyway; leaving a loop leaves nothing behind."""

from __future__ import annotations

import gc
import json
import logging
from typing import Any

import anyio
import httpx
import pytest

from a2e_async import A2E, ConfigurationError, InvalidArgument, TaskFailed, TaskHook, WaitTimeout, Webhooks
from a2e_async.client_events import ClientEvent
from a2e_async.task_updates import TaskUpdates
from tests.unit.test_client_events import Service, client, job
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

LIFE = ["queued", "processing", "processing", "completed"]


def idle(a2e: A2E) -> bool:
    return all(poller.idle for poller in a2e.runtime._pollers.values())


async def test_each_change_comes() -> None:
    async with client(Service()) as a2e:
        task = await job(a2e).start()
        seen = [(record.status, task.progress) async for record in task.updates()]
        assert [status for status, _ in seen] == LIFE
        assert [progress for _, progress in seen] == [0, 30, 60, 60]
        assert idle(a2e)
        before = a2e.runtime.transport.requests
        assert (await task.wait()).urls
        assert a2e.runtime.transport.requests == before


@pytest.mark.parametrize("jobs", [1, 30])
async def test_updates_cost_no_request_more_than_a_wait(jobs: int) -> None:
    async def requests(kind: str) -> int:
        service = Service()
        async with client(service) as a2e:

            async def one() -> None:
                task = await job(a2e).start()
                if kind == "updates":
                    async for _ in task.updates():
                        pass
                await task.wait(on_update=print if kind == "on_update" else None)

            async with anyio.create_task_group() as group:
                for _ in range(jobs):
                    group.start_soon(one)
        return service.polls

    plain = await requests("wait")
    assert await requests("updates") <= plain
    assert await requests("on_update") <= plain


async def test_a_callback_gets_each_change() -> None:
    plain: list[str] = []
    asynchronous: list[str] = []

    async def on_update(record: Any) -> None:
        await anyio.sleep(0.01)
        asynchronous.append(record.status)

    async with client(Service()) as a2e:
        assert (await job(a2e).run(on_update=lambda record: plain.append(record.status))).coins == 30
        task = await job(a2e).start()
        await task.wait(on_update=on_update)
    assert plain == asynchronous == LIFE


async def test_a_callback_that_fails_costs_no_task(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Any] = []

    def broken(record: Any) -> None:
        calls.append(record)
        raise KeyError("mine")

    async with client(Service()) as a2e:
        assert (await job(a2e).run(on_update=broken)).coins == 30
    assert len(calls) == 1
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_what_cannot_be_called_is_refused_before_anything_is_sent() -> None:
    async with client(Service()) as a2e:
        with pytest.raises(InvalidArgument, match="on_update"):
            await job(a2e).run(on_update=3)
        with pytest.raises(InvalidArgument, match="on_update"):
            a2e.bulk([], on_update=3)  # type: ignore[call-overload]
        assert a2e.runtime.transport.requests == 0


async def test_bulk_passes_updates_on() -> None:
    seen: list[tuple[str | None, str | None]] = []
    async with client(Service()) as a2e:
        jobs = [job(a2e).with_key(key) for key in ("a", "b")]
        async with a2e.bulk(jobs, on_update=lambda job, record: seen.append((job.key, record.status))) as run:
            assert [outcome.error async for outcome in run] == [None, None]
    assert [status for key, status in seen if key == "a"] == LIFE
    assert [status for key, status in seen if key == "b"] == LIFE


async def test_a_loop_may_be_left() -> None:
    async with client(Service()) as a2e:
        task = await job(a2e).start()
        async for record in task.updates():
            if record.status == "processing":
                break
        gc.collect()
        await anyio.sleep(0.01)
        assert idle(a2e)
        assert [record.status async for record in task.updates()] == LIFE[1:]


async def test_cancelled_in_the_middle_nothing_is_left() -> None:
    async with client(Service()) as a2e:
        task = await job(a2e).start()
        updates = task.updates()
        assert (await anext(updates)).status == "queued"
        with anyio.move_on_after(5):
            await anext(updates)
        assert idle(a2e)
        assert (await anext(updates)).status == "processing"  # it goes on

        await updates.aclose()
        assert idle(a2e)


async def test_a_slow_loop_gets_the_last_record() -> None:
    async with client(Service()) as a2e:
        task = await job(a2e).start()
        seen = []
        async for record in task.updates(timeout=30):  # the loop's own time does not count
            seen.append(record.status)
            await anyio.sleep(100)
        assert seen == ["queued", "completed"]
        assert idle(a2e)


async def test_a_failed_task_ends_the_loop() -> None:
    async with client(Service(word="failed")) as a2e:
        task = await job(a2e).start()
        assert [record.status async for record in task.updates()][-1] == "failed"
        with pytest.raises(TaskFailed):
            await task.wait()


async def test_a_timeout_says_that_the_task_goes_on() -> None:
    async with client(Service(seconds=200)) as a2e:
        task = await job(a2e).start()
        updates = task.updates(timeout=50)
        with pytest.raises(WaitTimeout) as caught:
            async for _ in updates:
                pass
        assert caught.value.task is task
        assert anyio.current_time() == pytest.approx(50, abs=0.1)
        assert idle(a2e)


async def test_a_task_of_an_earlier_process_is_asked_for_at_once() -> None:
    async with client(Service(seconds=1.0)) as a2e:
        task = await job(a2e).start()
        await anyio.sleep(100)
        before = anyio.current_time()
        updates = a2e.image_to_video.task(task.id).updates()
        assert [record.status async for record in updates] == ["completed"]
        assert anyio.current_time() - before < 0.1
        assert [record async for record in updates] == []


async def test_updates_are_read_by_one_task() -> None:
    async with client(Service()) as a2e:
        updates: TaskUpdates[Any] = (await job(a2e).start()).updates()
        await anext(updates)
        async with anyio.create_task_group() as group:
            group.start_soon(anext, updates)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(ConfigurationError, match="being read"):
                await anext(updates)
        updates.close()


async def test_a_task_that_cannot_be_read_back_has_its_last_record() -> None:
    hooks = Webhooks(secret="at-least-sixteen-bytes", url="https://app.example.com/a2e")
    events: list[ClientEvent] = []

    async def start(request: httpx.Request) -> httpx.Response:
        markers.append(json.loads(request.content)["webhook_url"].rpartition("/")[2])
        return httpx.Response(200, json={"code": 0, "data": {"_id": "67d2", "current_status": "sent"}})

    async def call() -> None:
        await anyio.sleep(30)
        record = {"_id": "67d2", "current_status": "completed", "result_url": "https://cdn.example.com/a.mp4"}
        await hooks.bus.publish(TaskHook(markers[0], "task.completed", [record], record))

    markers: list[str] = []
    transport = httpx.MockTransport(start)
    async with A2E("sk_x", transport=transport, webhooks=hooks, on_event=events.append) as a2e:
        if a2e.wan30.routes.readable:
            pytest.skip("it can be read back by now")
        task = await a2e.wan30(model="wan3.0-video", input={"prompt": "a kite"}, parameters={}).start()
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            assert [record.status async for record in task.updates()] == ["sent", "completed"]
        assert (await task.wait()).urls == ("https://cdn.example.com/a.mp4",)
    assert [event.kind for event in events] == ["starting", "started", "finished"]
