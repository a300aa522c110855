"""Draw the plot of docs/polling.md: ``python -m tests.bench.polling_plot``.

The numbers come from the simulation of the unit tests, in virtual time, so they are the same on every
machine. `plots.py` draws them, in the benchmark's environment.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import anyio

from a2e_async._tasks.polling import Poller
from a2e_async.policies import Lateness
from tests.bench import environments
from tests.bench.host import ROOT
from tests.unit.tasks.simulation import FakeReader, FakeTask, poller_of, simulate, uniform, wait_from_birth
from tests.virtual_time import run

PLOTS = Path(__file__).parent / "plots.py"
TARGET = ROOT / "docs" / "polling.svg"

DURATION = uniform(40, 80)
CROWD = 200
LONE_FOR = 300.0  # seconds that the lone task takes
RUNS = {1: 60, 8: 20, 50: 6, 200: 3, 1000: 1}  # simulations to average over, by the number of tasks
LATENESSES = (0.5, 0.75, 1.5, 3.0, 6.0)

Row = dict[str, Any]


def main() -> None:
    """Simulate, draw, and put the plot beside its page."""
    rows = [*lone_task(), *crowds(), *costs()]
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "results.json").write_text(json.dumps({"polling": {"rows": rows}}))
        subprocess.run([environments.python("server"), PLOTS, folder], check=True, capture_output=True)
        TARGET.parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / "polling.svg", TARGET)


def lone_task() -> list[Row]:
    """The gap before each request for a lone task, by its age."""
    reader = FakeReader(tasks={"lone": FakeTask(LONE_FOR)})
    requests = _record_requests(reader)

    async def wait() -> None:
        await wait_from_birth(poller_of(reader), "lone")

    run("asyncio", wait)
    pairs = itertools.pairwise(requests)
    return [{"panel": "lone", "age": later, "gap": later - earlier} for earlier, later in pairs]


def crowds() -> list[Row]:
    """When requests are sent for two crowds of tasks; the poller has learned from the first one."""
    reader = FakeReader(delay=0.05)
    requests = _record_requests(reader)
    rng = random.Random(0)
    rows: list[Row] = []

    async def wait(poller: Poller, id: str) -> None:
        await poller.wait([id], born=anyio.current_time())

    async def wait_for_crowd(poller: Poller, crowd: str) -> None:
        began, sent = anyio.current_time(), len(requests)
        ids = [f"{crowd} {number}" for number in range(CROWD)]

        async with anyio.create_task_group() as group:
            for name in ids:
                reader.tasks[name] = FakeTask(anyio.current_time() + DURATION(rng))
                group.start_soon(wait, poller, name)

        rows.append(
            {
                "panel": "crowd",
                "crowd": crowd,
                "ended": sorted(reader.tasks[name].ends - began for name in ids),
                "requests": [moment - began for moment in requests[sent:]],
            }
        )

    async def both() -> None:
        poller = poller_of(reader)
        await wait_for_crowd(poller, "requests for the first, nothing known")
        await wait_for_crowd(poller, "requests for the second, durations known")

    run("asyncio", both)
    return rows


def costs() -> list[Row]:
    """Requests per task and mean lateness, by the number of tasks and the user's lateness."""
    rows: list[Row] = []
    for tasks, seeds in RUNS.items():
        for seconds in LATENESSES:
            results = [
                simulate(DURATION, tasks, delay=0.05, apart=0.003, lateness=Lateness(seconds), seed=seed)
                for seed in range(seeds)
            ]

            rows.append(
                {
                    "panel": "cost",
                    "tasks": tasks,
                    "lateness": seconds,
                    "late": fmean(cost.late for cost in results),
                    "polls": fmean(cost.polls for cost in results),
                }
            )
    return rows


def _record_requests(reader: FakeReader) -> list[float]:
    """The list to which the reader adds the time of each request."""
    moments: list[float] = []

    def note(number: int, ids: object) -> None:
        moments.append(anyio.current_time())

    reader.fails = note
    return moments


if __name__ == "__main__":
    main()
