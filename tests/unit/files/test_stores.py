"""Downloads to object stores and to folders that several machines share: each file whole, and once."""

from __future__ import annotations

import errno
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from a2e_async._files import object_store
from a2e_async._files.destination import SavedFile
from a2e_async._files.object_store import ObjectStore, open_object_store
from a2e_async._files.stores import StoreError, parts_folder
from a2e_async.errors import DownloadError, InvalidArgument
from tests.unit.files.conftest import Parts
from tests.unit.files.kit import MP4, PNG, URL, Cut, Host, ManualClock, downloader, sha256

pytestmark = pytest.mark.anyio

MEMORY = "memory://bucket/out"


@pytest.fixture(autouse=True)
def store(spools: Path) -> Iterator[dict[str, Any]]:
    """The objects of the store in memory, empty at first."""
    objects: dict[str, Any] = MemoryFileSystem.store
    objects.clear()
    object_store._stores.clear()
    yield objects
    objects.clear()


def content(store: dict[str, Any], name: str) -> bytes:
    value = store[f"/bucket/out/{name}"].getvalue()
    assert isinstance(value, bytes)
    return value


# Drivers.


@pytest.mark.parametrize(
    ("url", "hint"), [("nosuch://bucket", "not known: nosuch"), ("s3://bucket", "s3fs"), ("smb://h/x", "smb")]
)
async def test_no_driver_is_told_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, url: str, hint: str
) -> None:
    for driver in ("s3fs", "smbprotocol"):
        monkeypatch.setitem(sys.modules, driver, None)
    host = Host(PNG)
    with pytest.raises(InvalidArgument, match=hint) as caught:
        await downloader(host).download(URL, folder=url)
    assert caught.value.field == "folder"
    assert not host.requests


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url: (MemoryFileSystem(), "/x"))
    made = ObjectStore("sftp://ann:secret@host/out/")
    assert made.locate("a.mp4") == "sftp://ann@host/out/a.mp4"
    assert os.fspath(made) == "sftp://ann@host/out"


# Downloads to an object store.


async def test_a_file_comes_whole_and_nothing_stays_here(store: dict[str, Any], parts: Parts) -> None:
    saved = await downloader(Host(MP4)).download(URL, folder=MEMORY)
    assert saved == SavedFile("memory://bucket/out/video.mp4", len(MP4), "video/mp4")
    assert (saved.name, os.fspath(saved)) == ("video.mp4", saved.path)
    assert content(store, "video.mp4") == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert fsspec.open(saved, "rb").open().read() == MP4
    assert list(store) == ["/bucket/out/video.mp4"]
    assert parts() == []

    assert pickle.loads(pickle.dumps(saved)) == saved
    assert saved.to_dict()["path"] == saved.path


async def test_the_same_file_is_kept_and_another_gets_a_number(store: dict[str, Any]) -> None:
    host = Host(MP4, etag="")
    first = await downloader(host).download(URL, folder=MEMORY)
    again = await downloader(host).download(URL, folder=MEMORY)
    assert again == attrs.evolve(first, reused=True)
    other = await downloader(Host(MP4 + b"!")).download(URL, folder=MEMORY)
    assert other.path == "memory://bucket/out/video_2.mp4"
    third = await downloader(Host(MP4[:-1] + b"!")).download(URL, folder=MEMORY)
    assert third.path == "memory://bucket/out/video_3.mp4"
    over = await downloader(Host(PNG + b"!")).download(URL, folder=MEMORY, name="video.mp4", overwrite=True)
    assert over.path == "memory://bucket/out/video.png"
    assert len(store) == 4


async def test_what_the_store_proves_to_have_is_not_downloaded_again(
    monkeypatch: pytest.MonkeyPatch, parts: Parts
) -> None:
    host = Host(MP4)
    first = await downloader(host).download(URL, folder=MEMORY)
    monkeypatch.setattr(ObjectStore, "md5", lambda *_: (host.etag or "").strip('"'))
    host.sent = 0
    assert await downloader(host).download(URL, folder=MEMORY) == attrs.evolve(first, reused=True)
    assert host.sent < len(MP4)
    assert parts() == []


async def test_a_broken_download_leaves_no_object_and_is_resumed(store: dict[str, Any], parts: Parts) -> None:
    cuts: list[Any] = [Cut(2_000_000), Cut(0), Cut(0)]
    host = Host(MP4, cuts)
    with pytest.raises(DownloadError):
        await downloader(host).download(URL, folder=MEMORY)
    assert not store
    assert len(parts()) == 2

    host.sent = 0
    saved = await downloader(host).download(URL, folder=MEMORY)
    assert content(store, "video.mp4") == MP4
    assert host.sent < 1_700_000
    assert not saved.reused
    assert parts() == []


