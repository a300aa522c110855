"""Uploads against a storage that is played here: one presign per content, streamed, shared, refused early."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import tempfile
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._files.content import PIECE_BYTES
from a2e_async._files.sources import check_source
from a2e_async._files.transfer import size_text
from a2e_async._files.upload_cache import UploadCache
from a2e_async._files.uploads import Uploader
from a2e_async._spec.media import Upload
from a2e_async.addresses import url_problem
from a2e_async.errors import (
    A2EError,
    ConnectionFailed,
    InsufficientCredits,
    InvalidArgument,
    RequestTimeout,
    UploadError,
)
from a2e_async.policies import RetryPolicy
from a2e_async.task_groups import map_bounded

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10
BIG = bytes(range(256)) * 24_000  # 6 MB: four pieces
DAY = 86400.0


class ManualClock:
    def __init__(self) -> None:
        self.time = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        await anyio.lowlevel.checkpoint()

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        raise AssertionError("not used here")


@attrs.define
class Answer:
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = b""

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        for at in range(0, len(self.body), 1000):
            await anyio.lowlevel.checkpoint()
            yield self.body[at : at + 1000]


@attrs.define
class Put:
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    complete: bool = False


Fault = Answer | Exception | Callable[[Put], Awaitable[None]]


class Storage:
    """Takes PUTs; the script says what goes wrong, one fault per PUT."""

    def __init__(self, *script: Fault | None) -> None:
        self.script = list(script)
        self.puts: list[Put] = []
        self.busy = 0
        self.busiest = 0

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Answer]:
        assert method == "PUT"
        assert content is not None
        put = Put(url, dict(headers))
        self.puts.append(put)
        fault = self.script.pop(0) if self.script else None
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            if isinstance(fault, Exception):
                put.body += await anext(content)
                raise fault
            if isinstance(fault, Answer):
                yield fault
                return
            async for piece in content:
                put.body += piece
                if fault is not None:
                    await fault(put)
                await anyio.lowlevel.checkpoint()
            assert len(put.body) == int(headers["Content-Length"]), "the transport would refuse this"
            put.complete = True
            yield Answer()
        finally:
            self.busy -= 1


class Service:
    """Presigns, and counts: each is charged."""

    def __init__(self, *, query: str = "X-Amz-Expires=3600") -> None:
        self.calls: list[tuple[str, str, int]] = []
        self.query = query
        self.error: A2EError | None = None

    async def __call__(self, key: str, content_type: str, size: int) -> tuple[str, str]:
        await anyio.lowlevel.checkpoint()
        self.calls.append((key, content_type, size))
        if self.error is not None:
            raise self.error
        number = len(self.calls)
        return f"https://r2.example/{key}?n={number}&{self.query}", f"https://cdn.example/{number}/{key}"


@attrs.define
class Bench:
    storage: Storage
    service: Service
    clock: ManualClock
    uploader: Uploader


def bench(*script: Fault | None, query: str = "X-Amz-Expires=3600", **settings: Any) -> Bench:
    storage, service, clock = Storage(*script), Service(query=query), ManualClock()
    retry = RetryPolicy(attempts=4, random=lambda: 1.0)
    return Bench(storage, service, clock, Uploader(storage, service, clock=clock, retry=retry, **settings))


@pytest.fixture
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where spooled files would be left behind."""
    folder = tmp_path / "spools"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def aged(path: Path) -> Path:
    """A file that was left alone for a while."""
    os.utime(path, (1e9, 1e9))
    return path


