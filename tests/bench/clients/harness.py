"""Runs one client against the bench server and measures the process it runs in."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from measure import spent, usage

SETTLING = 10.0
"""Seconds in which a client may find out how fast it may be."""

WARM = "warm"
"""The name of the job that loads what a client loads late; it is done at once and not counted."""


class Spec(NamedTuple):
    """What to run.

    setup: what the server is asked for, see the server's `Setup`.
    concurrency: jobs in flight, 0 for all of them.
    limit: seconds after which the run is given up.
    options: of the client, e.g. its poll interval.
    """

    base: str
    jobs: int
    setup: dict[str, Any]
    concurrency: int = 0
    limit: float = 600.0
    warm: bool = True
    options: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default is never changed


Run = Callable[[str], Awaitable[None]]
Session = Callable[[Spec], AbstractAsyncContextManager[Run]]
Sessions = AsyncIterator[Run]
"""What a `session` function, decorated with `asynccontextmanager`, is annotated with."""


def control(base: str, path: str, body: Any = None) -> Any:
    """Talk to the server's own controls, outside of what is counted."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
    try:
        connection.request(
            "GET" if body is None else "POST", path, None if body is None else json.dumps(body)
        )
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


async def run_jobs(session: Session, spec: Spec) -> dict[str, Any]:
    """All jobs at once through one client; every await that returns is timed."""
    if spec.warm:
        control(spec.base, "/_bench/begin", {})
        # A client of its own: a duration of zero must not teach the measured one anything.
        async with session(spec) as run:
            await run(WARM)
    returned: dict[str, float] = {}
    errors: Counter[str] = Counter()
    async with session(spec) as run:
        gate = asyncio.Semaphore(spec.concurrency) if spec.concurrency else None

        async def one(job: str) -> None:
            try:
                if gate is None:
                    await run(job)
                else:
                    async with gate:
                        await run(job)
            except Exception as error:
                errors[f"{type(error).__name__}: {str(error)[:80]}"] += 1
            else:
                returned[job] = time.monotonic()

        resident: list[tuple[float, int]] = []

        async def look() -> None:
            while True:
                await asyncio.sleep(1.0)
                now = usage()
                resident.append((now.wall, now.rss))

        control(spec.base, "/_bench/begin", spec.setup)
        before = usage(reset=True)
        looker = asyncio.create_task(look())
        tasks = [asyncio.create_task(one(str(number))) for number in range(spec.jobs)]
        _, pending = await asyncio.wait(tasks, timeout=spec.limit)
        after = usage()
        looker.cancel()
        ledger = control(spec.base, "/_bench/ledger")
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    done = {job: moment for job, _, _, moment in ledger["tasks"]}
    late = sorted(moment - done[job] for job, moment in returned.items() if job in done)
    return {
        **spent(before, after),
        "jobs": spec.jobs,
        "returned": len(returned),
        "unfinished": len(pending),
        "errors": dict(errors.most_common(5)),
        "tasks": len(ledger["tasks"]),
        "requests": sum(ledger["requests"].values()),
        "by_kind": ledger["requests"],
        "connections": ledger["connections"],
        "faulted": ledger["faulted"],
        **under_limit(ledger, spec),
        "server_cpu": ledger["server_cpu"],
        "in_flight": peak_in_flight(ledger["tasks"]),
        "held": held(resident, ledger["tasks"], before.rss),
        "late_mean": sum(late) / len(late) if late else None,
        "late_p95": late[int(0.95 * (len(late) - 1))] if late else None,
        "late_max": late[-1] if late else None,
    }


def held(resident: list[tuple[float, int]], tasks: list[list[Any]], before: int) -> float | None:
    """Bytes of growth for each task in flight, at the moment when most were."""
    created, done = sorted(task[2] for task in tasks), sorted(task[3] for task in tasks)
    seen = [
        (bisect_right(created, moment) - bisect_right(done, moment), size - before)
        for moment, size in resident
    ]
    most, growth = max(seen, default=(0, 0))
    return growth / most if most else None


def under_limit(ledger: dict[str, Any], spec: Spec) -> dict[str, float]:
    """How well a limit of requests was used, from ten seconds after the first one to the last start."""
    rate, arrivals = spec.setup.get("rate", 0.0), ledger["arrivals"]
    if not rate or not ledger["tasks"]:
        return {}
    first = arrivals[0][0] + SETTLING
    last = max(created for _, _, created, _ in ledger["tasks"])
    refused = [is_refused for moment, is_refused in arrivals if moment >= first]
    busy = [is_refused for moment, is_refused in arrivals if first <= moment <= last]
    shares = {"refused": sum(refused) / len(refused)} if refused else {}
    if last - first > 1:
        shares["used"] = (len(busy) - sum(busy)) / ((last - first) * rate)
    return {**shares, "refused_ever": sum(is_refused for _, is_refused in arrivals) / len(arrivals)}


def peak_in_flight(tasks: list[list[Any]]) -> int:
    """How many tasks the server had running at the same time, at most."""
    edges = sorted([(created, 1) for _, _, created, _ in tasks] + [(done, -1) for _, _, _, done in tasks])
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most
