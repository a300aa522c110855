"""lumaai waits for nothing itself: the loop of its documentation, with its three seconds."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from harness import Sessions, Spec
from lumaai import AsyncLumaAI


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Defaults throughout."""
    async with AsyncLumaAI(auth_token="bench", base_url=f"{spec.base}/dream-machine/v1") as client:

        async def run(job: str) -> None:
            generation = await client.generations.create(model="ray-2", prompt=f"bench-{job}")
            while generation.state not in ("completed", "failed"):
                await asyncio.sleep(spec.options.get("interval", 3))
                generation = await client.generations.get(id=generation.id or "")

        yield run
