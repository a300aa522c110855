"""Plain httpx, streaming as its documentation shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from transfers import Moves

CHUNK = 1024 * 1024


@asynccontextmanager
async def uploads(base: str) -> Moves:
    """Reads in a thread, a megabyte at a time."""
    async with httpx.AsyncClient(timeout=60) as client:

        async def chunks(path: Path) -> AsyncIterator[bytes]:
            with path.open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk

        async def move(path: Path) -> None:
            size = (await asyncio.to_thread(path.stat)).st_size
            headers = {"Content-Type": "video/mp4", "Content-Length": str(size)}
            (await client.put(f"{base}/put/file", content=chunks(path), headers=headers)).raise_for_status()

        yield move


@asynccontextmanager
async def downloads(base: str) -> Moves:
    """Writes where it reads, as in the documentation."""
    async with httpx.AsyncClient(timeout=60) as client:

        async def move(path: Path) -> None:
            async with client.stream("GET", f"{base}/files/result/a.mp4") as reply:
                reply.raise_for_status()
                with path.open("wb") as file:
                    async for chunk in reply.aiter_bytes():
                        file.write(chunk)

        yield move
