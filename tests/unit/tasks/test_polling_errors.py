"""Waiting while requests fail, tasks go missing or the service is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import pytest

from a2e_async.errors import (
    A2EError,
    AuthenticationError,
    ConnectionFailed,
    InvalidRequest,
    RateLimited,
    ServerError,
    TaskNotFound,
    UnexpectedReply,
)
from tests.unit.tasks.simulation import NEVER, FakeReader, FakeTask, poller_of, wait_for_each, wait_from_birth
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def test_a_batch_that_fails_for_a_while_delays_only_its_own_tasks() -> None:
    """There are two batches, and the second one fails."""
    reader = FakeReader(batch=2, tasks={name: FakeTask(3.0) for name in "abcd"})
    reader.fails = lambda number, ids: (
        ServerError("down", status=500) if "d" in ids and anyio.current_time() < 20 else None
    )
    poller = poller_of(reader)
    ended: dict[str, float] = {}

    async def wait(id: str) -> None:
        await poller.wait([id], born=0.0)
        ended[id] = anyio.current_time()

    async with anyio.create_task_group() as group:
        for name in "abcd":
            group.start_soon(wait, name)
    assert sorted(ended.values())[1] < 12
    assert 20 <= ended["d"] < 40


@pytest.mark.parametrize(
    "error", [AuthenticationError("no", status=401), UnexpectedReply("HTML", status=403)]
)
async def test_a_refused_token_is_reported_at_once(error: A2EError) -> None:
    reader = FakeReader(tasks={name: FakeTask(50.0) for name in "abc"})
    reader.fails = lambda number, ids: error
    poller = poller_of(reader)
    caught: list[A2EError] = []

    async def wait(id: str) -> None:
        with pytest.raises(type(error)) as info:
            await poller.wait([id], born=0.0)
        caught.append(info.value)

    async with anyio.create_task_group() as group:
        for name in "abc":
            group.start_soon(wait, name)
    assert caught == [error] * 3
    assert reader.requests == 1
    assert poller.idle


async def test_an_id_that_spoils_the_batch_spoils_only_itself() -> None:
    """One malformed id among two hundred makes the batch route answer 400."""
    reader = FakeReader(tasks={str(number): FakeTask(20.0 + number / 100) for number in range(200)})
    reader.tasks["77"].shown = reader.tasks["77"].known = NEVER
    reader.fails = lambda number, ids: InvalidRequest("bad id", status=400) if "77" in ids else None
    poller = poller_of(reader)
    outcome: dict[str, object] = {}

    async def wait(id: str) -> None:
        try:
            outcome[id] = (await poller.wait([id], born=0.0))[id]["current_status"]
        except TaskNotFound as error:
            outcome[id] = error.task_id

    async with anyio.create_task_group() as group:
        for name in reader.tasks:
            group.start_soon(wait, name)
    assert outcome.pop("77") == "77"
    assert set(outcome.values()) == {"completed"}
    # The id is found once, and then left out of the batches.
    assert reader.requests < 60


async def test_a_batch_route_that_refuses_every_id_loses_no_task() -> None:
    """Each task is asked for by itself then, a few at a time."""
    reader = FakeReader(tasks={str(number): FakeTask(5.0) for number in range(1000)})
    reader.fails = lambda number, ids: InvalidRequest("no", status=400)
    await wait_for_each(poller_of(reader), reader.tasks)
    assert reader.requests < 200
    assert reader.details < 5000
    assert reader.most_under_way <= 4


async def test_a_vanished_task_is_not_found_after_some_patience() -> None:
    reader = FakeReader()
    poller = poller_of(reader)
    with pytest.raises(TaskNotFound) as info:
        await poller.wait(["gone"])
    assert info.value.task_id == "gone"
    assert 10 <= anyio.current_time() < 20
    assert reader.details == 1
    # A later wait starts afresh, and does not get the old error.
    reader.tasks["gone"] = FakeTask(0.0)
    assert await poller.wait(["gone"]) == {"gone": {"_id": "gone", "current_status": "completed"}}


async def test_tasks_that_show_up_late_cost_no_request_each() -> None:
    reader = FakeReader(tasks={str(number): FakeTask(15.0, shown=8.0, known=8.0) for number in range(100)})
    poller = poller_of(reader)
    await wait_for_each(poller, reader.tasks)
    assert reader.details == 0
    assert reader.requests < 40


async def test_a_task_that_only_the_detail_route_knows_is_waited_for_there() -> None:
    reader = FakeReader(tasks={"a": FakeTask(90.0, shown=NEVER)})
    poller = poller_of(reader)
    await poller.wait(["a"])
    assert anyio.current_time() < 96
    assert reader.details < 60


@pytest.mark.parametrize("kind", [RateLimited, ServerError])
@pytest.mark.parametrize(("asked_for", "pause"), [(90.0, 90.0), (3600.0, 120.0), (1e12, 120.0)])
async def test_a_retry_after_holds_the_polling_back_for_a_while(
    kind: type[RateLimited | ServerError], asked_for: float, pause: float
) -> None:
    """As long as the service asks for, but no longer than the client's patience."""
    reader = FakeReader(tasks={"a": FakeTask(5.0)})
    slow = kind("slow down", status=503)
    slow.retry_after = asked_for
    reader.fails = lambda number, ids: slow if number == 0 else None
    await poller_of(reader).wait(["a"], born=0.0)
    assert pause <= anyio.current_time() < pause + 10
    assert reader.requests == 2


