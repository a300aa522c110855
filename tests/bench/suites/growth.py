"""From ten jobs to a hundred thousand: what one more job costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.bench.processes import Row, serving
from tests.bench.roster import A2E, BATCHED, BY_NAME, NAIVE, REFERENCE, Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import SEED, attempt, failures
from tests.bench.suites.jobs import cpu_per_job, requests_per_job
from tests.bench.tables import Table, by_client, cell, digits, milliseconds

TITLE = "Growth"
JOBS = (10, 100, 1000, 10_000, 100_000)
MEAN, SPREAD = 360.0, 60.0
"""Seconds; the shortest task outlives the starting of a hundred thousand, so that all are in flight."""

LIMIT = 1800.0
SMALL = 10_000
MOST = {NAIVE: 100, BATCHED: 10_000}
"""Where a loop is left behind."""

IDLE = Client("coroutines alone", "httpx", "idle", REFERENCE, {"seconds": 5.0}, about="the waiting itself")


def run(plan: Plan) -> Iterator[Row]:
    """One run of each; the bench's own coroutines are measured too, to be taken off.

    All clients and all but the largest numbers go side by side, each with a server of its own: they
    mostly wait.
    """
    sizes = plan.jobs or ((10, 100, 1000) if plan.quick else JOBS)
    wanted = [client for client in plan.clients() if client.name in (A2E, BATCHED, NAIVE)]
    for some in ([jobs for jobs in sizes if jobs <= SMALL], *([jobs] for jobs in sizes if jobs > SMALL)):
        pairs = [
            (client, jobs)
            for jobs in some
            for client in (IDLE, *wanted)
            if jobs <= MOST.get(client.name, jobs)
        ]
        if pairs:
            with ThreadPoolExecutor(len(pairs)) as pool:
                yield from pool.map(_one, *zip(*pairs, strict=True))


def _one(client: Client, jobs: int) -> Row:
    setup = {"seed": SEED, "mean": MEAN, "spread": SPREAD}
    spec = {
        "jobs": jobs,
        "setup": setup,
        "limit": LIMIT,
        "options": client.options,
        "warm": client is not IDLE,
    }
    with serving() as server:
        return attempt(server, client, "session", {"jobs": jobs}, spec, LIMIT)


def memory_per_job(row: Row) -> float | None:
    """Bytes of growth over jobs."""
    return row["growth"] / row["jobs"] if "growth" in row else None


def kilobytes(value: float) -> str:
    """Bytes as KB."""
    return digits(value / 1000)


def tables(rows: Sequence[Row]) -> list[Table]:
    """One line for each client and number of jobs."""
    idle = {row["jobs"]: row for row in by_client(rows).get(IDLE.name, [])}
    lines = []
    for name, runs in by_client(rows).items():
        for jobs in sorted({row["jobs"] for row in runs}):
            some = [row for row in runs if row["jobs"] == jobs and "growth" in row]
            floor = memory_per_job(idle[jobs]) if jobs in idle else None
            lines.append(
                (
                    name,
                    f"{jobs:,}",
                    cell(some, "in_flight", lambda value: f"{value:,.0f}"),
                    cell(some, requests_per_job, digits) if name in BY_NAME else "",
                    cell(some, "late_mean", lambda value: f"{value:.2f}"),
                    cell(some, cpu_per_job, milliseconds),
                    cell(some, partial(_waiting, floor=floor), kilobytes),
                    cell(some, memory_per_job, kilobytes),
                )
            )
    header = (
        "client",
        "jobs",
        "in flight",
        "requests a job",
        "late s",
        "CPU ms a job",
        "KB a waiting job",
        "peak KB a job",
    )
    note = (
        f"Tasks take {MEAN:g} ± {SPREAD:g} s, no added delay. Memory: growth of the process for each "
        "job in flight when most are (less the bench's own coroutines), and its peak over all jobs. "
        f"{failures(list(rows))}"
    )
    return [Table("Cost of one more job", header, lines, note.strip())]


def _waiting(row: Row, *, floor: float | None) -> float | None:
    held = row.get("held")
    return None if held is None or floor is None else max(0.0, held - floor)