async def pieces_of(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        await anyio.lowlevel.checkpoint()
        yield data[at : at + size]


class Pipe(io.RawIOBase):
    """A file that can be read but once."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, 70_000))


class AsyncBytes:
    """An asynchronous binary file."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int, /) -> bytes:
        await anyio.lowlevel.checkpoint()
        return self._file.read(min(size, 70_000))


def sources_of(data: bytes, folder: Path) -> dict[str, Any]:
    path = folder / "media.dat"
    path.write_bytes(data)
    return {
        "path": path,
        "old path": aged(path),
        "bytes": data,
        "bytearray": bytearray(data),
        "memoryview": memoryview(data),
        "wide memoryview": memoryview(data).cast("B", (len(data), 1)),
        "BytesIO": io.BytesIO(data),
        "pipe": Pipe(data),
        "async file": AsyncBytes(data),
        "async iterator": pieces_of(data),
        "list": [data[:5], bytearray(data[5:])],
        "generator": (data[at : at + 100_000] for at in range(0, len(data), 100_000)),
    }


@pytest.mark.anyio
@pytest.mark.parametrize("data", [PNG, b"\x89PNG\r\n\x1a\n" + BIG], ids=["small", "large"])
async def test_every_kind_of_source_is_the_same_upload(data: bytes, tmp_path: Path, spools: Path) -> None:
    b = bench()
    for name, source in sources_of(data, tmp_path).items():
        upload = await b.uploader.upload(source)
        assert upload.sha256 == hashlib.sha256(data).hexdigest(), name
        assert (upload.size, upload.content_type) == (len(data), "image/png"), name
    (put,) = b.storage.puts
    assert put.complete
    assert put.body == data
    assert len(b.service.calls) == 1
    assert is_empty(spools)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", list(sources_of(b"12", Path(tempfile.gettempdir()))))
async def test_each_kind_of_source_is_sent_whole(kind: str, tmp_path: Path, spools: Path) -> None:
    b = bench(Answer(503), None)
    await b.uploader.upload(sources_of(BIG, tmp_path)[kind])
    assert [put.body for put in b.storage.puts if put.complete] == [BIG]


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
    assert upload == Upload(
        f"https://cdn.example/1/{key}", hashlib.sha256(PNG).hexdigest(), len(PNG), "image/png"
    )


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


@pytest.mark.anyio
async def test_the_file_object_is_read_from_where_it_stands_and_stays_open(tmp_path: Path) -> None:
    b = bench()
    (tmp_path / "a.bin").write_bytes(b"header" + BIG)
    with (tmp_path / "a.bin").open("rb") as file:
        file.read(6)
        await b.uploader.upload(file)
        assert not file.closed
        with pytest.raises(InvalidArgument, match="empty"):
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
            Path("a\x00b"): "cannot be read",
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


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fault",
    [
        ConnectionFailed("reset"),
        ConnectionFailed("refused", delivered=False),
        RequestTimeout("slow"),
        Answer(500),
        Answer(503),
        Answer(429, {"retry-after": "7"}),
        Answer(408),
        Answer(522),
    ],
    ids=repr,
)
async def test_a_failed_put_goes_to_the_same_url_again(fault: Fault) -> None:
    b = bench(fault, fault, None)
    await b.uploader.upload(BIG)
    assert len(b.service.calls) == 1
    assert len({put.url for put in b.storage.puts}) == 1
    assert b.storage.puts[-1].body == BIG
    if isinstance(fault, Answer) and fault.headers:
        assert b.clock.sleeps == [7.5, 7.5]
    else:
        assert b.clock.sleeps == [0.5, 1.0]


@pytest.mark.anyio
async def test_after_the_last_attempt_the_url_is_kept_for_the_next_call() -> None:
    b = bench(*[Answer(503)] * 3, ConnectionFailed("reset"))
    with pytest.raises(UploadError, match="gave up after 4 attempts: reset"):
        await b.uploader.upload(PNG)
    b.clock.time += 3000
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 1
    assert len({put.url for put in b.storage.puts}) == 1


@pytest.mark.anyio
async def test_the_last_status_is_in_the_error() -> None:
    b = bench(*[Answer(503)] * 4)
    with pytest.raises(UploadError, match="HTTP 503") as caught:
        await b.uploader.upload(PNG)
    assert caught.value.status == 503


REFUSAL = (
    b"<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>Check your key</Message>"
    b"<StringToSign>AWS4 secret</StringToSign></Error>" + b" " * 9000
)


@pytest.mark.anyio
async def test_a_refusal_is_told_in_the_storages_words_without_the_signature() -> None:
    b = bench(Answer(403, body=REFUSAL))
    with pytest.raises(UploadError, match="SignatureDoesNotMatch: Check your key") as caught:
        await b.uploader.upload(PNG)
    assert caught.value.status == 403
    assert "secret" not in str(caught.value)
    assert "X-Amz" not in str(caught.value)
    assert len(b.service.calls) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 307, 400, 404, 413, 501])
