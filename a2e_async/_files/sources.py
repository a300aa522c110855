"""The kinds of source that can be uploaded, and the checks before one is read."""

from __future__ import annotations

import io
import os
import stat
from abc import abstractmethod
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, BinaryIO, Protocol

from a2e_async._files.transfer import size_text
from a2e_async.errors import InvalidArgument

__all__ = ["Source", "check_size", "check_source"]


class AsyncFile(Protocol):
    """A binary file whose `read` is a coroutine function (anyio, trio, aiofiles)."""

    @abstractmethod
    async def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""


Source = (
    os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | BinaryIO
    | AsyncFile
    | Iterable[bytes]
    | AsyncIterable[bytes]
)
"""Anything that can be uploaded. A file object is read from its current position, and stays open."""


def check_source(source: Any, field: str, max_bytes: int) -> None:
    """Refuse a source that cannot be uploaded, without reading it. Blocks: it may look at the disk.

    Args:
        source: the source.
        field: the argument's name, for messages.
        max_bytes: larger sources are refused, if their size is known.

    Raises:
        InvalidArgument: names the field, the value and what is allowed.
    """
    if isinstance(source, str):
        raise InvalidArgument(
            field,
            f"{source[:80]!r} is a str; give a local file as pathlib.Path(...), or its content as bytes",
        )

    if isinstance(source, bytes | bytearray | memoryview):
        check_size(memoryview(source).nbytes, field, max_bytes, "the content")
    elif isinstance(source, os.PathLike):
        _check_path(source, field, max_bytes)
    elif isinstance(source, io.TextIOBase):
        raise InvalidArgument(field, "the file is open in text mode; open it with 'rb'")
    elif callable(getattr(source, "read", None)) and getattr(source, "closed", False) is True:
        raise InvalidArgument(field, "the file is closed")
    elif isinstance(source, Mapping) or not (
        callable(getattr(source, "read", None)) or isinstance(source, Iterable | AsyncIterable)
    ):
        raise InvalidArgument(
            field,
            f"{type(source).__name__} is not a pathlib.Path, bytes, a binary file or an iterable of bytes",
        )


def _check_path(path: os.PathLike[Any], field: str, max_bytes: int) -> None:
    shown = os.fsdecode(path)
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise InvalidArgument(field, f"{shown} does not exist") from None
    except (OSError, ValueError) as error:
        raise InvalidArgument(field, f"{shown} cannot be read: {error}") from error

    if stat.S_ISDIR(status.st_mode):
        raise InvalidArgument(field, f"{shown} is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise InvalidArgument(field, f"{shown} is not a regular file; open it and give the file object")

    check_size(status.st_size, field, max_bytes, shown)


def check_size(size: int, field: str, max_bytes: int, shown: str) -> None:
    """Refuse an empty or too large source.

    Args:
        size: bytes.
        field: the argument's name, for messages.
        max_bytes: the most that is allowed.
        shown: the source as messages call it.

    Raises:
        InvalidArgument: names the size and the limit.
    """
    if size == 0:
        raise InvalidArgument(field, f"{shown} is empty")
    if size > max_bytes:
        raise InvalidArgument(
            field, f"{shown} has {size_text(size)}; at most {size_text(max_bytes)} are allowed"
        )
