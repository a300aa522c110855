"""Opened sources: every kind can be read at any offset, as often as needed.

Everything here blocks and belongs in a worker thread.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import time
from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from a2e_async._files.transfer import CHUNK_BYTES
from a2e_async.errors import InvalidArgument

__all__ = ["SourceFile", "Spool", "open_source"]

_FRESH_NS = 2_000_000_000  # the coarsest time stamp of a file system in use (FAT)


class Stamp(NamedTuple):
    """Shows whether a file has changed.

    Attributes:
        size: bytes of the whole file.
        modified_ns: time of the last change, in nanoseconds.
    """

    size: int
    modified_ns: int


class SourceFile(Protocol):
    """A source that has been opened."""

    @property
    @abstractmethod
    def name(self) -> str | None:
        """The file's own name, without folders; None if it has none."""

    @property
    @abstractmethod
    def stamp(self) -> Stamp | None:
        """The stamp when it was opened; None if it may change without changing its stamp."""

    @property
    @abstractmethod
    def size(self) -> int | None:
        """Bytes; None if it has no stamp, for then the size is not reliable."""

    @abstractmethod
    def current_stamp(self) -> Stamp:
        """Return the stamp as of now. Only for sources with a `stamp`."""

    @abstractmethod
    def read_at(self, offset: int, size: int) -> bytes:
        """Read up to `size` bytes; empty at the end.

        Raises:
            OSError, ValueError: it cannot be read.
        """

    @abstractmethod
    def close(self) -> None:
        """Close what `open_source` opened. A file object of the caller stays open."""


def open_source(source: Any, field: str) -> SourceFile:
    """Open a source.

    Args:
        source: any kind that `a2e_async._files.sources.check_source` accepts.
        field: the argument's name, for messages.

    Returns:
        The opened source; a `Spool`, still to be filled, if the source can be read only once.

    Raises:
        InvalidArgument: the source cannot be opened.
    """
    if isinstance(source, os.PathLike):
        return OpenFile(_open_path(source, field), os.path.basename(os.fsdecode(source)), owned=True)
    if isinstance(source, bytes | bytearray | memoryview):
        return Buffer(_flatten(source, field), may_change=not isinstance(source, bytes))

    name = getattr(source, "name", None)
    name = os.path.basename(name) if isinstance(name, str) else None

    if inspect.iscoroutinefunction(getattr(source, "read", None)):
        return Spool(_read_async(source), name)
    if hasattr(source, "read"):
        if _is_seekable(source, field):
            try:
                return OpenFile(source, name)
            except (OSError, ValueError) as error:
                raise InvalidArgument(field, f"the file cannot be read: {error}") from error
        return Spool(iter(lambda: source.read(CHUNK_BYTES), b""), name)
    return Spool(aiter(source) if isinstance(source, AsyncIterable) else iter(source), name)


class OpenFile:
    """A file of the disk, or a seekable file object, from its current position to its end."""

    def __init__(self, file: BinaryIO, name: str | None, *, owned: bool = False) -> None:
        self.name = name
        self.stamp = _reliable_stamp(file)
        self._file = file
        self._start = file.tell()
        self._owned = owned

    @property
    def size(self) -> int | None:
        """See `SourceFile.size`."""
        return None if self.stamp is None else self.stamp.size - self._start

    def current_stamp(self) -> Stamp:
        """See `SourceFile.current_stamp`."""
        return _stamp_of(self._file)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `SourceFile.read_at`."""
        self._file.seek(self._start + offset)
        return self._file.read(size)

    def close(self) -> None:
        """See `SourceFile.close`."""
        if self._owned:
            self._file.close()


class Buffer:
    """Bytes in memory, read without copying the whole. A ``bytearray`` may change, ``bytes`` never do."""

    name = None

    def __init__(self, view: memoryview, *, may_change: bool) -> None:
        self._view = view
        self._may_change = may_change

    @property
    def stamp(self) -> Stamp | None:
        """See `SourceFile.stamp`."""
        return None if self._may_change else self.current_stamp()

    @property
    def size(self) -> int | None:
        """See `SourceFile.size`."""
        return None if self._may_change else self._view.nbytes

    def current_stamp(self) -> Stamp:
        """See `SourceFile.current_stamp`."""
        return Stamp(self._view.nbytes, 0)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `SourceFile.read_at`."""
        return bytes(self._view[offset : offset + size])

    def close(self) -> None:
        """Release the memory, so that a ``bytearray`` can be resized again."""
        self._view.release()


class Spool:
    """A temporary copy of a source that can be read only once. It disappears when it is closed.

    Attributes:
        pieces: the source, to be copied with `write`.
        size: bytes written so far.
    """

    def __init__(self, pieces: Iterator[Any] | AsyncIterator[Any], name: str | None = None) -> None:
        self.name = name
        self.pieces = pieces
        self.size = 0
        self._copy: Any = None

    @property
    def stamp(self) -> Stamp:
        """See `SourceFile.stamp`. Nobody else can change the copy."""
        return Stamp(self.size, 0)

    def current_stamp(self) -> Stamp:
        """See `SourceFile.current_stamp`."""
        return self.stamp

    def write(self, data: bytes | bytearray) -> None:
        """Append to the copy.

        Raises:
            OSError: the disk is full.
        """
        if self._copy is None:
            import tempfile  # loads the archive modules too, and few uploads need it

            # Small content stays in memory; large content goes to a file without a name.
            self._copy = tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES)  # noqa: SIM115 (see close)

        self._copy.write(data)
        self.size += len(data)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `SourceFile.read_at`."""
        self._copy.seek(offset)
        data: bytes = self._copy.read(size)
        return data

    def close(self) -> None:
        """Remove the copy."""
        if self._copy is not None:
            with contextlib.suppress(OSError):  # a full disk, again
                self._copy.close()


def _open_path(path: os.PathLike[Any], field: str) -> BinaryIO:
    try:
        return cast(BinaryIO, open(path, "rb", buffering=0))
    except OSError as error:
        raise InvalidArgument(field, f"{os.fsdecode(path)} cannot be read: {error}") from error


def _flatten(source: bytes | bytearray | memoryview, field: str) -> memoryview:
    try:
        return memoryview(source).cast("B")
    except TypeError as error:
        raise InvalidArgument(field, f"the memoryview is not contiguous: {error}") from error


async def _read_async(source: Any) -> AsyncIterator[Any]:
    while piece := await source.read(CHUNK_BYTES):
        yield piece


def _is_seekable(file: Any, field: str) -> bool:
    try:
        return bool(file.seekable())
    except AttributeError:
        return False
    except (OSError, ValueError) as error:
        raise InvalidArgument(field, f"the file cannot be read: {error}") from error


def _stamp_of(file: BinaryIO) -> Stamp:
    status = os.fstat(file.fileno())
    return Stamp(status.st_size, status.st_mtime_ns)


def _reliable_stamp(file: Any) -> Stamp | None:
    """The stamp of a real file that has not been changed for a while.

    Two changes within the resolution of the file system's clock leave the same stamp, so the stamp
    of a file that has just been written proves nothing.
    """
    if not isinstance(file, io.FileIO | io.BufferedReader | io.BufferedRandom):
        return None
    try:
        stamp = _stamp_of(file)
    except OSError:
        return None
    return stamp if time.time_ns() - stamp.modified_ns > _FRESH_NS else None
