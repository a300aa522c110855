"""What waiting costs with webhooks: requests, lateness, memory; and how surely calls are taken to come."""

from __future__ import annotations

import functools
import gc
import math
import random
from collections.abc import Callable, Sequence
from statistics import fmean

import anyio
import pytest

from a2e_async._tasks.hearing import Hearing
from a2e_async._tasks.polling import Poller
from a2e_async._tasks.schedule import Cohort, Schedule
from a2e_async._tasks.status import end_by_status
from a2e_async._tasks.waiting import WaitingTask
from a2e_async.hooks import HookSlot, LocalBus
from tests.unit.tasks.simulation import (
    Calls,
    Cost,
    FakeReader,
    FakeTask,
    called,
    normal,
    poller_of,
    simulate,
    uniform,
)
from tests.virtual_time import run

pytestmark = pytest.mark.slow

SIXTY = uniform(40, 80)
START = 0.003  # seconds between two acceptances


# Lateness and requests. In virtual time they are the same on every machine.


@functools.cache
def mean_cost(
    calls: Calls | None, duration: Callable[[random.Random], float] = SIXTY, tasks: int = 200
) -> Cost:
    """The mean over some runs. A call takes half a round trip of 50 ms."""
    costs = [simulate(duration, tasks, delay=0.05, apart=START, seed=seed, calls=calls) for seed in range(2)]
    return Cost(fmean(cost.late for cost in costs), fmean(cost.polls for cost in costs))


WAY = 0.075  # seconds that a call and a request take together


@pytest.fixture(scope="module")
def polled() -> Cost:
    """The cost without calls."""
    return mean_cost(None)


def test_two_hundred_tasks_that_are_called_about(polled: Cost) -> None:
    cost = mean_cost(Calls(0.025))
    assert cost.late <= WAY + 0.05 < polled.late / 2
    assert cost.polls <= 0.7


def test_without_confirming_a_task_costs_no_request() -> None:
    cost = mean_cost(Calls(0.025, confirm=False))
    assert cost.late <= 0.05
    assert cost.polls <= 0.05


@pytest.mark.parametrize("confirm", [True, False])
def test_three_calls_in_ten_lost_is_never_worse_than_polling(polled: Cost, confirm: bool) -> None:
    cost = mean_cost(Calls(0.025, lost=0.3, confirm=confirm))
    assert cost.late <= 1.1 * polled.late
    assert cost.polls <= 1.1 * polled.polls


def test_if_all_calls_are_lost_the_first_tasks_show_it(polled: Cost) -> None:
    cost = mean_cost(Calls(0.025, lost=1.0))
    assert cost.late <= polled.late + 0.3  # seconds, for the first few of 200 tasks
    assert cost.polls <= 1.1 * polled.polls


@pytest.mark.parametrize("confirm", [True, False])
@pytest.mark.parametrize("duration", [uniform(4, 6), normal(60, 20)], ids=["5s", "60s normal"])
def test_other_durations_are_no_worse_with_lost_calls(
    duration: Callable[[random.Random], float], confirm: bool
) -> None:
    polled = mean_cost(None, duration)
    lossy = mean_cost(Calls(0.025, lost=0.3, confirm=confirm), duration)
    assert lossy.late <= 1.1 * polled.late
    assert lossy.polls <= 1.1 * polled.polls


def test_hundreds_of_short_tasks() -> None:
    woken = simulate(uniform(4, 6), 600, apart=START, calls=Calls(confirm=False))
    assert woken.late <= 0.01
    assert woken.polls <= 0.05
    lossy = simulate(uniform(4, 6), 800, apart=START, calls=Calls(lost=0.3))
    assert lossy.late <= 0.06  # as polling alone
    assert lossy.polls <= 0.1


def test_a_crowd_is_not_looked_at_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look takes a time in proportion to the crowd, and a thousand calls may come within a second."""
    looks: list[int] = []
    look = Schedule.next_tick

    def counted(schedule: Schedule, cohorts: Sequence[Cohort], last_request: float, now: float) -> float:
        looks.append(sum(cohort.tasks for cohort in cohorts))
        return look(schedule, cohorts, last_request, now)

    monkeypatch.setattr(Schedule, "next_tick", counted)
    tasks = 500
    simulate(uniform(5, 6), tasks, delay=0.05, apart=0.0, calls=Calls(0.025))
    assert sum(looks) <= 100 * tasks


def test_a_lone_task() -> None:
    polled = [simulate(uniform(45, 75), 1, delay=0.05, seed=seed) for seed in range(20)]
    woken = [simulate(uniform(45, 75), 1, delay=0.05, seed=seed, calls=Calls(0.025)) for seed in range(20)]
    assert fmean(cost.late for cost in woken) <= 0.2
    assert fmean(cost.polls for cost in woken) <= fmean(cost.polls for cost in polled)


# What is heard.


def entry_of(name: str = "kite") -> WaitingTask:
    """A task that is waited for."""
    return WaitingTask(name, born=0.0, asked=0.0, aged=True, judge=end_by_status)


def test_calls_that_come_late_do_not_count_as_lost() -> None:
    hearing, slots = Hearing(1.5), [HookSlot(str(number)) for number in range(20)]
    for slot in slots:
        entry = entry_of(slot.marker)
        hearing.expect(entry, slot)
        hearing.ended(entry)
        hearing.forget(entry)
    assert hearing.lost > 0.8
    for slot in slots:
        slot.deliver(called(slot.marker))
    assert hearing.lost < 0.05


def test_without_webhooks_nothing_changes() -> None:
    hearing = Hearing(1.5)
    assert hearing.unheard(10) == hearing.unheard(0) == 1.0
    assert hearing.due == math.inf
    assert hearing.called() == []


def test_hundreds_of_tasks_leave_few_slots_behind() -> None:
    """The newest lost calls are still waited for, to learn how surely calls come."""
    bus = LocalBus()
    reader = FakeReader()

    async def main() -> Poller:
        poller = poller_of(reader, confirm=False)

        async def one(name: str) -> None:
            slot = bus.slot(name)
            reader.tasks[name] = FakeTask(1.0)
            if int(name) % 2:
                bus.deliver(called(name))
            await poller.wait([name], born=0.0, slot=slot)

        async with anyio.create_task_group() as group:
            for number in range(600):
                group.start_soon(one, str(number))
        return poller

    poller = run("asyncio", main)
    gc.collect()
    assert poller.idle
    assert len(bus._slots) <= 128


def test_a_slot_is_dropped_with_its_last_owner() -> None:
    bus = LocalBus()
    slot = bus.slot("kite")
    assert bus.slot("kite") is slot
    del slot
    gc.collect()
    assert len(bus._slots) == 0
    bus.deliver(called("kite"))  # nobody waits
