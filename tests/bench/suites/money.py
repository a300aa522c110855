"""Start replies that get lost: how many tasks are paid for, how many come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.bench.processes import Row, serving
from tests.bench.roster import Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import SEED, attempt, failures
from tests.bench.tables import NOTHING, Table, by_client

TITLE = "One start in ten answered badly"
FAULTS = {
    "drop": "task made, connection cut",
    "e504": "task made, nginx 504 page",
    "e500": "task made, 500 with JSON",
    "e429": "no task made, 429 with Retry-After: 1",
}
JOBS = 200
LIMIT = 300.0
AT_ONCE = 4


def run(plan: Plan) -> Iterator[Row]:
    """Counts, not times: one run of each, a few side by side."""
    faults = plan.scenarios or (("drop",) if plan.quick else tuple(FAULTS))
    jobs = plan.jobs[0] if plan.jobs else JOBS
    runs = [(fault, client) for fault in faults for client in plan.clients()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(partial(_one, jobs), *zip(*runs, strict=True))


def _one(jobs: int, fault: str, client: Client) -> Row:
    setup = {"seed": SEED, "mean": 2.0, "spread": 0.0, "fault": fault, "faulty": 0.1}
    spec = {"jobs": jobs, "setup": setup, "limit": LIMIT, "options": client.options}
    with serving() as server:
        return attempt(server, client, "session", {"fault": fault, "jobs": jobs}, spec, LIMIT)


def tables(rows: Sequence[Row]) -> list[Table]:
    """Paid / returned for each kind of fault."""
    faults = [fault for fault in FAULTS if any(row["fault"] == fault for row in rows)]
    lines = []
    for name, runs in by_client(rows).items():
        by_fault = {row["fault"]: row for row in runs if "tasks" in row}
        lines.append((name, *(_outcome(by_fault.get(fault)) for fault in faults)))
    jobs = max((row["jobs"] for row in rows), default=0)
    what = "; ".join(f"{fault}: {FAULTS[fault]}" for fault in faults)
    note = f"{jobs} jobs of 2 s. Tasks paid for / results returned. {what}. {failures(list(rows))}"
    return [Table("Paid / returned", ("client", *faults), lines, note.strip())]


def _outcome(row: Row | None) -> str:
    return f"{row['tasks']} / {row['returned']}" if row else NOTHING
