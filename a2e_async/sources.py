"""What can be uploaded, made readable again and again in constant memory.

Every read and every hash runs in a worker thread. A lock guards each handle, because asyncio can
cancel a task while its thread is still at work.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import os
import stat
import threading
import time
from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, Protocol, cast

import anyio
from anyio import to_thread

from a2e_async.errors import InvalidArgument, UploadError
from a2e_async.media import HEAD_BYTES
from a2e_async.transfers import CHUNK_BYTES, run_finally, size_text

__all__ = ["AsyncFile", "Content", "Source", "check_source", "opened"]


class AsyncFile(Protocol):
    """A binary file whose `read` is a coroutine function (anyio, trio, aiofiles)."""

    @abstractmethod
    async def read(self, size: int, /) -> bytes:
        """Up to that many bytes; none at the end."""


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
"""What can be uploaded. A file object is read from where it stands, and stays open."""

_BLOCK_BYTES = 256 << 10  # fits the processor's cache: hashing what was just read is cheaper
_VISIT_BYTES = 16 << 20  # hashed in one visit to a thread, about 10 ms
_FRESH_NS = 2_000_000_000  # the coarsest time stamp of a file system in use (FAT)


def check_source(source: Any, field: str, max_bytes: int) -> None:
    """Refuse at once what can be seen to be wrong. May touch the disk.

    Raises:
        InvalidArgument: names the field, the value and what is allowed.
    """
    if isinstance(source, str):
        raise InvalidArgument(
            field,
            f"{source[:80]!r} is a str; give a local file as pathlib.Path(...), or its content as bytes",
        )
    if isinstance(source, bytes | bytearray | memoryview):
        _check_size(memoryview(source).nbytes, field, max_bytes, "the content")
    elif isinstance(source, os.PathLike):
        _check_path(source, field, max_bytes)
    elif isinstance(source, io.TextIOBase):
        raise InvalidArgument(field, "the file is open in text mode; open it with 'rb'")
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
    _check_size(status.st_size, field, max_bytes, shown)


def _check_size(size: int, field: str, max_bytes: int, shown: str) -> None:
    if size == 0:
        raise InvalidArgument(field, f"{shown} is empty")
    if size > max_bytes:
        raise InvalidArgument(
            field, f"{shown} has {size_text(size)}; at most {size_text(max_bytes)} are allowed"
        )


class Content:
    """One source, opened and hashed.

    Attributes:
        size: bytes.
        sha256: in hex.
        head: its first bytes, for `a2e_async.media.sniff`.
        name: the file's own name, None where it has none.
        broken: it could not be read as it was hashed; a fault of this source alone.
    """

    def __init__(self, source: Source, field: str, max_bytes: int) -> None:
        self.size = 0
        self.sha256 = ""
        self.head = b""
        self.name: str | None = None
        self.broken = False
        self._source = source
        self._field = field
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._closed = False
        self._owned: list[Any] = []  # what close() closes
        self._file: Any = None
        self._start = 0
        self._hash = hashlib.sha256()
        self._stamp: tuple[int, int] | None = None  # size and time of change, where they prove sameness
        self._rehash = False
        self._sent_hash = hashlib.sha256()

    async def prepare(self) -> None:
        """Open, spool where the source can be read but once, and hash."""
        pieces = await to_thread.run_sync(self._open)
        if pieces is None:
            while not await to_thread.run_sync(self._hash_some):
                pass
        elif isinstance(pieces, AsyncIterator):
            await self._spool_async(pieces)
        else:
            while not await to_thread.run_sync(self._spool_some, pieces):
                pass
        self.sha256 = self._hash.hexdigest()
        _check_size(self.size, self._field, self._max_bytes, "the content")

    async def read(self, offset: int) -> bytes:
        """The next piece of the content.

        Raises:
            UploadError: it is not what was hashed any more.
        """
        return await to_thread.run_sync(self._read, offset)

    def close(self) -> None:
        """Close what was opened here; a spool vanishes with it."""
        with self._lock:
            self._closed = True
            while self._owned:
                self._owned.pop().close()

    # Everything below runs in a worker thread, but for _spool_async.

    def _open(self) -> Iterator[Any] | AsyncIterator[Any] | None:
        """Open the source; returns its pieces where it can be read but once."""
        source: Any = self._source
        check_source(source, self._field, self._max_bytes)
        with self._lock:
            if self._closed:
                return None
            if isinstance(source, os.PathLike):
                self.name = os.path.basename(os.fsdecode(source))
                self._adopt(_open_path(source, self._field), owned=True)
                return None
            if isinstance(source, bytes | bytearray | memoryview):
                self._adopt(_Buffer(_flat(source, self._field)), owned=True)
                self._rehash = not isinstance(source, bytes)
                return None
            name = getattr(source, "name", None)
            self.name = os.path.basename(name) if isinstance(name, str) else None
            if _is_async_file(source):
                return _read_async(source)
            if hasattr(source, "read"):
                if _seekable(source):
                    self._adopt(source, owned=False)
                    return None
                return iter(lambda: source.read(CHUNK_BYTES), b"")
            pieces: Iterator[Any] | AsyncIterator[Any] = (
                aiter(source) if isinstance(source, AsyncIterable) else iter(source)
            )
            return pieces

    def _adopt(self, file: Any, *, owned: bool) -> None:
        """Take a file that can be read again."""
        if owned:
            self._owned.append(file)
        self._file = file
        self._start = file.tell()
        self._stamp = _stamp_of(file)
        self._rehash = self._stamp is None

    def _hash_some(self) -> bool:
        """Hash the next part; True at the end."""
        with self._guard():
            try:
                self._file.seek(self._start + self.size)
                for _ in range(_VISIT_BYTES // _BLOCK_BYTES):
                    block = self._file.read(_BLOCK_BYTES)
                    if not block:
                        return True
                    self._take(block)
            except InvalidArgument:
                raise
            except (OSError, ValueError) as error:
                raise UploadError(f"{self._shown()} cannot be read: {error}") from error
            return False

    def _spool_some(self, pieces: Iterator[Any]) -> bool:
        """Take the next pieces of an iterator; True at the end."""
        with self._guard():
            before = self.size
            while self.size - before < CHUNK_BYTES:
                try:
                    piece = next(pieces)
                except StopIteration:
                    return True
                self._spool(piece)
            return False

    async def _spool_async(self, pieces: AsyncIterator[Any]) -> None:
        batch: list[Any] = []
        size = 0
        try:
            async for piece in pieces:
                batch.append(piece)
                size += len(piece) if isinstance(piece, bytes | bytearray | memoryview) else CHUNK_BYTES
                if size >= CHUNK_BYTES:
                    await to_thread.run_sync(self._spool_some, iter(batch))
                    batch, size = [], 0
            await to_thread.run_sync(self._spool_some, iter(batch))
        finally:
            if inspect.isasyncgen(pieces):  # a stream or file of the caller stays open
                with anyio.CancelScope(shield=True):
                    await pieces.aclose()

    def _spool(self, piece: Any) -> None:
        if self._file is None:
            import tempfile  # brings the archive modules along, and few uploads need it

            # Small content stays in memory; a large one goes to a file that has no name.
            self._file = tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES)  # noqa: SIM115 (closed by close())
            self._owned.append(self._file)
        self._file.write(self._take(piece))

    def _take(self, piece: Any) -> bytes | bytearray:
        """Count and hash a piece; returns it as something that can be written."""
        if not isinstance(piece, bytes | bytearray | memoryview):
            hint = "; open the file with 'rb'" if isinstance(piece, str) else ""
            raise InvalidArgument(self._field, f"gave {type(piece).__name__} instead of bytes{hint}")
        data: bytes | bytearray = piece.tobytes() if isinstance(piece, memoryview) else piece
        self._hash.update(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        self.size += len(data)
        if self.size > self._max_bytes:
            raise InvalidArgument(
                self._field, f"the content is larger than the {size_text(self._max_bytes)} that are allowed"
            )
        return data

    def _read(self, offset: int) -> bytes:
        with self._guard():
            if offset == 0:
                self._sent_hash = hashlib.sha256()
            try:
                self._file.seek(self._start + offset)
                piece: bytes = self._file.read(min(CHUNK_BYTES, self.size - offset))
                if self._rehash:
                    self._sent_hash.update(piece)
                end = offset + len(piece) == self.size
                same = bool(piece) and (not end or self._is_unchanged())
            except (OSError, ValueError) as error:
                self.broken = True
                raise UploadError(f"{self._shown()} cannot be read any more: {error}") from error
            if not same:
                self.broken = True
                raise UploadError(
                    f"{self._shown()} changed while it was being uploaded; upload it when it is complete"
                )
            return piece

    def _is_unchanged(self) -> bool:
        """Whether what was read is what was hashed; asked before the last piece leaves."""
        if self._rehash:
            return self._sent_hash.digest() == self._hash.digest() and not self._file.read(1)
        return self._stamp is None or _stat_of(self._file) == self._stamp

    def _shown(self) -> str:
        return self.name or "the content"

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise UploadError("the upload was cancelled")
            yield


@asynccontextmanager
async def opened(source: Source, *, field: str, max_bytes: int) -> AsyncIterator[Content]:
    """The content of a source, hashed and ready to be sent."""
    content = Content(source, field, max_bytes)
    try:
        await content.prepare()
        yield content
    finally:
        await run_finally(content.close)


class _Buffer(io.RawIOBase):
    """Bytes as a file, without copying them."""

    def __init__(self, view: memoryview) -> None:
        super().__init__()
        self._view = view
        self._at = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        piece = bytes(self._view[self._at : self._at + size])
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self._view.release()
        super().close()


def _flat(source: bytes | bytearray | memoryview, field: str) -> memoryview:
    try:
        return memoryview(source).cast("B")
    except TypeError as error:
        raise InvalidArgument(field, f"the memoryview is not contiguous: {error}") from error


def _open_path(path: os.PathLike[Any], field: str) -> BinaryIO:
    try:
        return cast(BinaryIO, open(path, "rb", buffering=0))
    except OSError as error:
        raise InvalidArgument(field, f"{os.fsdecode(path)} cannot be read: {error}") from error


def _is_async_file(source: Any) -> bool:
    return inspect.iscoroutinefunction(getattr(source, "read", None))


async def _read_async(source: Any) -> AsyncIterator[Any]:
    while piece := await source.read(CHUNK_BYTES):
        yield piece


def _seekable(file: Any) -> bool:
    try:
        return bool(file.seekable())
    except AttributeError:
        return False


def _stat_of(file: Any) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _stamp_of(file: Any) -> tuple[int, int] | None:
    """Size and time of change, where they are sure to tell a change: of a file left alone for a while."""
    if not isinstance(file, io.FileIO | io.BufferedReader | io.BufferedRandom):
        return None
    try:
        stamp = _stat_of(file)
    except OSError:
        return None
    return stamp if time.time_ns() - stamp[1] > _FRESH_NS else None
