"""Error pages in place of a file, and texts that are files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2e_async._files.error_pages import describe_page
from a2e_async._files.media_types import sniff
from a2e_async.errors import DownloadError
from tests.unit.files.kit import (
    MP4,
    PNG,
    URL,
    Answer,
    Cut,
    Host,
    ManualClock,
    downloader,
    names,
)

HTML = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
XML = b"<?xml version='1.0'?>\n<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
JSON = json.dumps({"code": 404, "message": "file not found"}).encode()
MEDIA = ["video/mp4", "image/png", "application/octet-stream", "text/html", "application/json", None]
SVG = b"<!-- made by hand -->\n<!DOCTYPE svg>\n<svg xmlns='http://www.w3.org/2000/svg'/>"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nThe request failed.\n"


@pytest.mark.parametrize("header", MEDIA)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HTML, "HTML page instead of the file: '502 Bad Gateway'"),
        (b"\xef\xbb\xbf \n<HTML><script>x()</script>Link expired", "'Link expired'"),
        ("<html>登录已过期</html>".encode(), "登录已过期"),
        ("<html>err</html>".encode("utf-16"), "'err'"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html><svg/></html>", "HTML page"),
        (XML, "XML instead of the file: 'NoSuchKey: gone'"),
        (JSON, "JSON instead of the file: 'file not found'"),
        (b'{"error": {"message": "no", "code": 5}}', "'no'"),
        (b"error code: 1010", "text instead of the file: 'error code: 1010'"),
        (b"Access denied by https://a.example/b?sig=secret&x=1", "https://a.example/b?…"),
    ],
)
def test_pages_instead_of_media(body: bytes, header: str | None, words: str) -> None:
    assert words in (describe_page(body, header, ["cat.mp4"]) or "")


@pytest.mark.parametrize(
    ("body", "header", "names"),
    [
        (b'{"text": "hello", "segments": []}', "application/json", ["result"]),
        (b'{"rows": [1, 2]}', "application/json", ["named.json"]),
        (b"<html>as wanted</html>", "text/html", ["page.html", "cat.mp4"]),
        (b"<MPD/>", "application/dash+xml", ["cat.mpd"]),
        (SRT, "text/plain", ["cat.srt"]),
        (b"WEBVTT\n", "text/vtt", ["cat.vtt"]),
        (b"The words of the song failed", "text/plain", ["song.txt"]),
        (SVG, "text/xml", ["cat.svg"]),
        (b"unknown", "image/jpeg", ["a"]),
        (bytes(range(256)), "text/html", ["cat.mp4"]),
        (b"", None, ["cat.mp4"]),
        (PNG, "text/html", ["cat.mp4"]),
    ],
)
def test_what_may_be_a_file(body: bytes, header: str, names: list[str]) -> None:
    assert describe_page(body, header, names) is None


def test_a_picture_is_what_its_root_says() -> None:
    kind = sniff(SVG)
    assert kind is not None
    assert kind.extension == ".svg"
    assert sniff(b"<?xml version='1.0'?><html><svg/></html>") is None


@pytest.mark.anyio
@pytest.mark.parametrize("status", [200, 202, 203, 403, 404, 500, 503])
@pytest.mark.parametrize("body", [HTML, XML, JSON], ids=["html", "xml", "json"])
async def test_a_page_is_asked_for_again_and_shown(tmp_path: Path, status: int, body: bytes) -> None:
    page = Answer(status, {"content-type": "video/mp4"}, body)
    content = MP4[:10_000]
    saved = await downloader(Host(content, [page, page, None])).download(f"{URL}.mp4", folder=tmp_path)
    assert saved.path.read_bytes() == content

    with pytest.raises(DownloadError, match=r"502 Bad Gateway|NoSuchKey|file not found") as caught:
        await downloader(Host(content, [page] * 3)).download(f"{URL}.mp4", folder=tmp_path / "none")
    assert caught.value.status == status
    assert names(tmp_path / "none") == []


@pytest.mark.anyio
async def test_a_page_does_not_cost_what_had_arrived(tmp_path: Path) -> None:
    page = Answer(200, {"content-type": "text/html"}, HTML)
    host = Host(MP4, [Cut(2_000_000), page, None])
    saved = await downloader(host).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert host.requests[-1]["range"] == "bytes=2000000-"


@pytest.mark.anyio
async def test_a_page_that_says_expired_is_final(tmp_path: Path) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    host = Host(PNG, [Answer(403, {}, body)])
    with pytest.raises(DownloadError, match="Request has expired"):
        await downloader(host, clock=(clock := ManualClock())).download(URL, folder=tmp_path)
    assert clock.sleeps == []


@pytest.mark.anyio
async def test_a_text_that_was_promised_is_saved(tmp_path: Path) -> None:
    d = downloader(Host(SRT, content_type="text/plain"))
    assert (await d.download("https://cdn.example/a.srt", folder=tmp_path)).path.read_bytes() == SRT
    d = downloader(Host(HTML, content_type="text/html"))
    assert (await d.download(URL, tmp_path / "page.html")).path.read_bytes() == HTML
