"""runwayml: `image_to_video.create(...).wait_for_task_output()`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

from harness import Sessions, Spec
from runwayml import AsyncRunwayML
from transfers import Moves


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """It waits ten minutes at most."""
    async with AsyncRunwayML(api_key="bench", base_url=spec.base) as client:

        async def run(job: str) -> None:
            created = await client.image_to_video.create(
                model="gen4_turbo",
                prompt_image="https://cdn.example.com/in.png",
                prompt_text=f"bench-{job}",
                ratio="1280:720",
            )
            await created.wait_for_task_output()

        yield run


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """`uploads.create_ephemeral`."""
    async with AsyncRunwayML(api_key="bench", base_url=base) as client:

        async def move(path: Path) -> None:
            await client.uploads.create_ephemeral(file=path)

        yield move
