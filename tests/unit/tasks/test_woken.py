"""Waiting with webhooks: a call makes its task due, and polling remains the fallback and the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async.errors import A2EError, ServerError, TaskNotFound
from a2e_async.event_loops import running_loop
from a2e_async.hooks import HookSlot, TaskHook
from tests.unit.tasks.simulation import (
    FakeReader,
    FakeTask,
    called,
    poller_of,
    uniform,
)
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

SIXTY = uniform(40, 80)
START = 0.003  # seconds between two acceptances
AT_ONCE = 0.25  # seconds


class Line:
    """Waiters of tasks that the service calls about, and what became of them. Times count from now.

    Attributes:
        reader: the service.
        poller: what is tested.
        returned: when each waiter returned.
    """

    def __init__(
        self,
        many: Mapping[str, float] | None = None,
        *,
        confirm: bool = True,
        delay: float = 0.05,
        **few: float,
    ) -> None:
        tasks = {**(many or {}), **few}
        self.began = anyio.current_time()
        fake = {name: FakeTask(self.began + ends) for name, ends in tasks.items()}
        self.reader = FakeReader(delay, tasks=fake)
        self.poller = poller_of(self.reader, confirm=confirm)
        self.slots = {name: HookSlot(name) for name in tasks}
        self.returned: dict[str, float] = {}

    async def wait(self, name: str) -> None:
        """Wait for a task that was accepted at the beginning."""
        records = await self.poller.wait([name], born=self.began, slot=self.slots[name])
        assert records[name]["_id"] == name
        self.returned[name] = anyio.current_time() - self.began

    async def until(self, moment: float) -> None:
        """Sleep until a moment."""
        await anyio.sleep_until(self.began + moment)

    def call(self, name: str, status: str = "completed", *, named: bool = True) -> None:
        """Call about a task now."""
        self.slots[name].deliver(called(name, status, named=named))

    async def calls(self, *calls: tuple[float, str]) -> None:
        """Wait for all tasks, and call about some at their times."""
        async with anyio.create_task_group() as group:
            for name in self.slots:
                group.start_soon(self.wait, name)
            for moment, name in sorted(calls):
                await self.until(moment)
                self.call(name)


@pytest.mark.parametrize("named", [True, False])
async def test_a_call_makes_its_task_due_at_once(named: bool) -> None:
    line = Line(kite=30.0)
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait, "kite")
        await line.until(30.0)
        polls = line.reader.requests
        line.call("kite", named=named)
    assert 30.05 <= line.returned["kite"] <= 30 + AT_ONCE
    assert line.reader.requests == polls + 1


async def test_calls_at_the_same_time_are_gathered() -> None:
    tasks = {f"kite{number}": 30.0 for number in range(50)}
    line = Line(tasks)
    async with anyio.create_task_group() as group:
        for name in tasks:
            group.start_soon(line.wait, name)
        await line.until(30.0)
        polls = line.reader.requests
        for name in tasks:
            await anyio.sleep(0.001)
            line.call(name)
    assert line.reader.requests == polls + 1
    assert max(line.returned.values()) <= 30 + AT_ONCE


async def test_a_call_before_anyone_waits_counts() -> None:
    line = Line(kite=0.0)
    line.call("kite")
    await line.wait("kite")
    assert line.returned["kite"] <= AT_ONCE
    assert line.reader.requests == 1


async def test_two_calls_cost_one_request() -> None:
    line = Line(kite=30.0)
    await line.calls((30.0, "kite"), (30.01, "kite"))

    once = Line(kite=30.0)
    await once.calls((30.0, "kite"))
    assert line.reader.requests == once.reader.requests


async def test_a_call_after_the_poll_changes_nothing() -> None:
    line = Line(kite=5.0)
    await line.wait("kite")
    polls = line.reader.requests
    line.call("kite")
    await anyio.sleep(60)
    assert line.reader.requests == polls
    assert line.poller.idle


async def test_a_call_about_a_task_that_is_still_running_is_asked_about_once() -> None:
    """A service that called too early, or whose routes are behind, must not be asked again and again."""
    line = Line(kite=60.0)
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait, "kite")
        await line.until(20.0)
        for _ in range(100):
            line.call("kite")
            await anyio.sleep(0.1)
    quiet = Line(kite=60.0)
    await quiet.wait("kite")
    assert line.reader.requests <= quiet.reader.requests + 5  # after 0, 2, 6 s
    assert line.returned["kite"] == pytest.approx(60, abs=4)


@pytest.mark.parametrize("confirm", [True, False])
@pytest.mark.parametrize("moment", [2.0, 2.2, 2.35, 2.5, 2.69, 2.7, 2.71])
async def test_a_call_while_a_request_is_under_way(moment: float, confirm: bool) -> None:
    """The answer shows the task as ended, and so does the call. It is settled once."""
    line = Line(kite=2.3, other=6.0, confirm=confirm, delay=0.7)
    for name in ("kite", "other"):
        line.slots[name] = line.slots["kite"]  # one start made both

    async def wait_for_both() -> None:
        await line.poller.wait(["kite", "other"], born=line.began, slot=line.slots["kite"])
        line.returned["both"] = anyio.current_time() - line.began

    async with anyio.create_task_group() as group:
        group.start_soon(wait_for_both)
        group.start_soon(line.wait, "kite")
        await line.until(moment)
        line.call("kite")
        line.call("kite")
    assert line.returned["kite"] < 4
    assert line.returned["both"] >= 6
    assert line.poller.idle


@pytest.mark.parametrize("confirm", [True, False])
async def test_the_leader_is_woken_by_a_call_about_its_own_task(confirm: bool) -> None:
    line = Line(leads=30.0, other=50.0, confirm=confirm)
    await line.calls((30.0, "leads"))
    assert line.returned["leads"] <= 30 + AT_ONCE
    assert 50 <= line.returned["other"] <= 58


async def test_without_confirming_a_final_record_ends_the_wait() -> None:
    line = Line(kite=30.0, confirm=False)
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait, "kite")
        await line.until(25.0)  # nobody asks the service whether it is true
        polls = line.reader.requests
        line.call("kite", "failed")
    assert line.returned["kite"] == pytest.approx(25.0, abs=0.01)
    assert line.reader.requests == polls


@pytest.mark.parametrize(
    "hook", [called("kite", named=False), called("kite", "processing"), TaskHook("kite")]
)
async def test_without_confirming_anything_less_is_asked_about(hook: TaskHook) -> None:
    line = Line(kite=30.0, confirm=False)
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait, "kite")
        await line.until(30.0)
        polls = line.reader.requests
        line.slots["kite"].deliver(hook)
    assert 30.05 <= line.returned["kite"] <= 30 + AT_ONCE
    assert line.reader.requests == polls + 1


async def test_a_call_that_names_another_task_is_about_all_of_the_start() -> None:
    line = Line(kite=30.0)
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait, "kite")
        await line.until(30.0)
        line.slots["kite"].deliver(called("somebody-elses"))
    assert line.returned["kite"] <= 30 + AT_ONCE


async def test_a_call_does_not_save_a_task_that_the_service_denies() -> None:
    line = Line()
    slot = HookSlot("kite")
    slot.deliver(called("kite"))
    with pytest.raises(TaskNotFound):
        await line.poller.wait(["kite"], born=line.began, slot=slot)
    assert line.poller.idle


async def test_calls_do_not_break_a_pause_that_the_service_asks_for() -> None:
    error = ServerError("overloaded", status=503)
    error.retry_after = 20.0
    line = Line(kite=3.0)

    def fails(number: int, ids: object) -> A2EError | None:
        return error if number == 0 else None

    line.reader.fails = fails
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait, "kite")
        for _ in range(15):
            await anyio.sleep(1.0)
            line.call("kite")
    assert line.returned["kite"] >= 21
    assert line.reader.requests == 2


async def test_a_waiter_that_leaves_hears_nothing_more() -> None:
    line = Line(kite=30.0)
    with anyio.move_on_after(10):
        await line.wait("kite")
    assert line.slots["kite"]._listeners == ()
    line.call("kite")
    await anyio.sleep(1)
    assert line.poller.idle
    await line.wait("kite")
    assert 30 <= line.returned["kite"] <= 34


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=40)
@given(
    starts=st.lists(
        st.tuples(
            st.lists(st.floats(0, 20).map(lambda value: round(value, 2)), min_size=1, max_size=3),
            st.lists(
                st.tuples(
                    st.floats(0, 25).map(lambda value: round(value, 2)),
                    st.integers(0, 2),
                    st.booleans(),
                ),
                max_size=5,
            ),
        ),
        min_size=1,
        max_size=5,
    ),
    confirm=st.booleans(),
    delay=st.sampled_from([0.0, 0.05, 0.9]),
    batch=st.sampled_from([1, 3, 200]),
)
def test_every_waiter_gets_all_its_records_whatever_is_called(
    backend: str,
    starts: list[tuple[list[float], list[tuple[float, int, bool]]]],
    confirm: bool,
    delay: float,
    batch: int,
) -> None:
    """One start makes up to three tasks. Calls come at any time, with and without the record of then."""
    reader = FakeReader(delay, batch)
    poller = poller_of(reader, confirm=confirm)
    done = 0

    async def start(number: int) -> None:
        nonlocal done
        ends, calls = starts[number]
        names = [f"{number}-{place}" for place in range(len(ends))]
        reader.tasks.update({name: FakeTask(end) for name, end in zip(names, ends, strict=True)})
        slot = HookSlot(str(number))

        async def call() -> None:
            for moment, place, named in sorted(calls):
                await anyio.sleep_until(moment)
                name = names[place % len(names)]
                has_ended = anyio.current_time() >= reader.tasks[name].ends
                slot.deliver(called(name, "completed" if has_ended else "processing", named=named))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            records = await poller.wait(names, born=0.0, slot=slot)
            assert [records[name]["current_status"] for name in names] == ["completed"] * len(names)
            assert anyio.current_time() >= max(ends)
        done += 1

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for number in range(len(starts)):
                group.start_soon(start, number)

    run(backend, main)
    assert done == len(starts)
    assert poller.idle
    assert (poller._hearing.called(), poller._hearing._heard) == ([], 0)


def work(seconds: float) -> None:
    """Let time pass without a pause of the event loop."""
    if is_trio():
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, trio.testing.MockClock)
        clock.jump(seconds)
    else:
        loop: Any = asyncio.get_running_loop()
        loop._jumping.skipped += seconds


def is_trio() -> bool:
    """Whether trio runs."""
    return type(running_loop()).__module__.startswith("trio")


async def test_a_stream_of_calls_does_not_put_the_request_off() -> None:
    reader = FakeReader(tasks={str(number): FakeTask(0.0) for number in range(300)})
    poller = poller_of(reader)
    slots = {name: HookSlot(name) for name in reader.tasks}
    requests: list[int] = []

    async def wait(name: str) -> None:
        await poller.wait([name], born=0.0, slot=slots[name])

    async with anyio.create_task_group() as group:
        for name in slots:
            group.start_soon(wait, name)
        await anyio.wait_all_tasks_blocked()
        for name, slot in slots.items():
            slot.deliver(called(name))
            work(0.003)
            await anyio.lowlevel.checkpoint()
            requests.append(reader.requests)
    assert requests[len(slots) // 2] > 0
