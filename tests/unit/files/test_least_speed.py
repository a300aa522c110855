"""Transfers that hardly move end, and give their places back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from a2e_async._files.http import Retry
from a2e_async._files.least_speed import LeastSpeed
from a2e_async.errors import DownloadError, UploadError
from tests.unit.files.kit import MP4, PNG, URL, Answer, Host, ManualClock, bench, downloader, names


def test_a_transfer_may_be_slow_for_less_than_a_window() -> None:
    speed = LeastSpeed(60)
    for _ in range(59):
        speed.add(5, 1)
    with pytest.raises(Retry, match=r"300 bytes came in 60 s; less than 1 KiB a second"):
        speed.add(5, 1)


def test_each_window_counts_by_itself() -> None:
    speed = LeastSpeed(60)
    for _ in range(60):
        speed.add(10_000, 1)
    for _ in range(59):
        speed.add(5, 1)
    with pytest.raises(Retry):
        speed.add(5, 1)


def test_one_long_wait_is_no_slow_host() -> None:
    """A machine may sleep, and a clock may jump."""
    LeastSpeed(60).add(5, 3600)


class Trickle:
    """A host that sends one byte a piece, and takes its time for each."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds

    async def __call__(self, host: Host) -> None:
        self.clock.time += self.seconds


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", [{}, {"content-encoding": "gzip"}])
@pytest.mark.parametrize("status", [200, 404])
async def test_a_download_that_trickles_ends(tmp_path: Path, status: int, encoding: dict[str, str]) -> None:
    clock = ManualClock()
    answers = [Answer(status, encoding, b"x" * 4000) for _ in range(3)]
    host = Host(PNG, [*answers], on_piece=Trickle(clock, 0.2), piece_bytes=1)
    with pytest.raises(DownloadError, match="less than 1 KiB a second is too slow"):
        await downloader(host, clock=clock).download(URL, folder=tmp_path)
    assert host.sent == 3 * 300
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_the_window_is_a_setting_and_what_came_is_kept(tmp_path: Path) -> None:
    clock = ManualClock()

    async def slow_at_first(host: Host) -> None:
        clock.time += 2.5 if len(host.requests) == 1 else 0

    host = Host(MP4, on_piece=slow_at_first, piece_bytes=1000)
    await downloader(host, clock=clock, slow_after=15).download(URL, folder=tmp_path)
    assert host.requests[1]["range"] == "bytes=5000-"


@pytest.mark.anyio
async def test_a_slow_callback_is_no_slow_host(tmp_path: Path) -> None:
    clock = ManualClock()

    def progress(done: int, total: int | None) -> None:
        clock.time += 1000

    host = Host(MP4)
    await downloader(host, clock=clock).download(URL, folder=tmp_path, progress=progress)
    assert len(host.requests) == 1


@pytest.mark.anyio
async def test_a_storage_whose_refusal_trickles_ends() -> None:
    clock = ManualClock()

    class Refusal(Answer):
        async def aiter_bytes(self) -> AsyncIterator[bytes]:  # type: ignore[override]
            while True:
                await anyio.lowlevel.checkpoint()
                clock.time += 0.5
                yield b"x"

    b = bench(Refusal(400), clock=clock)
    with pytest.raises(UploadError, match="HTTP 400"):
        await b.uploader.upload(PNG)
    assert clock.time < 1100
