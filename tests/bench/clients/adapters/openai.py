"""openai: `videos.create_and_poll`."""

from __future__ import annotations

from contextlib import asynccontextmanager

from harness import Sessions, Spec
from openai import AsyncOpenAI


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Defaults throughout."""
    async with AsyncOpenAI(api_key="bench", base_url=f"{spec.base}/v1") as client:

        async def run(job: str) -> None:
            await client.videos.create_and_poll(prompt=f"bench-{job}", **spec.options)

        yield run
