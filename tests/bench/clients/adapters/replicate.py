"""replicate: `async_run`, by default held by the server (``Prefer: wait``)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

from harness import Sessions, Spec
from replicate.client import Client
from transfers import Moves


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """One client; it has no close."""
    client = Client(api_token="bench", base_url=spec.base)

    async def run(job: str) -> None:
        output = await client.async_run("bench/video", input={"prompt": f"bench-{job}"}, **spec.options)
        if output is None:
            raise RuntimeError("returned before the prediction was done")

    yield run


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """`files.async_create`."""
    client = Client(api_token="bench", base_url=base)

    async def move(path: Path) -> None:
        await client.files.async_create(path)

    yield move