async def test_the_pauses_after_failures_start_anew_when_a_single_task_is_read() -> None:
    """A task that is asked for alone is read, so the service is well again."""

    class Moody(FakeReader):
        async def read_one(self, id: str) -> Mapping[str, Any] | None:
            if self.details % 2 == 0:
                self.details += 1
                raise ConnectionFailed("reset")
            return await super().read_one(id)

    reader = Moody(tasks={"a": FakeTask(200.0)})
    reader.fails = lambda number, ids: InvalidRequest("spoils a batch", status=400)
    await wait_from_birth(poller_of(reader), "a")
    # Each failure costs half a second, and not ten.
    assert anyio.current_time() < 210
    assert reader.details > 40


async def test_a_service_that_is_down_is_not_hammered() -> None:
    reader = FakeReader(tasks={str(number): FakeTask(5.0) for number in range(50)})
    reader.fails = lambda number, ids: ConnectionFailed("refused") if anyio.current_time() < 3000 else None
    poller = poller_of(reader)
    await wait_for_each(poller, reader.tasks)
    # The tasks are asked for again as soon as the longest pause is over.
    assert anyio.current_time() <= 3011
    assert reader.requests < 330


async def test_a_task_that_is_asked_for_alone_is_due_again_after_an_outage() -> None:
    class Down(FakeReader):
        async def read_one(self, id: str) -> Mapping[str, Any] | None:
            if anyio.current_time() < 3000:
                raise ConnectionFailed("refused")
            return await super().read_one(id)

    reader = Down(tasks={"a": FakeTask(5.0)})
    reader.fails = lambda number, ids: InvalidRequest("spoils a batch", status=400)
    await wait_from_birth(poller_of(reader), "a")
    assert anyio.current_time() <= 3011


async def test_a_bug_in_the_reader_reaches_one_waiter_and_leaves_none_hanging() -> None:
    reader = FakeReader(batch=2, tasks={name: FakeTask(5.0) for name in "abcde"})
    first = True

    def broken(number: int, ids: Sequence[str]) -> A2EError | None:
        nonlocal first
        if first:
            first = False
            raise ZeroDivisionError
        return None

    reader.fails = broken
    poller = poller_of(reader)
    ended: list[object] = []

    async def wait(id: str) -> None:
        try:
            ended.append((await poller.wait([id], born=0.0))[id]["current_status"])
        except ZeroDivisionError as error:
            ended.append(type(error))
        except BaseExceptionGroup as errors:
            ended.append(type(errors.exceptions[0]))

    async with anyio.create_task_group() as group:
        for name in "abcde":
            group.start_soon(wait, name)
    assert ended.count(ZeroDivisionError) == 1
    assert ended.count("completed") == 4
    assert poller.idle
