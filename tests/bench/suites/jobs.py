"""Many jobs at once: requests, lateness, CPU and memory of submit-and-wait."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import attrs

from tests.bench.processes import Row, serving
from tests.bench.roster import BATCHED, NAIVE, PEER, Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import SEED, attempt, failures
from tests.bench.tables import Table, by_client, cell, digits, megabytes, milliseconds, ratio, times

TITLE = "Jobs started together, each awaited"


@attrs.frozen
class Scenario:
    """How long tasks take and how far away the server is; seconds, durations uniform in mean ± spread.

    Attributes:
        repeats: runs of each client.
        patient: who asks for each job by itself is measured up to this number of jobs, once.
    """

    name: str
    mean: float
    spread: float
    rtt: float
    limit: float
    repeats: int
    patient: int


SCENARIOS = {
    "5s": Scenario("5s", 5, 1, 0.0, limit=90, repeats=3, patient=2000),
    "60s": Scenario("60s", 60, 20, 0.05, limit=150, repeats=3, patient=200),
}
JOBS = (200, 2000)
MANY = 1000
"""From this number of jobs on, clients run with their defaults only."""

LONG = 60
"""Seconds of a task from which a client that sends few requests is idle most of the time."""

COMPANY = 3
"""Clients side by side: more of them would slow each other down."""

APART = 5.0
"""Seconds between their beginnings: while jobs start nobody is idle, and whoever polls by the same rule
would poll at the same moments."""


def run(plan: Plan) -> Iterator[Row]:
    """Clients take turns within a repeat, so that noise from outside hits all."""
    names = plan.scenarios or (("5s",) if plan.quick else tuple(SCENARIOS))
    for scenario in (SCENARIOS[name] for name in names):
        for jobs in plan.jobs or ((200,) if plan.quick else JOBS):
            for repeat in range(plan.repeats or (1 if plan.quick else scenario.repeats)):
                clients = [
                    client
                    for client in plan.clients(extras=jobs < MANY)
                    if not _asks_for_each(client) or _is_patient(scenario, jobs, repeat)
                ]
                for together in _turns(scenario, clients):
                    with ThreadPoolExecutor(len(together)) as pool:
                        yield from pool.map(partial(measured, scenario, jobs, repeat), together, count())


def _asks_for_each(client: Client) -> bool:
    return client.role == PEER or client.name == NAIVE


def _is_patient(scenario: Scenario, jobs: int, repeat: int) -> bool:
    """Whether there is time for those who ask for each job: the many jobs and the long ones only once."""
    return jobs <= scenario.patient and not (repeat and (jobs >= MANY or scenario.mean >= LONG))


def _turns(scenario: Scenario, clients: Sequence[Client]) -> list[list[Client]]:
    """One by one; where tasks are long, a few of those that mostly wait go side by side."""
    if scenario.mean < LONG:
        return [[client] for client in clients]
    idle = [client for client in clients if not client.busy]
    together = [idle[first : first + COMPANY] for first in range(0, len(idle), COMPANY)]
    return [*together, *([client] for client in clients if client.busy)]


def measured(scenario: Scenario, jobs: int, repeat: int, client: Client, place: int) -> Row:
    """One run of a client, with a server of its own; its place among those side by side delays it."""
    keys: Row = {"scenario": scenario.name, "jobs": jobs, "repeat": repeat}
    setup = {
        "seed": SEED + repeat,
        "mean": scenario.mean,
        "spread": scenario.spread,
        "rtt": scenario.rtt,
        **client.setup,
    }
    spec = {"jobs": jobs, "setup": setup, "limit": scenario.limit, "options": client.options}
    time.sleep(place * APART)
    with serving() as server:
        return attempt(server, client, "session", keys, spec, scenario.limit)


def requests_per_job(row: Row) -> float | None:
    """All requests, starts included, over jobs that came back."""
    return row["requests"] / row["returned"] if row.get("returned") else None


def cpu_per_job(row: Row) -> float | None:
    """CPU seconds of the client over jobs that came back."""
    return row["cpu"] / row["returned"] if row.get("returned") else None


def tables(rows: Sequence[Row]) -> list[Table]:
    """One table for each scenario and number of jobs."""
    made = []
    for scenario in SCENARIOS.values():
        for jobs in sorted({row["jobs"] for row in rows}):
            some = [row for row in rows if row["scenario"] == scenario.name and row["jobs"] == jobs]
            if some:
                made.append(_table(scenario, jobs, some))
    return made


HEADER = (
    "client",
    "returned",
    "requests a job",
    "of naive",
    "late s",
    "late p95 s",
    "CPU ms a job",
    "of batched",
    "growth MB",
    "wall s",
)


def _table(scenario: Scenario, jobs: int, rows: list[Row]) -> Table:
    clients = by_client(rows)
    naive, batched = clients.get(NAIVE, []), clients.get(BATCHED, [])
    lines = []
    for name, runs in clients.items():
        good = [row for row in runs if row.get("returned")]
        lines.append(
            (
                name,
                cell(runs, "returned", lambda value: f"{value:.0f}"),
                cell(good, requests_per_job, digits),
                times(ratio(good, naive, requests_per_job)),
                cell(good, "late_mean", lambda value: f"{value:.2f}"),
                cell(good, "late_p95", lambda value: f"{value:.2f}"),
                cell(good, cpu_per_job, milliseconds),
                times(ratio(good, batched, cpu_per_job)),
                cell(good, "growth", megabytes),
                cell(good, "wall", lambda value: f"{value:.1f}"),
            )
        )
    delay = f"a round trip of {scenario.rtt * 1000:.0f} ms" if scenario.rtt else "no added delay"
    most = max(len(runs) for runs in clients.values())
    tasks = f"Tasks take {scenario.mean:g} ± {scenario.spread:g} s"
    sentences = (
        f"{tasks}, {delay}; up to {most} runs.",
        _company(scenario),
        given_up(rows, scenario),
        failures(rows),
    )
    return Table(f"{jobs:,} jobs, {scenario.name}", HEADER, lines, " ".join(filter(None, sentences)))


def _company(scenario: Scenario) -> str:
    """A sentence on who was measured beside whom."""
    if scenario.mean < LONG:
        return ""
    return (
        f"Clients that mostly wait ran side by side, up to {COMPANY} at a time, {APART:g} s apart, each "
        "with a server of its own; all others one by one. "
        f"Who asks for each job by itself is measured up to {scenario.patient} jobs."
    )


def given_up(rows: list[Row], scenario: Scenario) -> str:
    """A sentence on clients that were stopped, and on what others lost."""
    unfinished = sorted({row["client"] for row in rows if row.get("unfinished")})
    stopped = f"Stopped after {scenario.limit:.0f} s: {', '.join(unfinished)}." if unfinished else ""
    lost = []
    for client, runs in by_client(rows).items():
        errors = {error.partition(":")[0] for row in runs for error in row.get("errors", ())}
        if errors:
            lost.append(f"{client} ({', '.join(sorted(errors))})")
    return f"{stopped} {'Jobs lost to errors: ' + ', '.join(lost) + '.' if lost else ''}".strip()
