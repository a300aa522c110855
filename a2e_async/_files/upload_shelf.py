"""Where several workers put their uploads, so that the same content is uploaded once among them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from a2e_async._files.upload_cache import ContentKey
from a2e_async._spec.media import Upload

__all__ = ["UploadShelf"]


class UploadShelf(Protocol):
    """The uploads of several workers.

    A worker that does not find a content uploads it, and the others wait for it. Whatever ends its upload,
    either `keep` or `give_up` follows. A worker that dies does neither: the shelf must notice that itself.
    """

    @abstractmethod
    async def find(self, key: ContentKey, *, max_age: float) -> tuple[Upload, float] | None:
        """Find the upload of a content, or take its place. While another worker uploads it, this waits.

        Args:
            key: identifies the content; its hash is known.
            max_age: an upload that is older, in seconds, does not count.

        Returns:
            The upload and its age in seconds. None: this worker uploads the content.

        Raises:
            A2EError: the shelf cannot be read.
        """

    @abstractmethod
    async def keep(self, upload: Upload) -> None:
        """Put an upload of this worker on the shelf, and let those go on who wait for it.

        It may be one that nobody asked for with `find`.
        """

    @abstractmethod
    async def give_up(self, key: ContentKey) -> None:
        """Note that this worker does not upload the content, so that another one does.

        It may not have taken the place at all. This must not wait for long.
        """
