"""A file that is being downloaded: ``<name>.part``, and what is known of its origin beside it.

Everything here blocks and is meant for worker threads. A lock guards the handle, because asyncio can
cancel a task while its thread is still at work.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import attrs

from a2e_async._files.file_names import numbered
from a2e_async._files.hashing import BLOCK_BYTES, hash_file
from a2e_async._files.media_types import HEAD_BYTES

if os.name == "posix":
    import fcntl

__all__ = ["PartFile", "Version"]

_MD5 = re.compile(r'"([0-9a-f]{32})"')


@attrs.frozen
class Version:
    """What tells one version of a remote file from another.

    Attributes:
        etag, last_modified: the headers of these names.
        size: bytes of the whole file.
    """

    etag: str | None = None
    last_modified: str | None = None
    size: int | None = None

    @property
    def condition(self) -> str | None:
        """For If-Range: what proves that the file is still the same; None where nothing does."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified

    @property
    def md5(self) -> str | None:
        """The content's MD5, if the ETag looks like one, as storages make them. It may be something else."""
        match = _MD5.fullmatch(self.etag or "")
        return match and match[1]


class PartFile:
    """The part of one download. Only one holder at a time, in this process or another.

    Args:
        path: where it should be; while somebody else holds that, a number is added.

    Attributes:
        offset: bytes that are there.
        version: of the remote file they are of.
        carried_over: some of them are of an earlier call.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.version = Version()
        self.carried_over = False
        self._descriptor: int | None = None
        self._closed = False
        self._pending: list[bytes] = []  # added to by the event loop, taken from by a worker
        self._lock = threading.Lock()

    def add(self, piece: bytes) -> None:
        """Queue bytes for the next `flush`. Does not block, not even while one is at work."""
        self._pending.append(piece)

    def open(self) -> None:
        """Open and lock the file, and read where it is from.

        Raises:
            OSError: it cannot be made here.
        """
        with self._lock:
            if self._closed:
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            names = numbered(self.path.name)
            path = self.path.with_name(next(names))
            while (descriptor := _locked(path)) is None:
                path = self.path.with_name(next(names))
            self.path, self._descriptor = path, descriptor
            self.version = self._read_origin()
            if self.version.condition is None:
                os.ftruncate(descriptor, 0)
            self.offset = os.fstat(descriptor).st_size
            if self.version.size is not None:
                # One byte is always left to ask for: so the server is asked whether the file is the same.
                self.offset = min(self.offset, self.version.size - 1)
            self.carried_over = self.offset > 0

    def restart(self, version: Version) -> None:
        """Empty the file and begin another version of the remote file."""
        with self._lock:
            self._pending.clear()
            self.offset = 0
            self.carried_over = False
            self.version = version
            if self._descriptor is not None:
                os.ftruncate(self._descriptor, 0)  # first: so the origin is never that of other bytes
                self._write_origin()

    def flush(self) -> None:
        """Write what was added. What a full disk did not take stays queued."""
        with self._lock:
            self._flush()

    def head(self) -> bytes:
        """The first bytes, for `a2e_async._files.media_types.sniff`."""
        with self._lock:
            if self._descriptor is None:
                return b""
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            return os.read(self._descriptor, HEAD_BYTES)

    def is_intact(self) -> bool:
        """Whether bytes of an earlier call are what the ETag says, if it says anything.

        A crash of the whole machine can leave a file of the right length with wrong bytes.
        """
        with self._lock:
            if not self.carried_over or self.version.md5 is None or self._descriptor is None:
                return True
            return hash_file(self.path, "md5") == self.version.md5

    def publish(self, target: Path, overwrite: bool) -> tuple[Path, bool]:
        """Give the complete file its name, in one step and for good.

        Args:
            target: the name.
            overwrite: replace what has this name. Otherwise the same content is left as
                it is, and beside other content the file gets a number.

        Returns:
            Its path, and whether the same content was there already.
        """
        with self._lock:
            self._flush()
            if self._descriptor is None:
                raise FileNotFoundError(self.path)
            os.ftruncate(self._descriptor, self.offset)
            os.fsync(self._descriptor)
            if os.name != "posix":
                self._release()  # open files have no other name there
            path, reused = target, False
            if overwrite:
                os.replace(self.path, target)
            else:
                for name in numbered(target.name):
                    path = target.with_name(name)
                    if _renamed(self.path, path):
                        break
                    if _is_same(path, self.path):
                        reused = True
                        self.path.unlink()
                        break
            self._origin_path.unlink(missing_ok=True)
            self._release()
            _sync_folder(path.parent)
            return path, reused

    def discard(self) -> None:
        """Remove the file: nothing of it is wanted."""
        with self._lock:
            self._pending.clear()
            if self._descriptor is not None:
                os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """Keep what came, for a resume; what cannot be resumed is removed. May be called twice."""
        with self._lock:
            self._closed = True
            if self._descriptor is None:
                return
            with contextlib.suppress(OSError):
                self._flush()
            with contextlib.suppress(OSError):
                if not os.fstat(self._descriptor).st_size or self.version.condition is None:
                    self.path.unlink(missing_ok=True)
                    self._origin_path.unlink(missing_ok=True)
            self._release()

    def _flush(self) -> None:
        if self._descriptor is None:
            return
        os.lseek(self._descriptor, self.offset, os.SEEK_SET)
        queued = len(self._pending)  # what is added meanwhile is left for the next time
        while queued:
            count = _worth_a_write(self._pending, queued)
            block = b"".join(self._pending[:count])
            view = memoryview(block)
            while view:
                view = view[os.write(self._descriptor, view) :]
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

    def _write_origin(self) -> None:
        self._origin_path.write_text(json.dumps(attrs.asdict(self.version)), "utf-8")

    def _read_origin(self) -> Version:
        try:
            origin: Any = json.loads(self._origin_path.read_text("utf-8"))
            etag, last_modified, size = origin["etag"], origin["last_modified"], origin["size"]
        except (OSError, ValueError, KeyError, TypeError):
            return Version()
        if not (
            isinstance(etag, str | None)
            and isinstance(last_modified, str | None)
            and (size is None or (type(size) is int and size > 0))
        ):
            return Version()
        return Version(etag, last_modified, size)


def _worth_a_write(pieces: list[bytes], most: int) -> int:
    """How many of the pieces to write at once: each write has its price, and joining more costs memory."""
    size = count = 0
    while count < most and size < BLOCK_BYTES:
        size += len(pieces[count])
        count += 1
    return count


def _locked(path: Path) -> int | None:
    """Open a file for this holder alone; None while somebody else has it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            if not _lock(descriptor):
                os.close(descriptor)
                return None
            opened = os.fstat(descriptor)
            with contextlib.suppress(FileNotFoundError):
                # Before the lock was ours, its last holder may have renamed it, or crashed half-way in that.
                if path.stat().st_ino == opened.st_ino:
                    if opened.st_nlink == 1:
                        return descriptor
                    path.unlink()
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    if os.name == "posix":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks
    return True


def _renamed(source: Path, target: Path) -> bool:
    """Rename without replacing anything; False where the name is taken."""
    try:
        if os.name != "posix":
            os.rename(source, target)
            return True
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            os.replace(source, target)
        else:
            source.unlink()
    except FileExistsError:
        return False
    return True


_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def _is_same(path: Path, other: Path) -> bool:
    """Whether both are files of the same content."""
    try:
        if not path.is_file() or path.stat().st_size != other.stat().st_size:
            return False
        with path.open("rb") as one, other.open("rb") as two:
            while block := one.read(BLOCK_BYTES):
                if block != two.read(BLOCK_BYTES):
                    return False
            return not two.read(1)
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make a new name last; not every system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
