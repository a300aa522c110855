"""Connections of one event loop: what a broken exchange means, and what is left over."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import h11
import httpx
import pytest
import trio
from anyio.abc import SocketStream

from a2e_async._transport.connections import Connections
from a2e_async.errors import ConnectionFailed, RequestTimeout, TransportError, UnexpectedReply
from a2e_async.failures import Failure, classify
from a2e_async.settings import Token
from tests.unit.sample import TOKEN

pytestmark = pytest.mark.anyio

Serve = Callable[[SocketStream], Awaitable[None]]


def http_over(transport: httpx.AsyncBaseTransport | None, **options: Any) -> Connections:
    return Connections(transport=transport, max_connections=options.pop("max_connections", 8), timeout=5.0)


async def send(http: Connections, url: str = "https://a2e.test/p", **options: Any) -> Any:
    return await http.send("POST", url, headers={}, token=Token(TOKEN), **options)


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server on a loopback port that does with each connection what it is told."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)

    async def handle(stream: SocketStream) -> None:
        async with stream:
            await serve(stream)

    async with anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"http://127.0.0.1:{port}"
        group.cancel_scope.cancel()
    await listener.aclose()


def every(kind: type[Exception]) -> Iterator[type[Exception]]:
    """The class and all below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from every(child)


NO_ANSWER = {"ConnectTimeout", "PoolTimeout"}
UNDELIVERED = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "InvalidURL",
}
CERTIFICATE = ssl.SSLCertVerificationError(1, "certificate verify failed")
RAISED = [
    *sorted(
        {kind for kind in every(httpx.RequestError) if kind.__module__.startswith("httpx")},
        key=lambda kind: kind.__name__,
    ),
    httpx.InvalidURL,
]


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
async def test_every_error_of_the_library_is_one_of_ours(kind: type[Exception]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind("boom")

    with pytest.raises(TransportError) as info:
        await send(http_over(httpx.MockTransport(fail)))
    error = info.value
    assert "(no answer)" in str(error) if kind.__name__ in NO_ANSWER else kind.__name__ in str(error)
    assert str(error).startswith("POST /p: ")
    if kind.__name__ in UNDELIVERED:
        assert classify(error) is Failure.UNDELIVERED
    else:
        assert classify(error) is Failure.UNKNOWN
        assert isinstance(error, RequestTimeout) == issubclass(kind, httpx.TimeoutException)


FOREIGN = [
    OSError(5, "Input/output error"),
    FileNotFoundError(2, "No such file or directory"),
    BrokenPipeError(32, "Broken pipe"),
    TimeoutError("slow"),
    ssl.SSLError(1, "bad record mac"),
    ssl.SSLZeroReturnError(6, "closed"),
    EOFError("end"),
    ValueError("read of closed file"),
    UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range(128)"),
    anyio.ClosedResourceError(),
    anyio.EndOfStream(),
    anyio.BusyResourceError("reading"),
    trio.BrokenResourceError("reset"),
    h11.LocalProtocolError("too late"),
    httpx.StreamClosed(),
    httpx.CookieConflict("two"),
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("in_body", [False, True])
async def test_no_error_of_what_is_below_comes_through(foreign: Exception, in_body: bool) -> None:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            raise foreign

    def fail(request: httpx.Request) -> httpx.Response:
        if in_body:
            return httpx.Response(200, stream=Body())
        raise foreign

    with pytest.raises(ConnectionFailed) as info:
        await send(http_over(httpx.MockTransport(fail)))
    assert classify(info.value) is Failure.UNKNOWN  # it may have been sent
    assert type(foreign).__name__ in str(info.value)


@pytest.mark.parametrize(
    "foreign",
    [ConnectionRefusedError(111, "refused"), socket.gaierror(socket.EAI_NONAME, "unknown"), CERTIFICATE],
    ids=lambda error: type(error).__name__,
)
async def test_a_connection_that_was_never_made_is_known_as_such(foreign: OSError) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise foreign

    with pytest.raises(ConnectionFailed) as info:
        await send(http_over(httpx.MockTransport(fail)))
    assert classify(info.value) is Failure.UNDELIVERED
    assert info.value.permanent is not isinstance(foreign, ConnectionRefusedError)


async def test_the_mistake_of_a_test_is_not_hidden() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise AssertionError("not this request")

    with pytest.raises(AssertionError, match="not this request"):
        await send(http_over(httpx.MockTransport(fail)))


@pytest.mark.parametrize(
    "url", ["https://[bad/x", "https://a2e.test:x/", "nonsense", "gopher://a2e.test/", "https:///x"]
)
async def test_an_address_that_is_none_was_never_delivered(url: str) -> None:
    async def read() -> None:
        async with http_over(None).stream("GET", url, headers={}) as response:
            await response.aread()

    with pytest.raises(ConnectionFailed) as info:
        await read()
    assert not info.value.delivered


async def test_a_refused_connection_was_never_delivered() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    await listener.aclose()
    with pytest.raises(ConnectionFailed) as info:
        await send(http_over(None), f"http://127.0.0.1:{port}/p")
    assert not info.value.delivered


async def hang_up(stream: SocketStream) -> None:
    await stream.receive()


async def reset(stream: SocketStream) -> None:
    import socket
    import struct

    raw = stream.extra(anyio.abc.SocketAttribute.raw_socket)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def cut_short(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")


async def babble(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(b"what?\r\n\r\n")


async def never_answer(stream: SocketStream) -> None:
    await anyio.sleep_forever()


def answering(content: bytes, *headers: bytes) -> Serve:
    async def answer(stream: SocketStream) -> None:
        await stream.receive()
        head = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(content), *headers, b"", b""]
        with contextlib.suppress(anyio.BrokenResourceError):
            await stream.send(b"\r\n".join(head) + content)

    return answer


@pytest.mark.parametrize("serve", [hang_up, reset, cut_short, babble])
@pytest.mark.parametrize("size", [10, 8_000_000], ids=["small", "large"])
async def test_a_connection_that_breaks_after_the_request_may_have_delivered_it(
    serve: Serve, size: int
) -> None:
    async with listening(serve) as url:
        with pytest.raises(ConnectionFailed) as info:
            await send(http_over(None), f"{url}/p", content=b"x" * size)
    assert info.value.delivered


class Large(bytes):
    """A body that tracebacks show in a few characters."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


def all_that_is_told(error: BaseException) -> str:
    """Text, attributes and frames with their locals, of the error and of those that led to it."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    told = [*report.format()]
    link: BaseException | None = error
    while link is not None:
        told.append(repr(vars(link)))
        bare = traceback.TracebackException(type(link), link, link.__traceback__, capture_locals=True)
        told += bare.format(chain=False)
        request = vars(link).get("_request")
        told.append(repr(request and request.headers.raw))
        link = link.__cause__ or link.__context__
    return "".join(told)


@pytest.mark.parametrize("serve", [hang_up, reset, cut_short, babble, never_answer])
@pytest.mark.parametrize("size", [10, 8_000_000], ids=["small", "large"])
async def test_a_broken_exchange_does_not_show_the_token(serve: Serve, size: int) -> None:
    """The bytes of the header stand in locals of the library's frames, and in its request."""
    async with listening(serve) as url:
        with pytest.raises(TransportError) as info:
            await send(http_over(None), f"{url}/p", content=Large(size), timeout=0.2)
    assert TOKEN not in all_that_is_told(info.value)


async def test_debug_logs_do_not_show_the_token(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx", "httpcore", "httpcore.http11", "httpcore.connection", "a2e_async"):
        caplog.set_level(logging.DEBUG, name)
    async with listening(answering(b"{}")) as url:
        reply = await send(http_over(None), f"{url}/p", content=b"{}")
    async with listening(hang_up) as url:
        with pytest.raises(ConnectionFailed):
            await send(http_over(None), f"{url}/p", content=b"{}")
    assert reply.content == b"{}"
    assert {"httpcore", "httpcore2"} & {record.name.partition(".")[0] for record in caplog.records}
    assert TOKEN not in caplog.text
    assert not any(TOKEN in repr(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["https://elsewhere.test/x", "/login", "//[bad", "", "https://a2e.test:x/"]
)
async def test_a_redirect_is_never_followed(status: int, location: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": location})

    with pytest.raises((UnexpectedReply, ConnectionFailed)) as info:
        await send(http_over(httpx.MockTransport(answer)))
    assert asked == ["https://a2e.test/p"]
    assert "redirect" in str(info.value) or "Invalid URL" in str(info.value)


async def test_the_token_goes_with_api_requests_only() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(200, content=b"{}")

    http = http_over(httpx.MockTransport(answer))
    await send(http)
    async with http.stream("PUT", "https://storage.test/x", headers={}, content=None) as response:
        await response.aread()
    assert seen == [f"Bearer {TOKEN}", None]


async def test_a_reply_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("a2e_async._transport.reply_body.REPLY_LIMIT", 100_000)
    bomb = gzip.compress(b"0" * 5_000_000)
    async with listening(answering(bomb, b"content-encoding: gzip")) as url:
        with pytest.raises(UnexpectedReply, match="more than 100000 bytes"):
            await send(http_over(None), url)


async def test_a_packed_reply_is_unpacked() -> None:
    content = b'{"code":0}' * 1000
    async with listening(answering(gzip.compress(content), b"content-encoding: gzip")) as url:
        reply = await send(http_over(None), url)
    assert reply.content == content


@pytest.mark.parametrize("content", [gzip.compress(b"x" * 1000, mtime=0)[:-9], b"\x1f\x8bno gzip"])
async def test_content_that_does_not_unpack_is_a_broken_exchange(content: bytes) -> None:
    async with listening(answering(content, b"content-encoding: gzip")) as url:
        with pytest.raises(ConnectionFailed, match="gzip") as info:
            await send(http_over(None), url)
    assert info.value.delivered


async def test_no_more_requests_at_once_than_allowed() -> None:
    at_once = most = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        at_once -= 1
        return httpx.Response(200, content=b"{}")

    http = http_over(httpx.MockTransport(answer), max_connections=5)
    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(send, http)
    assert most == 5


async def test_connections_are_kept_inside_the_block_and_gone_after_it() -> None:
    connections = 0

    async def answer(stream: SocketStream) -> None:
        nonlocal connections
        connections += 1
        async for _ in stream:
            await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with listening(answer) as url:
        http = http_over(None)
        async with http.open():
            for _ in range(3):
                await send(http, url)
            assert connections == 1
        assert http.closed
        for _ in range(2):
            await send(http, url)
        assert connections == 3
        assert http.closed


async def test_a_callers_transport_is_not_closed() -> None:
    class Transport(httpx.AsyncBaseTransport):
        closed = False

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=b"{}")

        async def aclose(self) -> None:
            self.closed = True

    transport = Transport()
    http = http_over(transport)
    async with http.open():
        await send(http)
    assert not transport.closed


async def test_a_cancelled_request_leaves_nothing_under_way() -> None:
    http = http_over(None)
    async with listening(never_answer) as url, http.open():
        with anyio.move_on_after(0.05) as scope:
            await send(http, url)
        assert scope.cancelled_caught
        assert http.in_progress == 0
    assert http.closed
    assert http._limiter.value == 8


async def test_a_stream_that_is_left_early_leaves_nothing_behind() -> None:
    async def pour(stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        with contextlib.suppress(anyio.BrokenResourceError):
            for _ in range(1000):
                await stream.send(b"x" * 1000)

    http = http_over(None)
    async with (
        listening(pour) as url,
        http.stream("GET", f"{url}/f", headers={}) as response,
        contextlib.aclosing(response.aiter_bytes()) as chunks,
    ):
        assert await anext(chunks)
    assert http.closed
