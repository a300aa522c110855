"""The content of one source: hashed, read again for each attempt, and checked for changes.

Memory stays constant. Every read and every hash runs in a worker thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs

from a2e_async._files.hashing import VISIT_BYTES, hash_some
from a2e_async._files.media_types import HEAD_BYTES
from a2e_async._files.open_files import disk_problem, when_files_can_be_opened
from a2e_async._files.sizes import size_text
from a2e_async._files.source_files import SourceFile, Spool, open_source
from a2e_async._files.sources import Source, check_size, check_source
from a2e_async._files.worker_threads import CHUNK_BYTES
from a2e_async._spec.local_paths import path_text
from a2e_async.clock import Clock
from a2e_async.errors import InvalidArgument, UploadError
from a2e_async.task_groups import in_thread, run_finally

__all__ = ["Content", "ReadSizes", "open_content"]


@attrs.frozen
class ReadSizes:
    """How content is read, in bytes.

    Attributes:
        large: content from this size on is hashed while it is sent, if a change would show: reading it
            twice costs more than it may save.
        piece: read, and sent, at a time. The default was measured between 256 KiB and 4 MiB, as a
            compromise of speed and memory.
        visit: hashed in one visit to a worker thread.
    """

    large: int = 8 << 20
    piece: int = 3 << 19
    visit: int = VISIT_BYTES


class RunningHash:
    """Hashes and counts a content piece by piece.

    Args:
        field: the argument's name, for messages.
        max_bytes: larger content is refused.

    Attributes:
        size: bytes hashed so far.
        head: the first bytes.
    """

    def __init__(self, field: str, max_bytes: int) -> None:
        self.field = field
        self.max_bytes = max_bytes
        self.size = 0
        self.head = b""
        self._hash = hashlib.sha256()

    def add(self, piece: Any) -> bytes | bytearray:
        """Hash the next piece.

        Returns:
            The piece as an object that can be written to a file.

        Raises:
            InvalidArgument: the piece is not bytes, or the content is too large.
        """
        if not isinstance(piece, bytes | bytearray | memoryview):
            hint = "; open the file with 'rb'" if isinstance(piece, str) else ""
            raise InvalidArgument(self.field, f"gave {type(piece).__name__} instead of bytes{hint}")

        data: bytes | bytearray = piece.tobytes() if isinstance(piece, memoryview) else piece
        self._hash.update(data)
        self.size += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]

        if self.size > self.max_bytes:
            raise InvalidArgument(
                self.field, f"the content is larger than the {size_text(self.max_bytes)} that are allowed"
            )
        return data

    def digest(self) -> bytes:
        """Return the SHA-256 of the pieces so far."""
        return self._hash.digest()


class Content:
    """The content of one source; see `open_content`.

    Args:
        field: the argument's name, for messages.
        max_bytes: larger content is refused.
        sizes: how the content is read.

    Attributes:
        size: bytes.
        sha256: in hex; empty until it is known. Large content whose changes would show is hashed when it is
            read for the first time, or by `hash`; any other content is hashed by `open`.
        broken: the source changed, or could not be read again. Other uploads of this content may succeed.
    """

    # asyncio can cancel a task while its thread is still at work, and then `close` runs beside that thread.
    # So every method that touches the file takes the lock, and refuses to work after `close`. Otherwise a
    # late thread could open a file that nobody closes, or read from one that is closed.

    def __init__(self, field: str, max_bytes: int, sizes: ReadSizes) -> None:
        self.size = 0
        self.sha256 = ""
        self.broken = False
        self._sizes = sizes
        self._hashed = RunningHash(field, max_bytes)
        self._sent = hashlib.sha256()  # of the current attempt; only for sources without a stamp
        self._file: SourceFile = Spool(iter(()))
        self._lock = threading.Lock()
        self._closed = False

    @property
    def name(self) -> str | None:
        """The file's own name; None if it has none."""
        return self._file.name

    @property
    def head(self) -> bytes:
        """The first bytes, for `a2e_async._files.media_types.sniff`."""
        return self._hashed.head

    async def open(self, source: Source, clock: Clock) -> None:
        """Open the source, and hash it unless that can wait. A source that can be read only once is copied.

        Args:
            source: the source.
            clock: for pauses while too many files are open.

        Raises:
            InvalidArgument: the source is missing, empty, too large or of a wrong type.
            UploadError: the source cannot be read.
        """
        try:
            await when_files_can_be_opened(clock, lambda: in_thread(self._open, source))
        except OSError as error:
            raise UploadError(disk_problem(error, self.name, "read")) from error

        if isinstance(self._file, Spool):
            await self._fill(self._file)
        elif not self.size:
            await self.hash()

    async def hash(self) -> None:
        """Hash the rest of the content, if its hash is not known yet.

        Raises:
            UploadError: the source cannot be read, or changed.
        """
        while not self.sha256:
            await in_thread(self._hash_some)

    def read(self, offset: int) -> bytes:
        """Read the next piece. Blocks.

        Args:
            offset: bytes read before; 0 begins a new attempt.

        Raises:
            UploadError: the source changed, or cannot be read any more.
        """
        with self._guard():
            try:
                piece = self._file.read_at(offset, min(self._sizes.piece, self.size - offset))
                self._count(offset, piece)
                at_end = offset + len(piece) == self.size
                unchanged = bool(piece) and (not at_end or self._is_unchanged())
            except Exception as error:  # of whatever library it is
                self.broken = True
                raise UploadError(f"{self._display_name} cannot be read any more: {error}") from error

            if not unchanged:
                raise self._changed()
            if at_end and not self.sha256 and self._hashed.size == self.size:
                self._finish_hash()
            return piece

    def close(self) -> None:
        """Close the source, unless the caller opened it. Blocks while a thread reads from it."""
        with self._lock:
            self._closed = True
            self._file.close()

    def _open(self, source: Any) -> None:
        field, max_bytes = self._hashed.field, self._hashed.max_bytes
        check_source(source, field, max_bytes)

        with self._guard():
            self._file = open_source(source, field)
            size = self._file.size
            if size is not None and size >= self._sizes.large:
                self.size = size
                check_size(size, field, max_bytes, "the content")
                with self._read_errors():
                    self._hashed.head = self._file.read_at(0, HEAD_BYTES)

    def _hash_some(self) -> None:
        def read_next(size: int) -> bytes:
            return self._file.read_at(self._hashed.size, size)

        with self._guard(), self._read_errors():
            if hash_some(read_next, self._hashed.add, self._sizes.visit):
                self._finish_hash()

    def _finish_hash(self) -> None:
        """Set the hash: all of the content has been hashed."""
        if self.size not in (0, self._hashed.size):
            raise self._changed()
        self.size = self._hashed.size
        if not self.size and self._file.may_be_spent:
            raise InvalidArgument(
                self._hashed.field,
                "the file is empty from its current position on; call seek(0) to send it from its beginning",
            )
        check_size(self.size, self._hashed.field, self._hashed.max_bytes, "the content")
        self.sha256 = self._hashed.digest().hex()

    async def _fill(self, spool: Spool) -> None:
        """Copy a source that can be read only once, and hash it on the way."""
        pieces = spool.pieces
        if isinstance(pieces, AsyncIterator):
            await self._fill_async(spool, pieces)
        else:
            while not await in_thread(self._copy_some, spool, pieces):
                pass
        self._finish_hash()

    async def _fill_async(self, spool: Spool, pieces: AsyncIterator[Any]) -> None:
        """Copy an async source that can be read only once, in batches."""
        batch: list[Any] = []
        size = 0
        try:
            while True:
                try:
                    with self._read_errors():
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    break

                batch.append(piece)
                size += len(piece) if isinstance(piece, bytes | bytearray | memoryview) else CHUNK_BYTES
                if size >= CHUNK_BYTES:
                    await in_thread(self._copy_some, spool, iter(batch))
                    batch, size = [], 0

            await in_thread(self._copy_some, spool, iter(batch))
        finally:
            if inspect.isasyncgen(pieces):  # a stream or file of the caller stays open
                with anyio.CancelScope(shield=True):
                    await pieces.aclose()

    def _copy_some(self, spool: Spool, pieces: Iterator[Any]) -> bool:
        """Copy the next pieces of an iterator; True at its end."""
        with self._guard():
            before = self._hashed.size
            while self._hashed.size - before < CHUNK_BYTES:
                try:
                    with self._read_errors():
                        piece = next(pieces)
                except StopIteration:
                    return True

                data = self._hashed.add(piece)
                try:
                    spool.write(data)
                except OSError as error:
                    message = f"{self._display_name} cannot be copied to a temporary file: {error}"
                    raise UploadError(message) from error
            return False

    def _count(self, offset: int, piece: bytes) -> None:
        """Hash a piece that is about to be sent, where its hash is still needed."""
        if offset == self._hashed.size:
            self._hashed.add(piece)
        if self._file.stamp is None:
            if offset == 0:
                self._sent = hashlib.sha256()
            self._sent.update(piece)

    def _is_unchanged(self) -> bool:
        """Whether the content that was sent is the content that was hashed.

        Called before the last piece is sent: without it the storage keeps nothing of a changed source.
        """
        if self._file.stamp is None:
            is_same = self._sent.digest() == self._hashed.digest()
            return is_same and not self._file.read_at(self.size, 1)
        return self._file.current_stamp() == self._file.stamp

    def _changed(self) -> UploadError:
        self.broken = True
        return UploadError(
            f"{self._display_name} changed while it was being uploaded; upload it when it is complete"
        )

    @property
    def _display_name(self) -> str:
        return path_text(self.name) if self.name else "the content"

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise UploadError("the upload was cancelled")
            yield

    @contextlib.contextmanager
    def _read_errors(self) -> Iterator[None]:
        failures = self._file.failures if isinstance(self._file, Spool) else (Exception,)
        try:
            yield
        except (InvalidArgument, UploadError, StopIteration, StopAsyncIteration):
            raise
        except failures as error:
            raise UploadError(f"{self._display_name} cannot be read: {error}") from error


@asynccontextmanager
async def open_content(
    source: Source, *, field: str, max_bytes: int, sizes: ReadSizes, clock: Clock
) -> AsyncIterator[Content]:
    """Open the content of a source, ready to be sent.

    Args:
        source: as for `a2e_async._files.uploads.Uploader.upload`.
        field: the argument's name, for messages.
        max_bytes: larger content is refused.
        sizes: how the content is read.
        clock: for pauses while too many files are open.

    Raises:
        InvalidArgument: the source is missing, empty, too large or of a wrong type.
        UploadError: the source cannot be read.
    """
    content = Content(field, max_bytes, sizes)
    try:
        await content.open(source, clock)
        yield content
    finally:
        await run_finally(content.close)
