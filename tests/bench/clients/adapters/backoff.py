"""The loop of `naive`, taught to wait when it is refused: Retry-After, else a doubling pause with jitter."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import Any

import httpx
from harness import Sessions, Spec

from adapters.naive import ROUTE, start_body

LONGEST = 30.0


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Every job has its own loop, and every request backs off by itself."""
    headers = {"Authorization": "Bearer sk_bench"}
    async with httpx.AsyncClient(base_url=spec.base, headers=headers, timeout=60) as client:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            pause = 1.0
            while True:
                reply = await client.request(method, path, json=body)
                if reply.status_code != 429:
                    reply.raise_for_status()
                    return reply.json()["data"]
                await asyncio.sleep(float(reply.headers.get("retry-after", 0)) + random.uniform(0, pause))
                pause = min(2 * pause, LONGEST)

        async def run(job: str) -> None:
            task = (await ask("POST", ROUTE + "start", start_body(job)))["_id"]
            while True:
                if (await ask("GET", ROUTE + task))["current_status"] == "completed":
                    return
                await asyncio.sleep(spec.options.get("interval", 1.0))

        yield run
