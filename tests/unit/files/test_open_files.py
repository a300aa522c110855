"""Few files are open at once, and a process that has too many waits instead of failing."""

from __future__ import annotations

import errno
import logging
import os
import resource
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.open_files import disk_problem, places_for_files
from a2e_async._files.part_origin import Version
from a2e_async.errors import DownloadError
from tests.unit.files.kit import (
    MP4,
    PNG,
    Answer,
    Host,
    ManualClock,
    Put,
    bench,
    downloader,
    leave_part,
    names,
    parts,
)

pytestmark = pytest.mark.anyio


class TooMany:
    """Replaces `os.open`: there are too many open files, some times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int, ending: str = "") -> None:
        self.left = times
        self._ending = ending
        self._open = os.open
        monkeypatch.setattr(os, "open", self)

    def __call__(self, path: Any, flags: int, *mode: int) -> int:
        if self.left and str(path).endswith(self._ending):
            self.left -= 1
            raise OSError(errno.EMFILE, "Too many open files", str(path))
        return self._open(path, flags, *mode)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_a_hundred_downloads_open_few_files(tmp_path: Path) -> None:
    open_at_once: list[int] = []

    async def on_piece(host: Host) -> None:
        open_at_once.append(len(parts(tmp_path)))

    d = downloader(Host(PNG, on_piece=on_piece))
    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(d.download, f"https://cdn.example/{number}", tmp_path / str(number))
    assert max(open_at_once) <= places_for_files()
    assert len(names(tmp_path)) == 100


async def test_many_uploads_open_few_files(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(100)]
    for number, path in enumerate(paths):
        path.write_bytes(PNG + bytes([number]))
    before = open_descriptors()
    more: list[int] = []

    async def count(put: Put) -> None:
        more.append(open_descriptors() - before)
        await anyio.lowlevel.checkpoint()

    b = bench(*[count] * 100)
    uploads = await b.uploader.upload_many(paths, concurrency=100)
    assert max(more) <= places_for_files() + 5
    assert len({upload.sha256 for upload in uploads}) == 100


@pytest.mark.parametrize(("limit", "places"), [(16, 2), (64, 4), (256, 16), (1024, 32), (-1, 32)])
def test_a_process_that_may_open_little_opens_less(
    monkeypatch: pytest.MonkeyPatch, limit: int, places: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert places_for_files() == places


async def test_callers_with_the_same_content_do_not_block_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    b = bench(Answer(503), None)
    uploads = await b.uploader.upload_many([path, PNG] * 100, concurrency=200)
    assert len({upload.url for upload in uploads}) == 1
    assert len(b.whole) == 1


@pytest.mark.parametrize("ending", [".part", ".json"])
async def test_a_download_waits_for_a_descriptor_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    clock = ManualClock()
    host = Host(MP4)
    leave_part(tmp_path, MP4[:2000], Version(host.etag, None, len(MP4)))
    TooMany(monkeypatch, 3, ending)
    with caplog.at_level(logging.WARNING, "a2e_async"):
        saved = await downloader(host, clock=clock).download(
            "https://cdn.example/results/video", folder=tmp_path
        )

    assert saved.path.read_bytes() == MP4
    assert host.requests[0]["range"] == "bytes=2000-"
    assert clock.sleeps == pytest.approx([0.1, 0.2, 0.4])
    assert [record.getMessage() for record in caplog.records] == [
        "Too many open files: files wait until others are closed"
    ]


async def test_after_a_minute_without_a_descriptor_it_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    TooMany(monkeypatch, 10_000)
    with pytest.raises(DownloadError, match=r"\.part cannot be written: Too many open files; raise"):
        await downloader(Host(PNG), clock=clock).download("https://cdn.example/x", folder=tmp_path)
    assert 60 <= sum(clock.sleeps) < 64


def test_a_message_names_the_file_and_the_reason() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert disk_problem(full, Path("out/a"), "written") == "out/a cannot be written: No space left on device"
    denied = PermissionError(errno.EACCES, "Permission denied", "b\ud800\n")
    assert disk_problem(denied, Path("a"), "read") == "b\\ud800\\n cannot be read: Permission denied"
    assert disk_problem(ValueError("seek of closed file"), None, "read") == (
        "the file cannot be read: seek of closed file"
    )
