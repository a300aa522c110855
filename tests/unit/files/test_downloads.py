"""Downloads: saved whole under a fitting name, refused with a reason, several at once."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from a2e_async._files import content_encodings, downloads
from a2e_async._files.destination import SavedFile
from a2e_async._files.hashing import compute_sha256
from a2e_async._spec.media import Upload
from a2e_async.errors import DownloadError, InvalidArgument, RequestTimeout
from tests.unit.files.kit import (
    MEGA,
    MP4,
    PNG,
    URL,
    Answer,
    Host,
    ManualClock,
    downloader,
    names,
    parts,
    sha256,
)


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
async def test_a_url_may_be_an_object(tmp_path: Path) -> None:
    upload = Upload("https://cdn.example/results/video?a=b", "0" * 64, 1, "image/png")
    urls: list[Any] = [httpx.URL(upload.url), urlsplit(upload.url), upload]
    for url in urls:
        saved = await downloader(Host(PNG)).download(url, folder=tmp_path)
        assert saved.path.name == "video.png"


@pytest.mark.anyio
async def test_a_new_folder_with_the_name_of_a_file_is_made_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    d = downloader(Host(PNG))
    for name in ("kite.png", "kite.png", "kites", "v1.5"):
        await d.download(URL, folder=tmp_path / name)
    [said] = caplog.messages
    assert said.endswith("kite.png is made as a folder; to name the file, give the folder, and name='kite'")


@pytest.mark.anyio
async def test_bad_arguments_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    host = Host(PNG)
    d = downloader(host)
    (tmp_path / "folder").mkdir()
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("url", "https://public.example/a\r\nb", {"folder": tmp_path}),
        ("url", "file:///etc/passwd", {"folder": tmp_path}),
        ("url", "https://user:pw@host/x", {"folder": tmp_path}),
        ("url", None, {"folder": tmp_path}),
        ("url", 5, {"folder": tmp_path}),
        ("url", b"https://cdn.example/x", {"folder": tmp_path}),
        ("url", "https://cdn.example/\ud800", {"folder": tmp_path}),
        ("progress", URL, {"folder": tmp_path, "progress": "yes"}),
        ("folder", URL, {}),
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

    with pytest.raises(InvalidArgument, match="name: 5 is not a string"):
        await d.download_all([URL], tmp_path, stem=5)  # type: ignore[arg-type]

    assert not host.requests
    assert names(tmp_path) == ["folder"]


# Faults of the host.


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
    [(403, "expire"), (403, "User-Agent"), (404, "expire"), (410, "expire"), (400, "HTTP 400"), (300, "300")],
)
async def test_a_refusal_is_final_and_says_why(tmp_path: Path, status: int, words: str) -> None:
    host = Host(PNG, [Answer(status, {"location": "https://elsewhere.example"})])
    with pytest.raises(DownloadError, match=words) as caught:
        await downloader(host).download(URL, folder=tmp_path)
    assert caught.value.status == status
    assert len(host.requests) == 1
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_too_large_a_file_is_refused_by_its_length_and_by_its_bytes(tmp_path: Path) -> None:
    d = downloader(host := Host(MP4), max_bytes=MEGA)
    with pytest.raises(DownloadError, match=r"3\.418 MiB; at most 1 MiB"):
        await d.download(URL, folder=tmp_path)
    assert host.sent == 0
    host.sends_length = False
    with pytest.raises(DownloadError, match="more; at most 1 MiB"):
        await d.download(URL, folder=tmp_path)
    assert host.sent <= MEGA + (64 << 10)
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_a_file_of_unknown_length_is_downloaded(tmp_path: Path) -> None:
    saved = await downloader(Host(MP4, sends_length=False)).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


@pytest.mark.anyio
async def test_an_empty_file_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="empty"):
        await downloader(Host(b"")).download(URL, folder=tmp_path)
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_an_encoding_that_cannot_be_undone_is_refused(tmp_path: Path) -> None:
    host = Host(PNG, [Answer(200, {"content-encoding": "br"}, b"\x8b\x00" * 40)] * 3)
    with pytest.raises(DownloadError, match="sent as br"):
        await downloader(host).download(URL, folder=tmp_path)
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_a_file_that_does_not_fit_on_the_disk_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearly_full(descriptor: int) -> Any:
        return os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "fstatvfs", nearly_full)
    host = Host(MP4)
    with pytest.raises(DownloadError, match=r"video cannot be written: .* has 3\.418 MiB, .* 40 KiB free"):
        await downloader(host).download(URL, folder=tmp_path)
    assert host.sent <= 64 << 10
    assert names(tmp_path) == []
    assert (await downloader(Host(PNG)).download(URL, folder=tmp_path)).path.read_bytes() == PNG


@pytest.mark.anyio
async def test_what_unpacks_to_far_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_encodings, "_FREE_BYTES", MEGA)
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(bytes(20 * MEGA)) + packer.flush()
    host = Host(PNG, [Answer(200, {"content-encoding": "gzip"}, packed)])
    with pytest.raises(DownloadError, match="unpacks to more than 100 times its size"):
        await downloader(host).download(URL, folder=tmp_path)
    assert names(tmp_path) == []
    assert len(host.requests) == 1


# The hash.


@pytest.mark.anyio
async def test_the_hash_is_of_what_the_file_holds_now(tmp_path: Path) -> None:
    saved = await downloader(Host(MP4)).download(URL, folder=tmp_path)
    assert await saved.compute_sha256() == sha256(MP4)
    assert await compute_sha256(saved.path, visit_bytes=MEGA) == sha256(MP4), "in four visits"
    saved.path.write_bytes(PNG)
    assert await saved.compute_sha256() == sha256(PNG)
    saved.path.unlink()
    with pytest.raises(DownloadError, match=r"video\.mp4 cannot be read: No such file"):
        await saved.compute_sha256()


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


@pytest.mark.anyio
async def test_of_a_record_with_ten_thousand_urls_a_bounded_number_is_fetched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_MOST_FILES", 20)
    host = Host(PNG)
    urls = [f"https://cdn.example/{number}" for number in range(10_000)]
    saved = await downloader(host).download_all(urls, tmp_path, stem="many")
    assert len(saved) == len(host.requests) == len(names(tmp_path)) == 20
    (record,) = caplog.records
    assert record.getMessage().startswith("many: the result names 10000 files, and the first 20 are downl")


# Progress.


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
    host = Host(PNG, sends_length=False)
    await downloader(host).download(URL, folder=tmp_path, progress=lambda *both: seen.append(both))
    assert seen == [(len(PNG), None)]


@pytest.mark.anyio
async def test_a_failing_progress_callback_ends_the_download_and_keeps_the_part(tmp_path: Path) -> None:
    def progress(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await downloader(Host(MP4)).download(URL, folder=tmp_path, progress=progress)
    (part,) = parts(tmp_path)
    assert part.stat().st_size >= MEGA
