"""Large uploads: hashed while they are sent, and still paid for and sent once."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.content import Content
from a2e_async._spec.media import Upload
from a2e_async.errors import ConnectionFailed, InvalidArgument, UploadError
from tests.unit.files.kit import (
    GROWN,
    LARGE,
    ONE,
    OTHER,
    SMALL_PIECE,
    Put,
    large_bench,
    sha256,
    until_waiting,
    upload_after,
)
from tests.unit.files.source_kit import aged, old_file

# One pass where that is safe, two where it is not.


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["path", "bytes", "file"])
async def test_large_content_is_hashed_as_it_is_sent(
    tmp_path: Path, kind: str, hashed_apart: list[int]
) -> None:
    b = large_bench()
    path = old_file(tmp_path)
    with path.open("rb") as file:
        sources: dict[str, Any] = {"path": path, "bytes": ONE, "file": file}
        upload = await b.uploader.upload(sources[kind])
    assert (upload.sha256, upload.size, upload.content_type) == (sha256(ONE), len(ONE), "image/png")
    assert b.whole == [ONE]
    assert not hashed_apart


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["fresh", "bytearray", "BytesIO", "small"])
async def test_what_may_change_unseen_or_is_small_is_hashed_first(
    tmp_path: Path, kind: str, hashed_apart: list[int]
) -> None:
    fresh = tmp_path / "fresh.png"
    fresh.write_bytes(ONE)
    small = ONE[: LARGE - 1]
    sources: dict[str, Any] = {
        "fresh": fresh, "bytearray": bytearray(ONE), "BytesIO": io.BytesIO(ONE), "small": small
    }  # fmt: skip
    b = large_bench()
    upload = await b.uploader.upload(sources[kind])
    assert upload.sha256 == sha256(small if kind == "small" else ONE)
    assert hashed_apart


@pytest.mark.anyio
async def test_the_name_is_chances_own_where_the_hash_is_not_known() -> None:
    keys = []
    for _ in range(2):
        b = large_bench()
        await b.uploader.upload(ONE, name="My cat.png")
        ((key, content_type, size),) = b.service.calls
        assert re.fullmatch(r"[0-9a-f]{32}/My-cat\.png", key)
        assert (content_type, size) == ("image/png", len(ONE))
        keys.append(key)
    assert keys[0] != keys[1]


@pytest.mark.anyio
async def test_a_file_object_is_sent_from_its_current_position(tmp_path: Path) -> None:
    b = large_bench()
    with old_file(tmp_path, b"header" + ONE).open("rb") as file:
        file.read(6)
        upload = await b.uploader.upload(file)

        file.seek(0, os.SEEK_END)
        with pytest.raises(InvalidArgument, match="empty"):
            await b.uploader.upload(file)

        file.seek(6)
        with pytest.raises(InvalidArgument, match="at most"):
            await large_bench(max_bytes=LARGE).uploader.upload(file)

    assert upload.sha256 == sha256(ONE)
    assert b.whole == [ONE]


@pytest.mark.anyio
async def test_each_piece_is_read_while_the_one_before_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = Content.read

    def noted(self: Content, offset: int) -> bytes:
        piece = real(self, offset)
        read.append(offset)
        return piece

    async def slow(put: Put) -> None:
        ahead = min(len(put.body) + SMALL_PIECE, len(ONE))
        with anyio.fail_after(10):
            while sum(1 for offset in read if offset < ahead) < -(-ahead // SMALL_PIECE):
                await anyio.lowlevel.checkpoint()
        assert max(read) <= len(put.body), "one piece ahead, no more"

    monkeypatch.setattr(Content, "read", noted)
    b = large_bench(slow)
    await b.uploader.upload(old_file(tmp_path))
    assert read == list(range(0, len(ONE), SMALL_PIECE))


# The same content is paid for and sent once.


@pytest.mark.anyio
async def test_a_later_upload_of_the_same_content_is_known(tmp_path: Path, hashed_apart: list[int]) -> None:
    b = large_bench()
    first = await b.uploader.upload(ONE)
    assert not hashed_apart
    assert await b.uploader.upload(old_file(tmp_path)) == first
    assert (await b.uploader.upload(OTHER)).url != first.url
    assert len(b.service.calls) == 2
    assert b.whole == [ONE, OTHER]


@pytest.mark.anyio
async def test_what_an_earlier_process_uploaded_is_known() -> None:
    b = large_bench()
    heard: list[Upload] = []

    async def listener(upload: Upload) -> None:
        heard.append(upload)

    b.uploader.listeners.append(listener)
    old = Upload("https://cdn.example/old", sha256(ONE), len(ONE), "image/png")
    b.uploader.recall([(old, 60.0)])
    assert await b.uploader.upload(ONE) == old
    assert not b.service.calls

    new = await b.uploader.upload(GROWN)
    assert heard == [new]
    assert new.sha256 == sha256(GROWN)


@pytest.mark.anyio
async def test_the_same_content_at_the_same_time_is_sent_once(tmp_path: Path) -> None:
    began = anyio.Event()

    async def slow(put: Put) -> None:
        began.set()
        await until_waiting(b.uploader, 3)

    b = large_bench(slow)
    sources = [old_file(tmp_path), bytearray(ONE), io.BytesIO(ONE)]
    uploads = await upload_after(b, ONE, *sources, began=began)
    assert len(set(uploads)) == 1
    assert len(b.service.calls) == len(b.storage.puts) == 1


@pytest.mark.anyio
async def test_other_content_of_the_same_size_is_sent_too(tmp_path: Path) -> None:
    began = anyio.Event()

    async def slow(put: Put) -> None:
        began.set()
        if len(put.body) <= SMALL_PIECE:
            await until_waiting(b.uploader, 3)

    b = large_bench(slow)
    uploads = await upload_after(b, ONE, OTHER, old_file(tmp_path, OTHER), ONE, began=began)
    assert [isinstance(upload, Upload) and upload.sha256 for upload in uploads] == [
        sha256(ONE), sha256(OTHER), sha256(OTHER), sha256(ONE)
    ]  # fmt: skip
    assert len(b.service.calls) == 2
    assert b.whole == [ONE, OTHER]


@pytest.mark.anyio
async def test_many_at_once_are_each_sent_once(tmp_path: Path) -> None:
    b = large_bench()
    distinct = [ONE[:-1] + bytes([number]) for number in range(5)]
    sources = [distinct[number % 5] for number in range(20)]
    uploads = await b.uploader.upload_many(sources, concurrency=8)
    assert [upload.sha256 for upload in uploads] == [sha256(source) for source in sources]
    assert len(b.service.calls) == len(b.storage.puts) == 5


# When the source changes.


@pytest.mark.anyio
@pytest.mark.parametrize("change", ["rewrite", "grow", "shrink"])
async def test_a_file_that_changes_meanwhile_is_never_uploaded(tmp_path: Path, change: str) -> None:
    path = old_file(tmp_path)
    began = anyio.Event()

    async def fault(put: Put) -> None:
        if not began.is_set():
            began.set()
            await until_waiting(b.uploader, 1)
            changed = {"rewrite": OTHER, "grow": GROWN, "shrink": ONE[:SMALL_PIECE]}[change]
            await anyio.Path(path).write_bytes(changed)

    b = large_bench(fault)
    error, upload = await upload_after(b, path, bytearray(ONE), began=began)
    assert isinstance(error, UploadError)
    assert "a.png changed" in str(error)
    assert isinstance(upload, Upload)
    assert b.whole == [ONE]
    assert len(b.service.calls) == 1


@pytest.mark.anyio
async def test_a_file_that_changes_before_the_retry_is_never_uploaded(tmp_path: Path) -> None:
    path = old_file(tmp_path)

    async def fault(put: Put) -> None:
        await anyio.Path(path).write_bytes(GROWN)
        raise ConnectionFailed("reset")

    b = large_bench(fault)
    with pytest.raises(UploadError, match=r"a\.png changed"):
        await b.uploader.upload(path)
    assert not b.whole


@pytest.mark.anyio
async def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with old_file(tmp_path).open("rb") as file:

        async def fault(put: Put) -> None:
            file.close()

        b = large_bench(fault)
        with pytest.raises(UploadError, match="cannot be read any more"):
            await b.uploader.upload(file)

    with (tmp_path / "b.png").open("wb") as unreadable:
        unreadable.write(ONE)
        unreadable.flush()
        aged(tmp_path / "b.png")
        with pytest.raises(InvalidArgument, match=r"not open for reading; open it with 'rb' \(.*b\.png\)"):
            await large_bench().uploader.upload(unreadable)
