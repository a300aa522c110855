"""Progress of uploads and downloads, reported to callers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from a2e_async.errors import InvalidArgument

__all__ = ["DownloadProgress", "TotalProgress", "UploadProgress", "check_progress", "report"]

UploadProgress = Callable[[int, int], Any]
"""Called with the bytes sent and the bytes in all; may be a coroutine function."""

DownloadProgress = Callable[[int, int | None], Any]
"""Called with the bytes received and the bytes in all (None if not known); may be a coroutine function."""


def check_progress(progress: Any) -> None:
    """Raise InvalidArgument unless this is a callback or None."""
    if progress is not None and not callable(progress):
        raise InvalidArgument("progress", f"{type(progress).__name__} cannot be called")


async def report(progress: Callable[[int, Any], Any] | None, done: int, total: int | None) -> None:
    """Call a progress callback, whether it is a coroutine function or not."""
    if progress is not None:
        outcome = progress(done, total)
        if inspect.isawaitable(outcome):
            await outcome


class TotalProgress:
    """The progress of several files as one.

    Args:
        progress: called with the bytes received and the bytes in all (None until all sizes are known).
        count: the number of files.
    """

    def __init__(self, progress: DownloadProgress, count: int) -> None:
        self._progress = progress
        self._done = [0] * count
        self._sizes: list[int | None] = [None] * count

    def part(self, index: int) -> DownloadProgress:
        """The callback for one file."""

        async def on_progress(done: int, size: int | None) -> None:
            self._done[index], self._sizes[index] = done, size
            sizes = [size for size in self._sizes if size is not None]
            await report(
                self._progress, sum(self._done), sum(sizes) if len(sizes) == len(self._sizes) else None
            )

        return on_progress
