"""The schedule: how late tasks are noticed, for how many requests, for how much CPU and memory."""

from __future__ import annotations

import gc
import itertools
import math
import random
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from statistics import fmean

import anyio
import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._tasks.schedule import Cohort, Schedule, group_by_age
from a2e_async.errors import ConfigurationError
from a2e_async.policies import Lateness
from a2e_async.tasks import Task
from tests.unit.tasks.simulation import NEVER, FakeReader, FakeTask, normal, poller_of, simulate, uniform
from tests.virtual_time import run

pytestmark = pytest.mark.slow

_ANYIO = tuple(int(part) for part in version("anyio").split(".")[:2])

FIVE = uniform(4, 6)
SIXTY = uniform(40, 80)
START = 0.003  # seconds of CPU that a start takes, and so the seconds between two acceptances


# Lateness and requests. In virtual time they are the same on every machine.


@pytest.mark.parametrize(
    ("duration", "delay", "late", "polls"),
    [(FIVE, 0.0, 0.15, 0.15), (SIXTY, 0.05, 0.30, 0.60)],
    ids=["5s", "60s"],
)
def test_two_hundred_tasks_at_once_cost_little(
    duration: Callable[[random.Random], float], delay: float, late: float, polls: float
) -> None:
    costs = [simulate(duration, 200, delay=delay, apart=START, seed=seed) for seed in range(3)]
    assert fmean(cost.late for cost in costs) <= late
    assert fmean(cost.polls for cost in costs) <= polls


@pytest.mark.parametrize(
    ("duration", "tasks", "delay", "late", "polls"),
    [(FIVE, 2000, 0.0, 0.06, 0.1), (SIXTY, 1200, 0.05, 0.2, 0.52)],
    ids=["5s", "60s"],
)
def test_thousands_of_tasks_cost_no_more_each(
    duration: Callable[[random.Random], float], tasks: int, delay: float, late: float, polls: float
) -> None:
    cost = simulate(duration, tasks, delay=delay, apart=START)
    assert cost.late <= late
    assert cost.polls <= polls


@pytest.mark.parametrize("duration", [uniform(36, 68), uniform(44, 92), uniform(3.3, 5), uniform(4.8, 7)])
def test_other_durations_cost_about_the_same(
    duration: Callable[[random.Random], float],
) -> None:
    cost = simulate(duration, 200, delay=0.05, apart=START)
    assert cost.late <= 0.33
    assert cost.polls <= 0.67


def test_normal_durations() -> None:
    cost = simulate(normal(5, 1), 200)
    assert cost.late <= 0.2
    assert cost.polls <= 0.25
    assert simulate(normal(60, 10), 200, delay=0.05).late <= 0.36


def test_a_stream_of_tasks_of_all_ages() -> None:
    cost = simulate(FIVE, 300, concurrency=64)
    assert cost.late <= 0.2
    assert cost.polls <= 0.35
    cost = simulate(SIXTY, 200, concurrency=64, delay=0.05)
    assert cost.late <= 0.6
    assert cost.polls <= 1.2


def test_a_lone_task_is_noticed_within_the_users_lateness() -> None:
    costs = [simulate(uniform(45, 75), 1, seed=seed) for seed in range(120)]
    assert fmean(cost.late for cost in costs) == pytest.approx(Lateness().seconds, rel=0.15)
    assert fmean(cost.polls for cost in costs) <= 36


def test_half_the_lateness_costs_about_twice_the_requests() -> None:
    usual = simulate(SIXTY, 200, delay=0.05)
    hurried = simulate(SIXTY, 200, delay=0.05, lateness=Lateness(0.75))
    assert hurried.late < 0.65 * usual.late
    assert 1.5 < hurried.polls / usual.polls < 2.2


def test_durations_seen_save_requests() -> None:
    """A poller that has seen tasks finish does not ask for the next ones while they are too young."""
    reader = FakeReader()
    rng = random.Random(0)
    asked: list[float] = []

    async def main() -> None:
        poller = poller_of(reader)

        async def wait(name: str) -> None:
            await poller.wait([name], born=anyio.current_time())

        async def batch(prefix: str) -> int:
            before = reader.requests
            async with anyio.create_task_group() as group:
                for number in range(50):
                    name = f"{prefix}{number}"
                    reader.tasks[name] = FakeTask(anyio.current_time() + rng.uniform(55, 65))
                    group.start_soon(wait, name)
            return reader.requests - before

        asked.append(await batch("first"))
        asked.append(await batch("second"))

    run("asyncio", main)
    assert asked[1] < 0.9 * asked[0]


# CPU and memory.


def test_the_time_of_the_next_request_is_found_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = 0
    hazard = Schedule.hazard

    def counted(self: Schedule, age: float, waiting: int) -> float:
        nonlocal looked_up
        looked_up += 1
        return hazard(self, age, waiting)

    monkeypatch.setattr(Schedule, "hazard", counted)
    simulate(SIXTY, 200, delay=0.05)
    # A look-up takes less than a microsecond, so these take less than 0.015 ms a job.
    assert looked_up / 200 < 15


@attrs.define
class Waiting:
    """A task that is waited for, as the schedule sees it."""

    born: float
    asked: float


