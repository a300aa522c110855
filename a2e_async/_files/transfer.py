"""What uploads and downloads share: the wire as they see it, threads, progress, bounded fan-out."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

__all__ = [
    "CHUNK_BYTES",
    "RETRIED_STATUSES",
    "DownloadProgress",
    "Http",
    "Response",
    "Retry",
    "UploadProgress",
    "report",
    "size_text",
]

T = TypeVar("T")
S = TypeVar("S")

UploadProgress = Callable[[int, int], Any]
"""Called with the bytes sent and the bytes in all; may be a coroutine function."""

DownloadProgress = Callable[[int, int | None], Any]
"""Called with the bytes received and the bytes in all (None: not known); may be a coroutine function."""

CHUNK_BYTES = 1 << 20
"""What one visit to a worker thread reads or writes: enough to make the visit cheap."""

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, *range(520, 530)})
"""Statuses of a storage or CDN that pass by themselves."""


class Response(Protocol):
    """An answer whose body is read as it comes."""

    @property
    @abstractmethod
    def status(self) -> int:
        """HTTP status."""

    @property
    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """Lower-case names."""

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
        """Send the request; the body of the answer is read inside the context."""


class Retry(Exception):
    """The host asks to come back later. A signal between functions; users never see it.

    Attributes:
        status: HTTP status; None where there was no usable answer.
        retry_after: seconds that the host asks to wait, if it said so.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


async def report(progress: Callable[[int, Any], Any] | None, done: int, total: int | None) -> None:
    """Call a progress callback, whether it is a coroutine function or not."""
    if progress is not None:
        outcome = progress(done, total)
        if inspect.isawaitable(outcome):
            await outcome


def size_text(size: int) -> str:
    """A number of bytes for people."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} GiB"
