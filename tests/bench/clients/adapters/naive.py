"""The loop that everybody writes first: one GET per job per second, over a plain httpx client."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import httpx
from harness import Sessions, Spec

ROUTE = "/api/v1/userImage2Video/"


def start_body(job: str) -> dict[str, str]:
    """What every A2E client here sends to start a job."""
    return {
        "name": f"job {job}",
        "image_url": "https://cdn.example.com/in.png",
        "prompt": f"bench-{job} it waves",
    }


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Every job has its own loop."""
    headers = {"Authorization": "Bearer sk_bench"}
    async with httpx.AsyncClient(base_url=spec.base, headers=headers, timeout=60) as client:

        async def run(job: str) -> None:
            reply = await client.post(ROUTE + "start", json=start_body(job))
            reply.raise_for_status()
            task = reply.json()["data"]["_id"]
            while True:
                reply = await client.get(ROUTE + task)
                reply.raise_for_status()
                if reply.json()["data"]["current_status"] == "completed":
                    return
                await asyncio.sleep(spec.options.get("interval", 1.0))

        yield run


@asynccontextmanager
async def starts(spec: Spec) -> Sessions:
    """A plain client with its default limits; waiting for a connection may take as long as it takes."""
    headers = {"Authorization": "Bearer sk_bench"}
    async with httpx.AsyncClient(base_url=spec.base, headers=headers, timeout=None) as client:

        async def run(job: str) -> None:
            (await client.post(ROUTE + "start", json=start_body(job))).raise_for_status()

        yield run