def test_a_hundred_thousand_waiting_tasks_make_few_cohorts() -> None:
    tasks = [Waiting(born=number * 0.006, asked=number * 0.006) for number in range(100_000)]
    cohorts = group_by_age(tasks, 600.0)
    assert sum(cohort.tasks for cohort, _ in cohorts) == 100_000
    assert len(cohorts) < 500


class _Workflow:
    name = "pictures"


def test_a_waiting_task_is_small() -> None:
    """Counted are the Task, the poller's entry and what its waiter sleeps on, not the event loop's task."""
    count = 300
    reader = FakeReader(batch=count)
    grown: list[float] = []

    async def idle(event: anyio.Event) -> None:
        await event.wait()

    async def measured(poll: bool) -> float:
        poller = poller_of(reader)
        raws = [{"_id": f"{number:024x}"} for number in range(count)]
        for raw in raws:
            reader.tasks[raw["_id"]] = FakeTask(NEVER)

        gate = anyio.Event()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        kept = []
        async with anyio.create_task_group() as group:
            for raw in raws:
                if poll:
                    task: Task[object] = Task(_Workflow(), [raw])  # type: ignore[arg-type,type-var]
                    kept.append(task)
                    group.start_soon(poller.wait, task.ids)
                else:
                    group.start_soon(idle, gate)
            await anyio.wait_all_tasks_blocked()
            used = tracemalloc.get_traced_memory()[0] - before
            group.cancel_scope.cancel()
        return used / count

    async def main() -> None:
        tracemalloc.start()
        try:
            grown.append(await measured(poll=True))
            grown.append(await measured(poll=False))
        finally:
            tracemalloc.stop()

    run("asyncio", main)
    # An event of an older release of anyio holds a queue as well.
    bound = 3_000 if _ANYIO >= (4, 15) else 5_000
    assert grown[0] - grown[1] < bound


# The schedule by itself.


@pytest.mark.parametrize("name", ["seconds", "longest"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "1", None, True, 0.001])
def test_a_lateness_that_would_poll_without_pause_or_never_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Lateness(**{name: value})  # type: ignore[arg-type]


times = st.floats(0, 1e5)


@settings(deadline=None, max_examples=100)
@given(
    seen=st.lists(st.floats(0, 1e4), max_size=40),
    cohorts=st.lists(st.tuples(times, times, st.integers(1, 5000)), min_size=1, max_size=8),
    now=times,
    lateness=st.builds(Lateness, st.floats(0.01, 100), st.floats(0.01, 1000)),
    batch=st.integers(1, 200),
)
def test_the_next_request_is_always_some_time_ahead(
    seen: list[float],
    cohorts: list[tuple[float, float, int]],
    now: float,
    lateness: Lateness,
    batch: int,
) -> None:
    schedule = Schedule(lateness, batch)
    for duration in seen:
        schedule.observe(duration)

    waiting = [
        Cohort(min(born, now), max(min(born, now), min(asked, now)), tasks) for born, asked, tasks in cohorts
    ]
    waiting.sort()

    last_request = max(cohort.asked for cohort in waiting)
    pause = schedule.next_tick(waiting, last_request, now)
    earliest = sorted(seen)[len(seen) // 20] if len(seen) >= 8 else 0.0
    assert 0.02 <= pause <= 1e-6 + max(0.02, lateness.longest, 2.0, earliest / 4)
    assert math.isfinite(pause)
    for cohort in waiting:
        assert schedule.joins(cohort, 10, now) in (True, False)


def test_tasks_that_are_too_young_are_rarely_asked_for() -> None:
    schedule = Schedule(Lateness(), 200)
    for number in range(100):
        schedule.observe(50 + number / 5)
    asked, born, looks = 0.0, 0.0, []
    while asked < 80:
        asked += schedule.next_tick([Cohort(born, asked, 100)], asked, asked)
        looks.append(asked)
    young = sum(look < 45 for look in looks)
    assert young <= 4
    assert sum(50 <= look <= 70 for look in looks) > 5 * young


def test_old_durations_are_forgotten() -> None:
    schedule = Schedule(Lateness(), 200)
    for duration in itertools.chain([500.0] * 600, [5.0] * 600):
        schedule.observe(duration)
    assert schedule.first_look() < 2.5


def test_a_task_that_outlives_all_others_is_not_asked_for_all_the_time() -> None:
    schedule = Schedule(Lateness(), 200)
    for number in range(100):
        schedule.observe(50 + number / 5)
    pauses = [schedule.next_tick([Cohort(0.0, age, 1)], age, age) for age in (200.0, 600.0)]
    assert pauses[0] > 4
    assert pauses[1] > 8


def test_a_failed_batch_of_quick_tasks_does_not_wake_everyone_early() -> None:
    """A few tasks that fail at once, as moderated ones do, are not taken for typical ones."""
    schedule = Schedule(Lateness(), 200)
    for number in range(200):
        schedule.observe(1.0 if number % 40 == 0 else 60.0 + number % 7)
    asked, looks = 0.0, 0
    while asked < 50:
        asked += schedule.next_tick([Cohort(0.0, asked, 100)], asked, asked)
        looks += 1
    assert looks < 15
