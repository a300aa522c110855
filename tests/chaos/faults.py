"""A bulk run under one kind of fault: every job must be one task, paid once and delivered once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from a2e_async import A2E, Outcome, StartPolicy, Summary
from a2e_async.sandbox import Faults, Sandbox, VirtualClock
from a2e_async.sandbox.ledger import Ledger

__all__ = ["KINDS", "PRICE", "RATES", "Row", "run", "task_id"]

RATES = (0.0, 0.01, 0.1, 0.3)
PRICE = 10
WINDOW = 150.0  # seconds for which lost starts are searched

# The name in the table -> the sandbox's fault and its settings.
KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "reset before the work": ("reset_before", {}),
    "reset after the work": ("reset_after", {}),
    "500 after the work": ("status_500_after", {}),
    "504, done up to 60 s later": ("late_504", {"late_by": 60.0}),
    "truncated reply": ("truncated", {}),
    "429 with Retry-After": ("status_429", {"retry_after": 2.0}),
    # Lists are read only when an answer is lost, so some answers are.
    "late in lists by 20 s": ("late_visibility", {"visible_after": 20.0, "reset_after": 0.1}),
    "task fails": ("task_fails", {}),
    "task vanishes": ("task_vanishes", {}),
}


@attrs.frozen
class Row:
    """How a run ended, according to the sandbox's ledger.

    Attributes:
        kind: the kind of fault; see `KINDS`.
        rate: how often it occurs, 0 to 1.
        jobs: jobs of the run.
        made: tasks made.
        paid: tasks charged for.
        delivered: tasks whose end, good or bad, is in an Outcome.
        requests: API requests that arrived.
        seconds: duration in seconds of the sandbox's clock.
        real: duration in seconds of the wall clock.
        problems: other differences between the run and the ledger.
    """

    kind: str
    rate: float
    jobs: int
    made: int
    paid: int
    delivered: int
    requests: int
    seconds: float
    real: float
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every job is one task, paid once and delivered once."""
        return self.jobs == self.made == self.paid == self.delivered and not self.problems


def task_id(outcome: Outcome) -> str | None:
    """The id of the task whose end is in the Outcome."""
    if outcome.result is not None:
        return outcome.result.task.id
    return getattr(outcome.error, "task_id", None)


async def run(kind: str, rate: float, jobs: int, journal: Path | None = None, *, step: float = 0.0) -> Row:
    """Run the jobs under one kind of fault, which may hit any API operation.

    Args:
        kind: the kind of fault; see `KINDS`.
        rate: how often it occurs, 0 to 1.
        jobs: the number of jobs.
        journal: the journal of the run, or None.
        step: seconds within which the clock merges deadlines. A larger step is coarser, but faster.
    """
    fault, settings = KINDS[kind]
    clock = VirtualClock(auto=True, step=step)
    began = time.monotonic()

    sandbox = Sandbox(
        clock=clock,
        faults=Faults(**{**settings, fault: rate}) if rate else (),
        coins=10**9,
        prices={"image_to_video": PRICE},
        durations={"image_to_video": (30.0, 10.0)},
    )
    async with sandbox:
        client = A2E(
            sandbox.token, base_url=sandbox.url, clock=clock, start=StartPolicy(window=WINDOW, resubmit=True)
        )
        async with client as a2e:
            inputs = (
                a2e.image_to_video(image_url=f"https://e.com/{number}.png", prompt="it waves")
                for number in range(jobs)
            )
            async with a2e.bulk(inputs, concurrency=100, journal=journal) as bulk:
                ended = [task_id(outcome) async for outcome in bulk]
        ledger = sandbox.ledger

    return Row(
        kind,
        rate,
        jobs,
        made=ledger.made(),
        paid=ledger.charged["image_to_video"] // PRICE,
        delivered=len({task.id for task in ledger.tasks} & set(ended)),
        requests=ledger.count("api"),
        seconds=clock.now(),
        real=time.monotonic() - began,
        problems=tuple(_problems(ended, bulk.summary(), ledger)),
    )


def _problems(ended: Sequence[str | None], summary: Summary, ledger: Ledger) -> Iterator[str]:
    """Differences between the run's own numbers and the ledger's."""
    if len(ended) != summary.jobs:
        yield f"{len(ended)} Outcomes"
    if summary.coins != ledger.charged["image_to_video"]:
        yield f"the summary says {summary.coins:g} coins"
    if summary.requests != ledger.count("api"):
        yield f"the summary says {summary.requests} requests"
