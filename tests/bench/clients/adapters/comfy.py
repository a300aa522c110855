"""comfy-sdk: `run` of a workflow."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

from comfy_sdk import AsyncComfy
from harness import Sessions, Spec


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """The address comes from the environment only."""
    os.environ["COMFY_BASE_URL"] = spec.base
    async with AsyncComfy(api_key="bench") as client:

        async def run(job: str) -> None:
            graph = {"1": {"class_type": "CLIPTextEncode", "inputs": {"text": f"bench-{job}"}}}
            await client.run(client.workflows.from_json(graph))

        yield run
