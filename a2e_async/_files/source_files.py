"""Opened sources: every kind can be read at any offset, as often as needed.

Everything here blocks and belongs in a worker thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import os
import time
from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from typing import Any, BinaryIO, NamedTuple, Protocol

from a2e_async._files.file_positions import begin_reading, end_reading
from a2e_async._files.hashing import BLOCK_BYTES
from a2e_async._files.images import encoded_image
from a2e_async._files.open_files import NO_DESCRIPTOR, disk_problem
from a2e_async._files.sources import unwrapped
from a2e_async._files.worker_threads import CHUNK_BYTES
from a2e_async._spec.local_paths import local_path
from a2e_async._spec.media import is_entry, is_image
from a2e_async.errors import InvalidArgument

__all__ = ["SourceFile", "Spool", "hash_source", "name_of", "open_source"]

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
    def may_be_spent(self) -> bool:
        """Whether it is a file that may have been read before: then nothing is left at its end."""

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
            Exception: it cannot be read; an OSError or whatever its library raises.
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
        OSError: there are too many open files.
    """
    if isinstance(source, os.PathLike):
        place = local_path(field, source)
        opened = _open(lambda: open(place, "rb", buffering=0), place, field)  # noqa: SIM115 - `close` closes it
        return _seekable(opened, os.path.basename(place), field, owned=True)
    if isinstance(source, bytes | bytearray | memoryview):
        return Buffer(_flatten(source, field), may_change=not isinstance(source, bytes))
    if is_image(source):
        return Buffer(memoryview(encoded_image(source, field)), name=name_of(source))
    if is_entry(source):
        file = _open(lambda: source.open("rb"), str(source), field)
        return _opened(file, name_of(source), field, owned=True)

    inner = unwrapped(source)
    if hasattr(inner, "read"):
        return _opened(inner, name_of(source) or name_of(inner), field)
    pieces = aiter(source) if isinstance(source, AsyncIterable) else iter(source)
    return Spool(pieces, is_file=False)


def hash_source(source: Any, field: str) -> str:
    """Hash what a source would send. It is left as it was.

    Args:
        source: as for `open_source`, but no iterator.
        field: the argument's name, for messages.

    Returns:
        The SHA-256, in hex.

    Raises:
        InvalidArgument: the source cannot be read, or only once.
    """
    file = open_source(source, field)
    try:
        if isinstance(file, Spool):
            raise InvalidArgument(field, "the file can be read only once; give its content as bytes")

        digest, offset = hashlib.sha256(), 0
        while block := file.read_at(offset, BLOCK_BYTES):
            digest.update(block)
            offset += len(block)
        return digest.hexdigest()
    except InvalidArgument:
        raise
    except Exception as error:  # of whatever library it is
        raise InvalidArgument(field, disk_problem(error, file.name, "read")) from error
    finally:
        file.close()


def name_of(source: Any) -> str | None:
    """The source's own name, without folders; None if it has none."""
    for attribute in ("filename", "name"):  # web frameworks call the field of a form name
        name = getattr(source, attribute, None)
        if isinstance(name, str | bytes | os.PathLike) and name:
            return os.path.basename(os.fsdecode(name)) or None
    return None


def _opened(file: Any, name: str | None, field: str, *, owned: bool = False) -> SourceFile:
    """The source of an open file."""
    if inspect.iscoroutinefunction(file.read):
        return Spool(_read_async(file), name)
    if not _is_seekable(file, field):
        return Spool(iter(lambda: file.read(CHUNK_BYTES), b""), name, owned=file if owned else None)

    return _seekable(file, name, field, owned=owned)


def _seekable(file: Any, name: str | None, field: str, *, owned: bool) -> SourceFile:
    try:
        return OpenFile(file, name, owned=owned)
    except Exception as error:  # of whatever library it is
        if owned:
            with contextlib.suppress(Exception):
                file.close()
        raise InvalidArgument(field, disk_problem(error, name, "read")) from error


class OpenFile:
    """A file of the disk, or a seekable file object, from its current position to its end.

    A file object of the caller is put back to where it was. So a job with one can be started again.
    """

    def __init__(self, file: BinaryIO, name: str | None, *, owned: bool = False) -> None:
        self.name = name
        self.stamp = _reliable_stamp(file)
        self._file = file
        self._owned = owned
        self._position = begin_reading(file)
        self._closed = False

    @property
    def may_be_spent(self) -> bool:
        """See `SourceFile.may_be_spent`."""
        return self._position.start > 0

    @property
    def size(self) -> int | None:
        """See `SourceFile.size`."""
        return None if self.stamp is None else self.stamp.size - self._position.start

    def current_stamp(self) -> Stamp:
        """See `SourceFile.current_stamp`."""
        return _stamp_of(self._file)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `SourceFile.read_at`."""
        with self._position.lock:
            self._file.seek(self._position.start + offset)
            return self._file.read(size)

    def close(self) -> None:
        """See `SourceFile.close`."""
        if not self._closed:
            self._closed = True
            end_reading(self._file)
        if self._owned:
            self._file.close()


class Buffer:
    """Bytes in memory, read without copying the whole. A ``bytearray`` may change, ``bytes`` never do."""

    may_be_spent = False

    def __init__(self, view: memoryview, *, may_change: bool = False, name: str | None = None) -> None:
        self.name = name
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

    Args:
        pieces: the source.
        name: its name.
        owned: closed with the copy.
        is_file: the pieces come from a file, not from an iterator of the caller.

    Attributes:
        pieces: the source, to be copied with `write`.
        failures: what is an error of the upload when the source raises it. The errors of a caller's own
            iterator are the caller's.
        size: bytes written so far.
    """

    def __init__(
        self,
        pieces: Iterator[Any] | AsyncIterator[Any],
        name: str | None = None,
        *,
        owned: Any = None,
        is_file: bool = True,
    ) -> None:
        self.name = name
        self.pieces = pieces
        self.size = 0
        self.may_be_spent = is_file
        self.failures = (Exception,) if is_file else (OSError, ValueError)
        self._owned = owned
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
            self._copy = tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES)  # noqa: SIM115 - `close` closes it

        try:
            self._copy.write(data)
        except OSError as error:
            if error.errno not in NO_DESCRIPTOR:
                raise  # else it stays in memory until a file can be opened
        self.size += len(data)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `SourceFile.read_at`."""
        self._copy.seek(offset)
        data: bytes = self._copy.read(size)
        return data

    def close(self) -> None:
        """Remove the copy."""
        if self._owned is not None:
            with contextlib.suppress(Exception):  # of whatever library it is
                self._owned.close()
        if self._copy is not None:
            with contextlib.suppress(OSError):  # a full disk, again
                self._copy.close()


def _open(open_it: Callable[[], Any], path: str, field: str) -> Any:
    try:
        return open_it()
    except Exception as error:  # of whatever library it is
        if isinstance(error, OSError) and error.errno in NO_DESCRIPTOR:
            raise
        raise InvalidArgument(field, disk_problem(error, path, "read")) from error


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
    except Exception as error:  # of whatever library it is
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
    except (OSError, ValueError):  # the second if it was just closed
        return None
    return stamp if time.time_ns() - stamp.modified_ns > _FRESH_NS else None
