"""Simulate a workflow's tasks in virtual time, and count what it costs to wait for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import anyio
import attrs

from a2e_async._tasks.polling import Poller
from a2e_async._tasks.readers import TaskReader
from a2e_async.clock import SystemClock
from a2e_async.errors import A2EError, NotFound
from a2e_async.hooks import LocalBus, TaskHook
from a2e_async.policies import Lateness
from tests.virtual_time import run

NEVER = 1e9


@attrs.define
class FakeTask:
    """One task at the server; times in seconds of the event loop's clock.

    Attributes:
        ends: when it ends.
        word: the status that it ends with.
        shown: when the batch route begins to know it.
        known: when the detail route begins to know it.
    """

    ends: float
    word: str = "completed"
    shown: float = 0.0
    known: float = 0.0


@attrs.define
class FakeReader:
    """A `TaskReader` of fake tasks. It counts the requests.

    Attributes:
        delay: seconds of a round trip; the server reads the task after half of it.
        batch: the number of ids that one request can ask for.
        tasks: the tasks at the server, by id.
        fails: takes the number of the request (from 0) and its ids; returns the error that it ends with,
            or None.
        requests: batch requests so far.
        details: requests for a single task so far.
        under_way: requests that are not answered yet.
        most_under_way: the most that there were at a time.
        largest: the most ids in one request.
    """

    delay: float = 0.0
    batch: int = 200
    tasks: dict[str, FakeTask] = attrs.field(factory=dict[str, FakeTask])
    fails: Callable[[int, Sequence[str]], A2EError | None] = lambda number, ids: None
    requests: int = 0
    details: int = 0
    under_way: int = 0
    most_under_way: int = 0
    largest: int = 0

    async def read(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        number = self.requests
        self.requests += 1
        self.largest = max(self.largest, len(ids))
        return await self._answer(number, ids, lambda task: task.shown)

    async def read_one(self, id: str) -> Mapping[str, Any] | None:
        self.details += 1
        records = await self._answer(-1, [id], lambda task: task.known)
        if id not in records:
            raise NotFound("no such task", status=404)
        return records[id]

    async def _answer(
        self, number: int, ids: Sequence[str], visible: Callable[[FakeTask], float]
    ) -> Mapping[str, Mapping[str, Any]]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await anyio.sleep(self.delay / 2)

            now = anyio.current_time()
            error = self.fails(number, ids) if number >= 0 else None
            if error is not None:
                raise error
            records = {
                name: {"_id": name, "current_status": task.word if now >= task.ends else "processing"}
                for name in ids
                if (task := self.tasks.get(name)) is not None and now >= visible(task)
            }

            await anyio.sleep(self.delay / 2)
            return records
        finally:
            self.under_way -= 1


def poller_of(reader: TaskReader, lateness: Lateness | None = None, *, confirm: bool = True) -> Poller:
    """A poller on the event loop's clock, by default with the default lateness."""
    return Poller(reader, lateness or Lateness(), SystemClock(), confirm=confirm)


async def wait_from_birth(poller: Poller, id: str) -> None:
    """Wait for a task that was accepted when the event loop's time began."""
    await poller.wait([id], born=0.0)


async def wait_for_each(poller: Poller, ids: Iterable[str]) -> None:
    """Wait for such tasks, with a waiter for each."""
    async with anyio.create_task_group() as group:
        for name in ids:
            group.start_soon(wait_from_birth, poller, name)


@attrs.frozen
class Cost:
    """The cost of waiting.

    Attributes:
        late: mean seconds between the end of a task and its waiter's return.
        polls: requests per task.
    """

    late: float
    polls: float


@attrs.frozen
class Calls:
    """How the service calls about tasks that have ended.

    Attributes:
        delay: seconds that a call takes.
        lost: the share of calls that never come.
        confirm: the poller's.
        named: whether calls contain the task's record.
    """

    delay: float = 0.0
    lost: float = 0.0
    confirm: bool = True
    named: bool = True


def called(id: str, status: str = "completed", *, named: bool = True) -> TaskHook:
    """A call about a task. Its marker is the task's id."""
    records = ({"_id": id, "current_status": status},) if named else ()
    return TaskHook(id, event=f"task.{status}", records=records)


def uniform(low: float, high: float) -> Callable[[random.Random], float]:
    """Draw durations from a uniform distribution."""
    return lambda rng: rng.uniform(low, high)


def normal(mean: float, sigma: float) -> Callable[[random.Random], float]:
    """Draw durations from a normal distribution; none is below a tenth of the mean."""
    return lambda rng: max(mean / 10, rng.gauss(mean, sigma))


def simulate(
    duration: Callable[[random.Random], float],
    tasks: int,
    *,
    delay: float = 0.0,
    apart: float = 0.0,
    concurrency: int | None = None,
    lateness: Lateness | None = None,
    seed: int = 0,
    backend: str = "asyncio",
    calls: Calls | None = None,
) -> Cost:
    """Let a poller that knows nothing yet wait for tasks, and count the cost.

    Args:
        duration: draws the seconds that a task takes.
        tasks: the number of tasks.
        delay: seconds of a round trip.
        apart: seconds between the first starts.
        concurrency: the number of tasks at a time; None for all at once.
        lateness: the poller's.
        seed: makes the durations repeatable.
        backend: the event loop, "asyncio" or "trio".
        calls: how the service calls; None if it does not.
    """
    rng, losses = random.Random(seed), random.Random(seed + 1)
    reader = FakeReader(delay)
    bus = LocalBus()
    late: list[float] = []

    async def main() -> None:
        poller = poller_of(reader, lateness, confirm=calls is None or calls.confirm)
        callers = anyio.create_task_group()

        async def call(id: str, way: Calls) -> None:
            await anyio.sleep(reader.tasks[id].ends + way.delay - anyio.current_time())
            bus.deliver(called(id, named=way.named))

        async def job(id: str) -> None:
            reader.tasks[id] = FakeTask(anyio.current_time() + delay / 2 + duration(rng))
            slot = None if calls is None else bus.slot(id)
            if calls is not None and losses.random() >= calls.lost:
                callers.start_soon(call, id, calls)
            await anyio.sleep(delay)
            await poller.wait([id], born=anyio.current_time(), slot=slot)
            late.append(anyio.current_time() - reader.tasks[id].ends)

        names = (str(number) for number in range(tasks))

        async def worker(place: int) -> None:
            await anyio.sleep(place * apart)
            for name in names:
                await job(name)

        async with callers, anyio.create_task_group() as group:
            for place in range(concurrency or tasks):
                group.start_soon(worker, place)

    run(backend, main)
    return Cost(fmean(late), (reader.requests + reader.details) / tasks)