async def test_an_error_page_is_no_object(store: dict[str, Any], parts: Parts) -> None:
    host = Host(b"<!DOCTYPE html><html><body>gone</body></html>", content_type="text/html")
    with pytest.raises(DownloadError, match="HTML"):
        await downloader(host).download("https://cdn.example/a.mp4", folder=MEMORY)
    with pytest.raises(DownloadError, match="allowed"):
        await downloader(Host(MP4), max_bytes=1000).download(URL, folder=MEMORY)
    assert not store
    assert parts() == []


class Broken:
    """Makes the store in memory fail when it is written to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.tries = 0
        put_file = MemoryFileSystem.put_file

        def fails(system: Any, *args: Any, **options: Any) -> None:
            self.tries += 1
            put_file(system, *args, **options)
            error = self.errors.pop(0) if self.errors else None
            if error is not None:
                raise error

        monkeypatch.setattr(MemoryFileSystem, "put_file", fails)


async def test_what_may_pass_is_tried_again_without_another_download(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any], parts: Parts
) -> None:
    broken = Broken(monkeypatch, OSError(errno.EIO, "try later"), TimeoutError("too slow"))
    host, clock = Host(MP4), ManualClock()
    await downloader(host, clock=clock).download(URL, folder=MEMORY)
    assert content(store, "video.mp4") == MP4
    assert (broken.tries, len(host.requests), len(clock.sleeps)) == (3, 1, 2)
    assert len(store) == 1
    assert parts() == []


async def test_a_store_that_stays_away_is_given_up_and_the_part_stays(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any], parts: Parts
) -> None:
    broken = Broken(monkeypatch, *(OSError(errno.EIO, "try later") for _ in range(3)))
    host = Host(MP4)
    with pytest.raises(DownloadError, match=r"after 3 attempts: 'memory://bucket/out' .*later"):
        await downloader(host).download(URL, folder=MEMORY)
    assert not store
    assert len(parts()) == 2

    host.sent = 0
    await downloader(host).download(URL, folder=MEMORY)
    assert broken.tries == 4
    assert host.sent == 1  # its last byte, which proves that the file is the same
    assert content(store, "video.mp4") == MP4


@pytest.mark.parametrize(
    "error", [PermissionError("Access Denied"), OSError(errno.ENOSPC, "no room"), NotImplementedError("no")]
)
async def test_what_does_not_pass_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any], error: Exception
) -> None:
    broken = Broken(monkeypatch, error)
    with pytest.raises(DownloadError, match=str(error.args[-1])) as caught:
        await downloader(Host(MP4)).download(URL, folder=MEMORY)
    assert isinstance(caught.value.__cause__, StoreError)
    assert broken.tries == 1
    assert not store


async def test_cancelling_leaves_no_object(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any], parts: Parts
) -> None:
    scope = anyio.CancelScope()
    began, go_on = threading.Event(), threading.Event()
    put_file = MemoryFileSystem.put_file

    def slow(system: Any, *args: Any, callback: Any, **options: Any) -> None:
        began.set()
        assert go_on.wait(10)
        put_file(system, *args, callback=callback, **options)

    async def cancel() -> None:
        while not began.is_set():
            await anyio.lowlevel.checkpoint()
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        go_on.set()

    monkeypatch.setattr(MemoryFileSystem, "put_file", slow)
    async with anyio.create_task_group() as group:
        group.start_soon(cancel)
        with scope:
            await downloader(Host(MP4)).download(URL, folder=MEMORY)
    assert scope.cancelled_caught
    assert not store
    assert len(parts()) == 2  # it is complete, for the next call

    monkeypatch.undo()
    host = Host(MP4)
    await downloader(host).download(URL, folder=MEMORY)
    assert content(store, "video.mp4") == MP4


def test_the_folder_of_parts_is_this_users_own(spools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = parts_folder()
    assert folder.parent == spools
    assert folder.stat().st_mode & 0o077 == 0
    folder.rmdir()
    folder.symlink_to(spools)
    with pytest.raises(OSError, match="TMPDIR"):
        parts_folder()

    folder.unlink()
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    folder.rename(spools / "a2e-async-12345")
    with pytest.raises(OSError, match="TMPDIR"):
        parts_folder()


async def test_a_folder_of_parts_that_cannot_be_used_is_told(spools: Path) -> None:
    folder = parts_folder()
    folder.rmdir()
    folder.write_text("")
    with pytest.raises(InvalidArgument, match="received on this machine"):
        await downloader(Host(PNG)).download(URL, folder=MEMORY)


# Stores that create an object only if its name is free, as S3 does.


class Creating(MemoryFileSystem):  # type: ignore[misc]
    """A store in memory that speaks as the drivers of object stores do."""

    cachable = False
    knows_create = True
    racer: Callable[[], None] | None = None
    sent: list[dict[str, Any]] = []  # noqa: RUF012

    def put_file(self, lpath: str, rpath: str, callback: Any = None, **options: Any) -> None:
        self.sent.append(options)
        if self.racer is not None:
            self.racer()
        if options.get("mode") == "create":
            if not self.knows_create:
                raise OSError(errno.ENOSYS, "A header you provided implies functionality: NotImplemented")
            if self.exists(rpath):
                raise OSError(errno.EINVAL, "PreconditionFailed")
        super().put_file(lpath, rpath, callback=callback)


@pytest.fixture
def creating(monkeypatch: pytest.MonkeyPatch) -> Creating:
    system = Creating()
    system.sent = []
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url: (system, f"/{url.partition('://')[2]}"))
    return system


class OneConnection(MemoryFileSystem):  # type: ignore[misc]
    """A store in memory with one connection, as one of FTP: it serves one thread at a time."""

    cachable = False
    taken = threading.RLock()

    def _alone(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        assert self.taken.acquire(blocking=False), "another thread uses the connection"
        try:
            time.sleep(0.0005)  # lets the others come
            return method(*args, **options)
        finally:
            self.taken.release()

    def put_file(self, *args: Any, **options: Any) -> Any:
        return self._alone(super().put_file, *args, **options)

    def info(self, *args: Any, **options: Any) -> Any:
        return self._alone(super().info, *args, **options)

    def rm_file(self, *args: Any, **options: Any) -> Any:
        return self._alone(super().rm_file, *args, **options)


async def test_a_driver_with_one_connection_serves_one_thread_at_a_time(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any]
) -> None:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url: (OneConnection(), "/bucket/out"))
    saved: list[SavedFile] = []

    async def download(number: int) -> None:
        client = downloader(Host(PNG, etag=""), attempts=1)
        saved.append(await client.download(URL, folder="ftp://host/out", name=f"{number}"))

    async with anyio.create_task_group() as group:
        for number in (*range(6), 0, 1):
            group.start_soon(download, number)
    assert sum(file.reused for file in saved) == 2
    assert len(store) == 6


@pytest.mark.parametrize("knows", [True, False])
async def test_an_object_gets_its_type_and_replaces_no_other(
    creating: Creating, store: dict[str, Any], knows: bool
) -> None:
    creating.knows_create = knows
    assert (await downloader(Host(PNG)).download(URL, folder="s3://bucket/out")).name == "video.png"
    other = await downloader(Host(PNG + b"!")).download(URL, folder="s3://bucket/out")
    assert other.path == "s3://bucket/out/video_2.png"
    assert {options["ContentType"] for options in creating.sent} == {"image/png"}
    assert sorted(store) == ["/bucket/out/video.png", "/bucket/out/video_2.png"]


@pytest.mark.parametrize("same", [True, False])
async def test_two_workers_that_save_a_name_at_once_lose_nothing(
    creating: Creating, store: dict[str, Any], same: bool
) -> None:
    def race() -> None:
        creating.pipe_file("/bucket/out/video.png", PNG if same else b"!" * len(PNG))
        creating.racer = None

    creating.racer = race
    saved = await downloader(Host(PNG)).download(URL, folder="s3://bucket/out")
    assert (saved.name, saved.reused) == (("video.png", True) if same else ("video_2.png", False))
    assert content(store, saved.name) == PNG
    assert len(store) == (1 if same else 2)


def test_a_check_writes_reads_and_removes(
    monkeypatch: pytest.MonkeyPatch, creating: Creating, store: dict[str, Any]
) -> None:
    azure = SimpleNamespace(ContentSettings=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "azure.storage.blob", azure)
    for url in ("s3://bucket/out", "az://bucket/out", "gs://bucket", "other://x"):
        made = open_object_store(url)
        made.check()
        assert open_object_store(url) is made
    assert not store
    assert creating.sent[1]["content_settings"].content_type == "application/octet-stream"

    def refuse(path: str, **_: Any) -> Any:
        raise PermissionError("Forbidden")

    creating.info = refuse
    with pytest.raises(StoreError, match="Forbidden") as caught:
        open_object_store("s3://bucket/out").check()
    assert not caught.value.may_pass
    assert not store
