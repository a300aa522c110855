"""What the tests of bulk runs share: a sandbox and a client on one clock, jobs, and looks into a journal."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs

from a2e_async import A2E, BulkRun, Job, Outcome, StartPolicy
from a2e_async.sandbox import Sandbox, VirtualClock

PRICE = 10


@attrs.frozen
class Stage:
    """A sandbox, its client and their clock."""

    sandbox: Sandbox
    a2e: A2E
    clock: VirtualClock

    def made(self, workflow: str | None = None) -> int:
        """Tasks made so far."""
        return self.sandbox.ledger.made(workflow)

    def client(self, **options: Any) -> A2E:
        """Another client of the same account."""
        given = {
            "base_url": self.sandbox.url,
            "clock": self.clock,
            "start": StartPolicy(window=90.0),
            **options,
        }
        return A2E(self.sandbox.token, **given)


@asynccontextmanager
async def stage(
    *, start: StartPolicy | None = None, client: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Stage]:
    """A sandbox whose clock jumps by itself; every image_to_video costs `PRICE`."""
    clock = VirtualClock(auto=True, grace=0.0005, step=0.4)
    given = {
        "prices": {"image_to_video": PRICE},
        "durations": {"*": (20.0, 5.0)},
        **options,
    }
    async with Sandbox(clock=clock, **given) as sandbox:
        made = Stage(sandbox, A2E("sk_x"), clock).client(
            **{"start": start} if start else {}, **(client or {})
        )
        async with made:
            yield Stage(sandbox, made, clock)


async def cut_off(work: Callable[[], Awaitable[object]], when: Callable[[], bool]) -> None:
    """Begin the work, and cancel it as soon as that is so."""
    async with anyio.create_task_group() as group:
        group.start_soon(work)
        with anyio.fail_after(20):
            while not when():
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()


async def rerun(
    on: Stage,
    jobs: Callable[[A2E], Iterable[Job[Any]]],
    *,
    policy: StartPolicy | None = None,
    **settings: Any,
) -> list[Outcome]:
    """All Outcomes of a run by a client that knows of nothing before, as after a crash."""
    later = on.client(**{"start": policy} if policy else {})
    async with later, later.bulk(jobs(later), **settings) as run:
        return await drained(run)


def pictures(a2e: A2E, count: int, *, first: int = 0, **body: Any) -> Iterator[Job[Any]]:
    """Jobs that differ in their picture's URL."""
    for number in range(first, first + count):
        yield a2e.image_to_video(**{"image_url": f"https://e.com/{number}.png", "prompt": "it waves", **body})


async def drained(run: BulkRun) -> list[Outcome]:
    """All Outcomes, in the order of the input."""
    outcomes = [outcome async for outcome in run]
    return sorted(outcomes, key=lambda outcome: outcome.index)


def ids(outcomes: list[Outcome]) -> list[str]:
    """The tasks of the Outcomes that have a result."""
    return [outcome.result.task.id for outcome in outcomes if outcome.result]


def entries(journal: Path) -> list[dict[str, Any]]:
    """The entries of a journal as it is on disk now, though somebody has it open."""
    with tempfile.TemporaryDirectory() as folder:
        for path in journal.parent.glob(journal.name + "*"):
            shutil.copy(path, folder)
        connection = sqlite3.connect(Path(folder) / journal.name)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute("SELECT * FROM jobs ORDER BY number")]
        finally:
            connection.close()
