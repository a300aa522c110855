"""Large uploads: hashed while they are sent, and still paid for and sent once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files import content as contents
from a2e_async._files.content import Content
from a2e_async._files.uploads import Uploader
from a2e_async._spec.media import Upload
from a2e_async.errors import ConnectionFailed, InsufficientCredits, InvalidArgument, UploadError
from a2e_async.policies import RetryPolicy
from tests.unit.files.test_uploads import Answer, Bench, Put, aged, bench, waited_for_by

PIECE = 64 << 10
LARGE = 4 * PIECE
ONE = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(LARGE + PIECE // 2)
OTHER = ONE[:-1] + b"!"  # of the same size and type
GROWN = ONE + b"more"


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "LARGE_BYTES", LARGE)
    monkeypatch.setattr(contents, "PIECE_BYTES", PIECE)
    monkeypatch.setattr(contents, "VISIT_BYTES", contents.BLOCK_BYTES)


@pytest.fixture
def hashed_apart(monkeypatch: pytest.MonkeyPatch) -> list[Content]:
    """A line for each visit in which a content is hashed without being sent."""
    visits: list[Content] = []
    hash_some = Content._hash_some

    def noted(self: Content) -> None:
        visits.append(self)
        hash_some(self)

    monkeypatch.setattr(Content, "_hash_some", noted)
    return visits


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def old_file(folder: Path, data: bytes = ONE, name: str = "a.png") -> Path:
    path = folder / name
    path.write_bytes(data)
    return aged(path)


async def both(b: Bench, first: Any, *others: Any, began: anyio.Event) -> list[Upload | UploadError | None]:
    """Upload the others once the first is on its way; in their order what came of it."""
    outcomes: dict[int, Upload | UploadError | None] = {}

    async def one(number: int, source: Any) -> None:
        try:
            outcomes[number] = await b.uploader.upload(source)
        except UploadError as error:
            outcomes[number] = error

    async with anyio.create_task_group() as group:
        group.start_soon(one, 0, first)
        await began.wait()
        for number, source in enumerate(others, 1):
            group.start_soon(one, number, source)
    return [outcomes.get(number) for number in range(len(others) + 1)]


def whole(b: Bench) -> list[bytes]:
    return [put.body for put in b.storage.puts if put.complete]


# One pass where that is safe, two where it is not.


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["path", "bytes", "file"])
async def test_large_content_is_hashed_as_it_is_sent(
    tmp_path: Path, kind: str, hashed_apart: list[Content]
) -> None:
    b = bench()
    path = old_file(tmp_path)
    with path.open("rb") as file:
        sources: dict[str, Any] = {"path": path, "bytes": ONE, "file": file}
        upload = await b.uploader.upload(sources[kind])
    assert (upload.sha256, upload.size, upload.content_type) == (sha256(ONE), len(ONE), "image/png")
    assert whole(b) == [ONE]
    assert not hashed_apart


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["fresh", "bytearray", "BytesIO", "small"])
async def test_what_may_change_unseen_or_is_small_is_hashed_first(
    tmp_path: Path, kind: str, hashed_apart: list[Content]
) -> None:
    fresh = tmp_path / "fresh.png"
    fresh.write_bytes(ONE)
    small = ONE[: LARGE - 1]
    sources: dict[str, Any] = {
        "fresh": fresh, "bytearray": bytearray(ONE), "BytesIO": io.BytesIO(ONE), "small": small
    }  # fmt: skip
    b = bench()
    upload = await b.uploader.upload(sources[kind])
    assert upload.sha256 == sha256(small if kind == "small" else ONE)
    assert hashed_apart


@pytest.mark.anyio
async def test_the_name_is_chances_own_where_the_hash_is_not_known() -> None:
    keys = []
    for _ in range(2):
        b = bench()
        await b.uploader.upload(ONE, name="My cat.png")
        ((key, content_type, size),) = b.service.calls
        assert re.fullmatch(r"[0-9a-f]{32}/My-cat\.png", key)
        assert (content_type, size) == ("image/png", len(ONE))
        keys.append(key)
    assert keys[0] != keys[1]


@pytest.mark.anyio
async def test_a_file_object_is_sent_from_where_it_stands(tmp_path: Path) -> None:
    b = bench()
    with old_file(tmp_path, b"header" + ONE).open("rb") as file:
        file.read(6)
        upload = await b.uploader.upload(file)
        file.seek(0, os.SEEK_END)
        with pytest.raises(InvalidArgument, match="empty"):
            await b.uploader.upload(file)
        file.seek(6)
        with pytest.raises(InvalidArgument, match="at most"):
            await bench(max_bytes=LARGE).uploader.upload(file)
    assert upload.sha256 == sha256(ONE)
    assert whole(b) == [ONE]


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
        ahead = min(len(put.body) + PIECE, len(ONE))
        with anyio.fail_after(10):
            while sum(1 for offset in read if offset < ahead) < -(-ahead // PIECE):
                await anyio.lowlevel.checkpoint()
        assert max(read) <= len(put.body), "one piece ahead, no more"

    monkeypatch.setattr(Content, "read", noted)
    b = bench(slow)
    await b.uploader.upload(old_file(tmp_path))
    assert read == list(range(0, len(ONE), PIECE))


# The same content is paid for and sent once.


@pytest.mark.anyio
async def test_a_later_upload_of_the_same_content_is_known(
    tmp_path: Path, hashed_apart: list[Content]
) -> None:
    b = bench()
    first = await b.uploader.upload(ONE)
    assert not hashed_apart
    assert await b.uploader.upload(old_file(tmp_path)) == first
    assert (await b.uploader.upload(OTHER)).url != first.url
    assert len(b.service.calls) == 2
    assert whole(b) == [ONE, OTHER]


@pytest.mark.anyio
async def test_what_an_earlier_process_uploaded_is_known() -> None:
    b = bench()
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
        await waited_for_by(b.uploader, 3)

    b = bench(slow)
    sources = [old_file(tmp_path), bytearray(ONE), io.BytesIO(ONE)]
    uploads = await both(b, ONE, *sources, began=began)
    assert len(set(uploads)) == 1
    assert len(b.service.calls) == len(b.storage.puts) == 1


@pytest.mark.anyio
async def test_other_content_of_the_same_size_is_sent_too(tmp_path: Path) -> None:
    began = anyio.Event()

    async def slow(put: Put) -> None:
        began.set()
        if len(put.body) <= PIECE:
            await waited_for_by(b.uploader, 3)

    b = bench(slow)
    uploads = await both(b, ONE, OTHER, old_file(tmp_path, OTHER), ONE, began=began)
    assert [isinstance(upload, Upload) and upload.sha256 for upload in uploads] == [
        sha256(ONE), sha256(OTHER), sha256(OTHER), sha256(ONE)
    ]  # fmt: skip
    assert len(b.service.calls) == 2
    assert whole(b) == [ONE, OTHER]


@pytest.mark.anyio
async def test_many_at_once_are_each_sent_once(tmp_path: Path) -> None:
    b = bench()
    distinct = [ONE[:-1] + bytes([number]) for number in range(5)]
    sources = [distinct[number % 5] for number in range(20)]
    uploads = await b.uploader.upload_many(sources, concurrency=8)
    assert [upload.sha256 for upload in uploads] == [sha256(source) for source in sources]
    assert len(b.service.calls) == len(b.storage.puts) == 5


# When the first try fails.


@pytest.mark.anyio
@pytest.mark.parametrize("at", [0, 1, 4])
async def test_a_failed_put_goes_to_the_same_url_again(tmp_path: Path, at: int) -> None:
    async def reset(put: Put) -> None:
        if len(put.body) > at * PIECE:
            raise ConnectionFailed("reset")

    b = bench(reset, Answer(503), None)
    upload = await b.uploader.upload(old_file(tmp_path))
    assert upload.sha256 == sha256(ONE)
    assert len(b.service.calls) == 1
    assert len({put.url for put in b.storage.puts}) == 1
    assert whole(b) == [ONE]


@pytest.mark.anyio
async def test_after_the_last_attempt_the_url_is_kept_for_the_next_call(tmp_path: Path) -> None:
    for attempts in (1, 3):
        b = bench(*[Answer(503)] * attempts)
        b.uploader._retry = RetryPolicy(attempts=attempts)
        with pytest.raises(UploadError, match="503"):
            await b.uploader.upload(ONE)
        assert (await b.uploader.upload(old_file(tmp_path))).sha256 == sha256(ONE)
        assert len(b.service.calls) == 1
        assert len({put.url for put in b.storage.puts}) == 1


@pytest.mark.anyio
async def test_those_who_wait_for_the_same_content_get_what_a_retry_brings() -> None:
    began = anyio.Event()

    async def reset(put: Put) -> None:
        began.set()
        await waited_for_by(b.uploader, 2)
        raise ConnectionFailed("reset")

    b = bench(reset)
    uploads = await both(b, ONE, ONE, bytearray(ONE), began=began)
    assert len(set(uploads)) == 1
    assert len(b.service.calls) == 1
    assert whole(b) == [ONE]


@pytest.mark.anyio
async def test_other_content_does_not_wait_for_the_retries() -> None:
    began = anyio.Event()

    async def reset(put: Put) -> None:
        began.set()
        await waited_for_by(b.uploader, 1)
        raise ConnectionFailed("reset")

    class Clock(type(bench().clock)):  # type: ignore[misc]
        async def sleep(self, seconds: float) -> None:
            with anyio.fail_after(10):
                while not whole(b):
                    await anyio.lowlevel.checkpoint()

    b = bench(reset)
    b.uploader._clock = Clock()
    one, other = await both(b, ONE, OTHER, began=began)
    assert isinstance(one, Upload)
    assert isinstance(other, Upload)
    assert whole(b) == [OTHER, ONE]
    assert len(b.service.calls) == 2


@pytest.mark.anyio
async def test_a_refusal_is_the_first_ones_and_others_try_for_themselves() -> None:
    began = anyio.Event()

    async def refused(put: Put) -> None:
        began.set()
        await waited_for_by(b.uploader, 2)
        raise UploadError("refused")

    b = bench(refused)
    one, other, same = await both(b, ONE, OTHER, ONE, began=began)
    assert "refused" in str(one)
    assert isinstance(other, Upload)
    assert isinstance(same, Upload)
    assert sorted(whole(b)) == sorted([ONE, OTHER])
    assert len(b.service.calls) == 2, "one is the first one's, taken over"


@pytest.mark.anyio
async def test_a_url_that_expired_is_signed_again_once() -> None:
    b = bench(Answer(403, body=b"<Code>AccessDenied</Code><Message>Request has expired</Message>"))
    assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)
    assert len(b.service.calls) == 2
    assert b.storage.puts[0].url != b.storage.puts[1].url
    b = bench(Answer(403))
    with pytest.raises(UploadError):
        await b.uploader.upload(ONE)
    await b.uploader.upload(ONE)
    assert len(b.service.calls) == 2, "a refused URL is not tried again"


@pytest.mark.anyio
async def test_a_presign_that_fails_is_tried_again_by_the_next_call() -> None:
    b = bench()
    b.service.error = InsufficientCredits("no coins", status=402)
    with pytest.raises(InsufficientCredits):
        await b.uploader.upload(ONE)
    b.service.error = None
    assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)


@pytest.mark.anyio
async def test_a_storage_that_answers_before_the_end_does_not_spoil_the_hash() -> None:
    b = bench(Answer(200))
    assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)


# When the first is cancelled.


def cancelling(b: Callable[[], Bench], scope: anyio.CancelScope, began: anyio.Event, at: int) -> Any:
    async def fault(put: Put) -> None:
        if len(put.body) >= at:
            began.set()
            await waited_for_by(b().uploader, 1)
            scope.cancel()
            await anyio.sleep_forever()

    return fault


@pytest.mark.anyio
@pytest.mark.parametrize("at", [1, 2 * PIECE, 4 * PIECE, len(ONE)])
@pytest.mark.parametrize("waiting", [ONE, OTHER], ids=["same", "other"])
async def test_who_waits_takes_over_from_a_cancelled_one(at: int, waiting: bytes) -> None:
    scope, began = anyio.CancelScope(), anyio.Event()
    b = bench()
    b.storage.script = [cancelling(lambda: b, scope, began, at)]
    done: list[Upload] = []

    async def first() -> None:
        with scope:
            await b.uploader.upload(ONE)
            raise AssertionError("not reached")

    async def second() -> None:
        done.append(await b.uploader.upload(waiting))

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await began.wait()
        group.start_soon(second)
    assert [upload.sha256 for upload in done] == [sha256(waiting)]
    assert whole(b) == [waiting]
    if waiting == ONE:
        assert len(b.service.calls) == 1
    elif at == len(ONE):
        assert len(b.service.calls) == 2, "what may have been stored there is another content"


@pytest.mark.anyio
async def test_a_later_call_uses_the_url_of_a_cancelled_one(tmp_path: Path) -> None:
    for at in (PIECE, 3 * PIECE, len(ONE)):
        with anyio.CancelScope() as scope:

            async def fault(put: Put, at: int = at, scope: anyio.CancelScope = scope) -> None:
                if len(put.body) >= at:
                    scope.cancel()

            b = bench(fault)
            await b.uploader.upload(old_file(tmp_path))
        assert scope.cancelled_caught
        assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)
        assert len(b.service.calls) == 1
        assert len({put.url for put in b.storage.puts}) == 1


@pytest.mark.anyio
async def test_a_url_left_over_is_not_used_after_its_time() -> None:
    with anyio.CancelScope() as scope:

        async def fault(put: Put) -> None:
            scope.cancel()

        b = bench(fault)
        await b.uploader.upload(ONE)
    b.clock.time += 3601
    await b.uploader.upload(ONE)
    assert len(b.service.calls) == 2


def test_asyncio_cancellation_while_a_thread_is_at_work(tmp_path: Path) -> None:
    """asyncio's own cancel does not wait for threads, as anyio's scopes do."""

    async def main() -> None:
        b = bench()
        path = old_file(tmp_path)
        for step in range(40):
            task = asyncio.create_task(b.uploader.upload(path))
            for _ in range(step):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()
        assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)
        assert len(b.service.calls) == 1
        assert whole(b)[-1] == ONE
        assert not b.uploader._flights

    asyncio.run(main())


# When the source changes.


@pytest.mark.anyio
@pytest.mark.parametrize("change", ["rewrite", "grow", "shrink"])
async def test_a_file_that_changes_meanwhile_is_never_uploaded(tmp_path: Path, change: str) -> None:
    path = old_file(tmp_path)
    began = anyio.Event()

    async def fault(put: Put) -> None:
        if not began.is_set():
            began.set()
            await waited_for_by(b.uploader, 1)
            changed = {"rewrite": OTHER, "grow": GROWN, "shrink": ONE[:PIECE]}[change]
            await anyio.Path(path).write_bytes(changed)

    b = bench(fault)
    error, upload = await both(b, path, bytearray(ONE), began=began)
    assert isinstance(error, UploadError)
    assert "a.png changed" in str(error)
    assert isinstance(upload, Upload)
    assert whole(b) == [ONE]
    assert len(b.service.calls) == 1


@pytest.mark.anyio
async def test_a_file_that_changes_before_the_retry_is_never_uploaded(tmp_path: Path) -> None:
    path = old_file(tmp_path)

    async def fault(put: Put) -> None:
        await anyio.Path(path).write_bytes(GROWN)
        raise ConnectionFailed("reset")

    b = bench(fault)
    with pytest.raises(UploadError, match=r"a\.png changed"):
        await b.uploader.upload(path)
    assert not whole(b)


@pytest.mark.anyio
async def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with old_file(tmp_path).open("rb") as file:

        async def fault(put: Put) -> None:
            file.close()

        b = bench(fault)
        with pytest.raises(UploadError, match="cannot be read any more"):
            await b.uploader.upload(file)
    with (tmp_path / "b.png").open("wb") as unreadable:
        unreadable.write(ONE)
        unreadable.flush()
        aged(tmp_path / "b.png")
        with pytest.raises(UploadError, match="cannot be read"):
            await bench().uploader.upload(unreadable)


def test_an_uploader_needs_nothing_of_the_event_loop() -> None:
    """One client serves several loops: what was left over in one is used in the next."""
    b = bench()

    async def cut() -> None:
        with anyio.CancelScope() as scope:

            async def fault(put: Put) -> None:
                scope.cancel()

            b.storage.script = [fault]
            await b.uploader.upload(ONE)

    async def again() -> Upload:
        later = Uploader(b.storage, b.service, clock=b.clock, retry=RetryPolicy(), cache=b.uploader._cache)
        return await later.upload(ONE)

    anyio.run(cut)
    assert anyio.run(again, backend="trio").sha256 == sha256(ONE)
    assert len(b.service.calls) == 1
