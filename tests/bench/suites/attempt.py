"""One measured run, whose failure is a row too."""

from __future__ import annotations

from typing import Any

from tests.bench.environments import Unavailable
from tests.bench.host import say
from tests.bench.processes import ClientFailed, Row, Server, measure
from tests.bench.roster import Client

SEED = 20261123


def attempt(
    server: Server,
    client: Client,
    mode: str,
    keys: Row,
    spec: dict[str, Any],
    limit: float,
    *,
    pin: bool = True,
) -> Row:
    """Measure `client`; `keys` say which run of the suite this is."""
    label = " ".join([client.name, *(f"{name}={value}" for name, value in keys.items())])
    try:
        row = measure(client, mode, {"base": server.base, **spec}, limit, pin=pin)
    except (Unavailable, ClientFailed) as error:
        say(f"{label}: {error}")
        return {"client": client.name, "role": client.role, **keys, "failed": str(error)}
    say(f"{label}: {brief(row)}")
    return {**row, **keys}


def brief(row: Row) -> str:
    """A line of progress."""
    shown = []
    if "returned" in row:
        shown.append(f"{row['returned']}/{row['jobs']} returned, {row['requests']} requests")
    if row.get("late_mean") is not None:
        shown.append(f"late {row['late_mean']:.2f} s")
    if "cpu" in row:
        shown.append(f"CPU {row['cpu']:.2f} s")
    if "growth" in row:
        shown.append(f"+{row['growth'] / 1e6:.1f} MB")
    if "wall" in row:
        shown.append(f"{row['wall']:.1f} s")
    if row.get("errors"):
        shown.append(str(row["errors"]))
    return ", ".join(shown)


def failures(rows: list[Row]) -> str:
    """A sentence on clients that could not be measured."""
    reasons = {row["client"]: row["failed"] for row in rows if "failed" in row}
    return " ".join(f"Not measured: {client} ({reason})." for client, reason in reasons.items())
