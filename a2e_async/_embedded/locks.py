"""Locks on files. The system releases them when their holder ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["exclusive", "exclusive_if_free", "shared"]


@contextlib.contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the file together with others. Waits while somebody holds it alone."""
    number = _locked(path, fcntl.LOCK_SH)
    try:
        yield
    finally:
        os.close(number)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file alone. Waits while somebody else holds it."""
    number = _locked(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(number)


def exclusive_if_free(path: Path) -> int | None:
    """Hold the file alone, unless somebody else holds it. Returns what to close, None if it is held."""
    try:
        return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def _locked(path: Path, kind: int) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(number, kind)
            if os.fstat(number).st_nlink:
                return number
        except BaseException:
            os.close(number)
            raise
        os.close(number)  # it was deleted meanwhile: the lock of a file that nobody can find
