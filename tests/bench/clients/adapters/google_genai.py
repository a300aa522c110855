"""google-genai has no helper: the loop of its documentation, with its ten seconds."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from google import genai
from google.genai import types
from harness import Sessions, Spec


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """`client.aio`, as documented; videos need the Vertex flavour."""
    client = genai.Client(vertexai=True, api_key="bench", http_options=types.HttpOptions(base_url=spec.base))

    async def run(job: str) -> None:
        operation = await client.aio.models.generate_videos(
            model="veo-2.0-generate-001", source=types.GenerateVideosSource(prompt=f"bench-{job}")
        )
        while not operation.done:
            await asyncio.sleep(spec.options.get("interval", 10))
            operation = await client.aio.operations.get(operation)

    yield run
    await client.aio.aclose()
