"""The downloads of a run: to a folder, or to an object store."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from a2e_async._bulk.faults import Fault, cannot_reach, disk_fault
from a2e_async._bulk.outage import Outage
from a2e_async._files.stores import Store, StoreError, check_store
from a2e_async.errors import DownloadError, InvalidArgument
from a2e_async.task_groups import in_thread

if TYPE_CHECKING:
    from a2e_async._files.destination import SavedFile
    from a2e_async.tasks import Result

__all__ = ["Downloads"]

_AT_ONCE = 8  # results
_UNREACHABLE_ALLOWED = 3  # downloads in a row


class Downloads:
    """Saves the results of a run, and finds out when none of them can be saved.

    Args:
        place: the path of a folder, or the address of an object store.
        disk: lets downloads through, unless there is no room.
        shared: other machines may save the same files there.
    """

    def __init__(self, place: Path | str, disk: Outage, *, shared: bool = False) -> None:
        self._place = place
        self._shared = shared
        self._disk = disk
        self._places = anyio.Semaphore(_AT_ONCE)
        self._checking = anyio.Lock()
        self._checked = False
        self._unreachable = 0

    def renew(self) -> None:
        """Forget what was found out: somebody may have mended it, or broken it."""
        self._checked, self._unreachable = False, 0

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
                try:
                    return await result.fetch(target, name=key)
                except DownloadError as error:
                    cause = error.__cause__
                    if isinstance(cause, StoreError) and cause.may_pass:
                        cause.meets_all = not await self._is_writable()
                    raise

        target = await self._open()
        try:
            files = await self._disk.through(fetch, _fault)
        except DownloadError as error:
            self._unreachable = self._unreachable + 1 if cannot_reach(error) else 0
            raise
        self._unreachable = 0
        return files

    async def spoils_all(self, error: Exception) -> bool:
        """Whether the error of a download means that the other results cannot be saved either."""
        if isinstance(error, InvalidArgument):
            return error.field == "download_to"
        if not isinstance(error, DownloadError):
            return False
        if disk_fault(error) is not None or self._unreachable >= _UNREACHABLE_ALLOWED:
            return True

        # The name of one file may be at fault, or the whole folder.
        return isinstance(error.__cause__, OSError) and not await self._is_writable()

    def described(self, files: Sequence[SavedFile]) -> Sequence[Mapping[str, Any]]:
        """The files for the journal."""
        return [{"path": file.name, "size": file.size} for file in files]

    async def paths(self, files: Sequence[Mapping[str, Any]] | None) -> Sequence[Path | str] | None:
        """Where the files are that the journal describes.

        Returns:
            None unless they are all there, each with its full size.
        """
        if files is None:
            return None
        if not files:
            return ()

        place = await self._open()
        if isinstance(place, Path):
            return _find_all(place, files)
        return await in_thread(_find_all, place, files)

    async def _open(self) -> Path | Store:
        """The folder or store.

        Raises:
            InvalidArgument: there is no driver for it.
        """
        if isinstance(self._place, Path) and not self._shared:
            return self._place
        if isinstance(self._place, Path):
            from a2e_async._files.shared_folder import SharedFolder

            return SharedFolder(self._place)

        from a2e_async._files.object_store import open_object_store

        try:
            return await in_thread(open_object_store, self._place)
        except StoreError as error:
            raise self._useless(error) from error

    async def _is_writable(self) -> bool:
        try:
            await self._require_writable()
        except InvalidArgument:
            return False
        return True

    async def _require_writable(self) -> None:
        place = await self._open()
        try:
            if isinstance(place, Store):
                await in_thread(check_store, place)
            else:
                await in_thread(_write_something, place)
        except (OSError, ValueError) as error:
            raise self._useless(error) from error

    def _useless(self, error: Exception) -> InvalidArgument:
        """The error that says that nothing can be saved."""
        if isinstance(self._place, Path):
            shown = f"no file can be saved in {str(self._place)!r}: {error}"
            advice = "Give a folder in which this user may write, with room for the results"
        else:
            shown = f"no file can be saved: {error}"
            advice = "Give an address at which this program may write, read and remove files"
        return InvalidArgument("download_to", f"{shown}; nothing more is started. {advice}")


def _fault(error: Exception) -> Fault | None:
    """Why no file can be saved now, as the error of one file says it."""
    cause = error.__cause__
    return Fault.PASSING if isinstance(cause, StoreError) and cause.meets_all else disk_fault(error)


def _find_all(place: Path | Store, files: Sequence[Mapping[str, Any]]) -> Sequence[Path | str] | None:
    """Where the files of the journal are; None unless they are all there."""
    found: list[Path | str] = []
    for file in files:
        name = str(file["path"])
        size = place.find_size(name) if isinstance(place, Store) else _size(place / name)
        if size != file["size"]:
            return None
        found.append(place.locate(name) if isinstance(place, Store) else place / name)
    return found


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
