"""Sources of uploads, for the tests of files."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio

from tests.unit.files.kit import BIG, ONE, PIECE_BYTES, Put


def aged(path: Path) -> Path:
    """A file that was left alone for a while."""
    os.utime(path, (1e9, 1e9))
    return path


def old_file(folder: Path, data: bytes = ONE, name: str = "a.png") -> Path:
    path = folder / name
    path.write_bytes(data)
    return aged(path)


def rewrite(path: Path) -> Callable[[Put], Awaitable[None]]:
    """A fault: another program rewrites the file after its first piece."""

    async def fault(put: Put) -> None:
        if len(put.body) == PIECE_BYTES:
            await anyio.Path(path).write_bytes(bytes(len(BIG)))

    return fault


async def pieces_of(data: bytes, size: int = 10_007) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        await anyio.lowlevel.checkpoint()
        yield data[at : at + size]


class Pipe(io.RawIOBase):
    """A file that can be read only once."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, 70_000))


class AsyncBytes:
    """An asynchronous binary file."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int, /) -> bytes:
        await anyio.lowlevel.checkpoint()
        return self._file.read(min(size, 70_000))


def sources_of(data: bytes, folder: Path) -> dict[str, Any]:
    """One source of each kind, all with the same content."""
    path = folder / "media.dat"
    path.write_bytes(data)

    return {
        "path": path,
        "old path": aged(path),
        "bytes": data,
        "bytearray": bytearray(data),
        "memoryview": memoryview(data),
        "wide memoryview": memoryview(data).cast("B", (len(data), 1)),
        "BytesIO": io.BytesIO(data),
        "pipe": Pipe(data),
        "async file": AsyncBytes(data),
        "async iterator": pieces_of(data),
        "list": [data[:5], bytearray(data[5:])],
        "generator": (data[at : at + 100_000] for at in range(0, len(data), 100_000)),
    }
