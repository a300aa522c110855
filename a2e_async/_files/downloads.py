"""Downloads: streamed, resumed, and saved only when they are complete."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING

import anyio

from a2e_async._files.destination import (
    Destination,
    SavedFile,
    find_existing,
    media_type,
    resolve_destination,
)
from a2e_async._files.file_names import check_name, name_of_url, safe_name, shortened
from a2e_async._files.file_requests import FileTries, body_of, check_complete, headers_for
from a2e_async._files.file_responses import check_head, check_status, read_head, too_large
from a2e_async._files.http import Http, Retry
from a2e_async._files.media_types import HEAD_BYTES
from a2e_async._files.open_files import Disk, places_for_files
from a2e_async._files.part_file import PartFile
from a2e_async._files.part_origin import Version
from a2e_async._files.progress import DownloadProgress, TotalProgress, check_progress, report
from a2e_async._files.redirects import open_file
from a2e_async._files.worker_threads import CHUNK_BYTES, Pending, worker_threads
from a2e_async._spec.media import Address, Made, Upload, is_made
from a2e_async._spec.values import text_in
from a2e_async.addresses import sendable_url, url_problem
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.errors import InvalidArgument, TransportError
from a2e_async.policies import RetryPolicy
from a2e_async.task_groups import in_thread, map_bounded, run_finally
from a2e_async.tries import Tries

if TYPE_CHECKING:
    from a2e_async._files.reading import FileStream, Session

__all__ = ["Downloader"]

_MOST_FILES = 256  # of one result; no workflow makes more, and a wrong record may name any number
_BATCH_BYTES = 2 << 20  # written at a time; the first batch is smaller, to find an existing file early


class Downloader:
    """Downloads of one client in one event loop.

    Args:
        http: sends the GETs, without a token and without following redirects by itself.
        clock: for pauses.
        retry: for each stretch without progress.
        max_bytes: larger files are refused, at the latest when they exceed this.
        timeout: seconds without any byte, as for `Http.stream`; None for its own default.
        slow_after: seconds in which less than 1 KiB a second came, after which a request ends.
        private_hosts: allow hosts of this machine and of private networks. Only where the API is there too.
        events: tells listeners about downloads.
    """

    def __init__(
        self,
        http: Http,
        *,
        clock: Clock,
        retry: RetryPolicy,
        max_bytes: int = 20 << 30,
        timeout: float | None = None,
        slow_after: float = 60.0,
        private_hosts: bool = True,
        events: Announcer = SILENT,
    ) -> None:
        self._http = http
        self._clock = clock
        self._retry = retry
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._slow_after = slow_after
        self._private_hosts = private_hosts
        self._events = events
        self._places = anyio.Semaphore(places_for_files())

    async def download(
        self,
        url: str | Address | Upload | Made,
        target: str | os.PathLike[str] | None = None,
        *,
        folder: str | os.PathLike[str] | None = None,
        name: str | None = None,
        overwrite: bool = False,
        progress: DownloadProgress | None = None,
    ) -> SavedFile:
        """Download a file, or continue a download that was interrupted.

        The bytes are written to a ``.part`` file beside the target. It gets the target's name when it is
        complete and on disk. A part is continued only if the host confirms (If-Range) that the file is
        still the same. If the host names no version (ETag, Last-Modified), the download starts again.

        An existing file is never replaced unless `overwrite` is set, so a run can be repeated. A file with
        the same content is kept and returned (``reused``), and not fetched again if the host's ETag is
        an MD5. Beside a file with other content, the new file is called ``name_2.ext``.

        Args:
            url: https; http on a public host becomes https. Redirects to https hosts are followed. An
                `Upload` stands for its URL, and so does the `Result` of a single file.
            target: the path of the file, used unchanged. Missing folders are made.
            folder: instead of `target`: the file gets a safe name in this folder, with the extension of
                its content. It may be the address of an object store, which takes the file when it is
                complete; the part is then in the system's folder for temporary files.
            name: with `folder`: the wanted name; default: the last part of the URL.
            overwrite: replace an existing file.
            progress: called with the bytes received and the bytes in all (None if not known). The bytes
                received fall back when the download starts again.

        Returns:
            The file.

        Raises:
            InvalidArgument: an argument is invalid. Nothing was sent.
            ConfigurationError: an object store is given, and fsspec is not installed. Nothing was sent.
            DownloadError: the host refused (result URLs expire after days) or sent an error page instead of
                the file, the file is too large or could not be written, or the connection failed too often.
                The part stays for the next call.

        Example:
            >>> saved = await downloader.download(url, folder="out", name=task.id)
            >>> saved.path
            PosixPath('out/67d2….mp4')
        """
        url = self._checked(url)
        check_progress(progress)

        place = await in_thread(resolve_destination, url, target, folder, name, overwrite)
        if not self._events.heard:
            return await self._download_to(url, place, progress)

        from a2e_async._files.transfer_events import (  # only if somebody listens
            DownloadEvents,
            telling_failure,
        )

        transfer = DownloadEvents(self._events, place.name or name_of_url(url), progress)
        with telling_failure(self._events, transfer):
            file = await self._download_to(url, place, transfer.progress)
        transfer.done(file)
        return file

    def stream(self, url: str, *, max_bytes: int | None = None, session: Session = nullcontext) -> FileStream:
        """Read a file chunk by chunk, under the rules of `download`. Nothing is sent yet.

        Args:
            url: as for `download`.
            max_bytes: larger files are refused; by default as for downloads.
            session: keeps connections open while the stream is read.

        Raises:
            InvalidArgument: the URL is invalid.
        """
        from a2e_async._files.reading import FileStream, Reading  # most save what they download

        limit = self._max_bytes if max_bytes is None else min(max_bytes, self._max_bytes)
        ways = self._timeout, self._slow_after, self._private_hosts, self._events
        reading = Reading(self._http, self._clock, self._retry, limit, *ways)
        return FileStream(self._checked(url), reading, session)

    def _checked(self, url: str | Address | Upload | Made) -> str:
        """The URL as it is sent.

        Raises:
            InvalidArgument: it is not a URL, or nothing may be sent there.
        """
        if is_made(url):
            url, *more = url.urls_for("url")
            if more:
                raise InvalidArgument("url", "the Result has several files: await result.download(folder)")
        text = text_in(url.url if isinstance(url, Upload) else url, "url")
        if text is None:
            raise InvalidArgument("url", f"{url!r} is not a URL")

        url = sendable_url(text)
        problem = url_problem(url, private_hosts=self._private_hosts)
        if problem:
            raise InvalidArgument("url", problem)
        return url

    async def _download_to(
        self, url: str, place: Destination, progress: DownloadProgress | None
    ) -> SavedFile:
        part = PartFile(place.part(url))
        disk = Disk(url, place.folder / place.name, self._clock)
        async with self._places:  # few files are open, however many wait
            try:
                await disk.run(part.open)
                return await self._fetch(url, part, place, disk, progress)
            finally:
                await run_finally(part.close)

    async def download_all(
        self,
        urls: Iterable[str],
        folder: str | os.PathLike[str],
        *,
        stem: str | None = None,
        concurrency: int = 4,
        overwrite: bool = False,
        progress: DownloadProgress | None = None,
    ) -> list[SavedFile]:
        """Download the files of one result.

        Args:
            urls: as for `download`.
            folder: where the files are saved.
            stem: the wanted name: ``stem.ext`` for one file, ``stem-1.ext``, ``stem-2.ext``, … for several.
                Default: the last parts of the URLs.
            concurrency: how many files at a time.
            overwrite: replace existing files.
            progress: called with the bytes received and the bytes in all, of all files together (None until
                the sizes of all are known).

        Returns:
            The files in the order of the URLs: at most 256. A warning says how many more there are.

        Raises:
            InvalidArgument: an argument is invalid. Nothing was sent.
            DownloadError: the first failure. The other downloads are cancelled; their parts stay.
        """
        check_name(stem)
        check_progress(progress)
        listed = [urls] if isinstance(urls, str) else list(urls)
        if len(listed) > _MOST_FILES:
            _warn_of_more(len(listed), stem)
            del listed[_MOST_FILES:]

        async def download(index: int, url: str) -> SavedFile:
            name = stem and safe_name(stem)
            if name and len(listed) > 1:
                name = f"{shortened(name, 100)}-{index + 1}"
            part = None if total is None else total.part(index)
            return await self.download(url, folder=folder, name=name, overwrite=overwrite, progress=part)

        total = None if progress is None else TotalProgress(progress, len(listed))
        return await map_bounded(listed, download, concurrency)

    async def _fetch(
        self, url: str, part: PartFile, place: Destination, disk: Disk, progress: DownloadProgress | None
    ) -> SavedFile:
        """Repeat the request until the file is complete."""
        tries = Tries(self._retry, self._clock, self._events, place.name)
        attempts = FileTries(tries, self._clock, url, part)
        while True:
            attempts.begin()
            try:
                return await self._attempt(url, part, place, disk, progress)
            except (Retry, TransportError) as error:
                await disk.run(part.flush)
                await attempts.pause_after(error)

    async def _attempt(
        self, url: str, part: PartFile, place: Destination, disk: Disk, progress: DownloadProgress | None
    ) -> SavedFile:
        """Send one request, and save the file if it is complete then."""
        async with open_file(
            self._http,
            url,
            headers=headers_for(part),
            timeout=self._timeout,
            private_hosts=self._private_hosts,
        ) as (response, address):
            header = response.headers.get("content-type")
            names = (place.name, name_of_url(url), name_of_url(address))
            version = check_status(url, response, part, self._max_bytes)

            async with aclosing(body_of(response, url, self._clock, self._slow_after)) as pieces:
                if version is not None:
                    # The bytes of an earlier call are kept until it is clear that the file is coming.
                    head = await read_head(pieces)
                    check_head(url, response, head[:HEAD_BYTES], names)
                    await disk.run(part.restart, version)
                    part.add(head)
                existing = await self._receive(url, pieces, part, place, header, disk, progress)
        return existing or await self._finish(url, part, place, header, disk)

    async def _receive(
        self,
        url: str,
        pieces: AsyncGenerator[bytes, None],
        part: PartFile,
        place: Destination,
        header: str | None,
        disk: Disk,
        progress: DownloadProgress | None,
    ) -> SavedFile | None:
        """Write the body in batches, each while the next one is being received.

        Returns:
            The file that an earlier call saved, if the first batch shows that it is the same.
        """
        is_first = part.offset == 0
        received = part.offset + part.queued
        full = part.offset + CHUNK_BYTES

        # One batch is written while the next one is received, and never two: `finish_write` comes before each
        # new write, so the bytes stay in order and memory stays bounded. The first batch is
        # waited for at once, because it may show that the file need not be received at all.
        async with worker_threads() as threads:
            writing: Pending[None] | None = None

            async def finish_write() -> None:
                if writing is not None:
                    with disk.errors():
                        await writing.result()
                    await report(progress, part.offset, part.version.size)

            async for piece in pieces:
                part.add(piece)
                received += len(piece)
                if received > self._max_bytes:
                    await disk.run(part.discard)
                    raise too_large(url, "more", self._max_bytes)
                if received < full:
                    continue

                full = received + _BATCH_BYTES
                await finish_write()
                writing = threads.start(part.flush)

                if is_first:
                    is_first = False
                    await finish_write()
                    writing = None
                    if existing := await disk.run(find_existing, place, part, header):
                        await disk.run(part.discard)
                        return existing

            await finish_write()

        await disk.run(part.flush)
        await report(progress, part.offset, part.version.size)
        return None

    async def _finish(
        self, url: str, part: PartFile, place: Destination, header: str | None, disk: Disk
    ) -> SavedFile:
        """Check the part, and give it its final name."""
        check_complete(part)
        if not await disk.run(part.is_intact):
            part.version = Version()
            raise Retry("the part of an earlier call was damaged")

        head = await disk.run(part.head)
        target = place.target(head, header)
        if place.store is not None:
            from a2e_async._files.handover import hand_over  # only to an object store or a shared folder

            file = SavedFile(target, part.offset, media_type(head, header, target))
            tries = Tries(self._retry, self._clock, self._events, target.name)
            return await hand_over(
                part, place.store, file, overwrite=place.overwrite, url=url, tries=tries, clock=self._clock
            )

        path, reused = await disk.run(part.publish, target, place.overwrite)
        return SavedFile(path, part.offset, media_type(head, header, path), reused)


def _warn_of_more(count: int, stem: str | None) -> None:
    import logging

    logging.getLogger("a2e_async").warning(
        "%s: the result names %d files, and the first %d are downloaded; pass others to A2E.download",
        stem or "download",
        count,
        _MOST_FILES,
    )
