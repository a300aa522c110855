"""Downloads from a host that is played here: complete or not there, resumed, never another file's part."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import json
import os
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._files import hashing
from a2e_async._files.destination import SavedFile
from a2e_async._files.downloads import Downloader
from a2e_async._files.hashing import BLOCK_BYTES
from a2e_async._files.part_file import PartFile, Version
from a2e_async.errors import ConnectionFailed, DownloadError, InvalidArgument, RequestTimeout
from a2e_async.policies import RetryPolicy

MEGA = 1 << 20
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(range(256)) * 14_000  # 3.6 MB
URL = "https://cdn.example/results/video?X-Amz-Signature=secret"


class ManualClock:
    def __init__(self) -> None:
        self.sleeps: list[float] = []

    def now(self) -> float:
        return sum(self.sleeps)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await anyio.lowlevel.checkpoint()

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        raise AssertionError("not used here")


@attrs.define
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""
    cut: int | None = None
    error: Exception = attrs.field(factory=lambda: ConnectionFailed("cut"))
    host: Host | None = None

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        end = len(self.body) if self.cut is None else self.cut
        for at in range(0, end, 64 << 10):
            await anyio.lowlevel.checkpoint()
            piece = self.body[at : min(end, at + (64 << 10))]
            if self.host is not None:
                self.host.sent += len(piece)
                await self.host.on_piece(self.host)
            yield piece
        if self.cut is not None:
            raise self.error


@attrs.define
class Cut:
    """The connection breaks after that many bytes of this answer."""

    after: int
    error: Exception = attrs.field(factory=lambda: ConnectionFailed("cut"))


async def _nothing(host: Host) -> None:
    pass


@attrs.define
class Host:
    """Serves one file with Range; the script says what goes wrong, one fault per request."""

    content: bytes
    script: list[Cut | Answer | Exception | None] = attrs.field(factory=list)
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = "application/octet-stream"
    ranges: bool = True
    tells_length: bool = True
    on_piece: Any = _nothing
    requests: list[Mapping[str, str]] = attrs.field(factory=list)
    sent: int = 0

    def __attrs_post_init__(self) -> None:
        if self.etag is None:
            self.etag = f'"{hashlib.md5(self.content).hexdigest()}"'

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
        assert (method, content) == ("GET", None)
        self.requests.append({name.lower(): value for name, value in headers.items()})
        await anyio.lowlevel.checkpoint()
        fault = self.script.pop(0) if self.script else None
        if isinstance(fault, Exception):
            raise fault
        answer = fault if isinstance(fault, Answer) else self._answer(self.requests[-1])
        answer.host = self
        if isinstance(fault, Cut):
            answer.cut, answer.error = min(fault.after, len(answer.body)), fault.error
        yield answer

    def _answer(self, asked: Mapping[str, str]) -> Answer:
        headers = {"content-type": self.content_type}
        if self.etag:
            headers["etag"] = self.etag
        if self.last_modified:
            headers["last-modified"] = self.last_modified
        body = self.content
        status = 200
        found = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        if found and self.ranges and asked.get("if-range") in (None, self.etag, self.last_modified):
            start = int(found[1])
            if start >= len(body):
                return Answer(416, {"content-range": f"bytes */{len(body)}"})
            headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        if self.tells_length:
            headers["content-length"] = str(len(body))
        return Answer(status, headers, body)


def downloader(
    host: Host, *, attempts: int = 3, clock: ManualClock | None = None, **options: Any
) -> Downloader:
    retry = RetryPolicy(attempts=attempts, random=lambda: 1.0)
    return Downloader(host, clock=clock or ManualClock(), retry=retry, **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.part"))


@pytest.mark.anyio
@pytest.mark.parametrize("content", [PNG, MP4], ids=["small", "large"])
async def test_a_file_comes_down_whole_under_the_name_that_fits_it(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "not" / "there yet"
    saved = await downloader(Host(content)).download(URL, folder=folder)
    extension, content_type = (".png", "image/png") if content is PNG else (".mp4", "video/mp4")
    assert saved == SavedFile(folder / f"video{extension}", len(content), content_type)
    assert (folder / f"video{extension}").read_bytes() == content
    assert Path(saved) == saved.path
    assert names(folder) == [f"video{extension}"]


@pytest.mark.anyio
async def test_a_target_is_taken_as_it_is(tmp_path: Path) -> None:
    saved = await downloader(Host(PNG)).download(URL, tmp_path / "cat.dat")
    assert saved.path == tmp_path / "cat.dat"
    assert saved.content_type == "image/png"
    saved = await downloader(Host(PNG)).download(URL, str(tmp_path / "-dog"))
    assert names(tmp_path) == ["-dog", "cat.dat"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "header", "name", "saved_as", "content_type"),
    [
        (PNG, "image/jpeg", "a.jpg", "a.png", "image/png"),
        (b"unknown", "image/JPEG; q=1", "a", "a.jpg", "image/jpeg"),
        (b"unknown", "application/octet-stream", "a.wav", "a.wav", "audio/wav"),
        (b"unknown", "application/octet-stream", "a", "a", "application/octet-stream"),
        (PNG, "image/png", "../../../etc/cron.d/x", "_.._.._etc_cron.d_x.png", "image/png"),
        (PNG, "image/png", "CON", "_CON.png", "image/png"),
    ],
)
async def test_the_content_decides_the_extension(
    tmp_path: Path, content: bytes, header: str, name: str, saved_as: str, content_type: str
) -> None:
    host = Host(content, content_type=header)
    saved = await downloader(host).download(URL, folder=tmp_path, name=name)
    assert (saved.path.name, saved.content_type) == (saved_as, content_type)
    assert saved.path.parent == tmp_path


@pytest.mark.anyio
async def test_bad_arguments_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    host = Host(PNG)
    d = downloader(host)
    (tmp_path / "folder").mkdir()
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("url", "http://public.example/x", {"folder": tmp_path}),
        ("url", "file:///etc/passwd", {"folder": tmp_path}),
        ("url", "https://user:pw@host/x", {"folder": tmp_path}),
        ("url", None, {"folder": tmp_path}),
        ("target", URL, {}),
        ("target", URL, {"target": tmp_path / "a", "folder": tmp_path}),
        ("target", URL, {"target": tmp_path / "folder"}),
        ("target", URL, {"target": f"{tmp_path}/new/"}),
        ("target", URL, {"target": 5}),
        ("target", URL, {"target": ""}),
        ("folder", URL, {"folder": b"out"}),
        ("name", URL, {"target": tmp_path / "a", "name": "b"}),
        ("name", URL, {"folder": tmp_path, "name": 5}),
    ]
    for field, url, options in cases:
        with pytest.raises(InvalidArgument) as caught:
            await d.download(url, **options)
        assert caught.value.field == field, options
    assert not host.requests
    assert names(tmp_path) == ["folder"]


@pytest.mark.anyio
async def test_a_cut_is_resumed_where_it_was(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA + 5), Cut(MEGA), None])
    clock = ManualClock()
    saved = await downloader(host, clock=clock).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert host.sent == len(MP4)
    assert [request.get("range") for request in host.requests] == [
        None, f"bytes={MEGA + 5}-", f"bytes={2 * MEGA + 5}-"
    ]  # fmt: skip
    assert host.requests[1]["if-range"] == host.etag
    assert all(request["accept-encoding"] == "identity" for request in host.requests)
    assert clock.sleeps == [0.5, 0.5], "progress starts the count anew"


@pytest.mark.anyio
async def test_a_connection_that_ends_early_without_an_error_is_a_cut_too(tmp_path: Path) -> None:
    host = Host(MP4)
    short = host._answer({})
    short.body = MP4[:70_000]
    host.script = [short]
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert await saved.compute_sha256() == sha256(MP4)
    assert host.requests[1]["range"] == "bytes=70000-"


@pytest.mark.anyio
async def test_progress_allows_any_number_of_cuts_but_no_progress_does_not(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(100_000)] * 30)
    await downloader(host).download(URL, folder=tmp_path / "a")
    host = Host(MP4, [Cut(100_000), *[Cut(10)] * 5])
    with pytest.raises(DownloadError, match="gave up after 3 attempts without progress: cut") as caught:
        await downloader(host).download(URL, folder=tmp_path / "b")
    assert "secret" not in str(caught.value)
    assert len(host.requests) == 3


@pytest.mark.anyio
@pytest.mark.parametrize("restart", ["no ranges", "no version"])
async def test_a_host_that_cannot_resume_is_asked_for_all_of_it(tmp_path: Path, restart: str) -> None:
    host = Host(MP4, [Cut(MEGA)], ranges=restart != "no ranges", etag=None if restart == "no ranges" else "")
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert ("range" in host.requests[1]) is (restart == "no ranges")


@pytest.mark.anyio
async def test_a_later_call_goes_on_with_the_part(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA + 77), Cut(0), Cut(0)])
    with pytest.raises(DownloadError):
        await downloader(host).download(URL, folder=tmp_path, name="a")
    (part,) = parts(tmp_path)
    assert part.read_bytes() == MP4[: MEGA + 77]
    again = Host(MP4)
    saved = await downloader(again).download(URL.replace("secret", "other"), folder=tmp_path, name="a")
    assert await saved.compute_sha256() == sha256(MP4)
    assert saved.path.read_bytes() == MP4
    assert again.sent == len(MP4) - MEGA - 77
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.anyio
@pytest.mark.parametrize("by", ["etag", "date", "weak etag"])
async def test_the_part_of_another_version_is_never_continued(tmp_path: Path, by: str) -> None:
    old, new = MP4, MP4[:5000] + b"!" + MP4[5001:]
    versions: list[dict[str, Any]] = {
        "etag": [{"etag": '"1"'}, {"etag": '"2"'}],
        "date": [{"etag": "", "last_modified": day} for day in ("Mon, 01", "Tue, 02")],
        "weak etag": [{"etag": 'W/"1"'}, {"etag": 'W/"1"'}],
    }[by]
    with pytest.raises(DownloadError):
        await downloader(Host(old, [Cut(MEGA), Cut(0), Cut(0)], **versions[0])).download(URL, folder=tmp_path)
    host = Host(new, **versions[1])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == new
    assert await saved.compute_sha256() == sha256(new)
    assert ("range" in host.requests[0]) is (by != "weak etag")


@pytest.mark.anyio
async def test_a_date_is_enough_to_resume(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA)], etag="", last_modified="Mon, 23 Nov 2026 10:00:00 GMT")
    await downloader(host).download(URL, folder=tmp_path)
    assert host.requests[1]["if-range"] == host.last_modified
    assert host.sent == len(MP4)


WRONG_PARTS = {
    "another place": {"content-range": f"bytes 7-{len(MP4) - 1}/{len(MP4)}"},
    "another length": {"content-range": f"bytes {MEGA}-{len(MP4)}/{len(MP4) + 1}"},
    "another version": {"content-range": f"bytes {MEGA}-{len(MP4) - 1}/{len(MP4)}", "etag": '"other"'},
    "no place": {},
    "nonsense": {"content-range": "bytes ?"},
}


@pytest.mark.anyio
@pytest.mark.parametrize("headers", WRONG_PARTS.values(), ids=WRONG_PARTS)
async def test_a_part_that_was_not_asked_for_is_not_used(tmp_path: Path, headers: dict[str, str]) -> None:
    host = Host(MP4, [Cut(MEGA), Answer(206, headers, b"wrong" * 1000)])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert "range" not in host.requests[2]


@pytest.mark.anyio
async def test_a_range_that_cannot_be_satisfied_starts_anew(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA), Answer(416, {})])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
async def test_a_complete_part_of_an_earlier_call_is_confirmed_by_the_host(tmp_path: Path) -> None:
    leave_part(tmp_path, MP4, Version('"v1"', None, len(MP4)))
    host = Host(MP4, etag='"v1"')
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert host.sent == 1
    assert await saved.compute_sha256() == sha256(MP4)
    leave_part(tmp_path, MP4, Version('"v1"', None, len(MP4)))
    other = Host(PNG, etag='"v2"')
    saved = await downloader(other).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == PNG


def leave_part(folder: Path, content: bytes, version: Version | str) -> Path:
    """A part as an earlier call left it."""
    origin = hashlib.sha256(URL.partition("?")[0].encode()).hexdigest()[:12]
    part = folder / f"video.{origin}.part"
    part.write_bytes(content)
    text = version if isinstance(version, str) else json.dumps(attrs.asdict(version))
    part.with_name(f"{part.name}.json").write_text(text)
    return part


@pytest.mark.anyio
async def test_a_damaged_part_is_found_by_the_checksum_in_the_etag(tmp_path: Path) -> None:
    host = Host(MP4)
    leave_part(tmp_path, bytes(MEGA), Version(host.etag, None, len(MP4)))
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert await saved.compute_sha256() == sha256(MP4)
    assert len(host.requests) == 2


@pytest.mark.anyio
async def test_an_etag_that_only_looks_like_a_checksum_does_no_harm(tmp_path: Path) -> None:
    host = Host(MP4, etag='"' + "0" * 32 + '"')
    leave_part(tmp_path, MP4[:MEGA], Version(host.etag, None, len(MP4)))
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
@pytest.mark.parametrize(
    "origin",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"etag": 5, "last_modified": null, "size": null}',
        '{"etag": "\\"1\\"", "last_modified": null, "size": -5}',
        '{"etag": "\\"1\\"", "last_modified": null, "size": true}',
    ],
)
async def test_a_part_of_unknown_origin_is_not_used(tmp_path: Path, origin: str) -> None:
    leave_part(tmp_path, b"garbage", origin)
    host = Host(PNG)
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == PNG
    assert "range" not in host.requests[0]
    assert names(tmp_path) == ["video.png"]


@pytest.mark.anyio
async def test_a_part_that_is_longer_than_the_file_ends_where_the_file_does(tmp_path: Path) -> None:
    leave_part(tmp_path, MP4 + b"trailing garbage", Version('"v1"', None, len(MP4)))
    saved = await downloader(Host(MP4, etag='"v1"')).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522])
async def test_what_passes_by_itself_is_waited_for(tmp_path: Path, status: int) -> None:
    clock = ManualClock()
    host = Host(PNG, [Answer(status, {"retry-after": "9"}), RequestTimeout("slow"), None])
    await downloader(host, clock=clock).download(URL, folder=tmp_path)
    assert clock.sleeps == [9.5, 1.0]


@pytest.mark.anyio
async def test_the_last_status_is_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="HTTP 503") as caught:
        await downloader(Host(PNG, [Answer(503, {})] * 3)).download(URL, folder=tmp_path)
    assert caught.value.status == 503
    assert caught.value.url == URL.partition("?")[0]
    assert names(tmp_path) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "expire"), (404, "expire"), (410, "expire"), (302, "redirects"), (400, "HTTP 400")],
)
async def test_a_refusal_is_final_and_says_why(tmp_path: Path, status: int, words: str) -> None:
    host = Host(PNG, [Answer(status, {"location": "https://elsewhere.example"})])
    with pytest.raises(DownloadError, match=words) as caught:
        await downloader(host).download(URL, folder=tmp_path)
    assert caught.value.status == status
    assert len(host.requests) == 1
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_an_expired_url_keeps_the_part_for_a_fresh_one(tmp_path: Path) -> None:
    host = Host(MP4, [Cut(MEGA), Answer(403, {})])
    with pytest.raises(DownloadError, match="expire"):
        await downloader(host).download(URL, folder=tmp_path)
    assert len(parts(tmp_path)) == 1


@pytest.mark.anyio
async def test_too_large_a_file_is_refused_by_its_length_and_by_its_bytes(tmp_path: Path) -> None:
    d = downloader(host := Host(MP4), max_bytes=MEGA)
    with pytest.raises(DownloadError, match=r"3\.418 MiB; at most 1 MiB"):
        await d.download(URL, folder=tmp_path)
    assert host.sent == 0
    host.tells_length = False
    with pytest.raises(DownloadError, match="more; at most 1 MiB"):
        await d.download(URL, folder=tmp_path)
    assert host.sent <= MEGA + (64 << 10)
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_a_file_of_untold_length_is_downloaded(tmp_path: Path) -> None:
    saved = await downloader(Host(MP4, tells_length=False)).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
async def test_an_empty_file_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="empty"):
        await downloader(Host(b"")).download(URL, folder=tmp_path)
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_an_encoding_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    host = Host(PNG, [Answer(200, {"content-encoding": "gzip"}, b"\x1f\x8b")])
    with pytest.raises(DownloadError, match="gzip"):
        await downloader(host).download(URL, folder=tmp_path)


# What is there already.


@pytest.mark.anyio
async def test_a_second_run_leaves_what_is_there_and_hardly_fetches_anything(tmp_path: Path) -> None:
    first = await downloader(Host(MP4)).download(URL, folder=tmp_path)
    before = first.path.stat()
    host = Host(MP4)
    second = await downloader(host).download(URL, folder=tmp_path)
    assert second == attrs.evolve(first, reused=True)
    assert host.sent <= MEGA + (64 << 10)
    after = first.path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert names(tmp_path) == ["video.mp4"]


@pytest.mark.anyio
@pytest.mark.parametrize("content", [PNG, MP4], ids=["small", "large"])
async def test_the_same_content_is_recognised_without_a_checksum_too(tmp_path: Path, content: bytes) -> None:
    first = await downloader(Host(content)).download(URL, folder=tmp_path)
    second = await downloader(Host(content, etag='"opaque"')).download(URL, folder=tmp_path)
    assert second == attrs.evolve(first, reused=True)
    assert len(names(tmp_path)) == 1


@pytest.mark.anyio
async def test_other_content_gets_a_number_and_keeps_it(tmp_path: Path) -> None:
    contents = [PNG, PNG + b"2", PNG + b"3"]
    for _ in range(2):
        for number, content in enumerate(contents, 1):
            saved = await downloader(Host(content)).download(URL, folder=tmp_path)
            assert saved.path.name == ("video.png" if number == 1 else f"video_{number}.png")
            assert saved.path.read_bytes() == content
    assert names(tmp_path) == ["video.png", "video_2.png", "video_3.png"]
    large = PNG + bytes(2 * MEGA)
    for _ in range(2):
        saved = await downloader(Host(large)).download(URL, folder=tmp_path)
        assert saved.path.name == "video_4.png"
    assert saved.reused


@pytest.mark.anyio
async def test_overwrite_replaces(tmp_path: Path) -> None:
    (tmp_path / "video.png").write_bytes(b"old")
    saved = await downloader(Host(PNG)).download(URL, folder=tmp_path, overwrite=True)
    assert (saved.reused, saved.path.read_bytes()) == (False, PNG)
    (tmp_path / "video.mp4").write_bytes(MP4)
    saved = await downloader(Host(MP4)).download(URL, folder=tmp_path, overwrite=True)
    assert not saved.reused
    assert names(tmp_path) == ["video.mp4", "video.png"]


@pytest.mark.anyio
async def test_a_folder_of_that_name_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "video.png").mkdir()
    saved = await downloader(Host(PNG)).download(URL, folder=tmp_path)
    assert saved.path.name == "video_2.png"
    with pytest.raises(DownloadError, match="cannot be written"):
        await downloader(Host(PNG)).download(URL, folder=tmp_path, overwrite=True)


@pytest.mark.anyio
async def test_downloads_at_the_same_time_do_not_take_each_others_name_or_part(tmp_path: Path) -> None:
    """Sixty results that are all called the same, and the same one twice."""
    contents = [PNG + b"%d" % (number // 2) for number in range(30)]
    saved: dict[int, SavedFile] = {}

    async def one(number: int) -> None:
        saved[number] = await downloader(Host(contents[number])).download(URL, folder=tmp_path)

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(one, number)
    assert [saved[number].path.read_bytes() for number in range(30)] == contents
    assert len(names(tmp_path)) == 15
    assert not parts(tmp_path)


@pytest.mark.anyio
async def test_without_hard_links_nothing_is_replaced_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: Any, target: Any) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", link)
    for content in (PNG, PNG + b"2", PNG):
        saved = await downloader(Host(content)).download(URL, folder=tmp_path)
        assert saved.path.read_bytes() == content
    assert names(tmp_path) == ["video.png", "video_2.png"]


@pytest.mark.anyio
async def test_without_file_locks_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert (await downloader(Host(PNG)).download(URL, folder=tmp_path)).path.read_bytes() == PNG


@pytest.mark.anyio
async def test_the_part_never_shares_bytes_with_a_finished_file(tmp_path: Path) -> None:
    """A crash between giving the new name and taking the old one leaves both."""
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


@pytest.mark.anyio
async def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


# Written behind what is received.


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Writes:
    writes = Writes(os.write)
    monkeypatch.setattr(os, "write", writes)
    return writes


class Writes:
    """Writes that begin when they may, and may fail."""

    def __init__(self, write: Any) -> None:
        self._write = write
        self.under_way = threading.Event()
        self.may_go_on = threading.Event()
        self.left = 100  # megabytes
        self.done = 0

    async def begun(self) -> None:
        """Return when one waits for leave to begin."""
        with anyio.fail_after(10):
            while not self.under_way.is_set():
                await anyio.lowlevel.checkpoint()

    def __call__(self, descriptor: int, data: Any) -> int:
        if self.done >= MEGA:  # the first batch is waited for
            self.under_way.set()
            assert self.may_go_on.wait(10)
        if self.left * MEGA <= self.done:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.done += (count := self._write(descriptor, data))
        return count


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
async def test_a_disk_that_is_full_in_between_is_told_and_what_it_took_is_kept(
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
async def test_a_disk_that_has_room_again_gets_everything_in_order(tmp_path: Path) -> None:
    """What could not be written is written before what came after it."""
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
    """Each write has its price, and what is joined takes memory twice."""
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


# The hash, for those who ask.


@pytest.mark.anyio
async def test_the_hash_is_of_what_the_file_holds_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "VISIT_BYTES", MEGA)
    saved = await downloader(Host(MP4)).download(URL, folder=tmp_path)
    assert await saved.compute_sha256() == sha256(MP4)
    saved.path.write_bytes(PNG)
    assert await saved.compute_sha256() == sha256(PNG)
    saved.path.unlink()
    with pytest.raises(FileNotFoundError):
        await saved.compute_sha256()


@pytest.mark.anyio
async def test_content_that_differs_late_is_other_content(tmp_path: Path) -> None:
    for content in (MP4, MP4[:-1] + b"!", MP4):
        saved = await downloader(Host(content, etag='"opaque"')).download(URL, folder=tmp_path)
        assert saved.path.read_bytes() == content
    assert saved.reused
    assert names(tmp_path) == ["video.mp4", "video_2.mp4"]


# Several files of one result.


@pytest.mark.anyio
async def test_several_files_are_numbered_in_their_order(tmp_path: Path) -> None:
    urls = [f"https://cdn.example/{number}/image" for number in range(12)]
    d = downloader(Host(PNG))
    saved = await d.download_all(urls, tmp_path / "many", stem="67d2/a")
    assert [file.path.name for file in saved] == [f"67d2_a-{number}.png" for number in range(1, 13)]
    (single,) = await d.download_all(urls[:1], tmp_path, stem="67d2")
    assert single.path == tmp_path / "67d2.png"
    (single,) = await d.download_all(urls[0], tmp_path)
    assert single.path == tmp_path / "image.png"
    long = await d.download_all(urls[:2], tmp_path, stem="x" * 300)
    assert [file.path.name[-6:] for file in long] == ["-1.png", "-2.png"]


@pytest.mark.anyio
async def test_the_first_failure_cancels_the_others(tmp_path: Path) -> None:
    host = Host(PNG, [Answer(404, {})])
    with pytest.raises(DownloadError, match="404"):
        await downloader(host).download_all([URL] * 20, tmp_path, concurrency=2)
    assert len(host.requests) <= 2
    assert {name for name in names(tmp_path) if ".part" not in name} <= {"video.png"}


# Progress and cancellation.


@pytest.mark.anyio
async def test_progress_counts_bytes_and_may_be_async(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    async def progress(done: int, total: int | None) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append((done, total))

    await downloader(Host(MP4)).download(URL, folder=tmp_path, progress=progress)
    assert seen[-1] == (len(MP4), len(MP4))
    assert seen == sorted(seen)
    assert len(seen) == 3
    seen.clear()
    host = Host(PNG, tells_length=False)
    await downloader(host).download(URL, folder=tmp_path, progress=lambda *both: seen.append(both))
    assert seen == [(len(PNG), None)]


@pytest.mark.anyio
async def test_cancelled_at_any_piece_nothing_is_half_written_and_the_next_call_resumes(
    tmp_path: Path,
) -> None:
    for moment in range(0, len(MP4) + 1, 64 << 10):
        folder = tmp_path / str(moment)
        scope = anyio.CancelScope()

        async def on_piece(host: Host, scope: anyio.CancelScope = scope, moment: int = moment) -> None:
            if host.sent > moment:
                scope.cancel()

        with scope:
            await downloader(Host(MP4, on_piece=on_piece)).download(URL, folder=folder)
        assert not list(folder.glob("*.mp4")) or moment > len(MP4) - (64 << 10)
        host = Host(MP4)
        saved = await downloader(host).download(URL, folder=folder)
        assert saved.path.read_bytes() == MP4
        assert host.sent <= len(MP4) - moment
        assert names(folder) == ["video.mp4"]


@pytest.mark.anyio
async def test_a_part_that_cannot_be_resumed_is_not_left(tmp_path: Path) -> None:
    with anyio.CancelScope() as scope:

        async def on_piece(host: Host) -> None:
            if host.sent > MEGA:
                scope.cancel()

        await downloader(Host(MP4, etag="", on_piece=on_piece)).download(URL, folder=tmp_path)
    assert scope.cancelled_caught
    assert names(tmp_path) == []


def test_asyncio_cancellation_while_a_thread_is_at_work(tmp_path: Path) -> None:
    """asyncio's own cancel does not wait for threads, as anyio's scopes do."""

    async def main() -> None:
        for step in range(60):
            folder = tmp_path / str(step)
            task = asyncio.create_task(downloader(Host(MP4)).download(URL, folder=folder))
            for _ in range(step * 7):
                await asyncio.sleep(0)
            task.cancel()
            if step % 2:
                await asyncio.sleep(0)
                task.cancel()
            await asyncio.wait([task])
            finals = list(folder.glob("*.mp4"))
            assert all(path.read_bytes() == MP4 for path in finals)
            saved = await downloader(Host(MP4)).download(URL, folder=folder)
            assert saved.path.read_bytes() == MP4
            assert names(folder) == ["video.mp4"]

    asyncio.run(main())


@pytest.mark.anyio
async def test_a_failing_progress_callback_ends_the_download_and_keeps_the_part(tmp_path: Path) -> None:
    def progress(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await downloader(Host(MP4)).download(URL, folder=tmp_path, progress=progress)
    (part,) = parts(tmp_path)
    assert part.stat().st_size >= MEGA


# Properties.


cuts = st.lists(st.integers(0, 300_000), max_size=6)


@given(cuts=cuts, calls=cuts, ranges=st.booleans(), etag=st.sampled_from([None, "", '"opaque"', 'W/"weak"']))
@settings(max_examples=40, deadline=None)
def test_whatever_breaks_the_file_is_whole_in_the_end(
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    calls: list[int],
    ranges: bool,
    etag: str | None,
) -> None:
    content = MP4[:250_000]
    folder = tmp_path_factory.mktemp("cuts")

    async def main() -> None:
        for cut in calls:
            host = Host(content, [Cut(cut)], etag=etag, ranges=ranges)
            try:
                await downloader(host, attempts=1).download(URL, folder=folder)
            except DownloadError:
                assert not list(folder.glob("*.mp4"))
        host = Host(content, [Cut(cut) for cut in cuts], etag=etag, ranges=ranges)
        saved = await downloader(host, attempts=10).download(URL, folder=folder)
        assert saved.path.read_bytes() == content
        assert await saved.compute_sha256() == sha256(content)
        assert names(folder) == ["video.mp4"]

    anyio.run(main)


# The part itself.


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
