"""Uploads: each content once, streamed, over a presigned URL.

Presigning is charged for API tokens, so a presigned URL outlives a failed PUT: the next attempt, of this
call or of a later one, sends to the same URL while it is valid.

A large content is sent before its hash is known, unless it could be one that this client knows already.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import anyio
import attrs

from a2e_async._files.content import Content, ReadSizes, open_content
from a2e_async._files.file_names import check_name
from a2e_async._files.http import Http, Retry
from a2e_async._files.media_types import content_type_of
from a2e_async._files.open_files import places_for_files
from a2e_async._files.presign import Presign
from a2e_async._files.progress import UploadProgress, check_progress, report
from a2e_async._files.sources import MOST_BYTES, Source, check_source
from a2e_async._files.storage import Storage
from a2e_async._files.upload_cache import ContentKey, UploadCache
from a2e_async._files.upload_shelf import UploadShelf
from a2e_async._spec.media import Upload, is_file
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, InvalidArgument, TransportError, UploadError
from a2e_async.policies import RetryPolicy
from a2e_async.task_groups import in_thread, map_bounded
from a2e_async.tries import Tries

__all__ = ["Uploader"]

_GIVING_UP = 5.0  # seconds; a shelf that hears nothing gives the place away in time
_CONTENT_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(; ?[a-z0-9._-]+=[a-z0-9._-]+)*", re.IGNORECASE
)


@attrs.define(eq=False)
class _Flight:
    """An upload in progress. Callers with the same content wait for it.

    Attributes:
        key: of its content.
        progressed: set when its hash becomes known or the upload ends.
        error: the failure that callers with the same content share.
    """

    key: ContentKey
    progressed: anyio.Event = attrs.field(factory=anyio.Event)
    error: A2EError | None = None


class Uploader:
    """Uploads of one client in one event loop.

    Args:
        http: sends the PUTs.
        presign: asks the API for a URL.
        clock: for pauses and ages.
        retry: for the PUTs.
        cache: shared by the event loops of a client.
        max_bytes: larger content is refused.
        timeout: seconds for one PUT, as for `Http.stream`; None for its own default.
        sizes: how sources are read.
        private_hosts: allow storages of this machine and of private networks.
        events: tells listeners about uploads.

    Attributes:
        listeners: called with each new upload.
        shelves: uploads of other workers, asked before a URL is presigned. A large content is hashed before
            it is sent then.
    """

    def __init__(
        self,
        http: Http,
        presign: Presign,
        *,
        clock: Clock,
        retry: RetryPolicy,
        cache: UploadCache | None = None,
        max_bytes: int = MOST_BYTES,
        timeout: float | None = None,
        sizes: ReadSizes | None = None,
        private_hosts: bool = True,
        events: Announcer = SILENT,
    ) -> None:
        self._storage = Storage(http, presign, clock=clock, timeout=timeout, private_hosts=private_hosts)
        self._clock = clock
        self._retry = retry
        self._events = events
        self._cache = UploadCache() if cache is None else cache
        self._max_bytes = max_bytes
        self._sizes = ReadSizes() if sizes is None else sizes
        self._places = anyio.Semaphore(places_for_files())
        self._flights: dict[ContentKey, _Flight] = {}
        self.listeners: list[Callable[[Upload], Awaitable[None]]] = []
        self.shelves: list[UploadShelf] = []

    @property
    def in_progress(self) -> int:
        """How many contents are being uploaded."""
        return len(self._flights)

    @property
    def waiting(self) -> int:
        """How many callers wait for an upload of another caller."""
        return sum(flight.progressed.statistics().tasks_waiting for flight in self._flights.values())

    def recall(self, uploads: Iterable[tuple[Upload, float]]) -> None:
        """Remember uploads of an earlier process.

        Args:
            uploads: the oldest first, each with its age in seconds.
        """
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
        large and no known content has its size. A source that can be read only once is copied to a
        temporary file meanwhile.

        Args:
            source: a `pathlib.Path`, bytes, a binary file object (sync or async; read from its current
                position to its end; it stays open, and is put back to that position), an upload of a web
                framework, a Pillow image, or an (async) iterable of bytes. An `Upload` is returned
                unchanged.
            name: how the file is called in its URL; default: its own name.
            content_type: default: detected from the first bytes, otherwise from the name.
            progress: called with the bytes sent and the bytes in all. The bytes sent fall back when a
                PUT is repeated.
            field: the name for `source` in error messages.

        Returns:
            The upload, with its URL, SHA-256 and size.

        Raises:
            InvalidArgument: the source is missing, empty, too large or of a wrong type. Nothing was sent.
            UploadError: the storage refused the file or could not be reached, or the file changed meanwhile.
            APIError: the service did not presign.

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
        check_name(name)
        check_progress(progress)

        opened = open_content(
            source, field=field, max_bytes=self._max_bytes, sizes=self._sizes, clock=self._clock
        )
        async with self._places, opened as content:  # few files are open, however many wait
            name = name or content.name
            kind = content_type or content_type_of(content.head, name)
            key = ContentKey(content.sha256, kind, content.size)

            if not key.sha256 and (self.shelves or self._may_know(key)):
                await content.hash()
                key = attrs.evolve(key, sha256=content.sha256)

            if not self._events.heard:
                return (await self._upload_once(content, key, name, progress))[0]

            from a2e_async._files.transfer_events import (  # only if somebody listens
                UploadEvents,
                telling_failure,
            )

            transfer = UploadEvents(self._events, name, content.size, progress)
            with telling_failure(self._events, transfer):
                upload, reused = await self._upload_once(content, key, name, transfer.progress)
            transfer.done(upload, reused=reused)
            return upload

    async def upload_many(self, sources: Iterable[Source | Upload], *, concurrency: int = 8) -> list[Upload]:
        """Upload several files, the same content once.

        Args:
            sources: as for `upload`.
            concurrency: how many to upload at a time.

        Returns:
            The uploads in the order of the sources.

        Raises:
            InvalidArgument: a source is missing or of a wrong type. It is named as ``sources[2]``.
                Nothing was sent.
            A2EError: the first failure, as of `upload`. The other uploads are cancelled.
        """
        given: Any = sources
        if isinstance(given, str) or is_file(given) or not isinstance(given, Iterable):
            raise InvalidArgument("sources", f"{type(given).__name__} is not a list of sources")
        listed = list(sources)

        def check() -> None:
            for index, source in enumerate(listed):
                if not isinstance(source, Upload):
                    check_source(source, f"sources[{index}]", self._max_bytes)

        async def upload(index: int, source: Source | Upload) -> Upload:
            return await self.upload(source, field=f"sources[{index}]")

        await in_thread(check)
        return await map_bounded(listed, upload, concurrency)

    def _may_know(self, key: ContentKey) -> bool:
        """Whether a content without a hash could be one that is known or in progress."""
        in_progress = any(other.unhashed == key for other in self._flights)
        return in_progress or self._cache.may_know(key)

    # The same content must be presigned and sent once, however many callers bring it at the same time. The
    # first caller makes a flight and uploads in its own task. Later callers with the same key wait for
    # `progressed`, and then look again from the start: the upload may be in the cache, the flight may
    # have turned out to carry another content, or its caller was cancelled and one of the waiting callers
    # takes over, with the same presigned URL.
    #
    # A flight without a hash is listed under the unhashed key, and every caller with content of that type
    # and size waits for it, because it could be the same. `_identify` moves it to its full key. There is
    # no await between the look into `_flights` and the entry of the new flight, nor inside `_identify`. An
    # await there would let two callers pay for the same content.
    #
    # A failure is shared with callers of the same content, unless the source of this caller broke. The
    # others have sources of their own and try again.

    async def _upload_once(
        self, content: Content, key: ContentKey, name: str | None, progress: UploadProgress | None
    ) -> tuple[Upload, bool]:
        """Return the upload of this content, known, awaited or made here, and whether it was there."""
        while True:
            upload = self._cache.get(key, self._clock.now())
            if upload is not None:
                await report(progress, content.size, content.size)
                return upload, True

            flight = self._flights.get(key) or self._flights.get(key.unhashed)
            if flight is None:
                break
            await flight.progressed.wait()
            if flight.error is not None and flight.key == key:
                raise flight.error

        flight = self._flights[key] = _Flight(key)
        shelves = list(self.shelves) if key.sha256 else []
        try:
            async with AsyncExitStack() as places:
                for shelf in shelves:
                    upload = await self._look_on(shelf, key, places)
                    if upload is not None:
                        await report(progress, content.size, content.size)
                        return upload, True

                url = await self._send(flight, content, name, progress)
                upload = Upload(url, content.sha256, content.size, key.content_type)
                self._cache.keep(upload, self._clock.now())
                for shelf in shelves:
                    await shelf.keep(upload)
                places.pop_all()

            for listener in self.listeners:
                await listener(upload)
            return upload, False
        except A2EError as error:
            if not content.broken:
                flight.error = error
            raise
        finally:
            self._identify(flight, content)
            del self._flights[flight.key]
            flight.progressed.set()

    async def _look_on(self, shelf: UploadShelf, key: ContentKey, places: AsyncExitStack) -> Upload | None:
        """Ask a shelf for a content. If it has none, others wait for this upload until `places` is closed."""

        async def give_up() -> None:
            with anyio.move_on_after(_GIVING_UP, shield=True):
                await shelf.give_up(key)

        try:
            found = await shelf.find(key, max_age=self._cache.max_age)
        except BaseException:
            await give_up()  # a cancellation may come when the shelf has just given the place
            raise

        if found is None:
            places.push_async_callback(give_up)
            return None
        upload, age = found
        self._cache.keep(upload, self._clock.now(), age)
        return upload

    def _identify(self, flight: _Flight, content: Content) -> None:
        """Give the flight its full key, if its hash is known by now. Callers of other content go on."""
        if content.sha256 == flight.key.sha256:
            return

        del self._flights[flight.key]
        flight.key = attrs.evolve(flight.key, sha256=content.sha256)
        self._flights[flight.key] = flight
        self._cache.identify(flight.key)

        flight.progressed.set()
        flight.progressed = anyio.Event()

    async def _send(
        self, flight: _Flight, content: Content, name: str | None, progress: UploadProgress | None
    ) -> str:
        """PUT until the content is stored and its hash is known. Returns the public URL."""
        tries = Tries(self._retry, self._clock, self._events, name)
        signed_again = False
        while True:
            signed = self._cache.find_signed(flight.key, self._clock.now())
            if signed is None:
                signed = await self._storage.sign(flight.key, name)
                self._cache.keep_signed(flight.key, signed)

            tries.begin()
            try:
                status, error_text = await self._storage.put(
                    signed.put_url, flight.key.content_type, content, progress
                )
            except (Retry, TransportError) as error:
                pause = tries.pause(error, error.retry_after)
                if pause is None:
                    message = f"gave up after {tries.text}: {error}"
                    raise UploadError(message, status=error.status) from error

                # During the pause callers of other content need not wait for this flight.
                await content.hash()
                self._identify(flight, content)
                await self._clock.sleep(pause)
                continue

            if status in (200, 201, 204):
                await content.hash()
                self._identify(flight, content)
                return signed.url

            if status == 403:
                self._cache.drop_signed(flight.key)  # no longer accepted, for whatever reason
                late = signed.may_have_expired(self._clock.now()) or "expired" in error_text.lower()
                if late and not signed_again:
                    signed_again = True
                    tries = Tries(self._retry, self._clock, self._events, name)
                    continue

            message = f"the storage refused the file: HTTP {status} {error_text}".rstrip()
            raise UploadError(message, status=status)
