"""The methods of a client, and of a Result, that move files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2e_async._spec.media import Address, Made, Upload
from a2e_async._tasks.outputs import medium_of_name, medium_of_url
from a2e_async.checks import check_whole, shown, whole_from
from a2e_async.errors import InvalidArgument

if TYPE_CHECKING:
    from a2e_async._files.destination import SavedFile
    from a2e_async._files.reading import FileStream
    from a2e_async._files.sources import Source
    from a2e_async.runtime import Runtime

__all__ = ["Files", "ResultFiles"]

_MOST_BYTES = 1 << 30
_OTHER_USE = "; what it made is in its ids"


class Files:
    """The methods of a client that move files."""

    @property
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""
        raise NotImplementedError

    async def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: Callable[[int, int], Any] | None = None,
    ) -> Upload:
        """Upload a file, to pass wherever the API takes a media URL.

        The service charges for upload URLs, so each client uploads the same content only once.

        Args:
            source: a `pathlib.Path`, bytes, an open binary file, an upload of a web framework, a Pillow
                image, or an (async) iterable of bytes. A file is read from its current position.
            name: the file's name; by default the source's own.
            content_type: by default found from the content.
            progress: called with the bytes sent and the bytes in total; may be async.

        Returns:
            The Upload: url, sha256, size (bytes), content_type.

        Raises:
            InvalidArgument: the file does not exist, is empty or too large. Nothing was sent.
            UploadError: the storage refused the file or could not be reached.

        Example:
            ```python
            upload = await a2e.upload(Path("cat.png"))
            job = a2e.image_to_video(image_url=upload, prompt="it waves")
            ```
        """
        runtime = self.runtime
        async with runtime.session():
            return await runtime.uploader.upload(
                source, name=name, content_type=content_type, progress=progress
            )

    async def upload_many(self, sources: Iterable[Source], *, concurrency: int = 8) -> Sequence[Upload]:
        """Upload files concurrently.

        Args:
            sources: files, each as in `upload`.
            concurrency: the most uploads at once.

        Returns:
            The Uploads, in the order of the sources.

        Raises:
            InvalidArgument: a source is invalid, for example ``sources[2]``. Nothing was sent.
            UploadError: an upload failed; the others were cancelled.
        """
        runtime = self.runtime
        async with runtime.session():
            return await runtime.uploader.upload_many(sources, concurrency=concurrency)

    async def download(
        self,
        url: str | Address | Upload | Made,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> SavedFile:
        """Download a URL returned by the API, as `Result.download` does.

        The file is streamed and resumed after a broken connection. It appears under its name only when it
        is complete. The token is not sent.

        Args:
            url: https; http on a public host becomes https. Redirects are followed. The Result of a single
                file stands for its URL.
            folder: where to save the file; created if needed. A ``~`` is expanded. It may be the address of
                an object store, such as "s3://bucket/prefix", with the extra ``fsspec``.
            name: the file's name; by default the last part of the URL. The extension comes from the content.
            overwrite: replace a file of the same name; otherwise a different content gets a different name.
            progress: called with the bytes received and the bytes in total (None if unknown); may be async.

        Returns:
            The SavedFile: path, size (bytes), content_type, and `compute_sha256`. It can be used as a path.

        Raises:
            InvalidArgument: the URL is invalid, or nothing can be saved in the folder. Nothing was sent.
            ConfigurationError: an object store is given, and fsspec is not installed. Nothing was sent.
            DownloadError: the host refused or sent an error page, or the connection broke too often.

        Example:
            ```python
            url = await a2e.tts.send_tts(msg="Hello", tts_id="66dc3c1b7dc1f1c483cc5ab8")
            saved = await a2e.download(url, "out", name="hello")
            ```
        """
        runtime = self.runtime
        async with runtime.session():
            return await runtime.downloader.download(
                url, folder=folder, name=name, overwrite=overwrite, progress=progress
            )


class ResultFiles:
    """The methods of a Result that move its files."""

    __slots__ = ()

    @property
    def urls(self) -> Sequence[str]:
        """The URLs of the files."""
        raise NotImplementedError

    @property
    def _runtime(self) -> Runtime:
        """What requests them."""
        raise NotImplementedError

    @property
    def _origin(self) -> tuple[str, str]:
        """The workflow's name and the task's id."""
        raise NotImplementedError

    async def download(
        self,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> Sequence[Path | Any]:
        """Download everything that was made.

        Args:
            folder: where to save the files; created if needed. Or an object store: "s3://bucket/prefix".
            name: the files' name without extension; by default the workflow and the task's id. Several
                files are numbered. The extension comes from the content.
            progress: called with the bytes received and the bytes in total, of all files together (None
                until the sizes of all are known); may be async.

        Returns:
            The paths of the files, in the order of `urls`. In an object store they are addresses (str).

        Raises:
            ConfigurationError, InvalidArgument: nothing can be saved there. Nothing was sent.
            DownloadError: a file could not be downloaded; the next call resumes it.

        Example:
            ```python
            result = await a2e.text_to_image(prompt="a red kite").run()
            paths = await result.download("out", name="kite")
            ```
        """
        return [file.path for file in await self.fetch(folder, name=name, progress=progress)]

    async def fetch(
        self,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> Sequence[SavedFile]:
        """Download as `download` does; returns the path, size (bytes) and content type of each file."""
        runtime = self._runtime
        async with runtime.session():
            stem = name or "-".join(self._origin)
            return await runtime.downloader.download_all(self.urls, folder, stem=stem, progress=progress)

    async def read(self, index: int = 0, *, max_bytes: int = _MOST_BYTES) -> bytes:
        """Download one file into memory.

        Args:
            index: which one, of several; -1 is the last.
            max_bytes: a larger file is refused. For large files there are `stream` and `download`.

        Returns:
            Its content.

        Raises:
            InvalidArgument: there is no such file.
            DownloadError: the host refused (links expire after about three days) or sent an error page, the
                file is too large, or the connection broke too often.

        Example:
            ```python
            result = await a2e.text_to_image(prompt="a red kite").run()
            picture = await result.read()
            ```
        """
        async with self.stream(index, max_bytes=max_bytes) as file:
            return b"".join([chunk async for chunk in file])

    def stream(self, index: int = 0, *, max_bytes: int = 20 << 30) -> FileStream:
        """Download one file chunk by chunk, to pass it on. Nothing is sent before it is opened.

        Args:
            index: which one, of several; -1 is the last.
            max_bytes: a larger file is refused.

        Returns:
            The stream: read it with ``async for``. As ``async with`` it is opened at once, and knows its
            ``content_type`` and its ``size`` (bytes; None where the host does not say).

        Raises:
            InvalidArgument: there is no such file.
            ConfigurationError: no event loop is running.
            DownloadError: as for `read`, when it is opened or read.

        Example:
            ```python
            async with result.stream() as file:
                print(file.name, file.content_type, file.size)
                async for chunk in file:
                    ...
            ```
        """
        url = self._url(index)
        limit = check_whole("max_bytes", max_bytes)
        runtime = self._runtime
        return runtime.downloader.stream(url, max_bytes=limit, session=runtime.session)

    def urls_for(self, field: str) -> Sequence[str]:
        """The URLs that fit a field of another job, by its name; a job takes the Result itself as well.

        Args:
            field: such as ``image_url``. A field whose name says no medium takes all files.

        Raises:
            InvalidArgument: there are no files, or only those of another medium.

        Example:
            ```python
            picture = await a2e.text_to_image(prompt="a red kite").run()
            clip = await a2e.image_to_video(image_url=picture, prompt="it flies").run()
            ```
        """
        urls = self.urls
        if not urls:
            raise InvalidArgument(field, f"the Result of {self._origin[0]} has no file{_OTHER_USE}")

        wanted = medium_of_name(field)
        media = [medium_of_url(url) for url in urls]
        if not wanted:
            return urls
        fitting = [url for url, medium in zip(urls, media, strict=True) if medium in (wanted, "")]
        if not fitting:
            found = " and ".join(sorted(set(media)))
            raise InvalidArgument(
                field,
                f"the Result of {self._origin[0]} is {found}, not {wanted}; to send it, give one of its urls",
            )
        return fitting

    def _url(self, index: int) -> str:
        """One URL by its place.

        Raises:
            InvalidArgument: there is none.
        """
        place, urls = whole_from(index), self.urls
        if place is None:
            raise InvalidArgument("index", f"{shown(index)} is not a whole number")
        if not urls:
            raise InvalidArgument("index", f"the Result of {self._origin[0]} has no file{_OTHER_USE}")
        if not -len(urls) <= place < len(urls):
            files = "1 file" if len(urls) == 1 else f"{len(urls)} files"
            raise InvalidArgument("index", f"{place} is out of bounds: the Result has {files}, from 0 on")
        return urls[place]
