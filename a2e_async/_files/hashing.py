"""Hashing files. Everything here blocks and is meant for worker threads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

__all__ = ["BLOCK_BYTES", "VISIT_BYTES", "hash_file", "hash_some"]

BLOCK_BYTES = 256 << 10
"""What is read at once to be hashed or compared, or joined to be written: it fits the processor's cache."""

VISIT_BYTES = 16 << 20
"""What is hashed in one visit to a worker thread, about 10 ms."""


def hash_file(path: Path, algorithm: str) -> str:
    """Hash a whole file.

    Args:
        path: the file.
        algorithm: as `hashlib.new` takes it; not for security.

    Returns:
        The digest, in hex.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def hash_some(file: IO[bytes], digest: Any) -> int:
    """Hash up to `VISIT_BYTES` from where the file stands.

    Returns:
        The bytes hashed; 0 at the end of the file.

    Raises:
        OSError: it cannot be read.
    """
    done = 0
    while done < VISIT_BYTES and (block := file.read(BLOCK_BYTES)):
        digest.update(block)
        done += len(block)
    return done
