"""Where a download is saved, and under which name."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from a2e_async._files.media_types import BY_EXTENSION, MEDIA, content_type_of, extension_of, sniff
from a2e_async._files.open_files import disk_problem
from a2e_async._files.part_file import PartFile
from a2e_async._files.places import place_of
from a2e_async._spec.local_paths import local_path, path_text
from a2e_async.errors import DownloadError, InvalidArgument
from a2e_async.plain import Plain

if TYPE_CHECKING:
    from a2e_async._files.stores import Store

__all__ = ["Destination", "SavedFile", "find_existing", "media_type", "resolve_destination"]

_log = logging.getLogger("a2e_async")


@attrs.frozen
class SavedFile(Plain):
    """A downloaded file. `open` and `pathlib.Path` accept it as a path, and `fsspec.open` as an address.

    Attributes:
        path: where it is: a `Path`; in an object store its address, such as ``s3://bucket/out/cat.mp4``.
        size: bytes.
        content_type: detected from its first bytes, otherwise as its host reported it.
        reused: an existing file with the same content was kept.
    """

    # A Path in a folder, a str in an object store. Any spares most callers, who have folders, a cast.
    path: Path | Any
    size: int
    content_type: str
    reused: bool = False

    @property
    def name(self) -> str:
        """The file's name: the last part of its path or address."""
        return str(self.path).rpartition("/")[2] if isinstance(self.path, str) else self.path.name

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
        except Exception as error:
            if isinstance(self.path, Path) and not isinstance(error, OSError):
                raise
            raise DownloadError(disk_problem(error, self.path, "read"), url="") from error


@attrs.frozen
class Destination:
    """Where a download is saved.

    Attributes:
        folder: the folder.
        name: a safe name.
        fixed: the name is used unchanged; otherwise it gets the extension that fits the content.
        overwrite: replace an existing file of the same name.
        store: takes the file from the folder when it is complete; None if it stays there.
    """

    folder: Path
    name: str
    fixed: bool
    overwrite: bool
    store: Store | None = None

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

    if folder is None:
        raise InvalidArgument("folder", "is None; give the path of a folder")
    if target is not None:
        raise InvalidArgument("target", "give either target or folder")
    place, store = _folder_and_store(folder)
    return Destination(place, safe_name(name) if name else name_of_url(url), False, overwrite, store)


def _folder_and_store(folder: str | os.PathLike[str]) -> tuple[Path, Store | None]:
    """Where a file grows, and what takes it then."""
    from a2e_async._files.stores import Store, StoreError, parts_folder

    store = folder if isinstance(folder, Store) else None
    if store is None:
        place = place_of("folder", folder)
        if isinstance(place, Path):
            _check_folder(place)
            return place, None

        from a2e_async._files.object_store import open_object_store

        try:
            store = open_object_store(place)
        except StoreError as error:
            raise InvalidArgument("folder", str(error)) from error

    try:
        return parts_folder(), store
    except OSError as error:
        raise InvalidArgument("folder", f"no file can be received on this machine: {error}") from error


def _check_folder(folder: Path) -> None:
    """Say so where the path of a file was given. A new folder may be called ``cat.png``, if it must."""
    advice = f"give the folder, and name={folder.stem!r}"
    if os.path.isfile(folder):
        raise InvalidArgument("folder", f"{path_text(folder)} is a file; {advice}")
    if BY_EXTENSION.get(folder.suffix.lower(), "").startswith(MEDIA) and not os.path.exists(folder):
        _log.warning("folder: %s is made as a folder; to name the file, %s", path_text(folder), advice)


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
    if place.store is not None:
        return _find_in_store(place.store, target, size, md5, media_type(head, header, target))

    names = numbered(target.name)
    while (path := target.with_name(next(names))).is_file():
        if path.stat().st_size == size and hash_file(path, "md5") == md5:
            return SavedFile(path, size, media_type(head, header, path), reused=True)
    return None


def _find_in_store(store: Store, target: Path, size: int, md5: str, kind: str) -> SavedFile | None:
    from a2e_async._files.stores import StoreError, find_in_store

    try:
        name = find_in_store(store, target.name, size, md5)
    except StoreError:
        return None  # if this lasts, handing the file over will report it
    return None if name is None else SavedFile(store.locate(name), size, kind, reused=True)


def media_type(head: bytes, header: str | None, path: Path) -> str:
    """The content type: by the first bytes, otherwise as the host reported it, otherwise by the name."""
    if sniff(head) is None and extension_of(header) is not None:
        return (header or "").partition(";")[0].strip().lower()
    return content_type_of(head, path.name)
