"""a2e_async, by its public names only."""

from __future__ import annotations

import json
import os
import time
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from harness import Sessions, Spec, control
from transfers import Moves

from a2e_async import A2E, Lateness

# In the environment of the extra "fast" that transport is measured; nowhere else is it installed.
if find_spec("httpx2"):
    os.environ["A2E_HTTP"] = "httpx2"

IMAGE = "https://cdn.example.com/in.png"


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """Defaults, unless `spec.options` says how late a finished task may be noticed."""
    lateness = Lateness(**spec.options) if spec.options else None
    async with A2E(token="sk_bench", base_url=spec.base, lateness=lateness) as a2e:

        async def run(job: str) -> None:
            await a2e.image_to_video(image_url=IMAGE, prompt=f"bench-{job} it waves").run()

        yield run


@asynccontextmanager
async def starts(spec: Spec) -> Sessions:
    """Until accepted."""
    async with A2E(token="sk_bench", base_url=spec.base) as a2e:

        async def run(job: str) -> None:
            await a2e.image_to_video(image_url=IMAGE, prompt=f"bench-{job} it waves").start()

        yield run


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """`a2e.upload`: hashed, presigned, streamed."""
    async with A2E(token="sk_bench", base_url=base) as a2e:

        async def move(path: Path) -> None:
            await a2e.upload(path)

        yield move


@asynccontextmanager
async def downloads(base: str) -> Moves:
    """`result.download`; the task is made and awaited before."""
    async with A2E(token="sk_bench", base_url=base) as a2e:
        result = await a2e.image_to_video(image_url=IMAGE, prompt="bench-file it waves").run()

        async def move(path: Path) -> None:
            await result.download(path.parent)

        yield move


async def decoding(base: str, records: int, rounds: int) -> dict[str, Any]:
    """CPU of `batch_detail` when the reply holds all records and when it holds one, and of `json.loads`.

    What does not depend on the number of records, such as sending the request, falls out of the difference.
    """
    control(base, "/_bench/begin", {})
    async with A2E(token="sk_bench", base_url=base) as a2e:
        ids = [
            (await a2e.image_to_video(image_url=IMAGE, prompt="bench-x").start()).id for _ in range(records)
        ]
    async with httpx.AsyncClient() as plain:
        url = f"{base}/api/v1/userImage2Video/batchDetail"
        full, short = [(await plain.post(url, json={"ids": some})).content for some in (ids, ids[:1])]
    reply = httpx.ByteStream(full)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=reply))
    samples: dict[str, list[float]] = {"loads": [], "loads_one": [], "all": [], "one": []}
    async with A2E(token="sk_bench", base_url=base, transport=transport) as a2e:
        for _ in range(rounds):
            for name, content in (("loads", full), ("loads_one", short)):
                began = time.process_time()
                json.loads(content)
                samples[name].append(time.process_time() - began)
            for name, content in (("all", full), ("one", short)):
                reply = httpx.ByteStream(content)
                began = time.process_time()
                found = await a2e.image_to_video.batch_detail(ids)
                samples[name].append(time.process_time() - began)
                if len(found) != (records if name == "all" else 1):
                    raise RuntimeError(f"{len(found)} records")
    return {"bytes": len(full), "records": records, **{name: median(took) for name, took in samples.items()}}
