"""Shared by uploads and downloads: HTTP as they see it, progress reports, retried statuses."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from a2e_async.errors import InvalidArgument

__all__ = [
    "CHUNK_BYTES",
    "RETRIED_STATUSES",
    "DownloadProgress",
    "Http",
    "Response",
    "Retry",
    "TotalProgress",
    "UploadProgress",
    "check_progress",
    "report",
    "size_text",
]

UploadProgress = Callable[[int, int], Any]
"""Called with the bytes sent and the bytes in all; may be a coroutine function."""

DownloadProgress = Callable[[int, int | None], Any]
"""Called with the bytes received and the bytes in all (None if not known); may be a coroutine function."""

CHUNK_BYTES = 1 << 20
"""Read or written in one visit to a worker thread: enough to make the visit cheap."""

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, *range(520, 530)})
"""Statuses of a storage or CDN that are usually gone at the next attempt."""


class Response(Protocol):
    """An HTTP response whose body is read as it arrives."""

    @property
    @abstractmethod
    def status(self) -> int:
        """The HTTP status."""

    @property
    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """The headers, with lower-case names."""

    @abstractmethod
    def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        """The body, in the pieces in which it arrives."""


class Http(Protocol):
    """Requests to absolute URLs outside the API: no Authorization, no redirects."""

    @abstractmethod
    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | None = None,
        timeout: float | None = None,
    ) -> AbstractAsyncContextManager[Response]:
        """Send a request. The body of the response is read inside the context.

        Args:
            method: GET or PUT.
            url: absolute.
            headers: sent as they are.
            content: the body of the request.
            timeout: seconds; None for the implementation's default.

        Raises:
            TransportError: the host could not be reached, or the connection broke.
        """


class Retry(Exception):
    """The host asks to come back later. Used between functions; users never see it.

    Attributes:
        status: HTTP status; None if there was no usable answer.
        retry_after: seconds that the host asks to wait; None if it does not say.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


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


def size_text(size: int) -> str:
    """A number of bytes for people.

    Example:
        >>> size_text(1536)
        '1.5 KiB'
    """
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} GiB"
