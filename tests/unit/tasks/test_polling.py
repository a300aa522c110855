"""Waiting: each waiter gets exactly its own records or error, and does not disturb the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from a2e_async._tasks.polling import Poller
from a2e_async.errors import (
    A2EError,
    ConnectionFailed,
    RateLimited,
    ServerError,
    TaskNotFound,
    UnexpectedReply,
)
from tests.unit.tasks.simulation import NEVER, FakeReader, FakeTask, poller_of, wait_for_each
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


@attrs.frozen
class Visitor:
    """A waiter.

    Attributes:
        comes: when it begins to wait.
        wants: the tasks that it waits for.
        leaves: seconds after which it gives up; None for never.
        knows_birth: whether it knows when the tasks were accepted.
    """

    comes: float
    wants: tuple[int, ...]
    leaves: float | None
    knows_birth: bool


LONG = 600.0  # seconds: many of the longest pauses after the last task has ended

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
@settings(deadline=None, max_examples=20)
@given(
    tasks=st.lists(fake_tasks, min_size=8, max_size=8),
    people=st.lists(visitors, min_size=1, max_size=8),
    faults=faults,
    delay=st.sampled_from([0.0, 0.05, 3.0]),
    batch=st.sampled_from([1, 3, 200]),
)
@example(  # The leader goes, and the next waiter in line gives up before it is woken to lead.
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
    reader = FakeReader(delay, batch, {str(number): task for number, task in enumerate(tasks)})
    reader.fails = lambda number, ids: faults.get(number)
    served: list[Visitor] = []
    not_found: list[tuple[str | None, list[str]]] = []

    async def visit(poller: Poller, visitor: Visitor) -> None:
        ids = [str(number) for number in visitor.wants]
        await anyio.sleep(visitor.comes)
        born = anyio.current_time() if visitor.knows_birth else None

        try:
            with anyio.move_on_after(LONG if visitor.leaves is None else visitor.leaves) as scope:
                records = await poller.wait(ids, born=born)
        except TaskNotFound as error:
            served.append(visitor)
            not_found.append((error.task_id, ids))
            return

        served.append(visitor)
        if scope.cancelled_caught:
            # A waiter without a limit gives up only on a task that never ends.
            assert visitor.leaves is not None or any(tasks[number].ends == NEVER for number in visitor.wants)
            return

        assert records.keys() == set(ids)
        for name, record in records.items():
            task = tasks[int(name)]
            assert record == {"_id": name, "current_status": task.word}
            assert anyio.current_time() >= task.ends

    async def main() -> None:
        poller = poller_of(reader)
        async with anyio.create_task_group() as group:
            for visitor in people:
                group.start_soon(visit, poller, visitor)
        assert poller.idle

    run(backend, main)
    assert len(served) == len(people)
    for lost, ids in not_found:
        assert lost in ids
        assert min(tasks[int(lost or -1)].shown, tasks[int(lost or -1)].known) > 0
    assert reader.under_way == 0
    assert reader.largest <= batch


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=20)
@given(leaves=st.lists(st.floats(0.01, 12), min_size=1, max_size=6), delay=st.sampled_from([0.0, 1.0]))
def test_a_cancelled_waiter_disturbs_no_other(backend: str, leaves: list[float], delay: float) -> None:
    """Not even the leader, nor while a request is under way. It costs at most one request more."""

    def waited(leaving: Sequence[float]) -> tuple[float, int]:
        reader = FakeReader(delay, tasks={str(n): FakeTask(10.0) for n in range(len(leaves) + 1)})
        ended: list[float] = []

        async def stay(poller: Poller) -> None:
            await poller.wait(["0"], born=0.0)
            ended.append(anyio.current_time())

        async def leave(poller: Poller, number: int, after: float) -> None:
            with anyio.move_on_after(after):
                await poller.wait([str(number)], born=0.0)

        async def main() -> None:
            poller = poller_of(reader)
            async with anyio.create_task_group() as group:
                for number, after in enumerate(leaving, start=1):
                    group.start_soon(leave, poller, number, after)
                group.start_soon(stay, poller)
            assert poller.idle

        run(backend, main)
        assert reader.under_way == 0
        return ended[0], reader.requests

    calm_end, calm_requests = waited([100.0] * len(leaves))
    end, requests = waited(leaves)
    # One pause between requests, and one request that must be sent again.
    assert end <= calm_end + 2 * delay + 4.5
    # The waiter that stays is alone in the end, and a lone task is asked for more often.
    assert requests <= calm_requests + len(leaves) + 12


async def test_two_hundred_waiters_share_their_requests() -> None:
    reader = FakeReader(0.05, tasks={str(number): FakeTask(30 + number / 20) for number in range(200)})
    poller = poller_of(reader)
    await wait_for_each(poller, reader.tasks)
    assert reader.requests < 70
    assert reader.most_under_way == 1
    assert poller.idle


async def test_several_waiters_for_one_task_share_it() -> None:
    reader = FakeReader(tasks={"a": FakeTask(5.0)})
    poller = poller_of(reader)
    got: list[Mapping[str, Any]] = []

    async def wait() -> None:
        got.append(await poller.wait(["a", "a"], born=0.0))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(wait)
    assert got == [{"a": {"_id": "a", "current_status": "completed"}}] * 10
    assert reader.requests <= 8


async def test_nothing_to_wait_for() -> None:
    reader = FakeReader()
    assert await poller_of(reader).wait([]) == {}
    assert reader.requests == 0


async def test_a_task_of_an_earlier_process_is_asked_for_at_once() -> None:
    reader = FakeReader(tasks={"new": FakeTask(50.0), "old": FakeTask(0.0)})
    poller = poller_of(reader)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: poller.wait(["new"], born=anyio.current_time()))
        await anyio.sleep(10.3)
        before = anyio.current_time()
        await poller.wait(["old"])
        assert anyio.current_time() - before < 0.1


async def test_arrivals_do_not_put_off_the_next_request() -> None:
    """The tasks are added one after the other, faster than the shortest pause between requests."""
    reader = FakeReader(tasks={str(number): FakeTask(0.0) for number in range(100)})
    poller = poller_of(reader)
    waited: list[float] = []

    async def wait(id: str) -> None:
        before = anyio.current_time()
        await poller.wait([id])
        waited.append(anyio.current_time() - before)

    async with anyio.create_task_group() as group:
        for name in reader.tasks:
            group.start_soon(wait, name)
            await anyio.sleep(0.01)
    assert max(waited) < 0.05
