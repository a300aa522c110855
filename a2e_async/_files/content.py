"""A source made readable again and again in constant memory, and hashed.

Every read and every hash runs in a worker thread. A lock guards each handle, because asyncio can
cancel a task while its thread is still at work.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import os
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, cast

import anyio
from anyio import to_thread

from a2e_async._files.hashing import BLOCK_BYTES, VISIT_BYTES
from a2e_async._files.media_types import HEAD_BYTES
from a2e_async._files.sources import Source, check_size, check_source
from a2e_async._files.transfer import CHUNK_BYTES, size_text
from a2e_async.errors import InvalidArgument, UploadError
from a2e_async.task_groups import run_finally

__all__ = ["LARGE_BYTES", "PIECE_BYTES", "Content", "open_content"]

LARGE_BYTES = 8 << 20
"""From this size on, reading a content twice costs more than it may save."""

PIECE_BYTES = 3 << 19
"""What is read, and sent, at a time; measured from 256 KiB to 4 MiB, speed against memory."""

_FRESH_NS = 2_000_000_000  # the coarsest time stamp of a file system in use (FAT)


class Content:
    """One source, open_content.

    It is hashed then, with one exception: what is large, and would show it if it changed, is hashed as it
    is read for the first time, or by `hash`.

    Attributes:
        size: bytes.
        sha256: in hex; empty as long as it is not known.
        head: its first bytes, for `a2e_async._files.media_types.sniff`.
        name: the file's own name, None where it has none.
        broken: it changed, or could not be read again; a fault of this source alone.
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
        self._hashed = 0  # bytes
        self._stamp: tuple[int, int] | None = None  # size and time of change, where they prove sameness
        self._rehash = False
        self._sent_hash = hashlib.sha256()

    async def open(self) -> None:
        """Open, spool where the source can be read but once, and hash unless that can wait."""
        pieces = await to_thread.run_sync(self._open)
        if pieces is None:
            if not self.size:
                await self.hash()
            return
        if isinstance(pieces, AsyncIterator):
            await self._spool_async(pieces)
        else:
            while not await to_thread.run_sync(self._spool_some, pieces):
                pass
        self._know_hash()

    async def hash(self) -> None:
        """Hash what is not hashed yet.

        Raises:
            UploadError: it cannot be read, or changed.
        """
        while not self.sha256:
            await to_thread.run_sync(self._hash_some)

    def close(self) -> None:
        """Close what was open_content here; a spool vanishes with it."""
        with self._lock:
            self._closed = True
            while self._owned:
                self._owned.pop().close()

    # Everything below runs in a worker thread, but for _spool_async.

    def read(self, offset: int) -> bytes:
        """The next piece of the content. Blocks.

        Raises:
            UploadError: it is not what it was any more.
        """
        with self._guard():
            if offset == 0:
                self._sent_hash = hashlib.sha256()
            try:
                self._file.seek(self._start + offset)
                piece: bytes = self._file.read(min(PIECE_BYTES, self.size - offset))
                if self._rehash:
                    self._sent_hash.update(piece)
                if offset == self._hashed:
                    self._take(piece)
                end = offset + len(piece) == self.size
                same = bool(piece) and (not end or self._is_unchanged())
            except (OSError, ValueError) as error:
                self.broken = True
                raise UploadError(f"{self._shown()} cannot be read any more: {error}") from error
            if not same:
                raise self._changed()
            if end and not self.sha256 and self._hashed == self.size:
                self._know_hash()
            return piece

    def _open(self) -> Iterator[Any] | AsyncIterator[Any] | None:
        """Open the source; returns its pieces where it can be read but once."""
        source: Any = self._source
        check_source(source, self._field, self._max_bytes)
        with self._lock:
            if self._closed:
                return None
            if isinstance(source, os.PathLike):
                self.name = os.path.basename(os.fsdecode(source))
                file = _open_path(source, self._field)
                self._owned.append(file)
                self._adopt(file, _stamp_of(file))
                return None
            if isinstance(source, bytes | bytearray | memoryview):
                buffer = _Buffer(_flat(source, self._field))
                self._owned.append(buffer)
                self._adopt(buffer, buffer.stamp if isinstance(source, bytes) else None)
                return None
            name = getattr(source, "name", None)
            self.name = os.path.basename(name) if isinstance(name, str) else None
            if _is_async_file(source):
                return _read_async(source)
            if hasattr(source, "read"):
                if _seekable(source):
                    self._adopt(source, _stamp_of(source))
                    return None
                return iter(lambda: source.read(CHUNK_BYTES), b"")
            pieces: Iterator[Any] | AsyncIterator[Any] = (
                aiter(source) if isinstance(source, AsyncIterable) else iter(source)
            )
            return pieces

    def _adopt(self, file: Any, stamp: tuple[int, int] | None) -> None:
        """Take a file that can be read again."""
        self._file = file
        self._start = file.tell()
        self._stamp = stamp
        self._rehash = stamp is None
        if stamp is not None and stamp[0] - self._start >= LARGE_BYTES:
            self.size = stamp[0] - self._start
            check_size(self.size, self._field, self._max_bytes, "the content")
            with self._read_errors():
                self.head = file.read(HEAD_BYTES)

    def _hash_some(self) -> None:
        """Hash the next part."""
        with self._guard(), self._read_errors():
            self._file.seek(self._start + self._hashed)
            for _ in range(VISIT_BYTES // BLOCK_BYTES):
                block = self._file.read(BLOCK_BYTES)
                if not block:
                    self._know_hash()
                    return
                self._take(block)

    def _know_hash(self) -> None:
        """All of it is hashed."""
        if self.size not in (0, self._hashed):
            raise self._changed()
        self.size = self._hashed
        check_size(self.size, self._field, self._max_bytes, "the content")
        self.sha256 = self._hash.hexdigest()

    def _spool_some(self, pieces: Iterator[Any]) -> bool:
        """Take the next pieces of an iterator; True at the end."""
        with self._guard():
            before = self._hashed
            while self._hashed - before < CHUNK_BYTES:
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
        self._hashed += len(data)
        if self._hashed > self._max_bytes:
            raise InvalidArgument(
                self._field, f"the content is larger than the {size_text(self._max_bytes)} that are allowed"
            )
        return data

    def _is_unchanged(self) -> bool:
        """Whether what was read is what was hashed; asked before the last piece leaves."""
        if self._rehash:
            return self._sent_hash.digest() == self._hash.digest() and not self._file.read(1)
        return self._stamp is None or _stat_of(self._file) == self._stamp

    def _changed(self) -> UploadError:
        self.broken = True
        return UploadError(
            f"{self._shown()} changed while it was being uploaded; upload it when it is complete"
        )

    def _shown(self) -> str:
        return self.name or "the content"

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise UploadError("the upload was cancelled")
            yield

    @contextlib.contextmanager
    def _read_errors(self) -> Iterator[None]:
        try:
            yield
        except (InvalidArgument, UploadError):
            raise
        except (OSError, ValueError) as error:
            raise UploadError(f"{self._shown()} cannot be read: {error}") from error


@asynccontextmanager
async def open_content(source: Source, *, field: str, max_bytes: int) -> AsyncIterator[Content]:
    """The content of a source, ready to be sent."""
    content = Content(source, field, max_bytes)
    try:
        await content.open()
        yield content
    finally:
        await run_finally(content.close)


class _Buffer(io.RawIOBase):
    """Bytes as a file, without copying them."""

    def __init__(self, view: memoryview) -> None:
        super().__init__()
        self._view = view
        self._at = 0

    @property
    def stamp(self) -> tuple[int, int]:
        """As of a file that never changes."""
        return self._view.nbytes, 0

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
    if isinstance(file, _Buffer):
        return file.stamp
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
