"""elevenlabs: `flows.video.create_and_wait`."""

from __future__ import annotations

from contextlib import asynccontextmanager

from elevenlabs.client import AsyncElevenLabs
from elevenlabs.types.video_generation_request import VideoGenerationRequest_BytedanceSeedanceV2
from harness import Sessions, Spec


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Its client has no close."""
    client = AsyncElevenLabs(api_key="bench", base_url=spec.base)

    async def run(job: str) -> None:
        request = VideoGenerationRequest_BytedanceSeedanceV2(prompt=f"bench-{job}")
        await client.flows.video.create_and_wait(request=request, **spec.options)

    yield run
