"""Large bodies past the parser: over real sockets it happens; where anything is unusual, nothing changes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from random import Random
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
import trustme
from anyio.abc import AnyByteStream
from anyio.streams.tls import TLSListener
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async import http as http_module
from a2e_async import network
from a2e_async.errors import ConnectionFailed, RequestTimeout
from a2e_async.http import Http
from a2e_async.network import LARGE_BYTES, READ_BYTES, Rest

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * (32 << 10)  # 8 MiB
LENGTH = b"content-length: %d\r\n" % len(BODY)


@pytest.fixture(params=["plain", "TLS"])
def tls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext | None:
    """For a server that the client trusts; None: it is to do without."""
    if request.param == "plain":
        return None
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(http_module, "_tls", lambda: trusting)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
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


def http(timeout: float = 20.0) -> Http:
    return Http(transport=None, max_connections=8, timeout=timeout)


async def body_of(http: Http, url: str) -> bytes:
    """The whole body, piece by piece."""
    body = b""
    async with http.stream("GET", url, headers={}) as response, aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            assert len(piece) <= READ_BYTES
            body += piece
    return body


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of what was read past the parser."""
    sizes: list[int] = []
    find = Rest.of

    def of(response: Any, received: int) -> Rest | None:
        rest = find(response, received)
        if rest is not None:
            sizes.append(rest._left)
        return rest

    monkeypatch.setattr(network.Rest, "of", of)
    return sizes


async def test_a_large_body_comes_past_the_parser_and_whole(
    direct: list[int], tls: ssl.SSLContext | None
) -> None:
    async with serving(tls) as url, (own := http()).open():
        assert await body_of(own, url) == BODY
        assert await body_of(own, url) == BODY  # by another connection
    assert len(direct) == 2
    assert all(len(BODY) - 128 * 1024 <= size < len(BODY) for size in direct)


async def test_proxies_of_the_environment_are_still_used(
    direct: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(proxy=True) as url:
        monkeypatch.setenv("http_proxy", url)
        async with (own := http()).open():
            assert await body_of(own, "http://storage.example/file") == BODY
    assert direct


@pytest.mark.parametrize(
    ("headers", "body", "content"),
    [
        (b"", BODY, BODY),
        (b"transfer-encoding: chunked\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY), BODY),
        (b"content-length: %d\r\n" % LARGE_BYTES, BODY[:LARGE_BYTES], BODY[:LARGE_BYTES]),
    ],
    ids=["until it closes", "chunked", "not large"],
)
async def test_other_bodies_come_the_usual_way(
    direct: list[int], headers: bytes, body: bytes, content: bytes
) -> None:
    async with serving(headers=headers, body=body) as url, (own := http()).open():
        assert await body_of(own, url) == content
    assert not direct


async def test_bytes_beyond_the_body_are_not_taken_for_it(
    direct: list[int], tls: ssl.SSLContext | None
) -> None:
    async with serving(tls, body=BODY + b"HTTP/1.1 200 OK\r\n\r\n") as url, (own := http()).open():
        assert await body_of(own, url) == BODY
    assert direct


async def test_a_body_that_is_cut_short_is_an_error(direct: list[int], tls: ssl.SSLContext | None) -> None:
    async with serving(tls, body=BODY[:-1]) as url, (own := http()).open():
        with pytest.raises(ConnectionFailed, match="closed with 1 bytes to come"):
            await body_of(own, url)
    assert direct


async def test_a_body_that_stops_coming_is_a_timeout(direct: list[int], tls: ssl.SSLContext | None) -> None:
    async with serving(tls, body=BODY[:-1], hold=True) as url, (own := http(0.2)).open():
        with pytest.raises(RequestTimeout):
            await body_of(own, url)
    assert direct


async def test_left_early_it_closes_the_connection(direct: list[int], tls: ssl.SSLContext | None) -> None:
    async with serving(tls, hold=True) as url, (own := http()).open():
        async with own.stream("GET", url, headers={}) as response:
            pieces = response.aiter_bytes()
            while not direct:
                await anext(pieces)
            await anext(pieces)
            await pieces.aclose()
        assert await body_of(own, url) == BODY


async def test_a_callers_transport_may_answer_from_memory(direct: list[int]) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=BODY))
    own = Http(transport=transport, max_connections=8, timeout=20.0)
    async with own.open(), own.stream("GET", "http://127.0.0.1/a", headers={}) as response:
        assert await response.aread() == BODY
    assert not direct


class Stream:
    """A connection that gives what it is asked for, some at a time."""

    def __init__(self, content: bytes, most: Callable[[], int]) -> None:
        self.content = content
        self.most = most
        self.timeouts: set[float | None] = set()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.add(timeout)
        size = min(max_bytes, self.most())
        piece, self.content = self.content[:size], self.content[size:]
        return piece


def response(stream: Any, *, parser: Any, size: int = 2 * LARGE_BYTES, **headers: str) -> Any:
    """A response as the library builds it, in layers around its parser."""
    connection = SimpleNamespace(_h11_state=parser)
    inner = SimpleNamespace(_stream=SimpleNamespace(_connection=connection))
    return SimpleNamespace(
        headers={"content-length": str(size), **{k.replace("_", "-"): v for k, v in headers.items()}},
        extensions={} if stream is None else {"network_stream": stream},
        stream=SimpleNamespace(_stream=SimpleNamespace(_httpcore_stream=inner)),
        request=SimpleNamespace(
            method="GET", url=SimpleNamespace(path="/a"), extensions={"timeout": {"read": 7.0}}
        ),
    )


EMPTY = SimpleNamespace(trailing_data=(b"", False))


@pytest.mark.parametrize(
    "answer",
    [
        response(object(), parser=SimpleNamespace(trailing_data=(b"x", False))),
        response(object(), parser=SimpleNamespace(trailing_data=(b"", True))),
        response(object(), parser=SimpleNamespace()),
        response(object(), parser=None),
        response(None, parser=EMPTY),
        response(object(), parser=EMPTY, transfer_encoding="chunked"),
        response(object(), parser=EMPTY, content_length="many"),
        response(object(), parser=EMPTY, size=LARGE_BYTES + 9),
    ],
    ids=range(8),
)
def test_where_anything_is_not_as_expected_it_is_left_alone(answer: Any) -> None:
    assert Rest.of(answer, 10) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(LARGE_BYTES, LARGE_BYTES + 999), st.integers())
def test_the_rest_is_exactly_what_was_promised(size: int, seed: int) -> None:
    random = Random(seed)
    content = random.randbytes(1000) * (size // 1000 + 2)
    stream = Stream(content, lambda: random.randint(1, 2 * READ_BYTES))

    async def read() -> bytes:
        rest = Rest.of(response(stream, parser=EMPTY, size=size + 10), 10)
        assert rest is not None
        return b"".join([piece async for piece in rest])

    assert anyio.run(read) == content[:size]
    assert stream.timeouts == {7.0}
