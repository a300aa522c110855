"""Files without a folder: chunk by chunk, continued after a break, never another file or an error page."""

from __future__ import annotations

import gc

import pytest

from a2e_async._files.http import Http
from a2e_async._files.reading import FileStream
from a2e_async.errors import ConfigurationError, ConnectionFailed, DownloadError, InvalidArgument
from tests.unit.files.kit import MP4, PNG, URL, Answer, Cut, Host, downloader

pytestmark = pytest.mark.anyio


async def content_of(stream: FileStream) -> bytes:
    return b"".join([chunk async for chunk in stream])


async def test_a_file_comes_chunk_by_chunk() -> None:
    host = Host(MP4, content_type="video/mp4")
    stream = downloader(host).stream(URL)
    assert repr(stream) == "FileStream(video)"
    assert (stream.size, stream.content_type, stream.headers) == (None, None, {})
    assert host.requests == []

    async with stream as file:
        assert (file.name, file.size, file.content_type) == ("video.mp4", len(MP4), "video/mp4")
        assert file.headers == {"content-type": "video/mp4", "content-length": str(len(MP4))}
        assert repr(file) == f"FileStream(video.mp4, {len(MP4)} bytes)"
        assert host.sent < len(MP4)
        chunks = [chunk async for chunk in file]

    assert b"".join(chunks) == MP4
    assert len(chunks) > 10
    assert all(chunks)
    with pytest.raises(ConfigurationError, match="take another"):
        await content_of(stream)
    assert len(host.requests) == 1


async def test_a_stream_that_has_failed_is_not_empty_the_next_time() -> None:
    stream = downloader(Host(PNG, [Answer(404)])).stream(URL)
    with pytest.raises(DownloadError, match="expire"):
        await content_of(stream)
    with pytest.raises(ConfigurationError, match="broken off"):
        await content_of(stream)


async def test_a_loop_that_was_left_is_continued_by_the_next() -> None:
    stream = downloader(Host(MP4)).stream(URL)
    first = await anext(stream)
    assert first + await content_of(stream) == MP4


async def test_the_first_chunk_opens_it() -> None:
    stream = downloader(Host(PNG)).stream(URL)
    assert await content_of(stream) == PNG
    assert stream.content_type == "image/png"


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("etag", [None, ""])
async def test_it_goes_on_where_it_broke_off(ranges: bool, etag: str | None) -> None:
    """With a version it asks for the rest; without one it reads again, and compares."""
    host = Host(MP4, [Cut(1_000_000), Cut(1_500_000), ConnectionFailed("gone")], etag=etag, ranges=ranges)
    assert await content_of(downloader(host).stream(URL)) == MP4
    assert len(host.requests) == 4
    assert ("range" in host.requests[1]) == (etag is None)


async def test_a_break_at_the_start_is_no_harm() -> None:
    host = Host(PNG, [Cut(0), Cut(20), Answer(503), Cut(len(PNG))])
    assert await content_of(downloader(host, attempts=9).stream(URL)) == PNG


@pytest.mark.parametrize("other", [MP4[:-1] + b"!", MP4[:1000], b"\x89PNG\r\n\x1a\n" + MP4, MP4 + b"more"])
@pytest.mark.parametrize("etag", [None, ""])
async def test_another_file_is_never_appended(other: bytes, etag: str | None) -> None:
    changed = Host(other, etag=etag)
    host = Host(MP4, [Cut(len(MP4)), Answer(200, changed.answer({}).headers, other)], etag=etag)
    stream = downloader(host).stream(URL)
    with pytest.raises(DownloadError, match="changed while it was read"):
        await content_of(stream)
    assert not etag


async def test_a_change_behind_what_was_read_is_seen_by_the_size() -> None:
    longer = MP4 + b"more"
    host = Host(MP4, [Cut(100_000), Answer(200, {"content-length": str(len(longer))}, longer)])
    with pytest.raises(DownloadError, match="changed"):
        await content_of(downloader(host).stream(URL))


async def test_error_pages_are_no_files() -> None:
    page = Answer(200, {"content-type": "text/html"}, b"<html><title>502 Bad Gateway</title></html>")
    host = Host(PNG, [page, page, page])
    with pytest.raises(DownloadError, match="an HTML page instead of the file: '502 Bad Gateway'"):
        await downloader(host).stream(URL).open()
    with pytest.raises(DownloadError, match="expire"):
        await content_of(downloader(Host(PNG, [Answer(404)])).stream(URL))
    with pytest.raises(DownloadError, match="the file is empty"):
        await content_of(downloader(Host(b"")).stream(URL))


@pytest.mark.parametrize("sends_length", [True, False])
async def test_a_file_that_is_too_large_is_refused(sends_length: bool) -> None:
    host = Host(MP4, sends_length=sends_length)
    with pytest.raises(DownloadError, match="at most 1 MiB are allowed"):
        await content_of(downloader(host).stream(URL, max_bytes=1 << 20))
    assert host.sent < 2 << 20


async def test_hosts_that_downloads_refuse_are_refused() -> None:
    inner = downloader(Host(PNG), private_hosts=False)
    with pytest.raises(InvalidArgument, match="private"):
        inner.stream("https://10.0.0.1/a.png")
    redirect = Host(PNG, [Answer(302, {"location": "https://169.254.169.254/latest"})])
    with pytest.raises(DownloadError, match="redirected"):
        await downloader(redirect, private_hosts=False).stream(URL).open()


async def test_a_stream_that_is_left_early_is_closed() -> None:
    host = Host(MP4)
    async with downloader(host).stream(URL) as file:
        async for _ in file:
            break
    assert host.sent < len(MP4)
    with pytest.raises(ConfigurationError, match="closed"):
        await content_of(file)

    unused = downloader(host).stream(URL)
    await unused.aclose()
    del unused
    gc.collect()


def test_the_kit_speaks_the_protocol() -> None:
    host: Http = Host(PNG)
    assert host
