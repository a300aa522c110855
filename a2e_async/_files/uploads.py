"""Uploads: each content once, streamed, over a presigned URL.

Presigning is charged for API tokens, so what is known of a content outlives a failed PUT: the
next try, of this call or a later one, sends to the same URL while that is valid.

A large content is sent before its hash is known if it cannot be one that this client knows already.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any

import anyio
import attrs
from anyio import to_thread

from a2e_async._files.content import Content, open_content
from a2e_async._files.file_names import safe_name, with_extension
from a2e_async._files.media_types import content_type_of, extension_of
from a2e_async._files.presign import Presign
from a2e_async._files.sources import Source, check_source
from a2e_async._files.transfer import RETRIED_STATUSES, Http, Response, Retry, UploadProgress, report
from a2e_async._files.upload_cache import ContentKey, Signed, UploadCache
from a2e_async._files.worker_threads import Pending, WorkerThreads, worker_threads
from a2e_async._spec.media import Upload
from a2e_async.addresses import url_problem
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, InvalidArgument, TransportError, UploadError
from a2e_async.policies import RetryPolicy, retry_after_seconds
from a2e_async.task_groups import map_bounded

__all__ = ["Uploader"]

_CONTENT_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(; ?[a-z0-9._-]+=[a-z0-9._-]+)*", re.IGNORECASE
)


@attrs.define(eq=False)
class _Flight:
    """An upload under way, for those who wait to see whether it is of the same content.

    Attributes:
        key: of its content.
        told: there is more to know of it: its hash, or how it ended.
        error: how it ended, for those of the same content.
    """

    key: ContentKey
    told: anyio.Event = attrs.field(factory=anyio.Event)
    error: A2EError | None = None


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
        self._flights: dict[ContentKey, _Flight] = {}
        self.listeners: list[Callable[[Upload], Awaitable[None]]] = []

    def recall(self, uploads: Iterable[tuple[Upload, float]]) -> None:
        """Uploads of an earlier process, the oldest first, map_bounded with its age in seconds."""
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

        The content is streamed in constant memory. It is read twice (hashed, then sent), or once if it is
        large and none of its size is known; what can be read but once is kept in a temporary file meanwhile.

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
        async with open_content(source, field=field, max_bytes=self._max_bytes) as content:
            name = name or content.name
            kind = content_type or content_type_of(content.head, name)
            key = ContentKey(content.sha256, kind, content.size)
            if not key.sha256 and self._may_know(key):
                await content.hash()
                key = attrs.evolve(key, sha256=content.sha256)
            return await self._once(content, key, name, progress)

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
        return await map_bounded(listed, one, concurrency)

    def _may_know(self, key: ContentKey) -> bool:
        """Whether a content without a hash could be one that is known or under way."""
        under_way = any(other.unhashed == key for other in self._flights)
        return under_way or self._cache.may_know(key)

    async def _once(
        self, content: Content, key: ContentKey, name: str | None, progress: UploadProgress | None
    ) -> Upload:
        """The upload of this content: known, or waited for, or made here.

        Whoever comes first uploads in their own task. When they are cancelled, or their source breaks,
        one of those who wait takes over with the same presigned URL.
        """
        while True:
            upload = self._cache.get(key, self._clock.now())
            if upload is not None:
                await report(progress, content.size, content.size)
                return upload
            flight = self._flights.get(key) or self._flights.get(key.unhashed)
            if flight is None:
                break
            await flight.told.wait()
            if flight.error is not None and flight.key == key:
                raise flight.error
        flight = self._flights[key] = _Flight(key)
        try:
            url = await self._send(flight, content, name, progress)
            upload = Upload(url, content.sha256, content.size, key.content_type)
            self._cache.keep(upload, self._clock.now())
            for listener in self.listeners:
                await listener(upload)
            return upload
        except A2EError as error:
            if not content.broken:
                flight.error = error
            raise
        finally:
            self._identify(flight, content)
            del self._flights[flight.key]
            flight.told.set()

    def _identify(self, flight: _Flight, content: Content) -> None:
        """Tell the hash of what is being sent, if it is known by now. Those of another content go on."""
        if content.sha256 == flight.key.sha256:
            return
        del self._flights[flight.key]
        flight.key = attrs.evolve(flight.key, sha256=content.sha256)
        self._flights[flight.key] = flight
        self._cache.identify(flight.key)
        flight.told.set()
        flight.told = anyio.Event()

    async def _send(
        self, flight: _Flight, content: Content, name: str | None, progress: UploadProgress | None
    ) -> str:
        """PUT until it is stored; returns the public URL. The hash is known then."""
        attempt = 0
        signed_again = False
        while True:
            signed = self._cache.signed(flight.key, self._clock.now())
            if signed is None:
                signed = await self._sign(flight.key, name)
                self._cache.sign(flight.key, signed)
            attempt += 1
            try:
                status, words = await self._put(signed.put_url, flight.key, content, progress)
            except (Retry, TransportError) as error:
                pause = self._retry.delay(attempt, error.retry_after)
                if pause is None:
                    message = f"gave up after {attempt} attempts: {error}"
                    raise UploadError(message, status=getattr(error, "status", None)) from error
                await content.hash()
                self._identify(flight, content)
                await self._clock.sleep(pause)
                continue
            if status in (200, 201, 204):
                await content.hash()
                self._identify(flight, content)
                return signed.url
            if status == 403:
                self._cache.unsign(flight.key)  # of no use any more, whatever the reason
                late = signed.may_have_expired(self._clock.now()) or "expired" in words.lower()
                if late and not signed_again:
                    signed_again, attempt = True, 0
                    continue
            raise UploadError(f"the storage refused the file: HTTP {status} {words}".rstrip(), status=status)

    async def _sign(self, key: ContentKey, name: str | None) -> Signed:
        put_url, url = await self._presign(_storage_key(key, name), key.content_type, key.size)
        for address in (put_url, url):
            problem = url_problem(address) if isinstance(address, str) else "is missing"
            if problem:
                raise UploadError(f"the service gave an address for the file that {problem}")
        return Signed.at(self._clock.now(), put_url, url)

    async def _put(
        self, url: str, key: ContentKey, content: Content, progress: UploadProgress | None
    ) -> tuple[int, str]:
        headers = {"Content-Type": key.content_type, "Content-Length": str(content.size)}
        async with (
            worker_threads() as threads,
            self._http.stream(
                "PUT", url, headers=headers, content=_Body(content, threads, progress), timeout=self._timeout
            ) as response,
        ):
            words = "" if response.status < 300 else await _words(response)
            if response.status in RETRIED_STATUSES:
                after = retry_after_seconds(response.headers.get("retry-after"), time.time())
                raise Retry(
                    f"HTTP {response.status} {words}".rstrip(), status=response.status, retry_after=after
                )
        if response.status < 300:
            await report(progress, content.size, content.size)
        return response.status, words


class _Body(AsyncIterator[bytes]):
    """The content as a request's body: each piece is read while the one before is on its way.

    Not a generator: a request may be left before its end.
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
        piece = await (self._next or self._read()).result()
        self._given += len(piece)
        if self._given < self._content.size:
            self._next = self._read()
        return piece

    def _read(self) -> Pending[bytes]:
        return self._threads.start(self._content.read, self._given)


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


def _storage_key(key: ContentKey, name: str | None) -> str:
    """A name that is readable, without spaces, and the same for the same content of the same type.

    Where the hash is not known yet, chance makes it a name of its own.
    """
    extension = extension_of(key.content_type)
    safe = with_extension(safe_name(name), extension) if extension else safe_name(name)
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    slug = re.sub(r"-+(?=\.|$)", "", re.sub(r"[^A-Za-z0-9._]+", "-", plain))[-80:].lstrip("-._")
    digest = hashlib.sha256(f"{key.sha256} {key.content_type}".encode()).hexdigest()
    return f"{digest[:32] if key.sha256 else secrets.token_hex(16)}/{slug or 'file'}"
