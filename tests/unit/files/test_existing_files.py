"""Existing files: kept if the content is the same, never replaced unless asked for."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from a2e_async._files.destination import SavedFile
from a2e_async.errors import DownloadError
from tests.unit.files.kit import MEGA, MP4, PNG, URL, Host, downloader, names, parts


@pytest.mark.anyio
async def test_a_second_run_leaves_what_is_there_and_hardly_fetches_anything(tmp_path: Path) -> None:
    first = await downloader(Host(MP4)).download(URL, folder=tmp_path)
    before = first.path.stat()
    host = Host(MP4)
    second = await downloader(host).download(URL, folder=tmp_path)
    assert second == attrs.evolve(first, reused=True)
    assert host.sent <= MEGA + (64 << 10)
    after = first.path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert names(tmp_path) == ["video.mp4"]


@pytest.mark.anyio
@pytest.mark.parametrize("content", [PNG, MP4], ids=["small", "large"])
async def test_the_same_content_is_recognised_without_a_checksum_too(tmp_path: Path, content: bytes) -> None:
    first = await downloader(Host(content)).download(URL, folder=tmp_path)
    second = await downloader(Host(content, etag='"opaque"')).download(URL, folder=tmp_path)
    assert second == attrs.evolve(first, reused=True)
    assert len(names(tmp_path)) == 1


@pytest.mark.anyio
async def test_other_content_gets_a_number_and_keeps_it(tmp_path: Path) -> None:
    contents = [PNG, PNG + b"2", PNG + b"3"]
    for _ in range(2):
        for number, content in enumerate(contents, 1):
            saved = await downloader(Host(content)).download(URL, folder=tmp_path)
            assert saved.path.name == ("video.png" if number == 1 else f"video_{number}.png")
            assert saved.path.read_bytes() == content
    assert names(tmp_path) == ["video.png", "video_2.png", "video_3.png"]

    large = PNG + bytes(2 * MEGA)
    for _ in range(2):
        saved = await downloader(Host(large)).download(URL, folder=tmp_path)
        assert saved.path.name == "video_4.png"
    assert saved.reused


@pytest.mark.anyio
async def test_overwrite_replaces(tmp_path: Path) -> None:
    (tmp_path / "video.png").write_bytes(b"old")
    saved = await downloader(Host(PNG)).download(URL, folder=tmp_path, overwrite=True)
    assert (saved.reused, saved.path.read_bytes()) == (False, PNG)
    (tmp_path / "video.mp4").write_bytes(MP4)
    saved = await downloader(Host(MP4)).download(URL, folder=tmp_path, overwrite=True)
    assert not saved.reused
    assert names(tmp_path) == ["video.mp4", "video.png"]


@pytest.mark.anyio
async def test_a_folder_of_that_name_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "video.png").mkdir()
    saved = await downloader(Host(PNG)).download(URL, folder=tmp_path)
    assert saved.path.name == "video_2.png"
    with pytest.raises(DownloadError, match="cannot be written"):
        await downloader(Host(PNG)).download(URL, folder=tmp_path, overwrite=True)


@pytest.mark.anyio
async def test_downloads_at_the_same_time_do_not_take_each_others_name_or_part(tmp_path: Path) -> None:
    """Sixty results that are all called the same, and the same one twice."""
    contents = [PNG + b"%d" % (number // 2) for number in range(30)]
    saved: dict[int, SavedFile] = {}

    async def one(number: int) -> None:
        saved[number] = await downloader(Host(contents[number])).download(URL, folder=tmp_path)

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(one, number)
    assert [saved[number].path.read_bytes() for number in range(30)] == contents
    assert len(names(tmp_path)) == 15
    assert not parts(tmp_path)


@pytest.mark.anyio
async def test_without_hard_links_nothing_is_replaced_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: Any, target: Any) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", link)
    for content in (PNG, PNG + b"2", PNG):
        saved = await downloader(Host(content)).download(URL, folder=tmp_path)
        assert saved.path.read_bytes() == content
    assert names(tmp_path) == ["video.png", "video_2.png"]


@pytest.mark.anyio
async def test_content_that_differs_late_is_other_content(tmp_path: Path) -> None:
    for content in (MP4, MP4[:-1] + b"!", MP4):
        saved = await downloader(Host(content, etag='"opaque"')).download(URL, folder=tmp_path)
        assert saved.path.read_bytes() == content
    assert saved.reused
    assert names(tmp_path) == ["video.mp4", "video_2.mp4"]
