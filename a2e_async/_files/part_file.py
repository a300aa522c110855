"""A file that is being downloaded: ``<name>.part``, with its origin in ``<name>.part.json``.

Everything here blocks and belongs in a worker thread, except `PartFile.add`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from a2e_async._files.file_names import numbered
from a2e_async._files.final_names import sync_folder, take_free_name
from a2e_async._files.hashing import BLOCK_BYTES, hash_file
from a2e_async._files.media_types import HEAD_BYTES
from a2e_async._files.part_origin import NO_FOLLOW, Version, read_origin, write_origin
from a2e_async._files.sizes import size_text

if os.name == "posix":
    import fcntl

__all__ = ["PartFile"]

T = TypeVar("T")


class PartFile:
    """The part file of one download. It has one holder at a time, in this process or another.

    Args:
        path: where it should be. A number is added while another download holds this path.

    Attributes:
        path: where it is.
        offset: bytes written.
        version: the version of the remote file that they belong to.
        carried_over: some of the bytes come from an earlier call.
    """

    # Two locks protect a part. The lock on the file (flock) keeps out other downloads, of this process and of
    # others. The thread lock separates the threads of this download: asyncio can cancel a task while
    # its thread is still at work, so `close` may run beside `flush` or `publish`. Every method that uses
    # the descriptor takes the thread lock, and touches nothing after `close`. Otherwise a late
    # thread could write to a descriptor whose number belongs to another file by then.

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.version = Version()
        self.carried_over = False
        self._descriptor: int | None = None
        self._closed = False
        self._pending: list[bytes] = []  # the event loop appends, a worker thread removes
        self._lock = threading.Lock()

    @property
    def queued(self) -> int:
        """Bytes that wait for the next `flush`."""
        return sum(map(len, self._pending))

    def add(self, piece: bytes) -> None:
        """Queue bytes for the next `flush`. Does not block, not even during a `flush`."""
        self._pending.append(piece)

    def open(self) -> None:
        """Open and lock the file, and read its origin.

        Raises:
            OSError: the file cannot be made here.
        """
        with self._lock:
            if self._closed:
                return

            self.path.parent.mkdir(parents=True, exist_ok=True)
            names = numbered(self.path.name)
            path = self.path.with_name(next(names))
            while (descriptor := _open_locked(path)) is None:
                path = self.path.with_name(next(names))
            self.path = path

            try:
                self.version = read_origin(self._origin_path)
            except OSError:
                os.close(descriptor)
                raise
            self._descriptor = descriptor

            if self.version.condition is None:
                os.ftruncate(descriptor, 0)
            self.offset = os.fstat(descriptor).st_size
            if self.version.size is not None:
                # The last byte is always requested again: the host then confirms that the file is the same.
                self.offset = min(self.offset, self.version.size - 1)
            self.carried_over = self.offset > 0

    def restart(self, version: Version) -> None:
        """Empty the file and begin another version of the remote file.

        Raises:
            OSError: it cannot be written, or is larger than the free space of the disk.
        """
        with self._lock:
            self._pending.clear()
            self.offset = 0
            self.carried_over = False
            self.version = version
            if self._descriptor is not None:
                os.ftruncate(self._descriptor, 0)  # first, so that the origin never describes other bytes
                _check_room(self._descriptor, version.size)
                write_origin(self._origin_path, version)

    def flush(self) -> None:
        """Write the queued bytes. Bytes that a full disk did not take stay queued."""
        with self._lock:
            self._flush()

    def head(self) -> bytes:
        """Read the first bytes, for `a2e_async._files.media_types.sniff`."""
        with self._lock:
            if self._descriptor is None:
                return b""
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            return os.read(self._descriptor, HEAD_BYTES)

    def is_intact(self) -> bool:
        """Whether the bytes of an earlier call match the ETag, as far as it can tell.

        A crash of the whole machine can leave a file of the right length with wrong content.
        """
        with self._lock:
            if not self.carried_over or self.version.md5 is None or self._descriptor is None:
                return True
            return hash_file(self.path, "md5") == self.version.md5

    def publish(self, target: Path, overwrite: bool) -> tuple[Path, bool]:
        """Give the complete file its final name, atomically, and write it to the disk.

        Args:
            target: the final path.
            overwrite: replace an existing file. Otherwise an existing file with the same content is kept,
                and beside other content the new file gets a number.

        Returns:
            The path of the file, and whether an existing file was kept.

        Raises:
            FileNotFoundError: the part was closed.
            OSError: the file cannot be written or renamed.
        """
        with self._lock:
            self._complete()
            if os.name != "posix":
                self._release()  # Windows does not rename open files

            if overwrite:
                os.replace(self.path, target)
                path, reused = target, False
            else:
                path, reused = take_free_name(self.path, target)

            self._origin_path.unlink(missing_ok=True)
            self._release()
            sync_folder(path.parent)
            return path, reused

    def hand_over(self, take: Callable[[Path], T]) -> T:
        """Let another place take the complete file, and remove what is left of it here.

        Args:
            take: called with the path of the file, which it may read, move or remove. If it fails, the part
                stays.

        Returns:
            What `take` returns.

        Raises:
            FileNotFoundError: the part was closed.
            OSError: the file cannot be written.
            Exception: what `take` raises.
        """
        with self._lock:
            self._complete()
            taken = take(self.path)

            is_left = self._has_its_name()  # if not, another download may have begun under this name
            if os.name != "posix":
                self._release()  # Windows does not remove open files
            if is_left:
                self.path.unlink(missing_ok=True)
            self._origin_path.unlink(missing_ok=True)
            self._release()
            return taken

    def discard(self) -> None:
        """Empty the file: nothing of it is needed. `close` removes it."""
        with self._lock:
            self._pending.clear()
            if self._descriptor is not None:
                os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """Keep the part for a later call, or remove it if it cannot be resumed. May be called twice."""
        with self._lock:
            self._closed = True
            if self._descriptor is None:
                return

            with contextlib.suppress(OSError):
                self._flush()
            with contextlib.suppress(OSError):
                is_of_use = os.fstat(self._descriptor).st_size and self.version.condition is not None
                if not is_of_use and self._has_its_name():
                    self.path.unlink(missing_ok=True)
                    self._origin_path.unlink(missing_ok=True)
            self._release()

    def _has_its_name(self) -> bool:
        """Whether the path still leads to this file."""
        if self._descriptor is None:
            return False
        try:
            return self.path.stat().st_ino == os.fstat(self._descriptor).st_ino
        except FileNotFoundError:
            return False

    def _complete(self) -> None:
        """Write everything to the disk, and nothing more than was received."""
        self._flush()
        if self._descriptor is None:
            raise FileNotFoundError(self.path)

        os.ftruncate(self._descriptor, self.offset)
        os.fsync(self._descriptor)

    def _flush(self) -> None:
        if self._descriptor is None:
            return

        os.lseek(self._descriptor, self.offset, os.SEEK_SET)
        queued = len(self._pending)  # pieces added meanwhile are left for the next flush
        while queued:
            count = _pieces_for_one_write(self._pending, queued)
            block = b"".join(self._pending[:count])
            view = memoryview(block)
            while view:
                view = view[os.write(self._descriptor, view) :]

            # Only now: a write that fails half-way is repeated from the same offset.
            self.offset += len(block)
            del self._pending[:count]
            queued -= count

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def _origin_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")


def _check_room(descriptor: int, size: int | None) -> None:
    """Raise OSError if a file of that size does not fit on the disk."""
    if size is None or not hasattr(os, "fstatvfs"):
        return

    disk = os.fstatvfs(descriptor)
    free = disk.f_bavail * disk.f_frsize
    if disk.f_blocks and size > free:  # some network file systems report nothing
        raise OSError(errno.ENOSPC, f"the file has {size_text(size)}, and the disk {size_text(free)} free")


def _pieces_for_one_write(pieces: list[bytes], most: int) -> int:
    """How many of the pieces to join for one write.

    Every write has its price, and joined pieces are in memory twice.
    """
    size = count = 0
    while count < most and size < BLOCK_BYTES:
        size += len(pieces[count])
        count += 1
    return count


# A lock belongs to a file, not to a name. Between `open` and the lock, the last holder may have given the
# file its final name. Writing to the descriptor would then damage a finished download. So with the lock
# taken, the name must still lead to the same file; otherwise the loop starts again. A holder that crashed
# between `link` and `unlink` leaves a finished file that still has the name of its part, too. Its
# second link gives it away: the name of the part is removed, and the loop starts again.


def _open_locked(path: Path) -> int | None:
    """Open a file and lock it. None if another holder has it.

    Raises:
        OSError: there is something else than a file, such as a link that somebody has put there.
    """
    flags = os.O_RDWR | os.O_CREAT | NO_FOLLOW | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", str(path))
            if not _try_lock(descriptor):
                os.close(descriptor)
                return None

            opened = os.fstat(descriptor)
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == opened.st_ino:
                    if opened.st_nlink == 1:
                        return descriptor
                    path.unlink()
        except BaseException:
            os.close(descriptor)
            raise

        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    if os.name == "posix":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks
    return True
