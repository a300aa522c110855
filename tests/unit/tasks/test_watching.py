"""Watching tasks: each change, no request more than a wait, and nothing left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._tasks.polling import Poller
from a2e_async.errors import A2EError, AuthenticationError, TaskNotFound
from tests.unit.tasks.simulation import NEVER, FakeReader, FakeTask, poller_of
from tests.unit.tasks.test_polling import Visitor, fake_tasks, faults, visitors
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

_LONG = 1500.0  # seconds: more than the slowest takes to see all


class StagedReader(FakeReader):
    """Its tasks show a status of their own every ten seconds."""

    async def read(self, ids: Any) -> Mapping[str, Mapping[str, Any]]:
        records = await super().read(ids)
        return {name: self._staged(record) for name, record in records.items()}

    def _staged(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        if record["current_status"] != "processing":
            return record
        stage = int(anyio.current_time() // 10)
        word = ("queued", "processing", "copying")[min(stage, 2)]
        return {"_id": record["_id"], "current_status": word, "process": 10 * stage}


async def watch(
    poller: Poller, ids: list[str], *, pause: float = 0.0, born: float | None = 0.0
) -> list[tuple[str, str]]:
    """Watch tasks to their end; returns ids and statuses."""
    seen: list[tuple[str, str]] = []
    watching = poller.watching(ids, born=born)
    try:
        while news := await watching.change():
            for name, record in news.items():
                seen.append((name, record["current_status"]))
            await anyio.sleep(pause)
    finally:
        watching.close()
    return seen


async def test_each_change_is_seen_once() -> None:
    poller = poller_of(StagedReader(tasks={"a": FakeTask(35.0)}))
    seen = [status for _, status in await watch(poller, ["a"])]
    assert seen == ["queued", "processing", "copying", "copying", "completed"]  # twice: its progress grows
    assert poller.idle


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("watchers", "waiters"), [(1, 0), (5, 0), (1, 4), (40, 0), (3, 37)])
def test_watching_costs_no_request_more_than_waiting(backend: str, watchers: int, waiters: int) -> None:
    def requests(watching: int, waiting: int) -> tuple[int, float]:
        tasks = {str(number): FakeTask(30.0 + number) for number in range(watching + waiting)}
        reader = StagedReader(0.05, tasks=tasks)
        late: list[float] = []

        async def main() -> None:
            poller = poller_of(reader)

            async def one(name: str, watched: bool) -> None:
                if watched:
                    await watch(poller, [name])
                else:
                    await poller.wait([name], born=0.0)
                late.append(anyio.current_time() - tasks[name].ends)

            async with anyio.create_task_group() as group:
                for number, name in enumerate(tasks):
                    group.start_soon(one, name, number < watching)
            assert poller.idle

        run(backend, main)
        return reader.requests + reader.details, sum(late)

    cost, late = requests(watchers, waiters)
    plain_cost, plain_late = requests(0, watchers + waiters)
    assert cost <= plain_cost
    assert late <= plain_late + 0.01


async def test_whoever_is_slow_misses_no_last_record() -> None:
    reader = StagedReader(tasks={"a": FakeTask(12.0), "b": FakeTask(33.0), "c": FakeTask(300.0)})
    poller = poller_of(reader)
    seen: list[tuple[str, str]] = []

    async def slow() -> None:
        seen.extend(await watch(poller, ["a", "b"], pause=100.0))

    async with anyio.create_task_group() as group:
        group.start_soon(slow)
        group.start_soon(lambda: poller.wait(["c"], born=0.0))
    assert sorted(status for _, status in seen).count("completed") == 2
    assert len(seen) <= 4
    assert poller.idle


async def test_nothing_is_asked_while_nobody_waits() -> None:
    reader = StagedReader(tasks={"a": FakeTask(300.0)})
    poller = poller_of(reader)
    watching = poller.watching(["a"], born=0.0)
    await watching.change()
    before = reader.requests
    await anyio.sleep(200)
    assert reader.requests == before

    assert await watching.change()  # what has changed meanwhile is seen at once
    assert anyio.current_time() < 205
    watching.close()
    assert poller.idle


async def test_nothing_is_learned_while_nobody_asks() -> None:
    reader = StagedReader(tasks={"a": FakeTask(5.0)})
    poller = poller_of(reader)
    assert (await watch(poller, ["a"], pause=500.0))[-1] == ("a", "completed")
    assert max(poller._schedule._seen, default=0.0) < 10.0


async def test_a_cancelled_change_can_be_asked_for_again() -> None:
    poller = poller_of(StagedReader(tasks={"a": FakeTask(15.0)}))
    watching = poller.watching(["a"], born=0.0)
    seen = []
    for _ in range(100):
        with anyio.move_on_after(0.7):
            news = await watching.change()
            if not news:
                break
            seen += [record["current_status"] for record in news.values()]
    assert seen == ["queued", "processing", "completed"]
    watching.close()
    watching.close()
    assert poller.idle


async def test_whoever_goes_hands_the_lead_over() -> None:
    reader = StagedReader(tasks={"a": FakeTask(100.0), "b": FakeTask(20.0)})
    poller = poller_of(reader)
    ended: list[float] = []

    async def wait() -> None:
        await poller.wait(["b"], born=0.0)
        ended.append(anyio.current_time())

    watching = poller.watching(["a"], born=0.0)
    async with anyio.create_task_group() as group:
        group.start_soon(watching.change)
        await anyio.lowlevel.checkpoint()
        group.start_soon(wait)
        await anyio.sleep(5)
        watching.close()
    assert ended[0] < 24
    assert poller.idle


async def test_an_error_comes_after_the_news() -> None:
    reader = StagedReader(tasks={"a": FakeTask(1.0), "b": FakeTask(300.0)})
    reader.fails = lambda number, ids: AuthenticationError("no", status=401) if number else None
    poller = poller_of(reader)
    watching = poller.watching(["a", "b"], born=0.0)
    assert "a" in await watching.change()
    with pytest.raises(AuthenticationError):
        await watching.change()
    watching.close()
    assert poller.idle


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=15)
@given(
    tasks=st.lists(fake_tasks, min_size=8, max_size=8),
    people=st.lists(
        st.tuples(visitors, st.booleans(), st.sampled_from([0.0, 3.0, 60.0])), min_size=1, max_size=8
    ),
    faults=faults,
    delay=st.sampled_from([0.0, 0.05, 3.0]),
)
def test_any_interleaving(
    backend: str,
    tasks: list[FakeTask],
    people: list[tuple[Visitor, bool, float]],
    faults: Mapping[int, A2EError],
    delay: float,
) -> None:
    """Some watch and some wait; all get the last record of each of their tasks, unless they leave."""
    reader = FakeReader(delay, 200, {str(number): task for number, task in enumerate(tasks)})
    reader.fails = lambda number, ids: faults.get(number)
    served = 0

    async def visit(poller: Poller, visitor: Visitor, watches: bool, pause: float) -> None:
        nonlocal served
        ids = [str(number) for number in visitor.wants]
        await anyio.sleep(visitor.comes)
        born = anyio.current_time() if visitor.knows_birth else None
        last: dict[str, Any] = {}

        try:
            with anyio.move_on_after(_LONG if visitor.leaves is None else visitor.leaves) as scope:
                if not watches:
                    last.update(await poller.wait(ids, born=born))
                else:
                    watching = poller.watching(ids, born=born)
                    try:
                        while news := await watching.change():
                            last.update(news)
                            await anyio.sleep(pause)
                    finally:
                        watching.close()
        except TaskNotFound:
            pass  # the tests of waiting say when
        else:
            if scope.cancelled_caught:
                never = any(tasks[number].ends == NEVER for number in visitor.wants)
                assert visitor.leaves is not None or never
            else:
                assert {name: record["current_status"] for name, record in last.items()} == {
                    name: tasks[int(name)].word for name in ids
                }
        served += 1

    async def main() -> None:
        poller = poller_of(reader)
        async with anyio.create_task_group() as group:
            for visitor, watches, pause in people:
                group.start_soon(visit, poller, visitor, watches, pause)
        assert poller.idle

    run(backend, main)
    assert served == len(people)
    assert reader.under_way == 0
