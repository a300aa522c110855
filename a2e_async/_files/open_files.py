"""Few files are open at once: work that opens one waits for a place, and for a free descriptor."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from a2e_async._spec.local_paths import path_text
from a2e_async.clock import Clock
from a2e_async.errors import DownloadError
from a2e_async.task_groups import in_thread

__all__ = ["NO_DESCRIPTOR", "Disk", "disk_problem", "places_for_files", "when_files_can_be_opened"]

T = TypeVar("T")

NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})
"""How a system says that too many files are open."""

_MOST_OPEN_FILES = 32
_PATIENCE = 60.0  # seconds; another part of the program may close its files
_REASONS = {
    errno.ELOOP: "it is a link, which is not followed here",
    errno.EMFILE: "Too many open files; raise the limit (ulimit -n)",
}
_PAUSE = 0.1  # seconds to the next try; doubled with each
_LONGEST_PAUSE = 2.0  # seconds


def places_for_files() -> int:
    """How many files are open at once for uploads, and how many for downloads.

    Twice the connections for files, so that the next file is ready when a connection becomes free; but only a
    sixteenth of what the process may open, for connections need descriptors too.
    """
    try:
        import resource  # not on Windows
    except ImportError:
        return _MOST_OPEN_FILES

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST_OPEN_FILES if limit < 0 else max(2, min(_MOST_OPEN_FILES, limit // 16))


async def when_files_can_be_opened(clock: Clock, work: Callable[[], Awaitable[T]]) -> T:
    """Do work that opens a file. While the process or the system has too many open files, wait.

    Args:
        clock: for the pauses.
        work: can be repeated after it has failed.

    Raises:
        OSError: there are still too many open files after a minute; or any other error of the work.
    """
    pause, waited = _PAUSE, 0.0
    while True:
        try:
            return await work()
        except OSError as error:
            if error.errno not in NO_DESCRIPTOR or waited >= _PATIENCE:
                raise
            if not waited:
                _warn(error)

        await clock.sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def disk_problem(error: Exception, path: str | os.PathLike[str] | None, what: str) -> str:
    """Say which file cannot be used and why.

    Args:
        error: an OSError; or a ValueError, as of a closed file.
        path: the file, where the error does not name one; None if it has no path.
        what: was tried: "read" or "written".

    Example:
        >>> disk_problem(OSError(28, "No space left on device"), "out/a.mp4", "written")
        'out/a.mp4 cannot be written: No space left on device'
    """
    reason = str(error)
    if isinstance(error, OSError):
        reason = _REASONS.get(error.errno or 0) or error.strerror or reason or type(error).__name__
        named = error.filename2 or error.filename  # the second is the new name of a file
        path = os.fsdecode(named) if isinstance(named, str | bytes) else path

    shown = "the file" if path is None else path_text(path)
    return f"{shown} cannot be {what}: {reason}"


class Disk:
    """The disk, for one download. An error becomes a DownloadError that names the file.

    Args:
        url: of the download.
        path: of the file, where an error does not name one.
        clock: for pauses while too many files are open.
    """

    def __init__(self, url: str, path: Path, clock: Clock) -> None:
        self._url = url
        self._path = path
        self._clock = clock

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Work in a worker thread.

        Args:
            work: called with `args`. It can be repeated after it has failed.
            args: for `work`.
        """
        with self.errors():
            return await when_files_can_be_opened(self._clock, lambda: in_thread(work, *args))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise a DownloadError for an error of the disk."""
        try:
            yield
        except (OSError, ValueError) as error:
            raise DownloadError(disk_problem(error, self._path, "written"), url=self._url) from error


def _warn(error: OSError) -> None:
    import logging

    reason = error.strerror or "Too many open files"
    logging.getLogger("a2e_async").warning("%s: files wait until others are closed", reason)
