"""Replies that never end, that are packed or sized otherwise than they say, and servers that set cookies."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Awaitable, Callable

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

from a2e_async._transport.connections import Connections
from a2e_async.errors import ConnectionFailed, RequestTimeout, UnexpectedReply
from a2e_async.failures import Failure, classify
from a2e_async.settings import Token
from tests.unit.sample import TOKEN
from tests.unit.transport.test_connections import listening

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


async def send(url: str, timeout: float = 5.0, http: Connections | None = None) -> bytes:
    http = http or Connections(transport=None, max_connections=8, timeout=timeout)
    reply = await http.send("POST", url, headers={}, token=Token(TOKEN))
    return reply.content


def answering(start: bytes, then: bytes = b"", *, keeps_open: bool = False) -> Callable[..., Awaitable[None]]:
    """Answer each connection with some bytes, and then with others again and again."""

    async def serve(stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(start)
        while then:
            await stream.send(then)
            await anyio.sleep(0.01)
        if keeps_open:
            await anyio.sleep_forever()

    return serve


@pytest.mark.parametrize(
    ("start", "then"),
    [
        (OK + b"content-length: 100000\r\n\r\n{", b" "),
        (OK + b"x: ", b"a"),
        (OK, b"a: b\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10),
        (OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (OK + b"transfer-encoding: chunked\r\n\r\n1", b";a=b"),
        (OK + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
        (OK + b"\r\n", b" "),
    ],
    ids=["body", "header", "headers", "1xx", "chunks", "extensions", "trailers", "until close"],
)
async def test_a_reply_that_trickles_ends_with_the_timeout(start: bytes, then: bytes) -> None:
    async with listening(answering(start, then)) as url:
        with pytest.raises(RequestTimeout, match=r"no complete reply within 0\.1 s") as info:
            await send(url, timeout=0.1)
    assert classify(info.value) is Failure.UNKNOWN


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"2, 3", b"9" * 5000, "٣".encode()])
async def test_a_length_that_is_none_is_a_broken_exchange(length: bytes) -> None:
    async with listening(answering(OK + b"content-length: " + length + b"\r\n\r\n{}")) as url:
        with pytest.raises(ConnectionFailed) as info:
            await send(url)
    assert info.value.delivered


async def test_a_body_that_is_shorter_than_it_says_is_a_broken_exchange() -> None:
    async with listening(answering(OK + b"content-length: 10\r\n\r\n{}")) as url:
        with pytest.raises(ConnectionFailed) as info:
            await send(url)
    assert info.value.delivered


async def test_a_storm_of_interim_replies_is_a_broken_exchange() -> None:
    storm = b"HTTP/1.1 102 Processing\r\n\r\n" * 1001
    async with listening(answering(storm, keeps_open=True)) as url:
        with pytest.raises(ConnectionFailed, match="interim") as info:
            await send(url)
    assert info.value.delivered


async def test_some_interim_replies_do_no_harm() -> None:
    start = b"HTTP/1.1 102 Processing\r\n\r\n" * 60 + OK + b"content-length: 2\r\n\r\n{}"
    async with listening(answering(start, keeps_open=True)) as url:
        assert await send(url) == b"{}"


async def test_a_head_without_end_is_a_broken_exchange() -> None:
    async with listening(answering(OK + b"x: " + b"a" * 1_000_000, keeps_open=True)) as url:
        with pytest.raises(ConnectionFailed) as info:
            await send(url)
    assert info.value.delivered


JSON = b'{"code":0,"data":{"_id":"a"}}'


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(JSON, mtime=0)),
        ("x-gzip", gzip.compress(JSON, mtime=0)),
        ("", gzip.compress(JSON, mtime=0)),  # a proxy has removed the header
        ("gzip", JSON),  # a proxy has unpacked the body
        ("br", JSON),
        ("", JSON),
        ("gzip", b""),
    ],
)
async def test_the_bytes_say_whether_a_reply_is_packed(coding: str, body: bytes) -> None:
    head = OK + f"content-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    async with listening(answering(head + body, keeps_open=True)) as url:
        assert await send(url) == (JSON if body else b"")


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "br, gzip"])
async def test_a_reply_that_is_packed_in_another_way_is_refused(coding: str) -> None:
    body = zlib.compress(JSON) + b"\x00\x01"
    head = OK + f"content-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    async with listening(answering(head + body, keeps_open=True)) as url:
        with pytest.raises(UnexpectedReply, match=f"packed as '{coding}', which was not asked for") as info:
            await send(url)
    assert classify(info.value) is Failure.UNKNOWN


@pytest.mark.parametrize(
    ("start", "then"),
    [
        (b"{", b" " * 65536),
        (gzip.compress(JSON, mtime=0), b"\x00" * 65536),
        (gzip.compress(b"", mtime=0)[:10], (b"\x00\x00\x00\xff\xff") * 10_000),
        (gzip.compress(b"0" * 1_000_000, mtime=0), b"0"),
    ],
    ids=["plain", "behind gzip", "empty gzip", "gzip bomb"],
)
async def test_a_reply_is_bounded(start: bytes, then: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("a2e_async._transport.reply_body.REPLY_LIMIT", 200_000)
    async with listening(answering(OK + b"\r\n" + start, then)) as url:
        with pytest.raises(UnexpectedReply, match="more than 200000 bytes"):
            await send(url)


async def test_cookies_are_neither_kept_nor_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        cookies = [("set-cookie", f"c{len(seen)}={'x' * 1000}; path=/"), ("set-cookie", "é=ü")]
        headers = [(name.encode(), value.encode()) for name, value in cookies]
        return httpx.Response(200, headers=headers, content=b"{}")

    http = Connections(transport=httpx.MockTransport(answer), max_connections=8, timeout=5.0)
    async with http.open():
        for _ in range(3):
            await send("https://a2e.test/p", http=http)
        async with http.stream("GET", "https://a2e.test/p", headers={}) as response:
            await response.aread()
    assert [request.headers.get("cookie") for request in seen] == [None] * 4