async def test_other_refusals_are_final(status: int) -> None:
    b = bench(Answer(status))
    with pytest.raises(UploadError) as caught:
        await b.uploader.upload(PNG)
    assert caught.value.status == status
    assert len(b.storage.puts) == 1


@pytest.mark.anyio
async def test_a_url_that_expired_during_the_retries_is_signed_again_once() -> None:
    b = bench(Answer(503, {"retry-after": "100"}), Answer(403), Answer(403), query="X-Amz-Expires=110")
    with pytest.raises(UploadError, match="403"):
        await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2
    assert len({put.url for put in b.storage.puts}) == 2


@pytest.mark.anyio
async def test_a_url_that_is_known_to_be_dead_is_not_tried() -> None:
    b = bench(Answer(503, {"retry-after": "100"}), None, query="X-Amz-Expires=90")
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2
    assert len(b.storage.puts) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(("wait", "presigns"), [(10, 1), (70, 2)])
async def test_without_a_known_lifetime_a_refused_url_may_be_old_after_a_minute(
    wait: int, presigns: int
) -> None:
    b = bench(Answer(503, {"retry-after": str(wait)}), Answer(403), query="")
    if presigns == 1:
        with pytest.raises(UploadError, match="403"):
            await b.uploader.upload(PNG)
    else:
        await b.uploader.upload(PNG)
    assert len(b.service.calls) == presigns


@pytest.mark.anyio
async def test_a_storage_that_says_expired_is_believed() -> None:
    b = bench(Answer(403, body=b"<Code>AccessDenied</Code><Message>Request has expired</Message>"))
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2


@pytest.mark.anyio
async def test_a_refused_url_is_not_tried_by_the_next_call() -> None:
    b = bench(Answer(403))
    with pytest.raises(UploadError):
        await b.uploader.upload(PNG)
    await b.uploader.upload(PNG)
    assert len(b.service.calls) == 2


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
    digest = hashlib.sha256(b"old").hexdigest()
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


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["http://cdn.example/x", "ftp://x/y", "https://me:pw@cdn.example/x", "", None]
)
async def test_an_address_that_cannot_be_right_is_refused(url: Any) -> None:
    storage, clock = Storage(), ManualClock()

    async def presign(key: str, content_type: str, size: int) -> tuple[str, str]:
        return ("https://r2.example/x", url)

    with pytest.raises(UploadError, match="address"):
        await Uploader(storage, presign, clock=clock, retry=RetryPolicy()).upload(PNG)
    assert not storage.puts


@pytest.mark.anyio
async def test_a_presign_that_fails_is_told_as_it_is_and_tried_again_by_the_next_call() -> None:
    b = bench()
    b.service.error = InsufficientCredits("no coins", status=402)
    with pytest.raises(InsufficientCredits):
        await b.uploader.upload(PNG)
    b.service.error = None
    await b.uploader.upload(PNG)


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


# A source that changes between its hash and the PUT.


async def waited_for_by(uploader: Uploader, waiters: int) -> None:
    """Return when that many callers wait for the one upload that is under way."""
    with anyio.fail_after(10):
        (flight,) = uploader._flights.values()
        while flight.told.statistics().tasks_waiting < waiters:
            await anyio.lowlevel.checkpoint()


def rewrite(path: Path) -> Fault:
    async def fault(put: Put) -> None:
        if len(put.body) == PIECE_BYTES:
            await anyio.Path(path).write_bytes(bytes(len(BIG)))

    return fault


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
async def test_a_file_object_that_is_closed_meanwhile_is_told() -> None:
    file = io.BytesIO(BIG)

    async def fault(put: Put) -> None:
        file.close()

    b = bench(fault)
    with pytest.raises(UploadError, match="cannot be read any more"):
        await b.uploader.upload(file)


# Several callers, one content.


@pytest.mark.anyio
async def test_callers_at_the_same_time_share_one_upload(tmp_path: Path) -> None:
    b = bench()
    sources = sources_of(BIG, tmp_path)
    uploads = []

    async def upload(source: Any) -> None:
        uploads.append(await b.uploader.upload(source))

    async with anyio.create_task_group() as group:
        for source in sources.values():
            group.start_soon(upload, source)
    assert len(set(uploads)) == 1
    assert len(uploads) == len(sources)
    assert len(b.service.calls) == len(b.storage.puts) == 1


