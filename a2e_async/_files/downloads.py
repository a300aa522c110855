"""Downloads: streamed, resumed, complete or not there at all."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, TypeVar

from anyio import to_thread

from a2e_async._files.destination import (
    Destination,
    SavedFile,
    already_there,
    media_type,
    resolve_destination,
)
from a2e_async._files.file_names import safe_name, shortened
from a2e_async._files.part_file import PartFile, Version
from a2e_async._files.transfer import (
    CHUNK_BYTES,
    RETRIED_STATUSES,
    DownloadProgress,
    Http,
    Response,
    Retry,
    report,
    size_text,
)
from a2e_async._files.worker_threads import Pending, worker_threads
from a2e_async.addresses import url_problem
from a2e_async.clock import Clock
from a2e_async.errors import DownloadError, InvalidArgument, TransportError
from a2e_async.policies import RetryPolicy, retry_after_seconds
from a2e_async.task_groups import map_bounded, run_finally

__all__ = ["Downloader", "SavedFile"]

T = TypeVar("T")

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_NOTEWORTHY_BYTES = 64 << 10
_BATCH_BYTES = 2 << 20  # written at a time, but for the first: what is there already is soon seen
_GONE = frozenset({401, 403, 404, 410})


class Downloader:
    """Downloads of one client in one event loop.

    Args:
        http: sends the GETs: no token, no redirects.
        clock: for pauses.
        retry: for each stretch without progress.
        max_bytes: larger files are refused, at the latest when they exceed it.
        timeout: seconds without any byte, as `Http.stream` takes it; None: its own default.
    """

    def __init__(
        self,
        http: Http,
        *,
        clock: Clock,
        retry: RetryPolicy,
        max_bytes: int = 20 << 30,
        timeout: float | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._retry = retry
        self._max_bytes = max_bytes
        self._timeout = timeout

    async def download(
        self,
        url: str,
        target: str | os.PathLike[str] | None = None,
        *,
        folder: str | os.PathLike[str] | None = None,
        name: str | None = None,
        overwrite: bool = False,
        progress: DownloadProgress | None = None,
    ) -> SavedFile:
        """Download a file, going on where an earlier call was cut off.

        The bytes go to a ``.part`` file beside the target, which gets the target's name when
        it is complete and on disk. A part is continued only if the host confirms (If-Range) that the file is
        still the same; where it names no version (ETag, Last-Modified), it starts anew.

        What is there already is never replaced unless `overwrite` is set. So a run can be repeated:
        a file with the same content is left as it is and returned (``reused``), without fetching it
        again where the host's ETag is an MD5; beside other content the new file is called ``name_2.ext``.

        Args:
            url: https, or http on a loopback host.
            target: the path of the file, taken as it is. Folders are made.
            folder: instead of `target`: the file gets a safe name here, with the extension of its content.
            name: with `folder`: what to call it; default: the last part of the URL.
            overwrite: replace what has the name.
            progress: called with the bytes done and the bytes in all, if the host tells; falls back when
                it starts anew.

        Raises:
            InvalidArgument: before anything is sent.
            DownloadError: the host refused (result URLs expire after days), the file is too large or
                could not be written, or its bytes stopped coming. The part stays for the next call.

        Example:
            >>> saved = await downloader.download(url, folder="out", name=task.id)
            >>> saved.path
            PosixPath('out/67d2….mp4')
        """
        problem = url_problem(url) if isinstance(url, str) else f"{url!r} is not a string"
        if problem:
            raise InvalidArgument("url", problem)
        place = await to_thread.run_sync(resolve_destination, url, target, folder, name, overwrite)
        part = PartFile(place.part(url))
        try:
            await _on_disk(url, part.open)
            return await self._fetch(url, part, place, progress)
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
    ) -> list[SavedFile]:
        """Download the files of one result.

        Args:
            urls: as for `download`.
            folder: where they go.
            stem: what to call them: ``stem.ext``; ``stem-1.ext``, ``stem-2.ext``, … where there are several.
                Default: the last parts of the URLs.
            concurrency: how many at a time.
            overwrite: replace what has the names.

        Returns:
            The files in the order of the URLs.

        Raises:
            DownloadError: the first failure; the rest is cancelled, parts stay.
        """
        listed = [urls] if isinstance(urls, str) else list(urls)

        async def one(index: int, url: str) -> SavedFile:
            name = stem and safe_name(stem)
            if name and len(listed) > 1:
                name = f"{shortened(name, 100)}-{index + 1}"
            return await self.download(url, folder=folder, name=name, overwrite=overwrite)

        return await map_bounded(listed, one, concurrency)

    async def _fetch(
        self, url: str, part: PartFile, place: Destination, progress: DownloadProgress | None
    ) -> SavedFile:
        attempt = 0
        furthest = part.offset
        while True:
            attempt += 1
            try:
                return await self._attempt(url, part, place, progress)
            except (Retry, TransportError) as error:
                await _on_disk(url, part.flush)
                if part.offset >= furthest + _NOTEWORTHY_BYTES:
                    attempt, furthest = 1, part.offset
                pause = self._retry.delay(attempt, error.retry_after)
                if pause is None:
                    message = f"gave up after {attempt} attempts without progress: {error}"
                    raise DownloadError(message, url=url, status=getattr(error, "status", None)) from error
                await self._clock.sleep(pause)

    async def _attempt(
        self, url: str, part: PartFile, place: Destination, progress: DownloadProgress | None
    ) -> SavedFile:
        headers = {"Accept-Encoding": "identity"}
        if part.offset and part.version.condition is not None:
            headers |= {"Range": f"bytes={part.offset}-", "If-Range": part.version.condition}
        async with self._http.stream("GET", url, headers=headers, timeout=self._timeout) as response:
            version = self._version(url, response, part)
            if version is not None:
                await _on_disk(url, part.restart, version)
            header = response.headers.get("content-type")
            there = await self._receive(url, response, part, place, progress)
        return there or await self._finish(url, part, place, header)

    async def _receive(
        self,
        url: str,
        response: Response,
        part: PartFile,
        place: Destination,
        progress: DownloadProgress | None,
    ) -> SavedFile | None:
        """Write what comes, a batch at a time while the next one is on its way.

        Returns:
            The file of a former call, if the first batch shows that it is the same.
        """
        begins = part.offset == 0
        received = part.offset
        full = received + CHUNK_BYTES
        async with worker_threads() as threads, aclosing(response.aiter_bytes()) as pieces:
            writing: Pending[None] | None = None

            async def written() -> None:
                if writing is not None:
                    with _disk_errors(url):
                        await writing.result()
                    await report(progress, part.offset, part.version.size)

            async for piece in pieces:
                part.add(piece)
                received += len(piece)
                if received > self._max_bytes:
                    await _on_disk(url, part.discard)
                    raise self._too_large(url, "more")
                if received < full:
                    continue
                full = received + _BATCH_BYTES
                await written()
                writing = threads.start(part.flush)
                if begins:
                    begins = False
                    await written()
                    writing = None
                    header = response.headers.get("content-type")
                    if there := await _on_disk(url, already_there, place, part, header):
                        await _on_disk(url, part.discard)
                        return there
            await written()
        await _on_disk(url, part.flush)
        await report(progress, part.offset, part.version.size)
        return None

    async def _finish(self, url: str, part: PartFile, place: Destination, header: str | None) -> SavedFile:
        size = part.version.size
        if size is not None and part.offset != size:
            raise Retry(f"{part.offset} of {size} bytes came")
        if not part.offset:
            raise DownloadError("the file is empty", url=url)
        if not await _on_disk(url, part.is_intact):
            part.version = Version()
            raise Retry("the part of an earlier call was damaged")
        head = await _on_disk(url, part.head)
        target = place.target(head, header)
        path, reused = await _on_disk(url, part.publish, target, place.overwrite)
        return SavedFile(path, part.offset, media_type(head, header, path), reused)

    def _version(self, url: str, response: Response, part: PartFile) -> Version | None:
        """What is being sent: a version to begin with, or None: the rest of what the part is of."""
        status, headers = response.status, response.headers
        if status in RETRIED_STATUSES:
            after = retry_after_seconds(headers.get("retry-after"), time.time())
            raise Retry(f"HTTP {status}", status=status, retry_after=after)
        if status in (206, 416) and part.offset and part.version.condition is not None:
            if status == 206 and _continues(headers, part):
                return None
            part.version = Version()  # so that the next attempt asks for all of it
            raise Retry("the host sent another part than was asked for", status=status)
        if status != 200:
            hint = ""
            if status in _GONE:
                hint = "; result URLs expire, as a rule after 3 days"
            elif 300 <= status < 400:
                hint = "; redirects are not followed"
            raise DownloadError(f"HTTP {status}{hint}", url=url, status=status)
        if headers.get("content-encoding", "identity") != "identity":
            raise DownloadError(f"sent as {headers['content-encoding']}, which was not asked for", url=url)
        length = headers.get("content-length", "")
        size = int(length) if length.isdecimal() and len(length) < 19 else None
        if size is not None and size > self._max_bytes:
            raise self._too_large(url, size_text(size))
        return Version(headers.get("etag"), headers.get("last-modified"), size)

    def _too_large(self, url: str, shown: str) -> DownloadError:
        return DownloadError(
            f"the file has {shown}; at most {size_text(self._max_bytes)} are allowed", url=url
        )


async def _on_disk(url: str, work: Callable[..., T], *args: Any) -> T:
    """Run what touches the disk in a worker thread."""
    with _disk_errors(url):
        return await to_thread.run_sync(work, *args)


@contextmanager
def _disk_errors(url: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DownloadError(f"the file cannot be written: {error}", url=url) from error


def _continues(headers: Mapping[str, str], part: PartFile) -> bool:
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    return (
        match is not None
        and int(match[1]) == part.offset
        and (match[3] == "*" or part.version.size in (None, int(match[3])))
        and headers.get("etag", part.version.etag) == part.version.etag
    )
