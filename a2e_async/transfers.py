"""What uploads and downloads share: the wire as they see it, threads, progress, bounded fan-out."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from a2e_async.errors import InvalidArgument

__all__ = [
    "BLOCK_BYTES",
    "CHUNK_BYTES",
    "RETRIED_STATUSES",
    "VISIT_BYTES",
    "DownloadProgress",
    "Http",
    "Response",
    "Retry",
    "UploadProgress",
    "each",
    "report",
    "run_finally",
    "size_text",
    "url_problem",
]

T = TypeVar("T")
S = TypeVar("S")

UploadProgress = Callable[[int, int], Any]
"""Called with the bytes sent and the bytes in all; may be a coroutine function."""

DownloadProgress = Callable[[int, int | None], Any]
"""Called with the bytes received and the bytes in all (None: not known); may be a coroutine function."""

CHUNK_BYTES = 1 << 20
"""What one visit to a worker thread reads or writes: enough to make the visit cheap."""

BLOCK_BYTES = 256 << 10
"""What is read at once to be hashed or compared, or joined to be written: it fits the processor's cache."""

VISIT_BYTES = 16 << 20
"""What is hashed in one visit to a worker thread, about 10 ms."""

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
    """The other side says: later. A signal between functions; users never see it.

    Attributes:
        status: HTTP status, None where there was no answer to speak of.
        after: seconds that Retry-After asks for.
    """

    def __init__(self, message: str, *, status: int | None = None, after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.after = after


def url_problem(url: str) -> str | None:
    """Why nothing may be sent to this URL; None where it is fine.

    https only (plain http: loopback only); no user name or password, which
    would become an Authorization header.
    """
    if any(character <= " " or character == "\x7f" for character in url):
        return "holds spaces or control characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return "is not an http(s) URL"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password"
    if parts.scheme == "http" and not _is_loopback(host):
        return "is plain http on a public host; https is required"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def report(progress: Callable[[int, Any], Any] | None, done: int, total: int | None) -> None:
    """Call a progress callback, whether it is a coroutine function or not."""
    if progress is not None:
        outcome = progress(done, total)
        if inspect.isawaitable(outcome):
            await outcome


async def run_finally(clean_up: Callable[[], None]) -> None:
    """Run in a worker thread what has to run however the caller ends.

    Args:
        clean_up: may run twice: when even this wait is cancelled, it is run on the spot.
    """
    with anyio.CancelScope(shield=True):
        try:
            await to_thread.run_sync(clean_up)
        except anyio.get_cancelled_exc_class():
            clean_up()
            raise


async def each(items: list[S], work: Callable[[int, S], Awaitable[T]], concurrency: int) -> list[T]:
    """Do the work for every item, some at a time; results in the order of the items.

    The first failure cancels the rest and is raised as it is.
    """
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise InvalidArgument("concurrency", f"{concurrency!r} is not a whole number above 0")
    results: dict[int, T] = {}
    failures: list[Exception] = []
    queue = iter(enumerate(items))

    async def worker() -> None:
        for index, item in queue:
            try:
                results[index] = await work(index, item)
            except Exception as error:
                failures.append(error)
                group.cancel_scope.cancel()
                return

    async with anyio.create_task_group() as group:
        for _ in range(min(concurrency, len(items))):
            group.start_soon(worker)
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(items))]


def size_text(size: int) -> str:
    """A number of bytes for people."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} GiB"
