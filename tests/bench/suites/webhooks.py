"""Woken by the service's calls, beside polling: requests and lateness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

from tests.bench.processes import Row
from tests.bench.roster import A2E, BY_NAME, HOOKED, Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import failures
from tests.bench.suites.jobs import APART, COMPANY, LONG, Scenario, cpu_per_job, measured, requests_per_job
from tests.bench.tables import Table, by_client, cell, digits, milliseconds

TITLE = "Webhooks beside polling"

SCENARIOS = {
    200: Scenario("60s", 60, 20, 0.05, limit=150, repeats=3, patient=0),
    2000: Scenario("5s", 5, 1, 0.0, limit=90, repeats=3, patient=0),
}
"""By the number of jobs."""

CLIENTS = (BY_NAME[A2E], *HOOKED)


def run(plan: Plan) -> Iterator[Row]:
    """Clients that mostly wait go side by side, the others take turns within a repeat."""
    for jobs in plan.jobs or ((200,) if plan.quick else tuple(SCENARIOS)):
        scenario = SCENARIOS.get(jobs, SCENARIOS[200])
        size = COMPANY if scenario.mean >= LONG else 1
        for repeat in range(plan.repeats or (1 if plan.quick else scenario.repeats)):
            for first in range(0, len(CLIENTS), size):
                together: Sequence[Client] = CLIENTS[first : first + size]
                with ThreadPoolExecutor(len(together)) as pool:
                    yield from pool.map(partial(measured, scenario, jobs, repeat), together, count())


def tables(rows: Sequence[Row]) -> list[Table]:
    """One table for each number of jobs."""
    return [
        _table(jobs, [row for row in rows if row["jobs"] == jobs])
        for jobs in sorted({row["jobs"] for row in rows})
    ]


def _table(jobs: int, rows: list[Row]) -> Table:
    scenario = SCENARIOS.get(jobs, SCENARIOS[200])
    lines = [
        (
            name,
            cell(runs, "returned", lambda value: f"{value:.0f}"),
            cell(runs, requests_per_job, digits),
            cell(runs, "late_mean", lambda value: f"{value:.3f}"),
            cell(runs, "late_p95", lambda value: f"{value:.3f}"),
            cell(runs, cpu_per_job, milliseconds),
        )
        for name, runs in by_client(rows).items()
    ]
    way = (
        f"A call arrives after {scenario.rtt / 2 * 1000:.0f} ms and a request is answered after "
        f"{scenario.rtt * 1000:.0f} ms."
        if scenario.rtt
        else "No added delay."
    )
    notes = (
        f"Tasks take {scenario.mean:g} ± {scenario.spread:g} s. {way}",
        f"At most {COMPANY} side by side, {APART:g} s apart." if scenario.mean >= LONG else "",
        "Requests count the starts. CPU includes receiving the calls, with uvicorn in the same process.",
        failures(rows),
    )
    header = ("client", "returned", "requests a job", "late s", "late p95 s", "CPU ms a job")
    return Table(f"{jobs:,} jobs, {scenario.name}", header, lines, " ".join(filter(None, notes)))
