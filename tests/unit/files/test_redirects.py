"""What CDNs do: redirects, compression, addresses that need quoting."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from a2e_async.errors import DownloadError, InvalidArgument
from tests.unit.files.kit import MEGA, MP4, PNG, URL, Answer, Cut, Host, downloader, names

pytestmark = pytest.mark.anyio

THERE = "https://cdn-2.example/files/video.mp4"


class Web(Host):
    """A host behind redirects."""

    def __init__(self, content: bytes, redirects: Mapping[str, Answer], **options: Any) -> None:
        super().__init__(content, **options)
        self.redirects = redirects
        self.urls: list[str] = []

    @asynccontextmanager
    async def stream(self, method: str, url: str, **options: Any) -> AsyncIterator[Answer]:
        self.urls.append(url)
        if url in self.redirects:
            yield self.redirects[url]
            return
        async with super().stream(method, url, **options) as answer:
            yield answer


class Signing(Web):
    """Sends everybody to another address each time."""

    signed = 0

    @asynccontextmanager
    async def stream(self, method: str, url: str, **options: Any) -> AsyncIterator[Answer]:
        if url.startswith("https://cdn.example/"):
            self.signed += 1
            yield to(f"{THERE}?signature={self.signed}")
            return
        async with super().stream(method, url, **options) as answer:
            yield answer


def to(location: str, status: int = 302) -> Answer:
    return Answer(status, {"location": location}, b"<html>moved</html>")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        (THERE, THERE),
        ("/files/a b.mp4", "https://cdn.example/files/a%20b.mp4"),
        ("video.mp4?x=1#t", "https://cdn.example/results/video.mp4?x=1"),
        ("//cdn-2.example/files/video.mp4", THERE),
        ("http://cdn-2.example/files/video.mp4", THERE),
    ],
)
async def test_a_redirect_is_followed(tmp_path: Path, status: int, location: str, target: str) -> None:
    content = MP4[:10_000]
    web = Web(content, {URL: to(location, status)})
    saved = await downloader(web).download(URL, folder=tmp_path)
    assert (saved.path.name, saved.path.read_bytes()) == ("video.mp4", content)
    assert web.urls == [URL, target]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://10.0.0.7/1.png", "private network"),
        ("https://127.0.0.1/1.png", "private network"),
        ("https://[::ffff:127.0.0.1]/1.png", "private network"),
        ("https://2130706433/1.png", "private network"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
        ("https://localhost./1.png", "private network"),
        ("file:///etc/passwd", "http"),
        ("https://user:pw@cdn.example/1.png", "password"),
        ("https://[broken", "URL"),
        ("https://a.example/\r\nx: y", "control"),
        ("", "without a Location"),
        (URL, "more than 10 redirects"),
    ],
)
async def test_a_redirect_to_where_nothing_is_sent(tmp_path: Path, location: str, words: str) -> None:
    web = Web(MP4, {URL: to(location)})
    with pytest.raises(DownloadError, match=words) as caught:
        await downloader(web, private_hosts=False).download(URL, folder=tmp_path)
    assert caught.value.status == 302
    assert set(web.urls) == {URL}
    assert len(web.urls) <= 11
    assert names(tmp_path) == []


async def test_private_hosts_are_refused_unless_the_api_is_there(tmp_path: Path) -> None:
    local = "http://127.0.0.1:9000/a.mp4"
    web = Web(MP4, {URL: to(local)})
    with pytest.raises(InvalidArgument, match="private network"):
        await downloader(web, private_hosts=False).download(local, folder=tmp_path)
    assert web.urls == []
    await downloader(web, private_hosts=True).download(URL, folder=tmp_path)
    assert web.urls == [URL, local]


async def test_a_download_resumes_behind_redirects_that_sign_anew(tmp_path: Path) -> None:
    web = Signing(MP4, {}, script=[Cut(1_500_000), Cut(700_000), None])
    with pytest.raises(DownloadError):
        await downloader(web, attempts=1).download(f"{URL}&n=1", folder=tmp_path)
    saved = await downloader(web).download(f"{URL}&n=2", folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert [request.get("range") for request in web.requests] == [None, "bytes=1500000-", "bytes=2200000-"]
    assert web.urls == [f"{THERE}?signature={number}" for number in range(1, web.signed + 1)]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://cdn.example/my cat.png", "https://cdn.example/my%20cat.png"),
        ("http://cdn.example/cat.png", "https://cdn.example/cat.png"),
        ("https://cdn.example/猫.png", "https://cdn.example/%E7%8C%AB.png"),
    ],
)
async def test_addresses_are_written_as_they_can_be_sent(tmp_path: Path, url: str, sent: str) -> None:
    web = Web(PNG, {})
    saved = await downloader(web).download(url, folder=tmp_path)
    assert web.urls == [sent]
    assert saved.path.name in ("my cat.png", "cat.png", "猫.png")


# Compression


def deflate(content: bytes, wbits: int = 15) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(MP4)),
        ("x-gzip", gzip.compress(MP4)),
        ("GZIP, identity", gzip.compress(MP4)),
        ("gzip", gzip.compress(MP4[:1000]) + gzip.compress(MP4[1000:]) + bytes(8)),
        ("deflate", deflate(MP4)),
        ("deflate", deflate(MP4, -15)),
        ("gzip", MP4),
        ("br", MP4),
        ("aws-chunked", MP4),
    ],
    ids=range(9),
)
async def test_a_compressed_body_is_unpacked(tmp_path: Path, encoding: str, body: bytes) -> None:
    headers = {"content-encoding": encoding, "content-length": str(len(body)), "etag": '"x"'}
    saved = await downloader(Host(b"", [Answer(200, headers, body)])).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4
    assert saved.content_type == "video/mp4"
    assert names(tmp_path) == ["video.mp4"]


async def test_a_small_picture_is_unpacked_too(tmp_path: Path) -> None:
    host = Host(b"", [Answer(200, {"content-encoding": "gzip"}, gzip.compress(PNG))])
    assert (await downloader(host).download(URL, folder=tmp_path)).path.read_bytes() == PNG


@pytest.mark.parametrize(
    "body", [gzip.compress(MP4)[:-9], gzip.compress(MP4)[:5000] + bytes(3000)], ids=["cut", "broken"]
)
async def test_a_broken_compression_is_asked_for_again(tmp_path: Path, body: bytes) -> None:
    answer = Answer(200, {"content-encoding": "gzip", "etag": '"x"'}, body)
    with pytest.raises(DownloadError, match="gzip"):
        await downloader(Host(MP4, [answer] * 3)).download(URL, folder=tmp_path)
    assert names(tmp_path) == []
    saved = await downloader(Host(MP4, [answer])).download(URL, folder=tmp_path)
    assert saved.path.read_bytes() == MP4


async def test_a_compressed_body_may_not_grow_without_end(tmp_path: Path) -> None:
    bomb = Answer(200, {"content-encoding": "gzip"}, gzip.compress(bytes(8 * MEGA)))
    with pytest.raises(DownloadError, match="at most 1 MiB"):
        await downloader(Host(b"", [bomb]), max_bytes=MEGA).download(URL, folder=tmp_path)
    assert names(tmp_path) == []


async def test_a_page_may_be_compressed(tmp_path: Path) -> None:
    page = Answer(403, {"content-encoding": "gzip"}, gzip.compress(b"<html>blocked by the wall</html>"))
    with pytest.raises(DownloadError, match=r"'blocked by the wall'.*User-Agent"):
        await downloader(Host(PNG, [page] * 3)).download(URL, folder=tmp_path)


async def test_a_part_that_holds_the_whole_is_the_file(tmp_path: Path) -> None:
    whole = Answer(206, {"content-range": f"bytes 0-{len(PNG) - 1}/{len(PNG)}"}, PNG)
    assert (await downloader(Host(b"", [whole])).download(URL, folder=tmp_path)).path.read_bytes() == PNG
    some = Answer(206, {"content-range": f"bytes 0-9/{len(PNG)}"}, PNG[:10])
    saved = await downloader(Host(MP4, [some])).download(URL, folder=tmp_path / "some")
    assert saved.path.read_bytes() == MP4
