"""Where a download is saved, and under which name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import attrs

from a2e_async._files.file_names import (
    check_name,
    name_of_url,
    numbered,
    safe_name,
    shortened,
    with_extension,
)
from a2e_async._files.hashing import compute_sha256, hash_file
from a2e_async._files.media_types import content_type_of, extension_of, sniff
from a2e_async._files.open_files import disk_problem
from a2e_async._files.part_file import PartFile
from a2e_async._spec.local_paths import local_path, path_text
from a2e_async.errors import DownloadError, InvalidArgument
from a2e_async.plain import Plain

__all__ = ["Destination", "SavedFile", "find_existing", "media_type", "resolve_destination"]


@attrs.frozen
class SavedFile(Plain):
    """A downloaded file. `open` and `pathlib.Path` accept it as a path.

    Attributes:
        path: where it is.
        size: bytes.
        content_type: detected from its first bytes, otherwise as its host reported it.
        reused: an existing file with the same content was kept.
    """

    path: Path
    size: int
    content_type: str
    reused: bool = False

    def __fspath__(self) -> str:
        return str(self.path)

    async def compute_sha256(self) -> str:
        """Hash the current content of the file, in worker threads.

        Returns:
            The SHA-256, in hex.

        Raises:
            DownloadError: the file cannot be read any more.

        Example:
            ```python
            saved = await a2e.download(url, "out")
            digest = await saved.compute_sha256()
            ```
        """
        try:
            return await compute_sha256(self.path)
        except OSError as error:
            raise DownloadError(disk_problem(error, self.path, "read"), url="") from error


@attrs.frozen
class Destination:
    """Where a download is saved.

    Attributes:
        folder: the folder.
        name: a safe name.
        fixed: the name is used unchanged; otherwise it gets the extension that fits the content.
        overwrite: replace an existing file of the same name.
    """

    folder: Path
    name: str
    fixed: bool
    overwrite: bool

    def part(self, url: str) -> Path:
        """The path of the part file.

        Its name depends on the URL too, so that two files of one name have two parts. The query is
        left out: it is often a signature, and differs at each call.
        """
        origin = hashlib.sha256(url.partition("?")[0].encode("utf-8", "replace")).hexdigest()[:12]
        return self.folder / f"{shortened(self.name, 90)}.{origin}.part"

    def target(self, head: bytes, header: str | None) -> Path:
        """The final path, without a number.

        Args:
            head: the first bytes of the file.
            header: the Content-Type that the host sent.
        """
        if self.fixed:
            return self.folder / self.name
        kind = sniff(head)
        extension = kind.extension if kind else extension_of(header)
        if extension is None:
            return self.folder / self.name
        return self.folder / with_extension(self.name, extension)


def resolve_destination(
    url: str,
    target: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str] | None,
    name: str | None,
    overwrite: bool,
) -> Destination:
    """Resolve the arguments of `Downloader.download`. Blocks: it may look at the disk.

    Raises:
        InvalidArgument: the arguments contradict each other, or have a wrong type.
    """
    check_name(name)
    for field, value in (("target", target), ("folder", folder)):
        if not isinstance(value, str | os.PathLike | None) or value == "":
            raise InvalidArgument(field, f"{value!r} is not a path")

    if target is not None and folder is None:
        path = Path(local_path("target", target))
        if os.path.isdir(path) or os.fspath(target).endswith(("/", os.sep)):
            raise InvalidArgument("target", f"{path_text(path)} is a folder; give it as folder=…")
        if name is not None:
            raise InvalidArgument("name", "goes with folder; a target is a whole path")
        return Destination(path.parent, path.name, True, overwrite)

    if folder is None or target is not None:
        raise InvalidArgument("target", "give either target or folder")
    place = Path(local_path("folder", folder))
    return Destination(place, safe_name(name) if name else name_of_url(url), False, overwrite)


def find_existing(place: Destination, part: PartFile, header: str | None) -> SavedFile | None:
    """Find a file that an earlier call saved, if the ETag proves that it is the same. Blocks.

    Args:
        place: where the download is saved.
        part: its first bytes.
        header: the Content-Type that the host sent.
    """
    md5, size, head = part.version.md5, part.version.size, part.head()
    if md5 is None or size is None or place.overwrite:
        return None

    target = place.target(head, header)
    names = numbered(target.name)
    while (path := target.with_name(next(names))).is_file():
        if path.stat().st_size == size and hash_file(path, "md5") == md5:
            return SavedFile(path, size, media_type(head, header, path), reused=True)
    return None


def media_type(head: bytes, header: str | None, path: Path) -> str:
    """The content type: by the first bytes, otherwise as the host reported it, otherwise by the name."""
    if sniff(head) is None and extension_of(header) is not None:
        return (header or "").partition(";")[0].strip().lower()
    return content_type_of(head, path.name)
