"""Give a complete file its final name, without replacing another. Everything here blocks."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path

from a2e_async._files.file_names import numbered
from a2e_async._files.hashing import BLOCK_BYTES

__all__ = ["rename_without_replacing", "sync_folder", "take_free_name"]

# How a file system refuses hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_PLACEHOLDER_SECONDS = 0.5  # far longer than another process needs between taking a name and filling it


def take_free_name(source: Path, target: Path) -> tuple[Path, bool]:
    """Rename a file to the target or its first free number. A file with the same content is kept instead.

    Returns:
        The path, and whether an existing file was kept.

    Raises:
        OSError: the file cannot be renamed.
    """
    names = numbered(target.name)
    while True:
        path = target.with_name(next(names))
        if rename_without_replacing(source, path):
            return path, False
        if _have_same_content(path, source):
            source.unlink()
            return path, True


def rename_without_replacing(source: Path, target: Path) -> bool:
    """Rename a file; False if the name is taken.

    POSIX renames replace the target. A hard link does not, so the file is linked and its old name
    removed. Without hard links the new name is first taken by an empty file, a placeholder. One that a
    crash has left behind does not count.

    Raises:
        OSError: the file cannot be renamed.
    """
    try:
        if os.name != "posix":
            os.rename(source, target)
            return True

        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if not _is_left_placeholder(target):
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            os.replace(source, target)
        else:
            source.unlink()

    except FileExistsError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Write a new name to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_left_placeholder(path: Path) -> bool:
    """Whether there is an empty file that nobody fills. No download is empty."""
    try:
        if path.stat().st_size:
            return False
        time.sleep(_PLACEHOLDER_SECONDS)
        return path.is_file() and not path.stat().st_size
    except OSError:
        return False


def _have_same_content(path: Path, other: Path) -> bool:
    """Whether both are files with the same content."""
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
