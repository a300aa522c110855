"""Large bodies over real sockets: whole, cut short, left early; plain and under TLS."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import anyio
import httpx
import pytest
from anyio.abc import AnyByteStream
from anyio.streams.tls import TLSListener

from a2e_async._transport import routed_transport
from a2e_async._transport.connections import Connections
from a2e_async.errors import ConnectionFailed, RequestTimeout
from tests.unit.transport.local_tls import tls_contexts

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * (10 << 10)  # 2.5 MiB
LENGTH = b"content-length: %d\r\n" % len(BODY)


@pytest.fixture(params=["plain", "TLS"])
def tls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext | None:
    """For a server that the client trusts; None: it is to do without."""
    if request.param == "plain":
        return None
    context, trusting = tls_contexts()
    monkeypatch.setattr(routed_transport, "tls_context", lambda: trusting)
    return context


@asynccontextmanager
async def serving(
    tls: ssl.SSLContext | None = None,
    *,
    headers: bytes = LENGTH,
    body: bytes = BODY,
    hold: bool = False,
    proxy: bool = False,
) -> AsyncIterator[str]:
    """Sends a body to whoever asks, and then closes, or holds the connection open.

    Yields:
        The address of the server, which may be a proxy for any host.
    """

    async def handle(stream: AnyByteStream) -> None:
        async with stream:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += await stream.receive()
            assert request.startswith(b"GET http://" if proxy else b"GET /")
            with suppress(anyio.BrokenResourceError), anyio.move_on_after(20):
                # The first bytes of the body come with the head: the parser gets them.
                await stream.send(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + body)
                if hold:
                    await anyio.sleep_forever()

    sockets = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = sockets.extra(anyio.abc.SocketAttribute.local_port)
    listener = TLSListener(sockets, tls, standard_compatible=False) if tls else sockets
    async with anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        group.cancel_scope.cancel()
    await listener.aclose()


def http(timeout: float = 20.0) -> Connections:
    return Connections(transport=None, max_connections=8, timeout=timeout)


async def body_of(http: Connections, url: str) -> bytes:
    """The whole body, piece by piece."""
    body = b""
    async with http.stream("GET", url, headers={}) as response, aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            body += piece
    return body


async def test_a_large_body_comes_whole(tls: ssl.SSLContext | None) -> None:
    async with serving(tls) as url, (own := http()).open():
        assert await body_of(own, url) == BODY
        assert await body_of(own, url) == BODY  # by another connection


async def test_proxies_of_the_environment_are_still_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(proxy=True) as url:
        monkeypatch.setenv("http_proxy", url)
        async with (own := http()).open():
            assert await body_of(own, "http://storage.example/file") == BODY


@pytest.mark.parametrize(
    ("headers", "body", "content"),
    [
        (b"", BODY, BODY),
        (b"transfer-encoding: chunked\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY), BODY),
    ],
    ids=["until it closes", "chunked"],
)
async def test_bodies_of_unknown_size_come_whole(headers: bytes, body: bytes, content: bytes) -> None:
    async with serving(headers=headers, body=body) as url, (own := http()).open():
        assert await body_of(own, url) == content


async def test_bytes_beyond_the_body_are_not_taken_for_it(tls: ssl.SSLContext | None) -> None:
    async with serving(tls, body=BODY + b"HTTP/1.1 200 OK\r\n\r\n") as url, (own := http()).open():
        assert await body_of(own, url) == BODY


async def test_a_body_that_is_cut_short_is_an_error(tls: ssl.SSLContext | None) -> None:
    async with serving(tls, body=BODY[:-1]) as url, (own := http()).open():
        with pytest.raises(ConnectionFailed, match="without sending complete message body"):
            await body_of(own, url)


async def test_a_body_that_stops_coming_is_a_timeout(tls: ssl.SSLContext | None) -> None:
    async with serving(tls, body=BODY[:-1], hold=True) as url, (own := http(0.2)).open():
        with pytest.raises(RequestTimeout):
            await body_of(own, url)


async def test_left_early_it_closes_the_connection(tls: ssl.SSLContext | None) -> None:
    async with serving(tls, hold=True) as url, (own := http()).open():
        async with own.stream("GET", url, headers={}) as response:
            pieces = response.aiter_bytes()
            await anext(pieces)
            await anext(pieces)
            await pieces.aclose()
        assert await body_of(own, url) == BODY


async def test_a_callers_transport_may_answer_from_memory() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=BODY))
    own = Connections(transport=transport, max_connections=8, timeout=20.0)
    async with own.open(), own.stream("GET", "http://127.0.0.1/a", headers={}) as response:
        assert await response.aread() == BODY
