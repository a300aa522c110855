"""A folder that several machines share, such as one of NFS. Everything here blocks.

Locks on files hold on one machine only, on many such file systems. So no file grows here: each comes when it
is complete, under a name of its own, and is renamed.
"""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from a2e_async._files.final_names import rename_without_replacing, sync_folder
from a2e_async._files.hashing import BLOCK_BYTES, hash_file
from a2e_async._files.open_files import NO_DESCRIPTOR
from a2e_async._files.stores import Stopped, Store, StoreError

__all__ = ["SharedFolder"]

# What another try does not mend.
_FINAL = (
    frozenset(
        {
            errno.EACCES,
            errno.EPERM,
            errno.EROFS,
            errno.ENOSPC,
            errno.EDQUOT,
            errno.ENOTDIR,
            errno.ENAMETOOLONG,
        }
    )
    | NO_DESCRIPTOR
)


class SharedFolder(Store):
    """A folder that several machines share.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)

    def check(self) -> None:
        """Create the folder, and write something."""
        with _errors(self._path):
            self._path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._path) as file:
                file.write(b"\0")

    def locate(self, name: str) -> Path:
        """The path of the file of this name."""
        return self._path / name

    def size(self, name: str) -> int | None:
        """See `Store.size`."""
        path = self._path / name
        with _errors(path):
            try:
                return path.stat().st_size if path.is_file() else (-1 if os.path.lexists(path) else None)
            except FileNotFoundError:
                return None

    def md5(self, name: str) -> str | None:
        """See `Store.md5`."""
        try:
            return hash_file(self._path / name, "md5")
        except OSError:
            return None

    def has_content(self, name: str, source: Path) -> bool:
        """See `Store.has_content`."""
        with _errors(self._path / name):
            return hash_file(self._path / name, "sha256") == hash_file(source, "sha256")

    def put(self, source: Path, name: str, *, content_type: str, stop: threading.Event) -> bool:
        """See `Store.put`."""
        return self._save(source, name, stop, rename_without_replacing)

    def replace(self, source: Path, name: str, *, content_type: str, stop: threading.Event) -> None:
        """See `Store.replace`."""
        self._save(source, name, stop, _replace)

    def _save(
        self, source: Path, name: str, stop: threading.Event, rename: Callable[[Path, Path], bool]
    ) -> bool:
        target = self._path / name
        with _errors(target):
            self._path.mkdir(parents=True, exist_ok=True)
            if self._is_beside(source):
                saved = rename(source, target)
            else:
                saved = self._copy(source, target, stop, rename)
            sync_folder(self._path)
            return saved

    def _is_beside(self, source: Path) -> bool:
        """Whether a file can be renamed to this folder."""
        return os.name == "posix" and source.stat().st_dev == self._path.stat().st_dev

    def _copy(
        self, source: Path, target: Path, stop: threading.Event, rename: Callable[[Path, Path], bool]
    ) -> bool:
        """Copy a file beside its final name, and rename the copy."""
        beside = self._path / f".{secrets.token_hex(8)}.part"
        try:
            with source.open("rb") as read, beside.open("xb") as written:
                while block := read.read(BLOCK_BYTES):
                    if stop.is_set():
                        raise Stopped
                    written.write(block)
                written.flush()
                os.fsync(written.fileno())

            return rename(beside, target)
        finally:
            beside.unlink(missing_ok=True)


def _replace(source: Path, target: Path) -> bool:
    os.replace(source, target)
    return True


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Raise a StoreError for an error of the disk."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            error.errno or 0,
            f"{str(path)!r} cannot be used: {reason}",
            may_pass=error.errno not in _FINAL,
        ) from error
