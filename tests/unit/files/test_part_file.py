"""Part files: locks, links, and writing to the disk while more is received."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async._files.hashing import BLOCK_BYTES
from a2e_async._files.part_file import PartFile
from a2e_async._files.part_origin import Version
from a2e_async.errors import DownloadError
from tests.unit.files.kit import MEGA, MP4, PNG, URL, Cut, Host, downloader, leave_part, names, parts


@pytest.fixture
def part(tmp_path: Path) -> Iterator[PartFile]:
    part = PartFile(tmp_path / "a.part")
    part.open()
    yield part
    part.close()


def test_a_part_has_one_holder_at_a_time(part: PartFile, tmp_path: Path) -> None:
    other = PartFile(tmp_path / "a.part")
    other.open()
    assert other.path.name == "a_2.part"
    other.close()
    part.close()
    third = PartFile(tmp_path / "a.part")
    third.open()
    assert third.path.name == "a.part"
    third.close()
    assert names(tmp_path) == []


def test_a_part_that_was_moved_leaves_its_name_to_the_next_download(part: PartFile, tmp_path: Path) -> None:
    part.add(b"abc")
    later = PartFile(part.path)

    def take(path: Path) -> None:
        path.rename(tmp_path / "done")
        later.open()

    part.hand_over(take)
    assert later.path.exists()
    later.close()
    assert names(tmp_path) == ["done"]


def test_a_closed_part_does_nothing_more(part: PartFile, tmp_path: Path) -> None:
    part.restart(Version('"1"'))
    part.add(b"abc")
    part.close()
    part.close()

    part.open()
    part.add(b"late")
    part.flush()
    part.discard()
    part.restart(Version('"2"'))

    assert part.head() == b""
    with pytest.raises(FileNotFoundError):
        part.publish(tmp_path / "final", overwrite=False)
    assert (tmp_path / "a.part").read_bytes() == b"abc"
    assert not (tmp_path / "final").exists()


@pytest.mark.anyio
async def test_without_file_locks_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert (await downloader(Host(PNG)).download(URL, folder=tmp_path)).path.read_bytes() == PNG


@pytest.mark.anyio
async def test_the_part_never_shares_bytes_with_a_finished_file(tmp_path: Path) -> None:
    """A crash while a part gets its final name can leave both names."""
    part = leave_part(tmp_path, MP4, Version('"v1"', None, len(MP4)))
    os.link(part, tmp_path / "video.mp4")
    saved = await downloader(Host(PNG, etag='"v2"')).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == PNG
    assert (tmp_path / "video.mp4").read_bytes() == MP4


@pytest.mark.anyio
async def test_a_link_in_the_parts_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    part = leave_part(tmp_path, b"", "{}")
    part.unlink()
    part.symlink_to(tmp_path / "precious")
    with pytest.raises(DownloadError, match="cannot be written"):
        await downloader(Host(PNG)).download(URL, folder=tmp_path)
    assert (tmp_path / "precious").read_bytes() == b"precious"


# Disks.


@pytest.mark.anyio
async def test_a_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(descriptor: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        with pytest.raises(DownloadError, match="No space left"):
            await downloader(Host(MP4)).download(URL, folder=tmp_path)
    assert (await downloader(Host(MP4)).download(URL, folder=tmp_path)).path.read_bytes() == MP4


@pytest.mark.anyio
async def test_writes_that_take_only_a_part_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:100_000]))
    assert (await downloader(Host(MP4)).download(URL, folder=tmp_path)).path.read_bytes() == MP4


@pytest.mark.anyio
async def test_a_disk_that_has_room_again_gets_everything_in_order(tmp_path: Path) -> None:
    """Bytes that could not be written are written before the bytes that came after them."""
    part = PartFile(tmp_path / "a.part")
    part.open()
    part.restart(Version('"1"'))
    write = os.write
    with pytest.MonkeyPatch.context() as patched:

        def fail(descriptor: int, data: Any) -> int:
            if len(data) < 6:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data[:2])

        patched.setattr(os, "write", fail)
        part.add(b"abc")
        part.add(b"def")
        with pytest.raises(OSError, match="No space"):
            part.flush()
    part.add(b"ghi")
    assert part.offset == 0
    part.close()
    assert (tmp_path / "a.part").read_bytes() == b"abcdefghi"


def test_small_pieces_are_joined_for_a_write_but_not_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every write has its price, and joined pieces are in memory twice."""
    part = PartFile(tmp_path / "a.part")
    part.open()
    part.restart(Version('"1"'))
    sizes: list[int] = []
    write = os.write

    def note(descriptor: int, data: Any) -> int:
        sizes.append(len(data))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", note)
    for start in range(0, len(MP4), 16 << 10):
        part.add(MP4[start : start + (16 << 10)])
    part.flush()
    part.close()

    assert part.path.read_bytes() == MP4
    assert all(BLOCK_BYTES <= size < BLOCK_BYTES + (16 << 10) for size in sizes[:-1])


