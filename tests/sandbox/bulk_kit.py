"""What the tests of bulk runs share: a sandbox and a client on one clock, jobs, and the journal's entries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs

from a2e_async import A2E, BulkRun, Job, Outcome, StartPolicy
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.chaos.faults import PRICE
from tests.chaos.processes import rows
from tests.virtual_time import held_by_threads

__all__ = [
    "PRICE",
    "Stage",
    "cancel_when",
    "drained",
    "entries",
    "ids",
    "pictures",
    "rerun",
    "run_pictures",
    "stage",
]


@attrs.frozen
class Stage:
    """A sandbox, its client and their clock.

    Attributes:
        sandbox: the service.
        a2e: a client of its account.
        clock: the clock of both.
    """

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
    """Run a sandbox whose clock jumps ahead by itself. An image_to_video costs `PRICE`.

    Args:
        start: the client's policy for starts.
        client: other options of the client.
        **options: options of the sandbox.
    """
    clock = VirtualClock(auto=True, grace=0.0005, step=0.4)
    given = {
        "prices": {"image_to_video": PRICE},
        "durations": {"*": (6.0, 1.5)},
        **options,
    }

    with held_by_threads(clock):
        async with Sandbox(clock=clock, **given) as sandbox:
            policy = {"start": start} if start else {}
            a2e = Stage(sandbox, A2E("sk_x"), clock).client(**policy, **(client or {}))
            async with a2e:
                yield Stage(sandbox, a2e, clock)


async def cancel_when(work: Callable[[], Coroutine[Any, Any, None]], condition: Callable[[], bool]) -> None:
    """Begin the work, and cancel it as soon as the condition holds."""
    async with anyio.create_task_group() as group:
        group.start_soon(work)
        with anyio.fail_after(20):
            while not condition():
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()


async def rerun(
    on: Stage,
    jobs: Callable[[A2E], Iterable[Job[Any]]],
    *,
    policy: StartPolicy | None = None,
    **settings: Any,
) -> list[Outcome]:
    """Run the jobs with a new client, as after a crash. Returns all Outcomes.

    Args:
        on: the stage.
        jobs: makes the jobs with the new client.
        policy: the new client's policy for starts.
        **settings: options of the bulk run.
    """
    later = on.client(**{"start": policy} if policy else {})
    async with later, later.bulk(jobs(later), **settings) as run:
        return await drained(run)


def pictures(a2e: A2E, count: int, *, first: int = 0, **body: Any) -> Iterator[Job[Any]]:
    """Jobs that differ in the URL of their picture."""
    for number in range(first, first + count):
        yield a2e.image_to_video(**{"image_url": f"https://e.com/{number}.png", "prompt": "it waves", **body})


async def drained(run: BulkRun) -> list[Outcome]:
    """All Outcomes, in the order of the input."""
    outcomes = [outcome async for outcome in run]
    return sorted(outcomes, key=lambda outcome: outcome.index)


async def run_pictures(on: Stage, journal: Path, count: int = 3) -> None:
    """Run pictures to their end, with a journal."""
    async with on.a2e.bulk(pictures(on.a2e, count), journal=journal) as run:
        await drained(run)


def ids(outcomes: list[Outcome]) -> list[str]:
    """The task ids of the Outcomes that have a result."""
    return [outcome.result.task.id for outcome in outcomes if outcome.result]


def entries(journal: Path) -> list[dict[str, Any]]:
    """The entries of a journal as they are on disk now; the journal may be open."""
    return sorted(rows(journal), key=lambda row: row["number"])
