"""The storage behind presigned URLs: presigning, and the PUT of a content."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from a2e_async._files.content import Content
from a2e_async._files.file_names import ascii_name, safe_name, with_extension
from a2e_async._files.http import RETRIED_STATUSES, Http, Response, Retry
from a2e_async._files.least_speed import LeastSpeed, watched
from a2e_async._files.media_types import extension_of
from a2e_async._files.presign import Presign
from a2e_async._files.progress import UploadProgress, report
from a2e_async._files.upload_cache import ContentKey, SignedUrl
from a2e_async._files.worker_threads import Pending, WorkerThreads, worker_threads
from a2e_async.addresses import url_problem
from a2e_async.clock import Clock
from a2e_async.errors import TransportError, UploadError
from a2e_async.policies import retry_after_seconds

__all__ = ["Storage"]

_MAX_ERROR_BYTES = 4096
_SLOW_AFTER = 10.0  # seconds for words that may trickle; the status is enough


class Storage:
    """Where contents are stored.

    Args:
        http: sends the PUTs.
        presign: asks the API for a URL.
        clock: for the age of URLs.
        timeout: seconds for one PUT, as for `Http.stream`; None for its own default.
        private_hosts: allow hosts of this machine and of private networks.
    """

    def __init__(
        self,
        http: Http,
        presign: Presign,
        *,
        clock: Clock,
        timeout: float | None,
        private_hosts: bool = True,
    ) -> None:
        self._http = http
        self._presign = presign
        self._clock = clock
        self._timeout = timeout
        self._private_hosts = private_hosts

    async def sign(self, key: ContentKey, name: str | None) -> SignedUrl:
        """Get a presigned URL. Charged.

        Args:
            key: of the content.
            name: how the file should be called in its URL.

        Raises:
            UploadError: the service gave an invalid address.
            APIError: the service did not presign.
        """
        put_url, url = await self._presign(_object_key(key, name), key.content_type, key.size)

        for address in (put_url, url):
            problem: str | None = "is missing"
            if isinstance(address, str):
                problem = url_problem(address, private_hosts=self._private_hosts)
            if problem:
                raise UploadError(f"the service gave an address for the file that {problem}")
        return SignedUrl.at(self._clock.now(), put_url, url)

    async def put(
        self, url: str, content_type: str, content: Content, progress: UploadProgress | None
    ) -> tuple[int, str]:
        """Send a content once.

        Args:
            url: presigned.
            content_type: the type that was signed.
            content: the content.
            progress: called with the bytes sent and the bytes in all.

        Returns:
            The HTTP status, and what the storage said about an error.

        Raises:
            Retry: the storage asks to come back later.
            TransportError: the storage could not be reached.
            UploadError: the content changed, or cannot be read any more.
        """
        headers = {"Content-Type": content_type, "Content-Length": str(content.size)}
        async with (
            worker_threads() as threads,
            self._http.stream(
                "PUT", url, headers=headers, content=_Body(content, threads, progress), timeout=self._timeout
            ) as response,
        ):
            error_text = "" if response.status < 300 else await self._read_error_text(response)

            if response.status in RETRIED_STATUSES:
                after = retry_after_seconds(response.headers.get("retry-after"), time.time())
                message = f"HTTP {response.status} {error_text}".rstrip()
                raise Retry(message, status=response.status, retry_after=after)

        if response.status < 300:
            await report(progress, content.size, content.size)
        return response.status, error_text

    async def _read_error_text(self, response: Response) -> str:
        """The storage's own words, without the parts that repeat the signature."""
        body = b""
        try:
            speed = LeastSpeed(_SLOW_AFTER)
            async with aclosing(watched(response.aiter_bytes(), self._clock, speed)) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > _MAX_ERROR_BYTES:
                        break
        except (Retry, TransportError):
            pass  # the status is enough

        found: list[Any] = re.findall(rb"<(?:Code|Message)>([^<]{1,200})<", body[:_MAX_ERROR_BYTES])
        return ": ".join(text.decode("utf-8", "replace") for text in found)


class _Body(AsyncIterator[bytes]):
    """A content as the body of a request: each piece is read while the one before is being sent.

    Not a generator, because a request may be abandoned before its end, and then nobody closes its body.
    """

    def __init__(self, content: Content, threads: WorkerThreads, progress: UploadProgress | None) -> None:
        self._content = content
        self._threads = threads
        self._progress = progress
        self._given = 0
        self._next: Pending[bytes] | None = None

    async def __anext__(self) -> bytes:
        if self._given:
            await report(self._progress, self._given, self._content.size)
        if self._given == self._content.size:
            raise StopAsyncIteration

        piece = await (self._next or self._start_read()).result()
        self._given += len(piece)
        if self._given < self._content.size:
            self._next = self._start_read()
        return piece

    def _start_read(self) -> Pending[bytes]:
        return self._threads.start(self._content.read, self._given)


def _object_key(key: ContentKey, name: str | None) -> str:
    """A readable name without spaces, the same for the same content of the same type.

    It is random while the hash is not known.
    """
    extension = extension_of(key.content_type)
    safe = with_extension(safe_name(name), extension) if extension else safe_name(name)
    digest = hashlib.sha256(f"{key.sha256} {key.content_type}".encode()).hexdigest()
    return f"{digest[:32] if key.sha256 else secrets.token_hex(16)}/{ascii_name(safe)}"
