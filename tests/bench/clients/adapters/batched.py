"""The best loop that a careful user writes by hand: starts gated to the pool, one batchDetail per tick."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress

import httpx
from harness import Sessions, Spec

from adapters.naive import ROUTE, start_body

POOL = 10
BATCH = 100


def open_client(base: str) -> httpx.AsyncClient:
    """A small pool: httpx takes time quadratic in its connections."""
    return httpx.AsyncClient(
        base_url=base,
        headers={"Authorization": "Bearer sk_bench"},
        timeout=60,
        limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL),
    )


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """One poller asks for all waiting tasks every `tick` seconds."""
    waiting: dict[str, asyncio.Future[None]] = {}
    gate = asyncio.Semaphore(POOL)
    async with open_client(spec.base) as client:

        async def ask(ids: list[str]) -> None:
            async with gate:
                reply = await client.post(ROUTE + "batchDetail", json={"ids": ids})
            reply.raise_for_status()
            for record in reply.json()["data"]:
                if record["current_status"] == "completed":
                    waiting.pop(record["_id"]).set_result(None)

        async def poll() -> None:
            while True:
                await asyncio.sleep(spec.options["tick"])
                ids = list(waiting)
                batches = [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
                await asyncio.gather(*(ask(batch) for batch in batches))

        async def run(job: str) -> None:
            async with gate:
                reply = await client.post(ROUTE + "start", json=start_body(job))
            reply.raise_for_status()
            done = asyncio.get_running_loop().create_future()
            waiting[reply.json()["data"]["_id"]] = done
            await done

        poller = asyncio.create_task(poll())
        try:
            yield run
        finally:
            poller.cancel()
            with suppress(asyncio.CancelledError):
                await poller


@asynccontextmanager
async def starts(spec: Spec) -> Sessions:
    """The same gate, nothing awaited after the start."""
    gate = asyncio.Semaphore(POOL)
    async with open_client(spec.base) as client:

        async def run(job: str) -> None:
            async with gate:
                (await client.post(ROUTE + "start", json=start_body(job))).raise_for_status()

        yield run
