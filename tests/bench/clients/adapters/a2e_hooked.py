"""a2e_async with webhooks; uvicorn receives the calls in the client's own process and event loop."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import uvicorn
from harness import Sessions, Spec

from a2e_async import A2E, Webhooks
from adapters.a2e import IMAGE


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """`spec.options` are keywords of `Webhooks`."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a2e"
        hooks = Webhooks("sixteen bytes or more", url, **spec.options)
        config = uvicorn.Config(hooks, lifespan="off", log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))

        async with A2E(token="sk_bench", base_url=spec.base, webhooks=hooks) as a2e:

            async def run(job: str) -> None:
                await a2e.image_to_video(image_url=IMAGE, prompt=f"bench-{job} it waves").run()

            yield run
        server.should_exit = True
        await serving
