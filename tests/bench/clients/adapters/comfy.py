"""comfy-sdk: `run` of a workflow."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path

from comfy_sdk import AsyncComfy
from harness import Sessions, Spec
from transfers import Moves


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """The address comes from the environment only."""
    os.environ["COMFY_BASE_URL"] = spec.base
    async with AsyncComfy(api_key="bench") as client:

        async def run(job: str) -> None:
            graph = {"1": {"class_type": "CLIPTextEncode", "inputs": {"text": f"bench-{job}"}}}
            await client.run(client.workflows.from_json(graph))

        yield run


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """`assets.from_file(...).commit()`; it hashes first and asks whether the content is known."""
    os.environ["COMFY_BASE_URL"] = base
    async with AsyncComfy(api_key="bench") as client:

        async def move(path: Path) -> None:
            await client.assets.from_file(str(path)).commit()

        yield move
