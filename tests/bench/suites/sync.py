"""The client without await: what a call costs beyond the async client's, and threads that share polls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from tests.bench.processes import Row, serving
from tests.bench.roster import A2E, BY_NAME, SYNC
from tests.bench.suites import Plan
from tests.bench.suites.attempt import attempt, failures
from tests.bench.suites.jobs import Scenario, cpu_per_job, measured, requests_per_job
from tests.bench.tables import Table, by_client, cell, digits, milliseconds

TITLE = "Without await"
THREADS = 200
SCENARIO = Scenario("5s", 5, 1, 0.0, limit=90, repeats=3, patient=0)
CALLS, JOBS = "calls", "jobs"
KINDS = {"job": "make a Job", "get": "read a task", "nothing": "a call that sends nothing"}


def run(plan: Plan) -> Iterator[Row]:
    """Single calls in one process, and a thread for each job beside a coroutine for each."""
    if not plan.wants(A2E):
        return

    with serving() as server:
        for repeat in range(plan.repeats or (1 if plan.quick else 5)):
            spec = {"rounds": 300 if plan.quick else 2000}
            keys: Row = {"what": CALLS, "repeat": repeat}
            yield attempt(server, SYNC, CALLS, keys, spec, 120.0)

    for repeat in range(plan.repeats or (1 if plan.quick else SCENARIO.repeats)):
        for client in (BY_NAME[A2E], SYNC):
            for jobs in plan.jobs or (THREADS,):
                yield {**measured(SCENARIO, jobs, repeat, client, 0), "what": JOBS}


def more(row: Row, one: str, other: str) -> float | None:
    """Seconds by which one kind of call takes longer."""
    return row[one] - row[other] if one in row else None


def tables(rows: Sequence[Row]) -> list[Table]:
    """A table of single calls, and one of threads."""
    calls = [row for row in rows if row.get("what") == CALLS]
    jobs = [row for row in rows if row.get("what") == JOBS]
    return [_calls(calls), _jobs(jobs)]


def _calls(rows: list[Row]) -> Table:
    lines = [
        (
            name,
            cell(rows, f"async_{kind}", milliseconds),
            cell(rows, f"sync_{kind}", milliseconds),
            cell(rows, partial(more, one=f"sync_{kind}", other=f"async_{kind}"), milliseconds),
        )
        for kind, name in KINDS.items()
    ]
    note = (
        "Milliseconds of wall time, the middle of many calls, over an in-memory transport. Without await a "
        f"call goes to the client's thread and back. {failures(rows)}"
    )
    return Table("One call", ("", "async ms", "without await ms", "more ms"), lines, note.strip())


def _jobs(rows: list[Row]) -> Table:
    lines = [
        (
            name,
            cell(runs, "returned", lambda value: f"{value:.0f}"),
            cell(runs, requests_per_job, digits),
            cell(runs, "late_mean", lambda value: f"{value:.3f}"),
            cell(runs, cpu_per_job, milliseconds),
        )
        for name, runs in by_client(rows).items()
    ]
    note = (
        f"Tasks take {SCENARIO.mean:g} ± {SCENARIO.spread:g} s. Without await each job has a thread, and all "
        f"threads have one client. {failures(rows)}"
    )
    header = ("client", "returned", "requests a job", "late s", "CPU ms a job")
    return Table("A thread for each job", header, lines, note.strip())
