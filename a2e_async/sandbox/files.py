"""The object store: presigned URLs, and the objects that were uploaded to them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

import attrs

__all__ = ["FileStore", "Presigned", "TooLarge", "Writer"]

IN_MEMORY = 1024 * 1024
CDN = "/cdn/"


class TooLarge(Exception):
    """Raised when the store is full."""


@attrs.frozen
class Presigned:
    """One presigned URL: the upload that it allows, and until when (a time of the clock)."""

    key: str
    bucket: str
    signature: str
    expires_at: float
    content_type: str | None
    length: int | None


@attrs.frozen
class Stored:
    """One stored object, in memory or in a file of the store."""

    key: str
    content_type: str
    size: int
    sha256: str
    etag: str
    stored_at: float
    data: bytes | None
    path: Path | None

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to, but not including, `end`."""
        if self.data is not None:
            return self.data[start:end]
        if self.path is None:
            return b""

        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)


class Writer:
    """Writes one upload as it streams in. The object exists only after `finish`."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._buffer = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Write the next bytes.

        Raises:
            TooLarge: the store is full.
        """
        self.size += len(chunk)
        if self._store.size + self.size > self._store.limit:
            raise TooLarge

        self._sha256.update(chunk)
        self._md5.update(chunk)

        if self._file is not None:
            self._file.write(chunk)
            return

        self._buffer += chunk
        if len(self._buffer) > IN_MEMORY:
            handle, name = tempfile.mkstemp(dir=self._store.folder())
            self._file, self._path = os.fdopen(handle, "wb"), Path(name)
            self._file.write(self._buffer)
            self._buffer.clear()

    def finish(self, presigned: Presigned, content_type: str, now: float) -> Stored:
        """Store the object under its key."""
        if self._file is not None:
            self._file.close()

        stored = Stored(
            key=presigned.key,
            content_type=content_type,
            size=self.size,
            sha256=self._sha256.hexdigest(),
            etag=self._md5.hexdigest(),
            stored_at=now,
            data=None if self._path else bytes(self._buffer),
            path=self._path,
        )
        self._store.add(stored)
        return stored

    def discard(self) -> None:
        """Drop everything that was written, because the upload broke off."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)


class FileStore:
    """Presigned URLs and the objects behind them.

    Args:
        limit: bytes that all objects together may have.
        url: the origin at which files are served.
    """

    def __init__(self, limit: int, url: str) -> None:
        self.limit = limit
        self.url = url
        self.size = 0
        self.presigned: dict[str, Presigned] = {}
        self.objects: dict[str, Stored] = {}
        self._folder: str | None = None

    def folder(self) -> str:
        """The folder of large objects. It is made when first needed and removed by `close`."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="a2e-sandbox-")
        return self._folder

    def add(self, stored: Stored) -> None:
        """Store an object under its key, in place of an older one."""
        older = self.objects.get(stored.key)
        if older is not None:
            self.size -= older.size
            if older.path is not None:
                older.path.unlink(missing_ok=True)

        self.objects[stored.key] = stored
        self.size += stored.size

    def cdn_url(self, key: str) -> str:
        """The public URL of a key."""
        return f"{self.url}{CDN}{quote(key)}"

    def points_here(self, url: str) -> bool:
        """Whether a URL is one of this store's public URLs."""
        return url.startswith(self.url + CDN)

    def behind(self, url: str) -> Stored | None:
        """The object behind a public URL; None if there is none, or if the URL points elsewhere."""
        if not self.points_here(url):
            return None
        return self.objects.get(unquote(url[len(self.url) + len(CDN) :].partition("?")[0]))

    def close(self) -> None:
        """Remove all files from the disk."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
