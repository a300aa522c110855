"""Downloads to a folder that several machines share: each file whole, and once."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from a2e_async._files import final_names
from a2e_async._files.destination import SavedFile
from a2e_async._files.shared_folder import SharedFolder
from a2e_async._files.stores import Stopped, StoreError, put_in_store
from a2e_async.errors import DownloadError
from tests.unit.files.conftest import Parts
from tests.unit.files.kit import MP4, PNG, URL, Host, downloader, names

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["same file system", "another file system"])
def shared(
    tmp_path: Path, spools: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> SharedFolder:
    if request.param == "another file system":
        monkeypatch.setattr(SharedFolder, "_is_beside", lambda *_: False)
    return SharedFolder(tmp_path / "shared")


async def test_a_shared_folder_sees_whole_files_only(
    shared: SharedFolder, tmp_path: Path, parts: Parts
) -> None:
    folder, seen = tmp_path / "shared", []

    async def look(_: Host) -> None:
        seen.append(names(folder))

    host = Host(MP4, on_piece=look)
    saved = await downloader(host).download(URL, folder=shared)
    assert saved == SavedFile(folder / "video.mp4", len(MP4), "video/mp4")
    assert seen[0] == seen[-1] == []
    assert (folder / "video.mp4").read_bytes() == MP4
    assert names(folder) == ["video.mp4"]

    again = await downloader(Host(MP4)).download(URL, folder=shared)
    assert again == attrs.evolve(saved, reused=True)
    other = await downloader(Host(MP4[:-1] + b"!", etag="")).download(URL, folder=shared)
    assert other.path == folder / "video_2.mp4"
    await downloader(Host(MP4[:-2] + b"!", etag="")).download(URL, folder=shared, overwrite=True)
    assert (folder / "video.mp4").read_bytes() == MP4[:-2] + b"!"
    assert names(folder) == ["video.mp4", "video_2.mp4"]
    assert parts() == []


async def test_a_worker_that_was_asleep_finds_the_file_of_the_other(
    shared: SharedFolder, tmp_path: Path, parts: Parts
) -> None:
    others: list[SavedFile] = []

    async def other_worker(host: Host) -> None:
        host.on_piece = lambda _: anyio.lowlevel.checkpoint()
        others.append(await downloader(Host(MP4)).download(URL, folder=shared))

    mine = await downloader(Host(MP4, on_piece=other_worker, piece_bytes=3_000_000)).download(
        URL, folder=shared
    )
    assert mine == attrs.evolve(others[0], reused=True)
    assert names(tmp_path / "shared") == ["video.mp4"]
    assert parts() == []


async def test_a_shared_folder_that_cannot_be_written_to(shared: SharedFolder, tmp_path: Path) -> None:
    shared.check()
    (tmp_path / "shared").rmdir()
    (tmp_path / "shared").write_text("")
    with pytest.raises(StoreError):
        shared.check()
    with pytest.raises(DownloadError, match="shared"):
        await downloader(Host(PNG)).download(URL, folder=shared)


def test_a_copy_that_nobody_waits_for_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedFolder, "_is_beside", lambda *_: False)
    stop = threading.Event()
    stop.set()
    (tmp_path / "part").write_bytes(MP4)
    folder = SharedFolder(tmp_path / "shared")
    with pytest.raises(Stopped):
        put_in_store(folder, tmp_path / "part", "a.mp4", overwrite=False, content_type="video/mp4", stop=stop)
    assert names(tmp_path / "shared") == []
    assert (tmp_path / "part").exists()


def test_a_name_that_a_crash_has_taken_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOTSUP, "no links")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(final_names, "_PLACEHOLDER_SECONDS", 0.0)
    (tmp_path / "a.mp4").touch()
    (tmp_path / "part").write_bytes(MP4)
    saved: tuple[str, bool] = put_in_store(
        SharedFolder(tmp_path),
        tmp_path / "part",
        "a.mp4",
        overwrite=False,
        content_type="video/mp4",
        stop=threading.Event(),
    )
    assert saved == ("a.mp4", False)
    assert not (tmp_path / "part").exists()
    assert (tmp_path / "a.mp4").read_bytes() == MP4
