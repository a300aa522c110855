"""Files of a client: uploads and downloads outside a job."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from a2e_async._spec.media import Address, Upload

if TYPE_CHECKING:
    from a2e_async._files.destination import SavedFile
    from a2e_async._files.sources import Source
    from a2e_async.runtime import Runtime

__all__ = ["Files"]


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
        url: str | Address | Upload,
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
            url: https; http on a public host becomes https. Redirects are followed.
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
