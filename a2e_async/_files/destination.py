"""Where a download goes, and what it is called in the end."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO

import attrs
from anyio import to_thread

from a2e_async._files.file_names import name_of_url, numbered, safe_name, shortened, with_extension
from a2e_async._files.hashing import hash_file, hash_some
from a2e_async._files.media_types import content_type_of, extension_of, sniff
from a2e_async._files.part_file import PartFile
from a2e_async.errors import InvalidArgument

__all__ = ["Destination", "SavedFile", "already_there", "media_type", "resolve_destination"]


@attrs.frozen
class SavedFile:
    """A file that was downloaded; `open` and `pathlib.Path` take it for its path.

    Attributes:
        path: where it is.
        size: bytes.
        content_type: by its first bytes, else as its host said.
        reused: it was there already, with this content.
    """

    path: Path
    size: int
    content_type: str
    reused: bool = False

    def __fspath__(self) -> str:
        return str(self.path)

    async def compute_sha256(self) -> str:
        """SHA-256 of what the file holds now; it is read in worker threads.

        Returns:
            The digest, in hex.

        Raises:
            OSError: it cannot be read.

        Example:
            ```python
            saved = await a2e.download(url, "out")
            digest = await saved.compute_sha256()
            ```
        """
        digest = hashlib.sha256()
        with await to_thread.run_sync(_open_to_read, self.path) as file:
            while await to_thread.run_sync(hash_some, file, digest):
                pass
        return digest.hexdigest()


@attrs.frozen
class Destination:
    """Where a download goes.

    Attributes:
        folder: the folder.
        name: a safe name.
        fixed: the name stands as it is; otherwise it gets the extension that fits the content.
        overwrite: replace what has the name.
    """

    folder: Path
    name: str
    fixed: bool
    overwrite: bool

    def part(self, url: str) -> Path:
        """Named after the URL too (not its query, often a signature): two files of one name, two parts."""
        origin = hashlib.sha256(url.partition("?")[0].encode("utf-8", "replace")).hexdigest()[:12]
        return self.folder / f"{shortened(self.name, 90)}.{origin}.part"

    def target(self, head: bytes, header: str | None) -> Path:
        """The final path, numbers aside."""
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
    """Where the arguments of `Downloader.download` say. May touch the disk.

    Raises:
        InvalidArgument: they contradict each other, or are of a wrong type.
    """
    if not isinstance(name, str | None):
        raise InvalidArgument("name", f"{name!r} is not a string")
    for field, value in (("target", target), ("folder", folder)):
        if not isinstance(value, str | os.PathLike | None) or value == "":
            raise InvalidArgument(field, f"{value!r} is not a path")
    if target is not None and folder is None:
        path = Path(target)
        if path.is_dir() or os.fspath(target).endswith(("/", os.sep)):
            raise InvalidArgument("target", f"{path} is a folder; give it as folder=…")
        if name is not None:
            raise InvalidArgument("name", "goes with folder; a target is a whole path")
        return Destination(path.parent, path.name, True, overwrite)
    if folder is None or target is not None:
        raise InvalidArgument("target", "give either target or folder")
    return Destination(Path(folder), safe_name(name) if name else name_of_url(url), False, overwrite)


def already_there(place: Destination, part: PartFile, header: str | None) -> SavedFile | None:
    """The file that a former call completed, where the ETag proves that it is the same."""
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
    """By the first bytes, else as the host said."""
    if sniff(head) is None and extension_of(header) is not None:
        return (header or "").partition(";")[0].strip().lower()
    return content_type_of(head, path.name)


def _open_to_read(path: Path) -> IO[bytes]:
    return path.open("rb", buffering=0)
