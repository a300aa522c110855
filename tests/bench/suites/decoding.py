"""A batchDetail reply of 200 records: what typing it costs beyond parsing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.processes import Row, serving
from tests.bench.roster import A2E, BY_NAME
from tests.bench.suites import Plan
from tests.bench.suites.attempt import attempt, failures
from tests.bench.tables import Table, cell, digits, megabytes, milliseconds

TITLE = "Decoding"
RECORDS = 200


def run(plan: Plan) -> Iterator[Row]:
    """One process each; within it the three calls take turns."""
    if not plan.wants(A2E):
        return
    with serving() as server:
        for repeat in range(plan.repeats or (1 if plan.quick else 5)):
            spec = {"records": RECORDS, "rounds": 50 if plan.quick else 200}
            yield attempt(server, BY_NAME[A2E], "decoding", {"repeat": repeat}, spec, 120.0)


def typed(row: Row) -> float | None:
    """Seconds for the records of one reply, from bytes to objects."""
    return row["all"] - row["one"] if "all" in row else None


def over_loads(row: Row) -> float | None:
    """The same over `json.loads`."""
    return (row["all"] - row["one"]) / (row["loads"] - row["loads_one"]) if "all" in row else None


def tables(rows: Sequence[Row]) -> list[Table]:
    """One line."""
    header = ("", "reply MB", "json.loads ms", "bytes to records ms", "of json.loads")
    line = (
        A2E,
        cell(rows, "bytes", megabytes),
        cell(rows, "loads", milliseconds),
        cell(rows, typed, milliseconds),
        cell(rows, over_loads, lambda value: f"{digits(value)} x"),
    )
    note = (
        "CPU of `batch_detail` over an in-memory transport, less that of the same call whose reply holds one "
        f"record. {failures(list(rows))}"
    )
    return [Table(f"batchDetail of {RECORDS} records", header, [line], note.strip())]
