"""Uploads: requests, progress, the cache, and several at once."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from a2e_async._files.upload_cache import UploadCache
from a2e_async._spec.media import Upload
from a2e_async.errors import InvalidArgument, UploadError
from tests.unit.files.kit import BIG, PIECE_BYTES, PNG, Answer, Put, bench, sha256


@pytest.mark.anyio
async def test_the_put_carries_what_was_signed_and_nothing_more(tmp_path: Path) -> None:
    b = bench()
    (tmp_path / "Mein Bild (1).jpeg").write_bytes(PNG)
    upload = await b.uploader.upload(tmp_path / "Mein Bild (1).jpeg")
    ((key, content_type, size),) = b.service.calls
    (put,) = b.storage.puts
    assert put.headers == {"Content-Type": "image/png", "Content-Length": str(len(PNG))}
    assert (content_type, size) == ("image/png", len(PNG))
    assert re.fullmatch(r"[0-9a-f]{32}/Mein-Bild-1\.png", key)
    assert upload == Upload(f"https://cdn.example/1/{key}", sha256(PNG), len(PNG), "image/png")


@pytest.mark.anyio
async def test_an_upload_is_an_upload_already() -> None:
    b = bench()
    upload = Upload("https://cdn.example/x", "0" * 64, 3, "image/png")
    assert await b.uploader.upload(upload) is upload
    assert await b.uploader.upload_many([upload, upload]) == [upload, upload]
    assert not b.service.calls


@pytest.mark.anyio
async def test_name_and_content_type_can_be_given() -> None:
    b = bench()
    upload = await b.uploader.upload(b"data", name="clip.mov")
    assert upload.content_type == "video/quicktime"
    upload = await b.uploader.upload(b"data", name="../ä/clip", content_type="audio/wav")
    assert upload.content_type == "audio/wav"
    assert upload.url.endswith("/a_clip.wav")
    assert len(b.service.calls) == 2
    assert len({key for key, *_ in b.service.calls}) == 2


# Progress.


@pytest.mark.anyio
async def test_progress_counts_bytes_and_may_be_async() -> None:
    b = bench(Answer(503), None)
    seen: list[tuple[int, int | None]] = []

    async def progress(done: int, total: int | None) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append((done, total))

    await b.uploader.upload(BIG, progress=progress)
    steps = [*range(PIECE_BYTES, len(BIG), PIECE_BYTES), len(BIG), len(BIG)]
    assert seen == [(done, len(BIG)) for done in steps]
    last: list[int] = []
    await b.uploader.upload(BIG, progress=lambda done, total: last.append(done))
    assert last == [len(BIG)]


@pytest.mark.anyio
async def test_a_failing_progress_callback_ends_the_upload() -> None:
    b = bench()

    def progress(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await b.uploader.upload(BIG, progress=progress)
    await b.uploader.upload(BIG)
    assert len(b.service.calls) == 1


# The cache.


DAY = 86400.0


@pytest.mark.anyio
async def test_uploads_are_remembered_for_two_days() -> None:
    b = bench()
    first = await b.uploader.upload(PNG)
    b.clock.time += 2 * DAY - 1
    assert await b.uploader.upload(PNG) == first
    b.clock.time += 2
    second = await b.uploader.upload(PNG)
    assert second.url != first.url
    assert len(b.service.calls) == 2


@pytest.mark.anyio
async def test_the_cache_is_shared_and_forgets_what_is_old() -> None:
    cache = UploadCache(max_age=100)
    one = bench(cache=cache)
    await one.uploader.upload(PNG)
    other = bench(cache=cache)
    await other.uploader.upload(PNG)
    assert not other.service.calls
    other.clock.time += 101
    for number in range(5):
        await other.uploader.upload(b"x%d" % number)
    assert len(cache) == 5


@pytest.mark.anyio
async def test_uploads_of_an_earlier_process_are_recalled_with_their_age() -> None:
    b = bench(cache=UploadCache(max_age=100))
    fresh = await b.uploader.upload(PNG)
    digest = sha256(b"old")
    old = Upload("https://cdn.example/old", digest, 3, "application/octet-stream")
    dead = attrs.evolve(old, url="https://cdn.example/dead")
    older_png = attrs.evolve(fresh, url="https://cdn.example/older")

    b.uploader.recall([(dead, 100.0), (older_png, 70.0), (old, 60.0)])
    assert await b.uploader.upload(b"old") == old
    assert await b.uploader.upload(PNG) == fresh

    b.clock.time += 40
    assert (await b.uploader.upload(b"old")).url != old.url
    assert await b.uploader.upload(PNG) == fresh


@pytest.mark.anyio
async def test_listeners_hear_of_new_uploads_only() -> None:
    b = bench()
    heard: list[Upload] = []

    async def listener(upload: Upload) -> None:
        heard.append(upload)

    b.uploader.listeners.append(listener)
    uploads = [await b.uploader.upload(PNG), await b.uploader.upload(PNG)]
    assert heard == uploads[:1]


# Many.


@pytest.mark.anyio
async def test_many_come_back_in_order_and_the_same_content_once(tmp_path: Path) -> None:
    b = bench()
    sources = [b"file %d" % (number % 7) for number in range(50)]
    uploads = await b.uploader.upload_many(iter(sources), concurrency=4)
    assert [u.sha256 for u in uploads] == [sha256(s) for s in sources]
    assert len(b.storage.puts) == 7
    assert 1 < b.storage.busiest <= 4
    assert await b.uploader.upload_many([]) == []


@pytest.mark.anyio
async def test_one_bad_source_of_many_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    b = bench()
    with pytest.raises(InvalidArgument, match="missing") as caught:
        await b.uploader.upload_many([PNG, tmp_path / "missing"])
    assert caught.value.field == "sources[1]"

    wrong: list[Any] = ["cat.png", b"png", tmp_path, io.BytesIO(b"a\nb"), 5, None]
    for sources in wrong:
        with pytest.raises(InvalidArgument, match="is not a list of sources"):
            await b.uploader.upload_many(sources)
    for concurrency in (0, True, 1.5):
        with pytest.raises(InvalidArgument, match="concurrency"):
            await b.uploader.upload_many([PNG], concurrency=concurrency)  # type: ignore[arg-type]
    assert not b.service.calls


@pytest.mark.anyio
async def test_the_first_failure_of_many_cancels_the_rest() -> None:
    forever = anyio.Event()

    async def stuck(put: Put) -> None:
        await forever.wait()

    b = bench(stuck, stuck, Answer(400))
    with pytest.raises(UploadError) as caught:
        await b.uploader.upload_many([b"file %d" % number for number in range(10)], concurrency=3)
    assert caught.value.status == 400
    assert b.storage.busy == 0
    assert len(b.storage.puts) == 3
