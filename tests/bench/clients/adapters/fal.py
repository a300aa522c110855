"""fal-client: `subscribe`."""

from __future__ import annotations

from contextlib import asynccontextmanager

import fal_client
import fal_client.client
from harness import Sessions, Spec


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """The scheme of its host is fixed to https, so its URL format is replaced."""
    fal_client.client.QUEUE_URL_FORMAT = f"{spec.base}/fal/"
    client = fal_client.AsyncClient(key="bench")

    async def run(job: str) -> None:
        await client.subscribe("bench/video", {"prompt": f"bench-{job}"}, **spec.options)

    yield run
    await (await client._client).aclose()
