"""The kinds of source that can be uploaded, and the checks before one is read."""

from __future__ import annotations

import inspect
import io
import os
import stat
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from a2e_async._files.open_files import disk_problem
from a2e_async._files.sizes import size_text
from a2e_async._spec.local_paths import local_path, path_text
from a2e_async._spec.media import BinaryFile, Entry, Image, LeftFile, is_entry, is_image
from a2e_async.errors import InvalidArgument

__all__ = ["MOST_BYTES", "Source", "check_size", "check_source", "unwrapped"]

MOST_BYTES = 5 << 30
"""The largest content: what one PUT to the storage may have."""


Source = (
    os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | BinaryFile
    | Image
    | Entry
    | Iterable[bytes]
    | AsyncIterable[bytes]
)
"""Anything that can be uploaded. A file object is read from its current position, and stays open."""


def unwrapped(source: Any) -> Any:
    """The file inside an asynchronous one, where it has one: that can be read again, and at any place.

    Such are the uploads of web frameworks (``.file``) and the files of anyio and trio (``.wrapped``).
    """
    if isinstance(source, bytes | os.PathLike) or is_image(source):
        return source
    read = getattr(source, "read", None)
    if read is not None and not inspect.iscoroutinefunction(read):
        return source

    for name in ("file", "wrapped"):
        inner = getattr(source, name, None)
        read = getattr(inner, "read", None)
        if callable(read) and not inspect.iscoroutinefunction(read):
            return inner
    return source


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

    if isinstance(source, LeftFile):
        raise InvalidArgument(field, source.problem)
    if isinstance(source, bytes | bytearray | memoryview):
        check_size(memoryview(source).nbytes, field, max_bytes, "the content")
    elif isinstance(source, os.PathLike):
        _check_path(source, field, max_bytes)
    elif is_image(source):
        return
    elif is_entry(source):
        _check_entry(source, field)
    elif callable(getattr(source, "read", None)):
        _check_file(unwrapped(source), field)
    elif isinstance(source, Mapping) or not (
        isinstance(source, Iterable | AsyncIterable) or unwrapped(source) is not source
    ):
        raise InvalidArgument(
            field,
            f"{type(source).__name__} is not a pathlib.Path, bytes, a binary file, a Pillow image "
            "or an iterable of bytes",
        )
    elif callable(getattr(source, "__array__", None)):
        raise InvalidArgument(
            field,
            f"{type(source).__name__} is an array of numbers, not a file: encode it first, for example "
            "with PIL.Image.fromarray(...)",
        )


def _check_path(path: os.PathLike[Any], field: str, max_bytes: int) -> None:
    place = local_path(field, path)
    shown = path_text(place)
    try:
        status = os.stat(place)
    except FileNotFoundError:
        raise InvalidArgument(field, f"{shown} does not exist") from None
    except (OSError, ValueError) as error:
        raise InvalidArgument(field, disk_problem(error, place, "read")) from error

    if stat.S_ISDIR(status.st_mode):
        raise InvalidArgument(field, f"{shown} is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise InvalidArgument(field, f"{shown} is not a regular file; open it and give the file object")

    check_size(status.st_size, field, max_bytes, shown)


def _check_entry(entry: Any, field: str) -> None:
    try:
        if entry.is_file():
            return
        exists = entry.is_dir()
    except Exception as error:  # of whatever library it is
        raise InvalidArgument(field, f"{_shown(entry)} cannot be read: {error}") from error
    raise InvalidArgument(field, f"{_shown(entry)} {'is a directory' if exists else 'does not exist'}")


def _check_file(file: Any, field: str) -> None:
    """Refuse a file that is closed, or open for something else than reading bytes."""
    if getattr(file, "closed", False) is True:
        raise InvalidArgument(field, f"the file is closed{_named(file)}")
    is_wrapped_text = isinstance(getattr(file, "encoding", None), str) and hasattr(file, "errors")
    if isinstance(file, io.TextIOBase) or is_wrapped_text:
        raise InvalidArgument(field, f"the file is open in text mode; open it with 'rb'{_named(file)}")

    readable = getattr(file, "readable", None)
    if not callable(readable) or inspect.iscoroutinefunction(readable):
        return
    try:
        can_be_read = readable()
    except Exception as error:  # of whatever library it is
        raise InvalidArgument(field, f"the file cannot be read: {error}{_named(file)}") from error
    if can_be_read is False:
        raise InvalidArgument(field, f"the file is not open for reading; open it with 'rb'{_named(file)}")


def _named(file: Any) -> str:
    name = getattr(file, "name", None)
    return f" ({path_text(name)})" if isinstance(name, str) and name else ""


def _shown(entry: Any) -> str:
    return path_text(str(entry))


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
