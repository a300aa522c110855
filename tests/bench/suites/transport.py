"""A burst of starts: how fast requests go out when a thousand callers want to send at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.processes import Row, serving
from tests.bench.roster import A2E, FAST, REFERENCE, Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import attempt, failures
from tests.bench.tables import NOTHING, Table, by_client, cell, digits, megabytes, milliseconds, ratio, times

TITLE = "A burst of starts"
PLAIN = "httpx"
GATED = "httpx gated"
LIMIT = 600.0
IN_FLIGHT = 1000

CLIENTS = (
    Client(PLAIN, "httpx", "naive", REFERENCE, about="one `httpx.AsyncClient`, default limits"),
    Client(GATED, "httpx", "batched", REFERENCE, about="pool of 10, callers wait at a semaphore"),
)


def run(plan: Plan) -> Iterator[Row]:
    """5,000 starts with 1,000 in flight; quick runs send 1,000."""
    starts = plan.jobs[0] if plan.jobs else (1000 if plan.quick else 5000)
    ours = [client for client in plan.clients() if client.name in (A2E, FAST)]
    with serving() as server:
        for repeat in range(plan.repeats or (1 if plan.quick else 3)):
            for client in (*CLIENTS, *ours):
                if client.name == PLAIN and repeat:
                    continue  # minutes each time
                keys: Row = {"starts": starts, "repeat": repeat}
                spec = {
                    "jobs": starts,
                    "concurrency": 1000,
                    "setup": {},
                    "limit": LIMIT,
                    "options": client.options,
                }
                yield attempt(server, client, "starts", keys, spec, LIMIT)


def rate(row: Row) -> float | None:
    """Starts a second."""
    return row["returned"] / row["wall"] if row.get("returned") else None


def cpu(row: Row) -> float | None:
    """CPU seconds a start."""
    return row["cpu"] / row["returned"] if row.get("returned") else None


def tables(rows: Sequence[Row]) -> list[Table]:
    """One table; the ratio is to a plain client."""
    clients = by_client(rows)
    plain = clients.get(PLAIN, [])
    lines = []
    for name, runs in clients.items():
        good = [row for row in runs if row.get("returned")]
        returned = cell(good, "returned", lambda value: f"{value:.0f}") if good else NOTHING
        lines.append(
            (
                name,
                returned,
                cell(good, rate, digits),
                times(ratio(good, plain, rate)),
                cell(good, cpu, milliseconds),
                cell(good, "connections", lambda value: f"{value:.0f}"),
                cell(good, "growth", megabytes),
            )
        )
    starts = max((row["starts"] for row in rows), default=0)
    header = (
        "client",
        "returned",
        "starts/s",
        "of httpx",
        "CPU ms a start",
        "connections",
        "growth MB",
    )
    return [Table(f"{starts:,} starts, 1,000 in flight", header, lines, failures(list(rows)))]
