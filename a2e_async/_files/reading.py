"""A remote file as a stream of chunks, for whoever has no use for a folder."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from a2e_async._files.destination import SavedFile, media_type
from a2e_async._files.file_names import name_of_url, with_extension
from a2e_async._files.file_requests import FileTries, body_of, check_complete, headers_for
from a2e_async._files.file_responses import check_head, check_status, read_head, too_large
from a2e_async._files.http import Http, Retry
from a2e_async._files.media_types import HEAD_BYTES, extension_of, sniff
from a2e_async._files.part_origin import Version
from a2e_async._files.redirects import open_file
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.errors import ConfigurationError, DownloadError, TransportError
from a2e_async.hints import NotAwaited, NotWith
from a2e_async.policies import RetryPolicy
from a2e_async.tries import Tries

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["FileStream", "Reading"]

Session = Callable[[], AbstractAsyncContextManager[Any]]


@attrs.frozen
class Reading:
    """How remote files are read.

    Attributes:
        http: sends the GETs, without a token and without following redirects by itself.
        clock: for pauses.
        retry: for each stretch without progress.
        max_bytes: larger files are refused.
        timeout: seconds without any byte; None for the default of `http`.
        slow_after: seconds in which less than 1 KiB a second came, after which a request ends.
        private_hosts: allow hosts of this machine and of private networks.
        events: tells listeners about the reading.
    """

    http: Http
    clock: Clock
    retry: RetryPolicy
    max_bytes: int
    timeout: float | None = None
    slow_after: float = 60.0
    private_hosts: bool = True
    events: Announcer = SILENT


@attrs.define
class _Place:
    """How far a file was read.

    Attributes:
        offset: the bytes that were passed on.
        version: the version of the remote file that they belong to.
        hash: the hash of these bytes.
    """

    offset: int = 0
    version: Version = attrs.field(factory=Version)
    hash: _Hash = attrs.field(factory=hashlib.sha256)


class FileStream(NotAwaited, NotWith):
    """The content of a remote file, chunk by chunk. Read it once, with ``async for``.

    The first chunk opens it. To know its type and size before, use it as ``async with``, or `open` it. If the
    connection breaks, the stream goes on where it was. An error page is never passed on as the file.

    Attributes:
        name: the file's name, with the extension of its content once it is open.
        content_type: as the first bytes show it, else as the host says; None until the stream is open.
        size: bytes; None until the stream is open, and where the host does not say.
    """

    def __init__(self, url: str, reading: Reading, session: Session = nullcontext) -> None:
        self.name: str = name_of_url(url)
        self.content_type: str | None = None
        self.size: int | None = None
        self._url = url
        self._reading = reading
        self._place = _Place()
        self._chunks = self._read_with_events(session) if reading.events.heard else self._read(session)
        self._is_open = False
        self._is_over = False

    def __repr__(self) -> str:
        size = "" if self.size is None else f", {self.size} bytes"
        return f"FileStream({self.name}{size})"

    @property
    def headers(self) -> Mapping[str, str]:
        """What a web response says about the file: ``content-type`` and ``content-length``.

        Empty until the stream is open.
        """
        known = {"content-type": self.content_type, "content-length": self.size}
        return {name: str(value) for name, value in known.items() if value is not None}

    async def open(self) -> Self:
        """Request the file, and return the stream once its first bytes show that it is coming.

        Read it then, or close it.

        Raises:
            DownloadError: the host refused or sent an error page, or the connection broke too often.
        """
        if not self._is_open:
            self._is_open = True
            with self._noting_the_end():
                await anext(self._chunks, None)
        return self

    async def aclose(self) -> None:
        """End the stream, wherever it is."""
        self._is_over = True
        await self._chunks.aclose()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        # A second loop would get nothing, as if the file were empty, also where the first one has failed.
        if self._is_over:
            raise ConfigurationError(
                "the stream was read, closed or broken off; take another: result.stream()"
            )

        await self.open()
        with self._noting_the_end():
            while not (chunk := await anext(self._chunks)):
                pass
        return chunk

    @contextmanager
    def _noting_the_end(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._is_over = True
            raise

    async def _read_with_events(self, session: Session) -> AsyncGenerator[bytes, None]:
        """What `_read` yields, with listeners told of it."""
        from a2e_async._files.transfer_events import DownloadEvents, telling_failure

        transfer = DownloadEvents(self._reading.events, self.name, None)
        with telling_failure(self._reading.events, transfer):
            async with aclosing(self._read(session)) as chunks:
                async for chunk in chunks:
                    yield chunk
        transfer.done(SavedFile(self.name, self._place.offset, self.content_type or ""))

    async def _read(self, session: Session) -> AsyncGenerator[bytes, None]:
        """Yield an empty chunk when the file is coming, and then its chunks."""
        reading = self._reading
        tries = Tries(reading.retry, reading.clock, reading.events, self.name)
        attempts = FileTries(tries, reading.clock, self._url, self._place)

        async with session():
            while True:
                attempts.begin()
                try:
                    async with aclosing(self._attempt()) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                except (Retry, TransportError) as error:
                    await attempts.pause_after(error)

    async def _attempt(self) -> AsyncGenerator[bytes, None]:
        """Send one request, and yield what it brings beyond what was passed on before."""
        reading, place = self._reading, self._place
        async with open_file(
            reading.http,
            self._url,
            headers=headers_for(place),
            timeout=reading.timeout,
            private_hosts=reading.private_hosts,
        ) as (response, address):
            version = check_status(self._url, response, place, reading.max_bytes)
            async with aclosing(body_of(response, self._url, reading.clock, reading.slow_after)) as pieces:
                chunks = pieces
                if version is not None:
                    head = await read_head(pieces)
                    check_head(self._url, response, head[:HEAD_BYTES], (self.name, name_of_url(address)))
                    if not place.offset:
                        self._note(head[:HEAD_BYTES], response.headers.get("content-type"), version)
                        yield b""
                    chunks = self._whole(head, pieces, version)

                async with aclosing(chunks):
                    async for chunk in chunks:
                        self._count(chunk)
                        yield chunk

        check_complete(place)

    async def _whole(
        self, head: bytes, pieces: AsyncGenerator[bytes, None], version: Version
    ) -> AsyncGenerator[bytes, None]:
        """Yield the chunks of a body from the start, without the bytes that were passed on before.

        Those must be the same again. Until that is clear, no request may be for the rest of this version.
        """
        place, again = self._place, hashlib.sha256()
        place.version = Version()
        chunk, known = head, place.offset
        while known > 0:
            again.update(chunk[:known])
            known, chunk = known - len(chunk), chunk[known:]
            if known > 0 and not (chunk := await anext(pieces, b"")):
                raise self._changed()

        if again.digest() != place.hash.digest() or (place.offset and version.size not in (None, self.size)):
            raise self._changed()
        place.version = version

        yield chunk
        async for piece in pieces:
            yield piece

    def _note(self, head: bytes, header: str | None, version: Version) -> None:
        """Remember what the head of a response says about the file."""
        kind = sniff(head)
        extension = kind.extension if kind else extension_of(header)
        if extension is not None:
            self.name = with_extension(self.name, extension)
        self.content_type = media_type(head, header, Path(self.name))
        self.size = version.size

    def _count(self, chunk: bytes) -> None:
        self._place.offset += len(chunk)
        self._place.hash.update(chunk)
        if self._place.offset > self._reading.max_bytes:
            raise too_large(self._url, "more", self._reading.max_bytes)

    def _changed(self) -> DownloadError:
        return DownloadError("the file changed while it was read; read it again", url=self._url)