@pytest.mark.anyio
async def test_a_cancelled_caller_breaks_nobody_elses_upload() -> None:
    first = anyio.CancelScope()
    started = anyio.Event()

    async def fault(put: Put) -> None:
        started.set()
        await waited_for_by(b.uploader, 3)
        first.cancel()

    b = bench(fault)
    done: list[Upload] = []

    async def cancelled() -> None:
        with first:
            await b.uploader.upload(BIG)
            raise AssertionError("not reached")

    async def waiting() -> None:
        done.append(await b.uploader.upload(io.BytesIO(BIG)))

    async with anyio.create_task_group() as group:
        group.start_soon(cancelled)
        await started.wait()
        for _ in range(3):
            group.start_soon(waiting)
    assert len(done) == 3
    assert len(b.service.calls) == 1, "the presigned URL is taken over"
    assert [put.complete for put in b.storage.puts] == [False, True]


@pytest.mark.anyio
async def test_a_cancelled_waiter_breaks_nothing() -> None:
    waiter = anyio.CancelScope()
    started = anyio.Event()

    async def fault(put: Put) -> None:
        if not started.is_set():
            started.set()
            await waited_for_by(b.uploader, 1)
            waiter.cancel()

    b = bench(fault)

    async def waiting() -> None:
        with waiter:
            await b.uploader.upload(BIG)
            raise AssertionError("not reached")

    async with anyio.create_task_group() as group:
        group.start_soon(b.uploader.upload, BIG)
        await started.wait()
        group.start_soon(waiting)
    assert waiter.cancelled_caught
    assert [put.complete for put in b.storage.puts] == [True]


@pytest.mark.anyio
async def test_a_broken_source_is_the_fault_of_its_caller_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(BIG)
    started = anyio.Event()
    fault = rewrite(path)

    async def slow_fault(put: Put) -> None:
        assert callable(fault)
        if not started.is_set():
            started.set()
            await waited_for_by(b.uploader, 1)
            await fault(put)

    b = bench(slow_fault)
    outcomes: list[object] = []

    async def upload(source: Any) -> None:
        try:
            outcomes.append((await b.uploader.upload(source)).sha256)
        except UploadError as error:
            outcomes.append(str(error))

    async with anyio.create_task_group() as group:
        group.start_soon(upload, path)
        await started.wait()
        group.start_soon(upload, BIG)
    assert sorted(map(str, outcomes)) == sorted(
        [
            hashlib.sha256(BIG).hexdigest(),
            "a.bin changed while it was being uploaded; upload it when it is complete",
        ]
    )
    assert len(b.service.calls) == 1


@pytest.mark.anyio
async def test_those_who_wait_share_the_failure_too() -> None:
    started = anyio.Event()

    async def refused(put: Put) -> None:
        started.set()
        await waited_for_by(b.uploader, 2)
        raise ConnectionFailed("reset")

    b = bench(refused)
    b.uploader = Uploader(b.storage, b.service, clock=b.clock, retry=RetryPolicy(attempts=1))
    failures: list[UploadError] = []

    async def upload() -> None:
        with pytest.raises(UploadError) as caught:
            await b.uploader.upload(PNG)
        failures.append(caught.value)

    async with anyio.create_task_group() as group:
        group.start_soon(upload)
        await started.wait()
        group.start_soon(upload)
        group.start_soon(upload)
    assert ["reset" in str(failure) for failure in failures] == [True] * 3
    assert len(b.storage.puts) == 1


# Cancellation at any point.


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["path", "bytes", "async iterator", "generator", "pipe"])
async def test_a_cancelled_upload_leaves_nothing_behind(kind: str, tmp_path: Path, spools: Path) -> None:
    for moment in range(4):
        scope = anyio.CancelScope()

        async def fault(put: Put, scope: anyio.CancelScope = scope, moment: int = moment) -> None:
            if len(put.body) > moment * PIECE_BYTES:
                scope.cancel()

        b = bench(fault if moment else None)
        if moment == 0:
            scope.cancel()
        with scope:
            await b.uploader.upload(sources_of(BIG, tmp_path)[kind])
        assert scope.cancelled_caught or moment == 3
        assert is_empty(spools)
        assert (await b.uploader.upload(BIG)).size == len(BIG)
        assert len(b.service.calls) == 1


