"""Large uploads that fail or are cancelled before their hash is known: nothing is paid for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.upload_cache import UploadCache
from a2e_async._files.uploads import Uploader
from a2e_async._spec.media import Upload
from a2e_async.errors import ConnectionFailed, InsufficientCredits, UploadError
from a2e_async.policies import RetryPolicy
from tests.unit.files.kit import (
    ONE,
    OTHER,
    SMALL_PIECE,
    SMALL_SIZES,
    Answer,
    Bench,
    ManualClock,
    Put,
    large_bench,
    sha256,
    until_waiting,
    upload_after,
)
from tests.unit.files.source_kit import old_file

# When the first attempt fails.


@pytest.mark.anyio
@pytest.mark.parametrize("at", [0, 1, 4])
async def test_a_failed_put_goes_to_the_same_url_again(tmp_path: Path, at: int) -> None:
    async def reset(put: Put) -> None:
        if len(put.body) > at * SMALL_PIECE:
            raise ConnectionFailed("reset")

    b = large_bench(reset, Answer(503), None)
    upload = await b.uploader.upload(old_file(tmp_path))
    assert upload.sha256 == sha256(ONE)
    assert len(b.service.calls) == 1
    assert len({put.url for put in b.storage.puts}) == 1
    assert b.whole == [ONE]


@pytest.mark.anyio
async def test_after_the_last_attempt_the_url_is_kept_for_the_next_call(tmp_path: Path) -> None:
    for attempts in (1, 3):
        b = large_bench(*[Answer(503)] * attempts, retry=RetryPolicy(attempts=attempts))
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
        await until_waiting(b.uploader, 2)
        raise ConnectionFailed("reset")

    b = large_bench(reset)
    uploads = await upload_after(b, ONE, ONE, bytearray(ONE), began=began)
    assert len(set(uploads)) == 1
    assert len(b.service.calls) == 1
    assert b.whole == [ONE]


@pytest.mark.anyio
async def test_other_content_does_not_wait_for_the_retries() -> None:
    began = anyio.Event()

    async def reset(put: Put) -> None:
        began.set()
        await until_waiting(b.uploader, 1)
        raise ConnectionFailed("reset")

    class Clock(ManualClock):
        async def sleep(self, seconds: float) -> None:
            with anyio.fail_after(10):
                while not b.whole:
                    await anyio.lowlevel.checkpoint()

    b = large_bench(reset, clock=Clock())
    one, other = await upload_after(b, ONE, OTHER, began=began)
    assert isinstance(one, Upload)
    assert isinstance(other, Upload)
    assert b.whole == [OTHER, ONE]
    assert len(b.service.calls) == 2


@pytest.mark.anyio
async def test_a_refusal_is_the_first_ones_and_others_try_for_themselves() -> None:
    began = anyio.Event()

    async def refused(put: Put) -> None:
        began.set()
        await until_waiting(b.uploader, 2)
        raise UploadError("refused")

    b = large_bench(refused)
    one, other, same = await upload_after(b, ONE, OTHER, ONE, began=began)
    assert "refused" in str(one)
    assert isinstance(other, Upload)
    assert isinstance(same, Upload)
    assert sorted(b.whole) == sorted([ONE, OTHER])
    assert len(b.service.calls) == 2, "one is the first one's, taken over"


@pytest.mark.anyio
async def test_a_url_that_expired_is_signed_again_once() -> None:
    b = large_bench(Answer(403, body=b"<Code>AccessDenied</Code><Message>Request has expired</Message>"))
    assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)
    assert len(b.service.calls) == 2
    assert b.storage.puts[0].url != b.storage.puts[1].url

    b = large_bench(Answer(403))
    with pytest.raises(UploadError):
        await b.uploader.upload(ONE)
    await b.uploader.upload(ONE)
    assert len(b.service.calls) == 2, "a refused URL is not tried again"


@pytest.mark.anyio
async def test_a_presign_that_fails_is_tried_again_by_the_next_call() -> None:
    b = large_bench()
    b.service.error = InsufficientCredits("no coins", status=402)
    with pytest.raises(InsufficientCredits):
        await b.uploader.upload(ONE)
    b.service.error = None
    assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)


@pytest.mark.anyio
async def test_a_storage_that_answers_before_the_end_does_not_spoil_the_hash() -> None:
    b = large_bench(Answer(200))
    assert (await b.uploader.upload(ONE)).sha256 == sha256(ONE)


# When the first caller is cancelled.


def cancelling(b: Callable[[], Bench], scope: anyio.CancelScope, began: anyio.Event, at: int) -> Any:
    async def fault(put: Put) -> None:
        if len(put.body) >= at:
            began.set()
            await until_waiting(b().uploader, 1)
            scope.cancel()
            await anyio.sleep_forever()

    return fault


@pytest.mark.anyio
@pytest.mark.parametrize("at", [1, 2 * SMALL_PIECE, 4 * SMALL_PIECE, len(ONE)])
@pytest.mark.parametrize("waiting", [ONE, OTHER], ids=["same", "other"])
async def test_who_waits_takes_over_from_a_cancelled_one(at: int, waiting: bytes) -> None:
    scope, began = anyio.CancelScope(), anyio.Event()
    b = large_bench()
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
    assert b.whole == [waiting]
    if waiting == ONE:
        assert len(b.service.calls) == 1
    elif at == len(ONE):
        assert len(b.service.calls) == 2, "what may have been stored there is another content"


@pytest.mark.anyio
async def test_a_later_call_uses_the_url_of_a_cancelled_one(tmp_path: Path) -> None:
    for at in (SMALL_PIECE, 3 * SMALL_PIECE, len(ONE)):
        with anyio.CancelScope() as scope:

            async def fault(put: Put, at: int = at, scope: anyio.CancelScope = scope) -> None:
                if len(put.body) >= at:
                    scope.cancel()

            b = large_bench(fault)
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

        b = large_bench(fault)
        await b.uploader.upload(ONE)
    b.clock.time += 3601
    await b.uploader.upload(ONE)
    assert len(b.service.calls) == 2


def test_asyncio_cancellation_while_a_thread_is_at_work(tmp_path: Path) -> None:
    """asyncio's own cancel does not wait for threads, as anyio's scopes do."""

    async def main() -> None:
        b = large_bench()
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
        assert b.whole[-1] == ONE
        assert b.uploader.in_progress == 0

    asyncio.run(main())


def test_an_uploader_needs_nothing_of_the_event_loop() -> None:
    """One client serves several loops: what was left over in one is used in the next."""
    cache = UploadCache()
    b = large_bench(cache=cache)

    async def cut() -> None:
        with anyio.CancelScope() as scope:

            async def fault(put: Put) -> None:
                scope.cancel()

            b.storage.script = [fault]
            await b.uploader.upload(ONE)

    async def again() -> Upload:
        later = Uploader(
            b.storage, b.service, clock=b.clock, retry=RetryPolicy(), cache=cache, sizes=SMALL_SIZES
        )
        return await later.upload(ONE)

    anyio.run(cut)
    assert anyio.run(again, backend="trio").sha256 == sha256(ONE)
    assert len(b.service.calls) == 1
