"""Uploads: each content once, streamed, over a presigned URL.

Presigning is charged for API tokens, so what is known of a content outlives a failed PUT: the
next try, of this call or a later one, sends to the same URL while that is valid.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import attrs
from anyio import to_thread

from a2e_async.clock import Clock
from a2e_async.errors import A2EError, InvalidArgument, TransportError, UploadError
from a2e_async.media import content_type_of, extension_of, safe_name, with_extension
from a2e_async.operations import Upload
from a2e_async.policy import RetryPolicy, retry_after_seconds
from a2e_async.sources import Content, Source, check_source, opened
from a2e_async.transfers import (
    RETRIED_STATUSES,
    Http,
    Response,
    Retry,
    UploadProgress,
    each,
    report,
    url_problem,
)

__all__ = ["Presign", "Source", "UploadCache", "Uploader"]

Presign = Callable[[str, str, int], Awaitable[tuple[str, str]]]
"""From key, content type and size to the URL to PUT to and the public URL. Charged."""

_CONTENT_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(; ?[a-z0-9._-]+=[a-z0-9._-]+)*", re.IGNORECASE
)
_SHORTEST_EXPIRY = 60.0  # seconds; the least that the presign route takes (H)


@attrs.frozen
class _Signed:
    """A presigned URL.

    Attributes:
        put_url, url: where to send it, and where it can be read then.
        since: when it was made, in seconds of the clock.
        lifetime: seconds, None where the URL does not say.
    """

    put_url: str = attrs.field(repr=False)
    url: str
    since: float
    lifetime: float | None

    def has_expired(self, now: float) -> bool:
        return self.lifetime is not None and not 0 <= now - self.since < self.lifetime

    def may_have_expired(self, now: float) -> bool:
        # The last tenth is in doubt: two clocks, and the way there.
        lifetime = _SHORTEST_EXPIRY if self.lifetime is None else self.lifetime
        return not 0 <= now - self.since < 0.9 * lifetime


_ContentKey = tuple[str, str, int]  # SHA-256, content type, size


@attrs.define(eq=False)
class _Flight:
    """An upload under way, for those who wait for the same content."""

    landed: anyio.Event
    error: A2EError | None = None


class UploadCache:
    """What one client has uploaded, and what it has paid presigned URLs for. Belongs to no event loop.

    Args:
        max_age: seconds for which an uploaded URL is given out again. The service deletes uploads
            after 3 days (H), and a job may still wait for its turn before it reads the URL.
    """

    def __init__(self, max_age: float = 2 * 86400.0) -> None:
        self._max_age = max_age
        self._uploads: dict[_ContentKey, tuple[float, Upload]] = {}
        self.signed: dict[_ContentKey, _Signed] = {}

    def __len__(self) -> int:
        return len(self._uploads)

    def get(self, key: _ContentKey, now: float) -> Upload | None:
        """The upload of this content, if it is young enough."""
        since, upload = self._uploads.get(key, (now, None))
        return upload if 0 <= now - since < self._max_age else None

    def keep(self, upload: Upload, now: float, age: float = 0.0) -> None:
        """Remember an upload that was made that many seconds ago; the old ones are forgotten."""
        key = (upload.sha256, upload.content_type, upload.size)
        if age >= self._max_age or self._uploads.get(key, (-math.inf, None))[0] > now - age:
            return
        self.signed.pop(key, None)
        self._uploads.pop(key, None)
        self._uploads[key] = now - age, upload
        # The oldest stand first, so this touches only what goes.
        while now - next(iter(self._uploads.values()))[0] >= self._max_age:
            del self._uploads[next(iter(self._uploads))]


class Uploader:
    """Uploads of one client in one event loop.

    Args:
        http: sends the PUTs.
        presign: asks the API for a URL.
        retry: for the PUTs.
        clock: for pauses and ages.
        cache: shared by the event loops of a client.
        max_bytes: larger content is refused.
        timeout: seconds for one PUT, as `Http.stream` takes it; None: its own default.

    Attributes:
        listeners: called with each new upload.
    """

    def __init__(
        self,
        http: Http,
        presign: Presign,
        *,
        clock: Clock,
        retry: RetryPolicy,
        cache: UploadCache | None = None,
        max_bytes: int = 5 << 30,
        timeout: float | None = None,
    ) -> None:
        self._http = http
        self._presign = presign
        self._clock = clock
        self._retry = retry
        self._cache = UploadCache() if cache is None else cache
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._flights: dict[_ContentKey, _Flight] = {}
        self.listeners: list[Callable[[Upload], Awaitable[None]]] = []

    def recall(self, uploads: Iterable[tuple[Upload, float]]) -> None:
        """Uploads of an earlier process, the oldest first, each with its age in seconds."""
        now = self._clock.now()
        for upload, age in uploads:
            self._cache.keep(upload, now, age)

    async def upload(
        self,
        source: Source | Upload,
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: UploadProgress | None = None,
        field: str = "source",
    ) -> Upload:
        """Upload a file, unless this client has already uploaded the same content.

        The content is read twice (hashed, then sent) in constant memory; what can be read but once
        is kept in a temporary file meanwhile.

        Args:
            source: a `pathlib.Path`, bytes, a binary file object (sync or async; from where it stands to
                its end; it stays open), or an (async) iterable of bytes. An `Upload` is returned as it is.
            name: what the file is called in its URL; default: its own name.
            content_type: default: found in the first bytes, else by the name.
            progress: called with the bytes sent and the bytes in all; falls back when a PUT is repeated.
            field: the name for `source` in error messages.

        Raises:
            InvalidArgument: the source is missing, empty, too large or of a wrong type. Nothing was sent.
            UploadError: the storage refused it or could not be reached, or the file changed meanwhile.
            APIError: the service would not presign.

        Example:
            >>> upload = await uploader.upload(Path("cat.png"))
            >>> upload.url
            'https://…/cat.png'
        """
        if isinstance(source, Upload):
            return source
        if content_type is not None and not (
            isinstance(content_type, str) and _CONTENT_TYPE.fullmatch(content_type)
        ):
            raise InvalidArgument("content_type", f"{content_type!r} is not a content type such as image/png")
        if name is not None and not isinstance(name, str):
            raise InvalidArgument("name", f"{name!r} is not a string")
        async with opened(source, field=field, max_bytes=self._max_bytes) as content:
            name = name or content.name
            kind = content_type or content_type_of(content.head, name)
            return await self._once(content, kind, _storage_key(content.sha256, name, kind), progress)

    async def upload_many(self, sources: Iterable[Source | Upload], *, concurrency: int = 8) -> list[Upload]:
        """Upload several files, the same content once.

        Args:
            sources: as for `upload`.
            concurrency: how many at a time.

        Returns:
            The uploads in the order of the sources.

        Raises:
            A2EError: the first failure, as of `upload`; the rest is cancelled. What is missing or of a wrong
                type is found before the first is sent, and named as ``sources[2]``.
        """
        if isinstance(sources, str | bytes | bytearray | memoryview):
            raise InvalidArgument("sources", f"{type(sources).__name__} is not a list of sources")
        listed = list(sources)

        def check() -> None:
            for index, source in enumerate(listed):
                if not isinstance(source, Upload):
                    check_source(source, f"sources[{index}]", self._max_bytes)

        async def one(index: int, source: Source | Upload) -> Upload:
            return await self.upload(source, field=f"sources[{index}]")

        await to_thread.run_sync(check)
        return await each(listed, one, concurrency)

    async def _once(self, content: Content, kind: str, name: str, progress: UploadProgress | None) -> Upload:
        """The upload of this content: known, or waited for, or made here.

        Whoever comes first uploads in their own task. When they are cancelled, or their source breaks,
        one of those who wait takes over with the same presigned URL.
        """
        key = (content.sha256, kind, content.size)
        while True:
            upload = self._cache.get(key, self._clock.now())
            if upload is not None:
                await report(progress, content.size, content.size)
                return upload
            flight = self._flights.get(key)
            if flight is None:
                break
            await flight.landed.wait()
            if flight.error is not None:
                raise flight.error
        flight = self._flights[key] = _Flight(anyio.Event())
        try:
            url = await self._send(key, content, name, progress)
            upload = Upload(url, content.sha256, content.size, kind)
            self._cache.keep(upload, self._clock.now())
            for listener in self.listeners:
                await listener(upload)
            return upload
        except A2EError as error:
            if not content.broken:
                flight.error = error
            raise
        finally:
            del self._flights[key]
            flight.landed.set()

    async def _send(
        self, key: _ContentKey, content: Content, name: str, progress: UploadProgress | None
    ) -> str:
        """PUT until it is stored; returns the public URL."""
        attempt = 0
        signed_again = False
        while True:
            signed = self._cache.signed.get(key)
            if signed is None or signed.has_expired(self._clock.now()):
                signed = self._cache.signed[key] = await self._sign(key, name)
            attempt += 1
            try:
                status, words = await self._put(signed.put_url, key, content, progress)
            except (Retry, TransportError) as error:
                pause = self._retry.delay(attempt, getattr(error, "after", None))
                if pause is None:
                    message = f"gave up after {attempt} attempts: {error}"
                    raise UploadError(message, status=getattr(error, "status", None)) from error
                await self._clock.sleep(pause)
                continue
            if status in (200, 201, 204):
                return signed.url
            if status == 403:
                del self._cache.signed[key]  # of no use any more, whatever the reason
                late = signed.may_have_expired(self._clock.now()) or "expired" in words.lower()
                if late and not signed_again:
                    signed_again, attempt = True, 0
                    continue
            raise UploadError(f"the storage refused the file: HTTP {status} {words}".rstrip(), status=status)

    async def _sign(self, key: _ContentKey, name: str) -> _Signed:
        _, kind, size = key
        put_url, url = await self._presign(name, kind, size)
        for address in (put_url, url):
            problem = url_problem(address) if isinstance(address, str) else "is missing"
            if problem:
                raise UploadError(f"the service gave an address for the file that {problem}")
        return _Signed(put_url, url, self._clock.now(), _lifetime(put_url))

    async def _put(
        self, url: str, key: _ContentKey, content: Content, progress: UploadProgress | None
    ) -> tuple[int, str]:
        headers = {"Content-Type": key[1], "Content-Length": str(content.size)}
        body = _Body(content, progress)
        async with self._http.stream(
            "PUT", url, headers=headers, content=body, timeout=self._timeout
        ) as response:
            words = "" if response.status < 300 else await _words(response)
            if response.status in RETRIED_STATUSES:
                after = retry_after_seconds(response.headers.get("retry-after"), time.time())
                raise Retry(f"HTTP {response.status} {words}".rstrip(), status=response.status, after=after)
        if response.status < 300:
            await report(progress, content.size, content.size)
        return response.status, words


class _Body(AsyncIterator[bytes]):
    """The content as a request's body. Not a generator: a request may be left before its end."""

    def __init__(self, content: Content, progress: UploadProgress | None) -> None:
        self._content = content
        self._progress = progress
        self._sent = 0

    async def __anext__(self) -> bytes:
        if self._sent:
            await report(self._progress, self._sent, self._content.size)
        if self._sent == self._content.size:
            raise StopAsyncIteration
        piece = await self._content.read(self._sent)
        self._sent += len(piece)
        return piece


async def _words(response: Response) -> str:
    """What the storage says, without what it echoes of the signature."""
    body = b""
    try:
        async with aclosing(response.aiter_bytes()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > 4096:
                    break
    except TransportError:
        pass  # the status is what counts
    found: list[Any] = re.findall(rb"<(?:Code|Message)>([^<]{1,200})<", body[:4096])
    return ": ".join(text.decode("utf-8", "replace") for text in found)


def _lifetime(url: str) -> float | None:
    value = parse_qs(urlsplit(url).query).get("X-Amz-Expires", [""])[0]
    return float(value) if value.isdecimal() and len(value) < 10 else None


def _storage_key(sha256: str, name: str | None, content_type: str) -> str:
    """A key that is readable, without spaces, and the same for the same content of the same type."""
    extension = extension_of(content_type)
    safe = with_extension(safe_name(name), extension) if extension else safe_name(name)
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    slug = re.sub(r"-+(?=\.|$)", "", re.sub(r"[^A-Za-z0-9._]+", "-", plain))[-80:].lstrip("-._")
    digest = hashlib.sha256(f"{sha256} {content_type}".encode()).hexdigest()
    return f"{digest[:32]}/{slug or 'file'}"