def test_asyncio_cancellation_while_a_thread_is_at_work(tmp_path: Path, spools: Path) -> None:
    """asyncio's own cancel does not wait for threads, as anyio's scopes do."""

    async def main() -> None:
        b = bench()
        for step in range(60):
            source = sources_of(BIG, tmp_path)["async iterator" if step % 2 else "old path"]
            task = asyncio.create_task(b.uploader.upload(source))
            for _ in range(step * 7):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()
        assert (await b.uploader.upload(BIG)).size == len(BIG)
        assert len(b.service.calls) == 1

    asyncio.run(main())
    assert is_empty(spools)


# Many.


@pytest.mark.anyio
async def test_many_come_back_in_order_and_the_same_content_once(tmp_path: Path) -> None:
    b = bench()
    sources = [b"file %d" % (number % 7) for number in range(50)]
    uploads = await b.uploader.upload_many(iter(sources), concurrency=4)
    assert [u.sha256 for u in uploads] == [hashlib.sha256(s).hexdigest() for s in sources]
    assert len(b.storage.puts) == 7
    assert 1 < b.storage.busiest <= 4
    assert await b.uploader.upload_many([]) == []


@pytest.mark.anyio
async def test_one_bad_source_of_many_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    b = bench()
    with pytest.raises(InvalidArgument, match="missing") as caught:
        await b.uploader.upload_many([PNG, tmp_path / "missing"])
    assert caught.value.field == "sources[1]"
    for sources in ("cat.png", b"png"):
        with pytest.raises(InvalidArgument, match="list"):
            await b.uploader.upload_many(sources)  # type: ignore[arg-type]
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


# Constant memory.


@pytest.mark.anyio
async def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.truncate(64 << 20)

    class Sink(Storage):
        @asynccontextmanager
        async def stream(self, method: str, url: str, **options: Any) -> AsyncIterator[Answer]:
            async for _ in options["content"]:
                pass
            yield Answer()

    uploader = Uploader(Sink(), Service(), clock=ManualClock(), retry=RetryPolicy())
    sources: Iterator[Any] = iter([path, (bytes(1 << 16) for _ in range(1024)), pieces_of(bytes(1 << 16))])
    await uploader.upload(b"warm up")
    for source in sources:
        tracemalloc.start()
        await uploader.upload(source)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 6 << 20


# What both directions share.


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://cdn.example/a?b=c", None),
        ("http://127.0.0.1:80/a", None),
        ("http://[::1]/a", None),
        ("http://localhost/a", None),
        ("http://127.evil.example/a", "plain http"),
        ("http://localhost.evil.example/a", "plain http"),
        ("http://0.0.0.0/a", "plain http"),
        ("file:///etc/passwd", "http(s)"),
        ("https://", "http(s)"),
        ("//cdn.example/a", "http(s)"),
        ("https://[broken/a", "not a URL"),
        ("https://host:port/a", "not a URL"),
        ("https://user@host/a", "user name"),
        ("https://host/a\r\nX: y", "spaces"),
        ("https://host/a b", "spaces"),
        ("", "http(s)"),
    ],
)
def test_where_files_may_go(url: str, problem: str | None) -> None:
    found = url_problem(url)
    assert found is None if problem is None else problem in (found or "")


@given(st.text())
def test_any_text_can_be_judged_as_a_url(url: str) -> None:
    assert url_problem(url) is None or isinstance(url_problem(url), str)


def test_sizes_for_people() -> None:
    assert [size_text(size) for size in (0, 1023, 1536, 5 << 20, 5 << 30, 5 << 42)] == [
        "0 bytes", "1023 bytes", "1.5 KiB", "5 MiB", "5 GiB", "2.048e+04 GiB"
    ]  # fmt: skip


@pytest.mark.anyio
async def test_each_keeps_order_and_bound() -> None:
    async def work(index: int, item: int) -> int:
        for _ in range(10 - item):
            await anyio.lowlevel.checkpoint()
        return index * item

    assert await map_bounded(list(range(10)), work, 3) == [n * n for n in range(10)]


def test_sources_can_be_checked_without_reading_them(tmp_path: Path) -> None:
    check_source(iter([b"x"]), "source", 10)
    with pytest.raises(InvalidArgument):
        check_source(tmp_path / "missing", "source", 10)
