"""No client at all: what the harness's own coroutines cost, to be taken off memory per job."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from harness import Sessions, Spec


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Every job waits for one event."""
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(spec.options["seconds"], event.set)

    async def run(job: str) -> None:
        await event.wait()

    yield run
