"""a2e_async, by its public names only."""

from __future__ import annotations

from contextlib import asynccontextmanager

from harness import Sessions, Spec

from a2e_async import A2E

IMAGE = "https://cdn.example.com/in.png"


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Defaults throughout; `spec.options` are keywords of the client."""
    async with A2E(token="sk_bench", base_url=spec.base, **spec.options) as a2e:

        async def run(job: str) -> None:
            await a2e.image_to_video(image_url=IMAGE, prompt=f"bench-{job} it waves").run()

        yield run


@asynccontextmanager
async def starts(spec: Spec) -> Sessions:
    """Until accepted."""
    async with A2E(token="sk_bench", base_url=spec.base, **spec.options) as a2e:

        async def run(job: str) -> None:
            await a2e.image_to_video(image_url=IMAGE, prompt=f"bench-{job} it waves").start()

        yield run
