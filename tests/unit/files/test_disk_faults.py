"""Whatever the disk answers, what leaves the package is an error of the package that says why."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from a2e_async.errors import A2EError, DownloadError, InvalidArgument, UploadError
from tests.unit.files.kit import MP4, PNG, URL, Answer, Host, bench, downloader
from tests.unit.files.source_kit import Pipe

pytestmark = pytest.mark.anyio

ERRORS = [errno.EACCES, errno.EISDIR, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG, errno.EIO]
LARGE = MP4[: 1100 << 10]  # two writes


class Faulty:
    """Replaces a function of the system: it fails at one of its calls."""

    def __init__(self, works: Any, error: Exception, at: int) -> None:
        self.works = works
        self.error = error
        self.at = at
        self.calls = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls == self.at:
            raise self.error
        return self.works(*args, **options)


def error_of(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize(
    "name",
    ["open", "write", "read", "lseek", "fsync", "ftruncate", "fstat", "link", "fstatvfs", "close", "mkdir"],
)
async def test_a_disk_that_fails_in_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    works = getattr(os, name)
    number = ERRORS[(len(name) + at) % len(ERRORS)]
    folder = tmp_path / "deeper"
    with monkeypatch.context() as patched:
        patched.setattr(os, name, Faulty(works, error_of(number), at))
        outcome = await outcome_of(downloader(Host(LARGE)).download(URL, folder=folder))

    if isinstance(outcome, Exception):
        assert isinstance(outcome, DownloadError), (name, number)
        assert os.strerror(number) in str(outcome)
        assert str(tmp_path) in str(outcome)
    saved = await downloader(Host(LARGE)).download(URL, folder=folder)
    assert saved.path.read_bytes() == LARGE


async def outcome_of(call: Any) -> Any:
    try:
        return await call
    except (A2EError, OSError, ValueError) as error:
        return error


async def test_a_lock_that_fails_does_not_end_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ERRORS:
        monkeypatch.setattr(fcntl, "flock", Faulty(None, error_of(number), 1))
        saved = await downloader(Host(PNG)).download(URL, folder=tmp_path / str(number))
        assert saved.path.read_bytes() == PNG


class FaultyFile(io.BytesIO):
    """A file object of which one method fails."""

    def __init__(self, data: bytes, method: str, error: Exception, at: int) -> None:
        super().__init__(data)
        setattr(self, method, Faulty(getattr(self, method), error, at))


@pytest.mark.parametrize(
    "error", [error_of(errno.EIO), ValueError("closed"), RuntimeError("odd"), KeyError("x")], ids=repr
)
@pytest.mark.parametrize("method", ["read", "seek", "tell", "seekable", "readable"])
async def test_a_file_object_that_fails_in_an_upload(method: str, error: Exception) -> None:
    for at in range(1, 5):
        b = bench(Answer(503), None)
        outcome = await outcome_of(b.uploader.upload(FaultyFile(PNG, method, error, at)))
        assert not isinstance(outcome, Exception) or isinstance(outcome, UploadError | InvalidArgument), at
        if at == 1:
            assert isinstance(outcome, Exception)
            assert not b.whole


@pytest.mark.parametrize("name", ["stat", "fstat"])
async def test_a_disk_that_fails_in_an_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    works = getattr(os, name)
    for number in ERRORS:
        for at in (1, 2, 3):
            with monkeypatch.context() as patched:
                patched.setattr(os, name, Faulty(works, error_of(number), at))
                outcome = await outcome_of(bench().uploader.upload(path))
            assert not isinstance(outcome, Exception) or isinstance(outcome, UploadError | InvalidArgument)


async def test_a_temporary_file_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload through a pipe needs one; an upload from memory does not."""
    for number in ERRORS:
        monkeypatch.setattr(tempfile, "SpooledTemporaryFile", Faulty(None, error_of(number), 1))
        with pytest.raises(UploadError, match=r"cannot be copied to a temporary file"):
            await bench().uploader.upload(Pipe(PNG))
        await bench().uploader.upload(io.BytesIO(PNG))


async def test_the_folder_of_temporary_files_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(UploadError, match=r"temporary file.*No such file"):
        await bench().uploader.upload(Pipe(bytes(3 << 20)))
