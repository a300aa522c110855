"""Sources of uploads: every kind is sent whole, checked before, and never sent if it changes meanwhile."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.sources import check_source
from a2e_async._files.uploads import Uploader
from a2e_async.errors import InvalidArgument, UploadError
from a2e_async.policies import RetryPolicy
from tests.unit.files.kit import (
    BIG,
    PIECE_BYTES,
    PNG,
    Answer,
    ManualClock,
    Put,
    Service,
    Storage,
    bench,
    names,
    sha256,
)
from tests.unit.files.source_kit import AsyncBytes, Pipe, aged, pieces_of, rewrite, sources_of


@pytest.mark.anyio
@pytest.mark.parametrize("data", [PNG, b"\x89PNG\r\n\x1a\n" + BIG], ids=["small", "large"])
async def test_every_kind_of_source_is_the_same_upload(data: bytes, tmp_path: Path, spools: Path) -> None:
    b = bench()
    for name, source in sources_of(data, tmp_path).items():
        upload = await b.uploader.upload(source)
        assert upload.sha256 == sha256(data), name
        assert (upload.size, upload.content_type) == (len(data), "image/png"), name
    (put,) = b.storage.puts
    assert put.complete
    assert put.body == data
    assert len(b.service.calls) == 1
    assert not names(spools)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", list(sources_of(b"12", Path(tempfile.gettempdir()))))
async def test_each_kind_of_source_is_sent_whole(kind: str, tmp_path: Path, spools: Path) -> None:
    b = bench(Answer(503), None)
    await b.uploader.upload(sources_of(BIG, tmp_path)[kind])
    assert [put.body for put in b.storage.puts if put.complete] == [BIG]


@pytest.mark.anyio
async def test_the_file_object_is_read_from_its_current_position_and_stays_open(tmp_path: Path) -> None:
    b = bench()
    (tmp_path / "a.bin").write_bytes(b"header" + BIG)
    with (tmp_path / "a.bin").open("rb") as file:
        file.read(6)
        await b.uploader.upload(file)
        assert file.tell() == 6, "so that a job with it can be started again"
        file.seek(0, io.SEEK_END)
        with pytest.raises(InvalidArgument, match=r"empty.*seek\(0\)"):
            await b.uploader.upload(file)
    assert b.storage.puts[0].body == BIG


@pytest.mark.anyio
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    b = bench(max_bytes=1000)
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(bytes(1001))
    (tmp_path / "text").write_text("abc")
    os.mkfifo(tmp_path / "fifo")

    with (tmp_path / "text").open(encoding="utf-8") as text:
        for source, words in {
            "cat.png": "pathlib.Path",
            tmp_path / "missing": "does not exist",
            tmp_path / "empty": "empty",
            tmp_path / "large": r"1001 bytes; at most 1000 bytes",
            tmp_path: "directory",
            tmp_path / "fifo": "regular file",
            Path("a\x00b"): "null character",
            Path("a\ud800b"): r"a\\ud800b holds characters",
            b"": "empty",
            bytes(1001): "at most",
            memoryview(b"abcdef")[::2]: "not contiguous",
            5: "int is not",
            None: "NoneType",
            text: "rb",
            io.BytesIO(bytes(1001)): "larger than",
            io.BytesIO(): "empty",
            Pipe(b""): "empty",
            Pipe(bytes(1001)): "larger than",
            AsyncBytes(b""): "empty",
            AsyncBytes(bytes(1001)): "larger than",
            pieces_of(b""): "empty",
            pieces_of(bytes(1001), 100): "larger than",
            (piece for piece in ["text"]): "str instead of bytes",
            (piece for piece in [b"a", 7]): "int instead of bytes",
        }.items():
            with pytest.raises(InvalidArgument, match=words) as caught:
                await b.uploader.upload(source)  # type: ignore[arg-type]
            assert caught.value.field == "source"

    with pytest.raises(InvalidArgument, match="dict"):
        await b.uploader.upload({b"a": 1})
    with pytest.raises(InvalidArgument) as caught:
        await b.uploader.upload(b"", field="image_url")
    assert caught.value.field == "image_url"

    for content_type in ("image", "image/png\r\nX-Evil: 1", "", "bild/ä"):
        with pytest.raises(InvalidArgument, match="content type"):
            await b.uploader.upload(PNG, content_type=content_type)
    with pytest.raises(InvalidArgument, match="not a string"):
        await b.uploader.upload(PNG, name=5)  # type: ignore[arg-type]

    assert not b.service.calls
    assert not b.storage.puts


@pytest.mark.anyio
async def test_an_iterator_that_is_left_early_is_closed() -> None:
    b = bench(max_bytes=1000)
    closed: list[bool] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            await anyio.lowlevel.checkpoint()
            closed.append(True)

    with pytest.raises(InvalidArgument):
        await b.uploader.upload(pieces())
    assert closed == [True]


@pytest.mark.anyio
async def test_the_failure_of_an_iterator_is_the_callers() -> None:
    b = bench()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"abc"
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        await b.uploader.upload(pieces())
    assert not b.service.calls


def test_sources_can_be_checked_without_reading_them(tmp_path: Path) -> None:
    check_source(iter([b"x"]), "source", 10)
    with pytest.raises(InvalidArgument):
        check_source(tmp_path / "missing", "source", 10)


# A source that changes between its hash and the PUT.


@pytest.mark.anyio
@pytest.mark.parametrize("age", [aged, lambda path: path], ids=["old", "fresh"])
async def test_a_file_that_changes_meanwhile_is_never_uploaded(
    tmp_path: Path, age: Callable[[Path], Path]
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(BIG)
    age(path)
    b = bench(rewrite(path))
    with pytest.raises(UploadError, match=r"a\.bin changed"):
        await b.uploader.upload(path)
    assert not b.storage.puts[0].complete
    upload = await b.uploader.upload(path)
    assert upload.sha256 == hashlib.sha256(bytes(len(BIG))).hexdigest()
    assert b.storage.puts[1].body == bytes(len(BIG))


@pytest.mark.anyio
@pytest.mark.parametrize("change", ["grow", "shrink"])
async def test_a_file_that_grows_or_shrinks_meanwhile_is_never_uploaded(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(BIG)

    async def fault(put: Put) -> None:
        if len(put.body) == PIECE_BYTES:
            with path.open("ab") as file:
                file.truncate(PIECE_BYTES) if change == "shrink" else file.write(b"more")

    b = bench(fault)
    with pytest.raises(UploadError, match="changed"):
        await b.uploader.upload(path)
    assert not b.storage.puts[0].complete


@pytest.mark.anyio
async def test_a_buffer_that_changes_meanwhile_is_never_uploaded() -> None:
    data = bytearray(BIG)

    async def fault(put: Put) -> None:
        data[-1] = 1

    b = bench(fault)
    with pytest.raises(UploadError, match="changed"):
        await b.uploader.upload(data)
    data += b"it can be resized again"


@pytest.mark.anyio
async def test_a_file_object_that_is_closed_meanwhile_is_reported() -> None:
    file = io.BytesIO(BIG)

    async def fault(put: Put) -> None:
        file.close()

    b = bench(fault)
    with pytest.raises(UploadError, match="cannot be read any more"):
        await b.uploader.upload(file)


# Constant memory.


@pytest.mark.anyio
async def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.truncate(24 << 20)

    class Sink(Storage):
        @asynccontextmanager
        async def stream(self, method: str, url: str, **options: Any) -> AsyncIterator[Answer]:
            async for _ in options["content"]:
                pass
            yield Answer()

    uploader = Uploader(Sink(), Service(), clock=ManualClock(), retry=RetryPolicy())
    sources: Iterator[Any] = iter([path, (bytes(1 << 16) for _ in range(384)), pieces_of(bytes(1 << 16))])
    await uploader.upload(b"warm up")
    for source in sources:
        tracemalloc.start()
        await uploader.upload(source)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 6 << 20


@pytest.mark.anyio
async def test_a_full_disk_is_an_error_of_the_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda **_: Full())
    for source in (iter([b"x"]), iter_async(b"x")):
        b = bench()
        with pytest.raises(UploadError, match=r"temporary file.*No space left"):
            await b.uploader.upload(source)
        assert not b.service.calls


async def iter_async(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.anyio
async def test_a_closed_file_is_refused_and_a_failing_one_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    with path.open("rb") as file:
        pass
    memory = io.BytesIO(b"x")
    memory.close()

    class Odd:
        def seekable(self) -> bool:
            raise ValueError("I/O operation on closed file")

        def read(self, size: int) -> bytes:
            raise OSError("broken pipe")

    class Pipe(Odd):
        def seekable(self) -> bool:
            return False

    b = bench()
    closed: list[Any] = [file, memory, Odd()]
    for source in closed:
        with pytest.raises(InvalidArgument, match="closed"):
            await b.uploader.upload(source)

    pipe: Any = Pipe()
    with pytest.raises(UploadError, match="broken pipe"):
        await b.uploader.upload(pipe)
    assert not b.service.calls