# Written while the next batch is received.


class Writes:
    """Replaces `os.write`: a write begins when `may_go_on` is set, and fails when the disk is full."""

    def __init__(self, write: Any) -> None:
        self._write = write
        self.under_way = threading.Event()
        self.may_go_on = threading.Event()
        self.left = 100  # megabytes on the disk
        self.done = 0  # bytes written

    async def begun(self) -> None:
        """Return when a write waits for `may_go_on`."""
        with anyio.fail_after(10):
            while not self.under_way.is_set():
                await anyio.lowlevel.checkpoint()

    def __call__(self, descriptor: int, data: Any) -> int:
        if self.done >= MEGA:  # the first batch is waited for
            self.under_way.set()
            assert self.may_go_on.wait(10)
        if self.left * MEGA <= self.done:
            raise OSError(errno.ENOSPC, "No space left on device")

        count: int = self._write(descriptor, data)
        self.done += count
        return count


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Writes:
    writes = Writes(os.write)
    monkeypatch.setattr(os, "write", writes)
    return writes


@pytest.mark.anyio
async def test_a_batch_is_written_while_the_next_one_comes_and_no_more(
    tmp_path: Path, writes: Writes
) -> None:
    content = MP4 * 2
    stopped_at: list[int] = []

    async def wait_until_nothing_comes(host: Host) -> None:
        before = -1
        while before != host.sent:
            before = host.sent
            for _ in range(100):
                await anyio.lowlevel.checkpoint()
        stopped_at.append(host.sent)
        writes.may_go_on.set()

    async with anyio.create_task_group() as group:

        async def on_piece(host: Host) -> None:
            if host.sent == 3 * MEGA + (64 << 10):
                await writes.begun()
                group.start_soon(wait_until_nothing_comes, host)

        saved = await downloader(Host(content, on_piece=on_piece)).download(URL, folder=tmp_path)
    assert stopped_at == [5 * MEGA]
    assert saved.path.read_bytes() == content


@pytest.mark.anyio
@pytest.mark.parametrize("megabytes", [0, 1, 2, 3])
async def test_a_disk_that_is_full_in_between_is_reported_and_what_it_took_is_kept(
    tmp_path: Path, writes: Writes, megabytes: int
) -> None:
    content = MP4 * 2
    writes.may_go_on.set()
    writes.left = megabytes
    with pytest.raises(DownloadError, match="No space left"):
        await downloader(Host(content)).download(URL, folder=tmp_path)

    kept = b"".join(part.read_bytes() for part in parts(tmp_path))
    assert kept == content[: len(kept)]
    assert megabytes * MEGA <= len(kept) == writes.done

    writes.left = 100
    host = Host(content)
    assert (await downloader(host).download(URL, folder=tmp_path)).path.read_bytes() == content
    assert host.sent == len(content) - len(kept)


@pytest.mark.anyio
async def test_a_cut_while_the_disk_is_at_work_loses_nothing(tmp_path: Path, writes: Writes) -> None:
    async def on_piece(host: Host) -> None:
        if host.sent == 3 * MEGA + MEGA // 4:
            await writes.begun()
            writes.may_go_on.set()

    host = Host(MP4, [Cut(3 * MEGA + MEGA // 4)], on_piece=on_piece)
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert host.sent == len(MP4)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
async def test_cancelled_while_the_disk_is_at_work_the_part_is_whole(tmp_path: Path, writes: Writes) -> None:
    with anyio.CancelScope() as scope:

        async def on_piece(host: Host) -> None:
            if host.sent == 3 * MEGA + (64 << 10):
                await writes.begun()
                scope.cancel()
                writes.may_go_on.set()

        await downloader(host := Host(MP4, on_piece=on_piece)).download(URL, folder=tmp_path)

    assert scope.cancelled_caught
    (part,) = parts(tmp_path)
    kept = part.read_bytes()
    assert kept == MP4[: len(kept)]
    assert len(kept) >= host.sent - (64 << 10)

    again = Host(MP4)
    assert (await downloader(again).download(URL, folder=tmp_path)).path.read_bytes() == MP4
    assert again.sent == len(MP4) - len(kept)
