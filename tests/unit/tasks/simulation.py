"""A workflow's tasks in virtual time, as a poller's source shows them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

import anyio
import attrs

from a2e_async._tasks.polling import Poller
from a2e_async.clock import SystemClock
from a2e_async.errors import A2EError, NotFound
from a2e_async.policies import Lateness
from tests.virtual_time import run

NEVER = 1e9


@attrs.define
class FakeTask:
    """One task at the server; times in seconds of the event loop's clock.

    Attributes:
        ends: when it ends.
        word: the status it ends with.
        shown: from when on the batch route knows it.
        known: from when on the detail route knows it.
    """

    ends: float
    word: str = "completed"
    shown: float = 0.0
    known: float = 0.0


@attrs.define
class FakeSource:
    """Records of fake tasks, and what it cost to read them.

    Attributes:
        delay: seconds of a round trip; the server looks at half of it.
        fails: given the number of the request (from 0) and the ids, the error it ends with, or None.
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
        return await self._answered(number, ids, lambda task: task.shown)

    async def read_one(self, id: str) -> Mapping[str, Any] | None:
        self.details += 1
        records = await self._answered(-1, [id], lambda task: task.known)
        if id not in records:
            raise NotFound("no such task", status=404)
        return records[id]

    def is_final(self, record: Mapping[str, Any]) -> bool:
        return bool(record["status"] != "processing")

    async def _answered(
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
                name: {"_id": name, "status": task.word if now >= task.ends else "processing"}
                for name in ids
                if (task := self.tasks.get(name)) is not None and now >= visible(task)
            }
            await anyio.sleep(self.delay / 2)
            return records
        finally:
            self.under_way -= 1


@attrs.frozen
class Cost:
    """What waiting cost.

    Attributes:
        late: seconds between the end of a task and its waiter's return, on average.
        polls: requests per task.
    """

    late: float
    polls: float


def uniform(low: float, high: float) -> Callable[[random.Random], float]:
    """Durations spread evenly."""
    return lambda rng: rng.uniform(low, high)


def normal(mean: float, sigma: float) -> Callable[[random.Random], float]:
    """Durations spread normally, none below a tenth of their mean."""
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
) -> Cost:
    """Let a cold poller wait for tasks, all at once or some at a time, and count what it costs.

    Args:
        duration: draws how long a task takes.
        tasks: how many.
        delay: seconds of a round trip.
        apart: seconds from one of the first starts to the next.
        concurrency: how many tasks there are at a time; all of them if None.
        lateness, seed, backend: of the poller, the durations, the event loop.
    """
    rng = random.Random(seed)
    source = FakeSource(delay)
    late: list[float] = []

    async def main() -> None:
        poller = Poller(source, lateness or Lateness(), SystemClock())

        async def job(id: str) -> None:
            source.tasks[id] = FakeTask(anyio.current_time() + delay / 2 + duration(rng))
            await anyio.sleep(delay)
            await poller.wait([id], born=anyio.current_time())
            late.append(anyio.current_time() - source.tasks[id].ends)

        names = (str(number) for number in range(tasks))

        async def worker(place: int) -> None:
            await anyio.sleep(place * apart)
            for name in names:
                await job(name)

        async with anyio.create_task_group() as group:
            for place in range(concurrency or tasks):
                group.start_soon(worker, place)

    run(backend, main)
    return Cost(fmean(late), (source.requests + source.details) / tasks)
