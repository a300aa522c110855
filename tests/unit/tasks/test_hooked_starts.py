"""Starts of a client with webhooks: which ask for calls, and what a call proves if the answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anyio
import attrs
import httpx
import pytest

from a2e_async.errors import SubmissionUncertain, TaskRejected
from a2e_async.hooks import ends_address
from a2e_async.jobs import Job
from a2e_async.policies import StartPolicy
from tests.unit.sample import (
    PictureRecord,
    Pictures,
    Service,
    client,
    ok,
)
from tests.unit.tasks.hooked import (
    URL,
    Called,
    CalledSketches,
    HalfCalled,
    deliver,
    hook_of,
    sent_of,
    webhooks,
)
from tests.unit.tasks.start_answers import LOST, on_starts
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("workflow", [Called, CalledSketches])
async def test_a_start_asks_for_calls_where_it_can(workflow: type[Pictures]) -> None:
    hooks, service = webhooks(), Service()
    a2e = client(service, webhooks=hooks)
    for _ in range(2):
        await workflow(a2e)(prompt="a kite").start()
    bodies = sent_of(service)
    for body in bodies:
        marker = body["webhook_url"].removeprefix(f"{URL}/")
        assert ends_address(marker)
        assert body["webhook_token"] == hooks.token(marker)
        if workflow is Called:
            assert body["name"].endswith(marker)
    assert bodies[0]["webhook_url"] != bodies[1]["webhook_url"]


@pytest.mark.parametrize(
    ("workflow", "extra"),
    [
        (Pictures, {}),
        (HalfCalled, {}),
        (Called, {"webhook_url": "https://mine.example.com/"}),
        (Called, {"webhook_token": "mine"}),
        (Called, {"webhook_url": "https://mine.example.com/", "webhook_token": "mine"}),
    ],
)
async def test_a_callers_own_webhook_wins(workflow: type[Pictures], extra: Mapping[str, str]) -> None:
    service = Service()
    a2e = client(service, webhooks=webhooks())
    job: Job[PictureRecord] = workflow(a2e)(prompt="a kite", extra_body=extra)
    await job.start()
    [body] = sent_of(service)
    assert {key: value for key, value in body.items() if key.startswith("webhook")} == extra
    assert not job.takes_webhook


async def test_without_webhooks_nothing_is_asked_for() -> None:
    service = Service()
    task = await Called(client(service))(prompt="a kite").start()
    assert "webhook_url" not in sent_of(service)[0]
    assert task._slot is None


@pytest.mark.parametrize("segment", ["userNewThing", "userPicture"])
async def test_a_family_by_convention_is_not_given_any(segment: str) -> None:
    """Nobody knows whether it would take them."""
    service = Service()
    a2e = client(service, webhooks=webhooks())
    await a2e.workflow(segment, {"prompt": "a kite"}).start()
    assert not any(key.startswith("webhook") for key in sent_of(service)[0])


@pytest.mark.parametrize(
    "marker", ["order-17", "order 17", "order/17", "Auftrag Nr. 17 für Ä", "a" * 200, "%2F?#"]
)
async def test_a_marker_that_an_address_cannot_end_in(marker: str) -> None:
    hooks, service = webhooks(), Service()
    task = await Called(client(service, webhooks=hooks))(prompt="a kite").start(marker=marker)
    [body] = sent_of(service)
    last = body["webhook_url"].removeprefix(f"{URL}/")
    assert ends_address(last)
    assert (last == marker) is (marker == "order-17")
    assert len(body["webhook_url"]) <= 2048
    deliver(hooks, hook_of(service))
    assert task._slot is not None
    assert len(task._slot.calls) == 1


async def test_a_job_keeps_what_it_asks_for() -> None:
    """Where results are sent to is no part of it."""
    service = Service()
    job = Called(client(service, webhooks=webhooks()))(prompt="a kite")
    before = job.to_dict()
    await job.start()
    assert job.to_dict() == before
    assert "webhook_url" not in job.body


async def test_a_call_wakes_the_waiter() -> None:
    hooks, service = webhooks(), Service(duration=100.0)
    job = Called(client(service, webhooks=hooks))(prompt="a kite")
    ended: list[float] = []

    async def wait() -> None:
        result = await job.run()
        assert result.record.image_urls
        ended.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(100.0)
        deliver(hooks, hook_of(service))
        told = anyio.current_time()
    assert ended[0] - told < 0.3


async def test_without_confirming_the_call_is_the_result() -> None:
    hooks, service = webhooks(confirm=False), Service(duration=1e6)
    job = Called(client(service, webhooks=hooks))(prompt="a kite")

    async def call() -> None:
        await anyio.sleep(50)
        identity = service.tasks[0]["_id"]
        running = {"_id": identity, "current_status": "completed", "image_urls": []}
        deliver(hooks, hook_of(service, **running))  # without its output: it is asked about
        await anyio.sleep(50)
        deliver(hooks, hook_of(service, **{**running, "image_urls": ["https://cdn.test/a.png"]}))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        result = await job.run(timeout=200)
    assert result.urls == ("https://cdn.test/a.png",)
    assert 100 <= result.elapsed <= 101


# Lost starts.


async def start_and_call(
    job: Job[PictureRecord], service: Service, call: Callable[[], None], after: float
) -> Any:
    """Start a job, and call about it after some seconds."""
    outcome: list[Any] = []

    async def start() -> None:
        try:
            outcome.append(await job.start())
        except (SubmissionUncertain, TaskRejected) as error:
            outcome.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(start)
        await anyio.sleep(after)
        call()
    return outcome[0]


@pytest.mark.parametrize("failure", ["reset", "504", "200 empty", "timeout"])
@pytest.mark.parametrize("workflow", [Called, CalledSketches])
async def test_a_call_ends_the_search_for_a_lost_start(workflow: type[Pictures], failure: str) -> None:
    hooks = webhooks()
    service = Service(after=on_starts(LOST[failure]), list_lag=1e6)
    job = workflow(client(service, webhooks=hooks, start=StartPolicy(resubmit=True)))(prompt="a kite")
    task = await start_and_call(job, service, lambda: deliver(hooks, hook_of(service)), after=20.0)
    assert task.id == service.tasks[0]["_id"]
    assert service.starts == 1
    assert anyio.current_time() < 30


async def test_a_call_before_the_answer_is_lost_counts() -> None:
    hooks = webhooks()
    service = Service(list_lag=1e6)

    def lose(_service: Service, request: httpx.Request) -> httpx.ReadError:
        deliver(hooks, hook_of(service))
        return httpx.ReadError("reset")

    service.after = lose
    task = await Called(client(service, webhooks=hooks))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert (service.starts, service.lists) == (1, 0)


@pytest.mark.parametrize("workflow", [Called, CalledSketches])
async def test_a_call_without_an_id_proves_that_the_start_was_made(workflow: type[Pictures]) -> None:
    """The list does not show the task. It is not started again, though the policy is to do so."""
    hooks = webhooks()
    service = Service(after=on_starts(LOST["reset"]), list_lag=1e6)
    policy = StartPolicy(resubmit=True, window=60.0)
    job = workflow(client(service, webhooks=hooks, start=policy))(prompt="a kite")

    def call() -> None:
        deliver(hooks, attrs.evolve(hook_of(service), records=()))

    error = await start_and_call(job, service, call, after=20.0)
    assert isinstance(error, SubmissionUncertain)
    assert "the service called" in str(error)
    assert service.starts == 1


async def test_a_success_without_an_id_is_no_rejection_if_the_service_called() -> None:
    hooks = webhooks()
    service = Service(after=on_starts(lambda: ok({})), list_lag=1e6)
    job = Called(client(service, webhooks=hooks, start=StartPolicy(window=60.0)))(prompt="a kite")
    task = await start_and_call(job, service, lambda: deliver(hooks, hook_of(service)), after=20.0)
    assert task.id == service.tasks[0]["_id"]


async def test_a_call_about_one_of_several_tasks_does_not_hide_the_others() -> None:
    hooks = webhooks()
    service = Service(after=on_starts(LOST["reset"]), several=lambda body: 3, list_lag=40.0)
    job = Called(client(service, webhooks=hooks))(prompt="a kite", max_images=3)

    def call() -> None:
        deliver(hooks, hook_of(service, 0, _id=service.tasks[1]["_id"], current_status="completed"))

    task = await start_and_call(job, service, call, after=20.0)
    assert sorted(task.ids) == sorted(made["_id"] for made in service.tasks)
    assert len(task.ids) == 3


async def test_calls_about_all_of_several_tasks_end_the_search() -> None:
    hooks = webhooks()
    service = Service(after=on_starts(LOST["reset"]), several=lambda body: 3, list_lag=1e6)
    job = Called(client(service, webhooks=hooks))(prompt="a kite", max_images=3)

    def call() -> None:
        for made in service.tasks:
            deliver(hooks, hook_of(service, 0, _id=made["_id"], current_status="completed"))

    task = await start_and_call(job, service, call, after=20.0)
    assert len(task.ids) == 3
    assert anyio.current_time() < 30


async def test_a_lost_start_beside_others_takes_its_own_task() -> None:
    hooks = webhooks()
    service = Service(after=on_starts(None, LOST["reset"], LOST["504"], None), list_lag=30.0, delay=0.1)
    sketches = CalledSketches(client(service, webhooks=hooks))
    tasks: dict[str, str] = {}

    async def start(prompt: str) -> None:
        tasks[prompt] = (await sketches(prompt=prompt).start()).id

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(start, f"{number} kites")
            await anyio.sleep(0.2)
        await anyio.sleep(2)
        deliver(hooks, hook_of(service, 1))
    assert tasks == {task["prompt"]: task["_id"] for task in service.tasks}
    assert service.starts == 4
