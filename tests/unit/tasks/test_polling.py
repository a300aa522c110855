"""Waiting: everyone gets exactly their own record or error, and nobody pays for anybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from a2e_async._tasks.polling import Poller
from a2e_async.clock import SystemClock
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
from a2e_async.policies import Lateness
from tests.unit.tasks.simulation import NEVER, FakeSource, FakeTask
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def idle(poller: Poller) -> bool:
    """Whether nothing is left over in the poller."""
    return not (poller._open or poller._sleeping or poller._led)


async def wait_from_birth(poller: Poller, name: str) -> None:
    await poller.wait([name], born=0.0)


def poller_of(source: FakeSource) -> Poller:
    return Poller(source, Lateness(), SystemClock())


@attrs.frozen
class Visitor:
    """Somebody who waits: when they come, for which tasks, and when they lose patience."""

    comes: float
    wants: tuple[int, ...]
    leaves: float | None
    knows_birth: bool


seconds = st.floats(0, 40).map(lambda value: round(value, 2))
fake_tasks = st.builds(
    FakeTask,
    ends=st.one_of(seconds, st.just(NEVER)),
    word=st.sampled_from(["completed", "failed"]),
    shown=st.one_of(st.just(0.0), seconds, st.just(NEVER)),
    known=st.sampled_from([0.0, NEVER]),
)
visitors = st.builds(
    Visitor,
    comes=seconds,
    wants=st.lists(st.integers(0, 7), min_size=1, max_size=4).map(tuple),
    leaves=st.one_of(st.none(), seconds),
    knows_birth=st.booleans(),
)
faults = st.dictionaries(
    st.integers(0, 12),
    st.sampled_from(
        [
            ConnectionFailed("reset"),
            ConnectionFailed("refused", delivered=False),
            ServerError("overloaded", status=503),
            RateLimited("slow down", status=429),
            UnexpectedReply("HTML", status=200),
        ]
    ),
    max_size=6,
)


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=80)
@given(
    tasks=st.lists(fake_tasks, min_size=8, max_size=8),
    people=st.lists(visitors, min_size=1, max_size=8),
    faults=faults,
    delay=st.sampled_from([0.0, 0.05, 3.0]),
    batch=st.sampled_from([1, 3, 200]),
)
@example(  # The one who leads goes, and the next in line waits for something else first.
    tasks=[FakeTask(5.0), FakeTask(20.0), FakeTask(30.0), *[FakeTask(NEVER)] * 5],
    people=[
        Visitor(0.0, (0,), None, True),
        Visitor(0.1, (2,), 3.0, True),
        Visitor(0.2, (1, 2), None, True),
    ],
    faults={},
    delay=0.0,
    batch=200,
)
def test_any_interleaving(
    backend: str,
    tasks: list[FakeTask],
    people: list[Visitor],
    faults: Mapping[int, A2EError],
    delay: float,
    batch: int,
) -> None:
    """Tasks finish, fail, vanish and show up late; waiters come, share and go; requests fail."""
    source = FakeSource(delay, batch, {str(number): task for number, task in enumerate(tasks)})
    source.fails = lambda number, ids: faults.get(number)
    served: list[Visitor] = []
    not_found: list[tuple[str | None, list[str]]] = []

    async def visit(poller: Poller, visitor: Visitor) -> None:
        ids = [str(number) for number in visitor.wants]
        await anyio.sleep(visitor.comes)
        born = anyio.current_time() if visitor.knows_birth else None
        try:
            with anyio.move_on_after(1e4 if visitor.leaves is None else visitor.leaves) as scope:
                records = await poller.wait(ids, born=born)
        except TaskNotFound as error:
            served.append(visitor)
            not_found.append((error.task_id, ids))
            return
        served.append(visitor)
        if scope.cancelled_caught:
            # Nobody waits in vain for what can be known; requests and pauses take their time.
            assert visitor.leaves is not None or any(tasks[number].ends == NEVER for number in visitor.wants)
            return
        assert records.keys() == set(ids)
        for name, record in records.items():
            task = tasks[int(name)]
            assert record == {"_id": name, "status": task.word}
            assert anyio.current_time() >= task.ends

    async def main() -> None:
        poller = poller_of(source)
        async with anyio.create_task_group() as group:
            for visitor in people:
                group.start_soon(visit, poller, visitor)
        assert idle(poller)

    run(backend, main)
    assert len(served) == len(people)
    for lost, ids in not_found:
        assert lost in ids
        assert min(tasks[int(lost or -1)].shown, tasks[int(lost or -1)].known) > 0
    assert source.under_way == 0
    assert source.largest <= batch


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=40)
@given(leaves=st.lists(st.floats(0.01, 12), min_size=1, max_size=6), delay=st.sampled_from([0.0, 1.0]))
def test_whoever_is_cancelled_disturbs_nobody_else(backend: str, leaves: list[float], delay: float) -> None:
    """Also the one who leads, also while a request is under way; and that costs a request at most."""

    def waited(leaving: Sequence[float]) -> tuple[float, int]:
        source = FakeSource(delay, tasks={str(n): FakeTask(10.0) for n in range(len(leaves) + 1)})
        ended: list[float] = []

        async def stay(poller: Poller) -> None:
            await poller.wait(["0"], born=0.0)
            ended.append(anyio.current_time())

        async def leave(poller: Poller, number: int, after: float) -> None:
            with anyio.move_on_after(after):
                await poller.wait([str(number)], born=0.0)

        async def main() -> None:
            poller = poller_of(source)
            async with anyio.create_task_group() as group:
                for number, after in enumerate(leaving, start=1):
                    group.start_soon(leave, poller, number, after)
                group.start_soon(stay, poller)
            assert idle(poller)

        run(backend, main)
        assert source.under_way == 0
        return ended[0], source.requests

    calm_end, calm_requests = waited([100.0] * len(leaves))
    end, requests = waited(leaves)
    # Within a pause between two questions, and a request that has to be sent again.
    assert end <= calm_end + 2 * delay + 4.5
    # Fewer who wait are asked for more often: those who stay wait alone in the end.
    assert requests <= calm_requests + len(leaves) + 12


async def test_two_hundred_waiters_share_their_requests() -> None:
    source = FakeSource(0.05, tasks={str(number): FakeTask(30 + number / 20) for number in range(200)})
    poller = poller_of(source)
    async with anyio.create_task_group() as group:
        for name in source.tasks:
            group.start_soon(wait_from_birth, poller, name)
    assert source.requests < 70
    assert source.most_under_way == 1
    assert idle(poller)


async def test_several_waiters_for_one_task_share_it() -> None:
    source = FakeSource(tasks={"a": FakeTask(5.0)})
    poller = poller_of(source)
    got: list[Mapping[str, Any]] = []

    async def wait() -> None:
        got.append(await poller.wait(["a", "a"], born=0.0))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(wait)
    assert got == [{"a": {"_id": "a", "status": "completed"}}] * 10
    assert source.requests <= 8


async def test_nothing_to_wait_for() -> None:
    source = FakeSource()
    assert await poller_of(source).wait([]) == {}
    assert source.requests == 0


async def test_a_task_of_an_earlier_process_is_asked_for_at_once() -> None:
    source = FakeSource(tasks={"new": FakeTask(50.0), "old": FakeTask(0.0)})
    poller = poller_of(source)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: poller.wait(["new"], born=anyio.current_time()))
        await anyio.sleep(10.3)
        before = anyio.current_time()
        await poller.wait(["old"])
        assert anyio.current_time() - before < 0.1


async def test_arrivals_do_not_put_off_the_next_request() -> None:
    """Tasks that are taken up one after the other, faster than the shortest pause."""
    source = FakeSource(tasks={str(number): FakeTask(0.0) for number in range(100)})
    poller = poller_of(source)
    waited: list[float] = []

    async def wait(id: str) -> None:
        before = anyio.current_time()
        await poller.wait([id])
        waited.append(anyio.current_time() - before)

    async with anyio.create_task_group() as group:
        for name in source.tasks:
            group.start_soon(wait, name)
            await anyio.sleep(0.01)
    assert max(waited) < 0.05


async def test_a_batch_that_fails_for_now_holds_up_only_its_own() -> None:
    """Two batches; the second one fails for a while."""
    source = FakeSource(batch=2, tasks={name: FakeTask(3.0) for name in "abcd"})
    source.fails = lambda number, ids: (
        ServerError("down", status=500) if "d" in ids and anyio.current_time() < 20 else None
    )
    poller = poller_of(source)
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
async def test_a_refused_caller_is_told_at_once(error: A2EError) -> None:
    source = FakeSource(tasks={name: FakeTask(50.0) for name in "abc"})
    source.fails = lambda number, ids: error
    poller = poller_of(source)
    caught: list[A2EError] = []

    async def wait(id: str) -> None:
        with pytest.raises(type(error)) as info:
            await poller.wait([id], born=0.0)
        caught.append(info.value)

    async with anyio.create_task_group() as group:
        for name in "abc":
            group.start_soon(wait, name)
    assert caught == [error] * 3
    assert source.requests == 1
    assert idle(poller)


async def test_an_id_that_spoils_the_batch_spoils_only_itself() -> None:
    """One malformed id among two hundred makes the batch route answer 400."""
    source = FakeSource(tasks={str(number): FakeTask(20.0 + number / 100) for number in range(200)})
    source.tasks["77"].shown = source.tasks["77"].known = NEVER
    source.fails = lambda number, ids: InvalidRequest("bad id", status=400) if "77" in ids else None
    poller = poller_of(source)
    outcome: dict[str, object] = {}

    async def wait(id: str) -> None:
        try:
            outcome[id] = (await poller.wait([id], born=0.0))[id]["status"]
        except TaskNotFound as error:
            outcome[id] = error.task_id

    async with anyio.create_task_group() as group:
        for name in source.tasks:
            group.start_soon(wait, name)
    assert outcome.pop("77") == "77"
    assert set(outcome.values()) == {"completed"}
    # Found out once, then left out of the batches.
    assert source.requests < 60


async def test_a_route_that_refuses_every_id_is_not_asked_for_each() -> None:
    source = FakeSource(tasks={str(number): FakeTask(5.0) for number in range(1000)})
    source.fails = lambda number, ids: InvalidRequest("no", status=400)
    poller = poller_of(source)
    failed: list[A2EError] = []

    async def wait(id: str) -> None:
        try:
            await poller.wait([id], born=0.0)
        except InvalidRequest as error:
            failed.append(error)

    async with anyio.create_task_group() as group:
        for name in source.tasks:
            group.start_soon(wait, name)
    assert len(failed) > 900
    assert source.requests < 120


async def test_a_vanished_task_is_not_found_after_some_patience() -> None:
    source = FakeSource()
    poller = poller_of(source)
    with pytest.raises(TaskNotFound) as info:
        await poller.wait(["gone"])
    assert info.value.task_id == "gone"
    assert 10 <= anyio.current_time() < 20
    assert source.details == 1
    # A later wait starts anew, and does not get the old error.
    source.tasks["gone"] = FakeTask(0.0)
    assert await poller.wait(["gone"]) == {"gone": {"_id": "gone", "status": "completed"}}


async def test_tasks_that_show_up_late_cost_no_request_each() -> None:
    source = FakeSource(tasks={str(number): FakeTask(15.0, shown=8.0, known=8.0) for number in range(100)})
    poller = poller_of(source)
    async with anyio.create_task_group() as group:
        for name in source.tasks:
            group.start_soon(wait_from_birth, poller, name)
    assert source.details == 0
    assert source.requests < 40


async def test_what_only_the_detail_route_knows_is_waited_for_there() -> None:
    source = FakeSource(tasks={"a": FakeTask(90.0, shown=NEVER)})
    poller = poller_of(source)
    await poller.wait(["a"])
    assert anyio.current_time() < 96
    assert source.details < 60


async def test_a_retry_after_holds_the_polling_back() -> None:
    source = FakeSource(tasks={"a": FakeTask(5.0)})
    slow = RateLimited("slow down", status=429)
    slow.retry_after = 300.0
    source.fails = lambda number, ids: slow if number == 0 else None
    await poller_of(source).wait(["a"], born=0.0)
    assert 300 <= anyio.current_time() < 310
    assert source.requests == 2


async def test_a_service_that_is_down_is_not_hammered() -> None:
    source = FakeSource(tasks={str(number): FakeTask(5.0) for number in range(50)})
    source.fails = lambda number, ids: ConnectionFailed("refused") if anyio.current_time() < 3000 else None
    poller = poller_of(source)
    async with anyio.create_task_group() as group:
        for name in source.tasks:
            group.start_soon(wait_from_birth, poller, name)
    # Asked for again as soon as the longest pause is over.
    assert anyio.current_time() <= 3011
    assert source.requests < 330


async def test_a_task_that_is_asked_for_alone_is_due_again_after_an_outage() -> None:
    class Down(FakeSource):
        async def read_one(self, id: str) -> Mapping[str, Any] | None:
            if anyio.current_time() < 3000:
                raise ConnectionFailed("refused")
            return await super().read_one(id)

    source = Down(tasks={"a": FakeTask(5.0)})
    source.fails = lambda number, ids: InvalidRequest("spoils a batch", status=400)
    await wait_from_birth(poller_of(source), "a")
    assert anyio.current_time() <= 3011


async def test_a_mistake_in_the_source_reaches_a_waiter_and_hangs_nobody() -> None:
    source = FakeSource(batch=2, tasks={name: FakeTask(5.0) for name in "abcde"})
    first = True

    def broken(number: int, ids: Sequence[str]) -> A2EError | None:
        nonlocal first
        if first:
            first = False
            raise ZeroDivisionError
        return None

    source.fails = broken
    poller = poller_of(source)
    ended: list[object] = []

    async def wait(id: str) -> None:
        try:
            ended.append((await poller.wait([id], born=0.0))[id]["status"])
        except ZeroDivisionError as error:
            ended.append(type(error))
        except BaseExceptionGroup as errors:
            ended.append(type(errors.exceptions[0]))

    async with anyio.create_task_group() as group:
        for name in "abcde":
            group.start_soon(wait, name)
    assert ended.count(ZeroDivisionError) == 1
    assert ended.count("completed") == 4
    assert idle(poller)
