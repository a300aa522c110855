"""``python -m tests.recipes.customer ADDRESS…``: PUTs the jobs of stdin, writes a line for each result."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import anyio
import httpx


async def _ask(client: httpx.AsyncClient, addresses: Sequence[str], number: int, job: dict[str, Any]) -> None:
    """Ask until there is a result, each time another instance, as behind a load balancer."""
    while True:
        number += 1
        url = f"{addresses[number % len(addresses)]}/media/{job['key']}"
        try:
            reply = await client.put(url, json=job)
        except httpx.TransportError:
            await anyio.sleep(0.5)
            continue

        if reply.status_code == 503:
            await anyio.sleep(1)
        elif reply.status_code != 202:
            sys.stdout.write(reply.text + "\n")
            return


async def _main(addresses: Sequence[str]) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client, anyio.create_task_group() as tasks:
        for number, line in enumerate(sys.stdin.readlines()):
            tasks.start_soon(_ask, client, addresses, number, json.loads(line))


if __name__ == "__main__":
    anyio.run(_main, sys.argv[1:])
