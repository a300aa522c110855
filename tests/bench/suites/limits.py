"""A service that takes so many requests a second and refuses the rest: how fast the jobs get through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.bench.processes import Row, serving
from tests.bench.roster import A2E, BACKOFF, BY_NAME, Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import SEED, attempt, failures
from tests.bench.suites.jobs import requests_per_job
from tests.bench.tables import Table, by_client, cell, digits

TITLE = "Twenty requests a second, and no more"

RATE = 20.0
JOBS = 600
LIMIT = 300.0
AT_ONCE = 2
CLIENTS = (BY_NAME[A2E], BACKOFF, *(BY_NAME[name] for name in ("fal-client", "replicate poll", "openai")))


def run(plan: Plan) -> Iterator[Row]:
    """Counts, not times: two clients side by side, each with a server of its own."""
    wanted = [client for client in CLIENTS if not plan.only or client.name in plan.only]
    jobs = plan.jobs[0] if plan.jobs else JOBS
    runs = [(repeat, client) for repeat in range(plan.repeats or 1) for client in wanted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(partial(_one, jobs), *zip(*runs, strict=True))


def _one(jobs: int, repeat: int, client: Client) -> Row:
    setup = {"seed": SEED + repeat, "mean": 5.0, "spread": 1.0, "rtt": 0.05, "rate": RATE}
    spec = {"jobs": jobs, "setup": setup, "limit": LIMIT, "options": client.options}
    with serving() as server:
        return attempt(server, client, "session", {"jobs": jobs, "repeat": repeat}, spec, LIMIT)


def tables(rows: Sequence[Row]) -> list[Table]:
    """How much of the limit is used, and how many requests are refused."""
    lines = [
        (
            name,
            cell(runs, "returned", lambda value: f"{value:.0f}"),
            cell(runs, "used", _percent),
            cell(runs, "refused", _percent),
            cell(runs, "refused_ever", _percent),
            cell(runs, requests_per_job, digits),
            cell(runs, "wall", lambda value: f"{value:.0f}"),
        )
        for name, runs in by_client(rows).items()
    ]
    jobs = max((row["jobs"] for row in rows), default=0)
    note = (
        f"{jobs:,} jobs of 5 s, all given at once; beyond {RATE:g} requests a second, after a burst of that "
        "many, the service answers 429 with Retry-After: 1. The use of the limit counts from ten seconds "
        f"after the first request to the last start. A run is given up after {LIMIT:.0f} s. "
        f"{failures(list(rows))}"
    )
    header = (
        "client",
        "returned",
        "limit used",
        "refused after 10 s",
        "refused in all",
        "requests a job",
        "s",
    )
    return [Table("Under a limit", header, lines, note.strip())]


def _percent(share: float) -> str:
    return f"{share:.1%}"
