"""HTTP as uploads and downloads see it: requests to storages and CDNs, outside the API."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

__all__ = ["RETRIED_STATUSES", "Http", "Response", "Retry"]

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
