"""a2e_async without await: each job in a thread of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import httpx
from harness import Sessions, Spec

import a2e_async
from a2e_async.sync import A2E
from adapters.a2e import IMAGE

RECORD = {"_id": "a" * 24, "current_status": "processing"}


@asynccontextmanager
async def session(spec: Spec) -> Sessions:
    """One client for all threads."""
    loop = asyncio.get_running_loop()
    a2e = A2E("sk_bench", base_url=spec.base)
    with ThreadPoolExecutor(spec.jobs) as pool:

        async def run(job: str) -> None:
            made = a2e.image_to_video(image_url=IMAGE, prompt=f"bench-{job} it waves")
            await loop.run_in_executor(pool, made.run)

        yield run
        await loop.run_in_executor(pool, a2e.close)


async def calls(base: str, rounds: int) -> dict[str, Any]:
    """Wall seconds of single calls, with and without await, over an in-memory transport."""
    body = {"code": 0, "data": RECORD}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    settings = {"base_url": base, "transport": transport}

    async with a2e_async.A2E("sk_bench", **settings) as ours:
        found = {
            "async_job": _timed(rounds, lambda: ours.image_to_video(image_url=IMAGE, prompt="x")),
            "async_get": await _awaited(rounds, lambda: ours.image_to_video.get("a" * 24)),
            "async_nothing": await _awaited(rounds, lambda: ours.upload_many([])),
        }
    return found | await asyncio.to_thread(_without_await, rounds, settings)


def _without_await(rounds: int, settings: dict[str, Any]) -> dict[str, float]:
    with A2E("sk_bench", **settings) as a2e:
        return {
            "sync_job": _timed(rounds, lambda: a2e.image_to_video(image_url=IMAGE, prompt="x")),
            "sync_get": _timed(rounds, lambda: a2e.image_to_video.get("a" * 24)),
            "sync_nothing": _timed(rounds, lambda: a2e.upload_many([])),
        }


def _timed(rounds: int, call: Callable[[], Any]) -> float:
    samples = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        samples.append(time.perf_counter() - began)
    return median(samples)


async def _awaited(rounds: int, call: Callable[[], Any]) -> float:
    samples = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        samples.append(time.perf_counter() - began)
    return median(samples)
