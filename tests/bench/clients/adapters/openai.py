"""openai: `videos.create_and_poll`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

from harness import Sessions, Spec
from openai import AsyncOpenAI
from transfers import Moves


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Defaults throughout."""
    async with AsyncOpenAI(api_key="bench", base_url=f"{spec.base}/v1") as client:

        async def run(job: str) -> None:
            await client.videos.create_and_poll(prompt=f"bench-{job}", **spec.options)

        yield run


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """`files.create`."""
    async with AsyncOpenAI(api_key="bench", base_url=f"{base}/v1") as client:

        async def move(path: Path) -> None:
            await client.files.create(file=path, purpose="user_data")

        yield move


@asynccontextmanager
async def downloads(base: str) -> Moves:
    """`videos.download_content`, written to a file."""
    async with AsyncOpenAI(api_key="bench", base_url=f"{base}/v1") as client:

        async def move(path: Path) -> None:
            (await client.videos.download_content("result")).write_to_file(path)

        yield move
