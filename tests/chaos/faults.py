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
from tests.chaos.ends import task_id
from tests.virtual_time import held_by_threads

__all__ = ["KINDS", "ODD_KINDS", "ODD_RATES", "PRICE", "RATES", "Row", "run"]

RATES = (0.0, 0.01, 0.1, 0.3)
ODD_RATES = (0.1, 0.3)
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

_READS = ("batch", "detail", "list")

ODD_KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "start without an id": ("no_id", {}),
    "data is the id": ("data_is_id", {}),
    "id under another name": ("id_elsewhere", {}),
    "code 200 for success": ("code_200", {}),
    "empty 200 after the work": ("empty_200", {}),
    "reply written twice": ("duplicate", {}),
    "completed before its output": ("late_output", {"output_after": 25.0}),
    "404 page on reads": ("status_404", {"operations": _READS}),
    # A lost answer makes the client search, so that all routes for reading are used.
    "no batch route": ("reset_after", {"missing_route": ("batch",)}),
    "no batch, no detail route": ("reset_after", {"missing_route": ("batch", "detail")}),
    "429, come back in an hour": ("status_429", {"retry_after": 3600.0}),
    "503, maintenance for an hour": ("maintenance", {}),
    "error page instead of media": ("error_page", {"operations": "download"}),
    "all at once": (
        "no_id",
        {
            "id_elsewhere": 0.05,
            "code_200": 0.05,
            "empty_200": 0.05,
            "duplicate": 0.05,
            "reset_after": 0.05,
            "maintenance": 0.02,
            "late_output": 0.1,
            "late_visibility": 0.1,
            "missing_route": ("batch",),
        },
    ),
}
"""The odd replies of a service that did the work, or of what is in front of it. They run at `ODD_RATES`."""

HIDES_THE_PRICE = ("data_is_id", "id_elsewhere")
"""Faults whose replies to starts have no ``coins``: the run's own account may say less than was charged."""


@attrs.frozen
class Row:
    """How a run ended, according to the sandbox's ledger.

    Attributes:
        kind: the kind of fault; see `KINDS` and `ODD_KINDS`.
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


async def run(kind: str, rate: float, jobs: int, journal: Path | None = None, *, step: float = 0.0) -> Row:
    """Run the jobs under one kind of fault, which may hit any API operation.

    Args:
        kind: the kind of fault; see `KINDS` and `ODD_KINDS`.
        rate: how often it occurs, 0 to 1.
        jobs: the number of jobs.
        journal: the journal of the run, or None.
        step: seconds within which the clock merges deadlines. A larger step is coarser, but faster.
    """
    fault, settings = {**KINDS, **ODD_KINDS}[kind]
    out = _folder_for_files(journal) if fault == "error_page" else None
    clock = VirtualClock(auto=True, step=step)
    began = time.monotonic()

    sandbox = Sandbox(
        clock=clock,
        faults=Faults(**{**settings, fault: rate}) if rate else (),
        coins=10**9,
        prices={"image_to_video": PRICE},
        durations={"image_to_video": (30.0, 10.0)},
    )
    with held_by_threads(clock):
        async with sandbox:
            client = A2E(
                sandbox.token,
                base_url=sandbox.url,
                clock=clock,
                start=StartPolicy(window=WINDOW, resubmit=True),
            )
            async with client as a2e:
                inputs = (
                    a2e.image_to_video(image_url=f"https://e.com/{number}.png", prompt="it waves")
                    for number in range(jobs)
                )
                async with a2e.bulk(inputs, concurrency=100, journal=journal, download_to=out) as bulk:
                    outcomes = [outcome async for outcome in bulk]
            ledger = sandbox.ledger

    ended = [task_id(outcome) for outcome in outcomes]
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
        problems=(*_problems(ended, bulk.summary(), ledger), *_mixed_up(outcomes, ledger), *_pages(outcomes)),
    )


def _folder_for_files(journal: Path | None) -> Path | None:
    return None if journal is None else journal.parent / "files"


def _problems(ended: Sequence[str | None], summary: Summary, ledger: Ledger) -> Iterator[str]:
    """Differences between the run's own numbers and the ledger's."""
    if len(ended) != summary.jobs:
        yield f"{len(ended)} Outcomes"
    charged = ledger.charged["image_to_video"]
    hidden = any(ledger.faults[fault] for fault in HIDES_THE_PRICE)
    if summary.coins > charged or (summary.coins < charged and not hidden):
        yield f"the summary says {summary.coins:g} coins"
    if summary.requests != ledger.count("api"):
        yield f"the summary says {summary.requests} requests"


def _mixed_up(outcomes: Sequence[Outcome], ledger: Ledger) -> Iterator[str]:
    """Results that are another job's: the service names each task as its start did."""
    names = {task.id: task.name for task in ledger.tasks}
    for outcome in outcomes:
        if outcome.result is None:
            continue
        task = outcome.result.task
        echoed = outcome.result.record.raw.get("image_url")
        asked = outcome.job.body.get("image_url")
        if task.id not in names or (echoed and asked and echoed != asked):
            yield f"{task.id} is not the task of its job"


def _pages(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Error pages that were kept as results."""
    for outcome in outcomes:
        for path in outcome.paths:
            if Path(path).read_bytes()[:2] in (b"<!", b"<?", b'{"'):
                yield f"{path} is an error page"
