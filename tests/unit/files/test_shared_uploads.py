"""Callers with the same content share one upload, and a cancelled or broken one harms nobody else."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._spec.media import Upload
from a2e_async.errors import ConnectionFailed, UploadError
from a2e_async.policies import RetryPolicy
from tests.unit.files.kit import BIG, PIECE_BYTES, PNG, Put, bench, names, sha256, until_waiting
from tests.unit.files.source_kit import rewrite, sources_of

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
        await until_waiting(b.uploader, 3)
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
            await until_waiting(b.uploader, 1)
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
        if not started.is_set():
            started.set()
            await until_waiting(b.uploader, 1)
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
            sha256(BIG),
            "a.bin changed while it was being uploaded; upload it when it is complete",
        ]
    )
    assert len(b.service.calls) == 1


@pytest.mark.anyio
async def test_those_who_wait_share_the_failure_too() -> None:
    started = anyio.Event()

    async def refused(put: Put) -> None:
        started.set()
        await until_waiting(b.uploader, 2)
        raise ConnectionFailed("reset")

    b = bench(refused, retry=RetryPolicy(attempts=1))
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
        assert not names(spools)
        assert (await b.uploader.upload(BIG)).size == len(BIG)
        assert len(b.service.calls) == 1


def test_asyncio_cancellation_while_a_thread_is_at_work(tmp_path: Path, spools: Path) -> None:
    """asyncio's own cancel does not wait for threads, as anyio's scopes do."""

    async def main() -> None:
        b = bench()

        for step in range(30):
            source = sources_of(BIG, tmp_path)["async iterator" if step % 2 else "old path"]
            task = asyncio.create_task(b.uploader.upload(source))
            for _ in range(step * 14):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

        assert (await b.uploader.upload(BIG)).size == len(BIG)
        assert len(b.service.calls) == 1

    asyncio.run(main())
    assert not names(spools)
