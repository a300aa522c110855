"""Hashing of files. Everything here blocks and belongs in a worker thread, except `compute_sha256`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from a2e_async.task_groups import in_thread

__all__ = ["BLOCK_BYTES", "VISIT_BYTES", "compute_sha256", "hash_file", "hash_some"]

BLOCK_BYTES = 256 << 10
"""Read at once to be hashed or compared, or joined to be written: a block fits the processor's cache."""

VISIT_BYTES = 16 << 20
"""Hashed in one visit to a worker thread, about 10 ms."""


def hash_file(path: Path, algorithm: str) -> str:
    """Hash a whole file.

    Args:
        path: the file.
        algorithm: a name for `hashlib.new`. The hash is not used for security.

    Returns:
        The digest, in hex.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def hash_some(
    read: Callable[[int], bytes], update: Callable[[bytes], object], visit_bytes: int = VISIT_BYTES
) -> bool:
    """Hash the next part of a file.

    Args:
        read: returns the next bytes, at most as many as it is called with; empty at the end.
        update: adds bytes to the hash.
        visit_bytes: the most bytes to hash.

    Returns:
        Whether the end of the file was reached.

    Raises:
        OSError: the file cannot be read.
    """
    for _ in range(visit_bytes // BLOCK_BYTES):
        block = read(BLOCK_BYTES)
        if not block:
            return True
        update(block)
    return False


async def compute_sha256(path: Path | str, *, visit_bytes: int = VISIT_BYTES) -> str:
    """Hash a whole file in worker threads, in several short visits so that it can be cancelled.

    Args:
        path: the file, or the address of an object.
        visit_bytes: hashed in one visit.

    Returns:
        The SHA-256, in hex.

    Raises:
        OSError: the file cannot be read.
        Exception: the object cannot be read; of whatever library it is.
    """
    digest = hashlib.sha256()
    with await in_thread(_open_unbuffered, path) as file:
        while not await in_thread(hash_some, file.read, digest.update, visit_bytes):
            pass
    return digest.hexdigest()


def _open_unbuffered(path: Path | str) -> IO[bytes]:
    if isinstance(path, str):
        import fsspec

        opened: Any = fsspec.open(path, "rb")
        file: IO[bytes] = opened.open()
        return file
    return path.open("rb", buffering=0)
