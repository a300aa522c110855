"""The folder that a run downloads its results to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from a2e_async._bulk.faults import cannot_reach, disk_fault
from a2e_async._bulk.outage import Outage
from a2e_async.errors import DownloadError, InvalidArgument
from a2e_async.task_groups import in_thread

if TYPE_CHECKING:
    from a2e_async._files.destination import SavedFile
    from a2e_async.tasks import Result

__all__ = ["Folder"]

_AT_ONCE = 8
_UNREACHABLE_ALLOWED = 3  # downloads in a row


class Folder:
    """Saves the results of a run, and finds out when that is no use for any of them.

    Args:
        path: the folder.
        disk: lets downloads through, unless there is no room.
    """

    def __init__(self, path: Path, disk: Outage) -> None:
        self._path = path
        self._disk = disk
        self._places = anyio.Semaphore(_AT_ONCE)
        self._checking = anyio.Lock()
        self._checked = False
        self._unreachable = 0

    async def check(self) -> None:
        """Find out, before anything is paid for, whether files can be saved here. Creates the folder.

        Raises:
            InvalidArgument: they cannot.
        """
        async with self._checking:
            if not self._checked:
                await self._disk.through(self._require_writable, disk_fault)
                self._checked = True

    async def save(self, result: Result[Any], key: str | None) -> Sequence[SavedFile]:
        """Download the files of a result. While the disk is full, this waits.

        Raises:
            DownloadError: a file could not be downloaded.
        """

        async def fetch() -> Sequence[SavedFile]:
            async with self._places:
                return await result.fetch(self._path, name=key)

        try:
            files = await self._disk.through(fetch, disk_fault)
        except DownloadError as error:
            self._unreachable = self._unreachable + 1 if cannot_reach(error) else 0
            raise
        self._unreachable = 0
        return files

    async def spoils_all(self, error: Exception) -> bool:
        """Whether the error of a download means that the other results cannot be saved either."""
        if not isinstance(error, DownloadError):
            return False
        if disk_fault(error) is not None or self._unreachable >= _UNREACHABLE_ALLOWED:
            return True

        # The name of one file may be at fault, or the whole folder.
        if not isinstance(error.__cause__, OSError):
            return False
        try:
            await self._require_writable()
        except InvalidArgument:
            return True
        return False

    def described(self, files: Sequence[SavedFile]) -> Sequence[Mapping[str, Any]]:
        """The files for the journal."""
        return [{"path": file.path.relative_to(self._path).as_posix(), "size": file.size} for file in files]

    def paths(self, files: Sequence[Mapping[str, Any]]) -> Sequence[Path]:
        """Where the files are that the journal describes."""
        return [self._path / str(file["path"]) for file in files]

    def has(self, files: Sequence[Mapping[str, Any]] | None) -> bool:
        """Whether the files that the journal describes are all there, each with its full size."""
        return files is not None and all(
            _size(path) == file["size"] for path, file in zip(self.paths(files), files, strict=True)
        )

    async def _require_writable(self) -> None:
        try:
            await in_thread(_write_something, self._path)
        except (OSError, ValueError) as error:
            raise InvalidArgument(
                "download_to",
                f"no file can be saved in {str(self._path)!r}: {error}; nothing more is started. "
                "Give a folder in which this user may write, with room for the results",
            ) from error


def _write_something(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0")


def _size(path: Path) -> int:
    """The size of a file in bytes; -1 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return -1
