"""Object stores, and whatever else fsspec knows. Everything here blocks.

An object of S3, Google Cloud Storage or Azure appears when its upload is completed, and not before. Other
systems show a file while it grows, so there it is written beside its final name and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from a2e_async._files.open_files import NO_DESCRIPTOR
from a2e_async._files.stores import Stopped, Store, StoreError

__all__ = ["ObjectStore", "open_object_store"]

_BLOCK_BYTES = 8 << 20  # of one request that sends or reads a part of an object
_CHECK_NAME = ".a2e-async-check"
_SHOWN = 300  # characters of an error


def _azure_options(kind: str) -> dict[str, Any]:
    blob = importlib.import_module("azure.storage.blob")  # comes with the driver
    return {"content_settings": blob.ContentSettings(content_type=kind)}


# Where a file is never seen before it is complete. How its driver is told the content type, and to hold
# little of the file in memory: that of S3 would take ten parts of 50 MiB at once.
_OBJECT_STORES: dict[str, Callable[[str], dict[str, Any]]] = {
    **dict.fromkeys(
        ("s3", "s3a"), lambda kind: {"ContentType": kind, "chunksize": _BLOCK_BYTES, "max_concurrency": 4}
    ),
    **dict.fromkeys(("gs", "gcs"), lambda kind: {"content_type": kind, "chunksize": _BLOCK_BYTES}),
    **dict.fromkeys(("az", "abfs", "abfss"), _azure_options),
}

# What another try does not mend: no such bucket, no permission, no such operation, no room.
_FINAL = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, TypeError, ValueError)
_FINAL_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOSYS}) | NO_DESCRIPTOR
_FINAL_NAMES = frozenset({"NotImplementedError", "NoCredentialsError", "PartialCredentialsError"})

_stores: dict[tuple[int, str], ObjectStore] = {}
_stores_lock = threading.Lock()


def open_object_store(url: str) -> ObjectStore:
    """Return the store of an address. It is made once in a process.

    Raises:
        StoreError: the address or its driver cannot be used. Nothing was sent.
    """
    with _stores_lock:
        key = os.getpid(), url  # connections do not survive a fork
        if key not in _stores:
            _stores[key] = ObjectStore(url)
        return _stores[key]


class ObjectStore(Store):
    """A place that fsspec knows by an address.

    Args:
        url: the address, such as ``s3://bucket/prefix``.

    Raises:
        StoreError: the address or its driver cannot be used. Nothing was sent.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self.url = _without_password(url.rstrip("/")) if urlsplit(url).netloc else url
        try:
            self._system, path = fsspec.core.url_to_fs(url)
        except Exception as error:
            raise self._error(error, may_pass=False) from error

        self._path = str(path).rstrip("/")
        self._options = _OBJECT_STORES.get(url.partition("://")[0])
        self._creates = self._options is not None  # can save a file unless its name is taken, in one step
        self._renaming = threading.Lock()
        # A driver without an event loop of its own, such as that of FTP, has one connection for all threads.
        self._turn: AbstractContextManager[Any] = (
            contextlib.nullcontext() if getattr(self._system, "async_impl", False) else threading.RLock()
        )

    def __fspath__(self) -> str:
        return self.url

    def check(self) -> None:
        """See `Store.check`. A store that allows no removal keeps one object of one byte."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "check")
            file.write_bytes(b"\0")
            kind, stop = "application/octet-stream", threading.Event()
            self.replace(file, _CHECK_NAME, content_type=kind, stop=stop)

        try:
            self._info(_CHECK_NAME)
            self._info(f"{_CHECK_NAME}-missing")  # without the right to list, this is refused
        finally:
            self._remove(self._at(_CHECK_NAME))

    def locate(self, name: str) -> str:
        """The address of the file of this name."""
        return f"{self.url}{'' if self.url.endswith('/') else '/'}{name}"

    def size(self, name: str) -> int | None:
        """See `Store.size`."""
        info = self._info(name)
        if info is None:
            return None
        return -1 if info.get("type") != "file" or info.get("size") is None else int(info["size"])

    def md5(self, name: str) -> str | None:
        """See `Store.md5`. S3 says it of an object that came in one piece."""
        info = self._info(name) or {}
        return str(info.get("ETag", "")).strip('"') or None

    def has_content(self, name: str, source: Path) -> bool:
        """See `Store.has_content`."""
        at = 0
        with self._using(), source.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                if self._system.cat_file(self._at(name), start=at, end=at + len(block)) != block:
                    return False
                at += len(block)
        return True

    def put(self, source: Path, name: str, *, content_type: str, stop: threading.Event) -> bool:
        """See `Store.put`."""
        if self._creates and self._options is not None:
            try:
                self._send(source, self._at(name), stop, mode="create", **self._options(content_type))
            except Stopped:
                raise
            except Exception as error:
                if isinstance(error, FileExistsError) or self.size(name) is not None:
                    return False
                if not _is_unknown_operation(error):
                    raise self._error(error) from error
                self._creates = False
            else:
                return True

        with self._beside(source, content_type, stop) as beside, self._renaming:
            if self.size(name) is not None:
                return False
            self._rename(beside, self._at(name))
            return True

    def replace(self, source: Path, name: str, *, content_type: str, stop: threading.Event) -> None:
        """See `Store.replace`."""
        if self._options is not None:
            with self._using():
                self._send(source, self._at(name), stop, **self._options(content_type))
            return

        with self._beside(source, content_type, stop) as beside:
            self._rename(beside, self._at(name))

    @contextmanager
    def _beside(self, source: Path, content_type: str, stop: threading.Event) -> Iterator[str]:
        """Save a file under a name of its own; it is removed at the end, if it is still there."""
        beside = self._at(f".{secrets.token_hex(8)}.part")
        options = {} if self._options is None else self._options(content_type)
        try:
            with self._using():
                if self._options is None:  # a folder is nothing but the beginning of names elsewhere
                    self._system.makedirs(self._path or "/", exist_ok=True)
                self._send(source, beside, stop, **options)

            if stop.is_set():
                raise Stopped
            yield beside
        finally:
            self._remove(beside)

    def _send(self, source: Path, path: str, stop: threading.Event, **options: Any) -> None:
        """Send a file in parts."""
        self._system.put_file(str(source), path, callback=_callback(stop), **options)

    def _rename(self, old: str, new: str) -> None:
        with self._using():
            if _has_own_rename(self._system):
                self._system.mv(old, new)
            else:
                self._system.cp_file(old, new)

    def _remove(self, path: str) -> None:
        """Remove a file, if it is there and that is allowed."""
        with contextlib.suppress(StoreError), self._using():
            self._system.rm_file(path)

    def _info(self, name: str) -> dict[str, Any] | None:
        with self._using():
            self._system.invalidate_cache()  # others write here too
            try:
                info: dict[str, Any] = self._system.info(self._at(name))
            except FileNotFoundError:
                return None
            return info

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Use the store. Any error becomes a StoreError, of whatever library it is."""
        try:
            with self._turn:
                yield
        except (Stopped, StoreError):
            raise
        except Exception as error:
            raise self._error(error) from error

    def _error(self, error: Exception, *, may_pass: bool | None = None) -> StoreError:
        number = error.errno if isinstance(error, OSError) else None
        if may_pass is None:
            may_pass = not (
                isinstance(error, _FINAL)
                or number in _FINAL_NUMBERS
                or any(kind.__name__ in _FINAL_NAMES for kind in type(error).__mro__)
            )
        reason = " ".join(str(error).split())[:_SHOWN] or type(error).__name__
        return StoreError(number or 0, f"{self.url!r} cannot be used: {reason}", may_pass=may_pass)


def _callback(stop: threading.Event) -> Any:
    """A callback that ends a transfer when nobody waits for it any more."""
    from fsspec.callbacks import Callback

    class Stopping(Callback):  # type: ignore[misc]  # fsspec has no types
        def call(self, hook_name: str | None = None, **_: Any) -> None:
            if stop.is_set():
                raise Stopped

    return Stopping()


def _has_own_rename(system: Any) -> bool:
    """Whether the system renames by itself. Else it copies, which shows no half file either."""
    from fsspec import AbstractFileSystem

    return type(system).mv is not AbstractFileSystem.mv


def _is_unknown_operation(error: Exception) -> bool:
    """Whether a store does not know how to save a file only if its name is free."""
    unknown = isinstance(error, NotImplementedError | TypeError) or "NotImplemented" in str(error)
    return unknown or getattr(error, "errno", None) == errno.ENOSYS or "Unknown parameter" in str(error)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}"))
