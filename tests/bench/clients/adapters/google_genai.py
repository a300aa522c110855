"""google-genai waits for nothing itself: the loop of its documentation, with its ten seconds."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from google import genai
from google.genai import types
from harness import Sessions, Spec
from transfers import Moves


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


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """`files.upload`, which the other flavour of the API has."""
    client = genai.Client(api_key="bench", http_options=types.HttpOptions(base_url=base))

    async def move(path: Path) -> None:
        await client.aio.files.upload(file=path, config=types.UploadFileConfig(mime_type="video/mp4"))

    yield move
    await client.aio.aclose()
