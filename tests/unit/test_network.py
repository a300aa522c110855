"""Bigger reads: over real sockets they happen, and whatever else the library looks like, nothing changes."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

from a2e_async.http import Http
from a2e_async.network import READ_BYTES, read_more
from a2e_async.settings import Token
from tests.unit.sample import TOKEN

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * (32 << 10)  # 8 MiB
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BODY)


@asynccontextmanager
async def serving(*, proxy: bool = False) -> AsyncIterator[str]:
    """Sends `BODY` to whoever asks. The address of the server, which may be a proxy for any host."""

    async def handle(stream: SocketStream) -> None:
        async with stream:
            request = b""
            with anyio.move_on_after(20):
                while not request.endswith(b"\r\n\r\n"):
                    request += await stream.receive()
                assert request.startswith(b"GET http://" if proxy else b"GET /")
                await stream.send(HEAD + BODY)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"http://127.0.0.1:{port}"
        group.cancel_scope.cancel()
    await listener.aclose()


def http() -> Http:
    return Http(transport=None, max_connections=8, timeout=20.0)


async def pieces_from(http: Http, url: str) -> list[int]:
    """Lengths of the pieces in which the body came."""
    lengths = []
    body = b""
    async with http.stream("GET", url, headers={}) as response, aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            lengths.append(len(piece))
            body += piece
            # The other side gets time to send more than one of the library's own reads would take.
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
    assert body == BODY
    return lengths


async def test_files_come_in_pieces_larger_than_the_library_reads() -> None:
    async with serving() as url, (own := http()).open():
        lengths = await pieces_from(own, url)
        # A second one, over the same kind of connection.
        await pieces_from(own, url)
    assert max(lengths) > 64 << 10
    assert max(lengths) <= READ_BYTES


async def test_proxies_of_the_environment_are_still_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(proxy=True) as url:
        monkeypatch.setenv("http_proxy", url)
        async with (own := http()).open():
            lengths = await pieces_from(own, "http://storage.example/file")
    assert max(lengths) > 64 << 10


async def test_only_the_pool_of_files_reads_more() -> None:
    async with serving() as url, (own := http()).open():
        await pieces_from(own, url)
        await own.send("GET", url, headers={}, token=Token(TOKEN))
        assert own._files is not None
        kinds = [
            type(pool.client._transport._pool._network_backend).__module__  # type: ignore[attr-defined]
            for pool in (own._files, *own._pools)
        ]
    assert kinds[0] == "a2e_async.network"
    assert "a2e_async.network" not in kinds[1:]


async def test_a_callers_transport_is_left_alone() -> None:
    transport = httpx.AsyncHTTPTransport()
    before = transport._pool._network_backend
    async with serving() as url:
        own = Http(transport=transport, max_connections=8, timeout=20.0)
        async with own.open():
            await pieces_from(own, url)
    assert transport._pool._network_backend is before
    await transport.aclose()


@pytest.mark.parametrize(
    "client",
    [
        object(),
        SimpleNamespace(_transport=None, _mounts=None),
        SimpleNamespace(_transport=SimpleNamespace(_pool=None), _mounts={"all://": None}),
        SimpleNamespace(_transport=SimpleNamespace(_pool=SimpleNamespace(_network_backend=None))),
        SimpleNamespace(_transport=SimpleNamespace(_pool=SimpleNamespace(_network_backend="other"))),
    ],
    ids=range(5),
)
def test_a_library_that_looks_otherwise_is_left_as_it_is(client: Any) -> None:
    before = repr(client)
    read_more(client)
    assert repr(client) == before


class Stream:
    """What a backend connects to; notes what it is asked."""

    def __init__(self, transport: Any = None) -> None:
        self._stream = SimpleNamespace(_transport=transport) if transport else object()
        self.asked: list[Any] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.asked.append((max_bytes, timeout))
        return b"data"

    async def start_tls(self, context: str, server_hostname: str | None = None) -> str:
        return f"{context} {server_hostname}"

    def get_extra_info(self, info: str) -> str:
        return f"the {info}"


class Backend:
    """Connects to one stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.connected: list[Any] = []

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> Stream:
        self.connected.append((host, port, timeout))
        return self.stream

    async def connect_unix_socket(self, path: str) -> Stream:
        self.connected.append(path)
        return self.stream

    async def sleep(self, seconds: float) -> str:
        return f"slept {seconds}"


def wrapped(backend: Backend) -> Any:
    pool = SimpleNamespace(_network_backend=backend)
    read_more(SimpleNamespace(_transport=SimpleNamespace(_pool=pool)))
    return pool._network_backend


async def test_everything_but_reads_is_the_librarys_own() -> None:
    backend = Backend(Stream())
    outer = wrapped(backend)
    assert await outer.sleep(3) == "slept 3"
    stream = await outer.connect_tcp("host", 80, timeout=5)
    assert backend.connected == [("host", 80, 5)]
    assert await stream.read(4096, timeout=7) == b"data"
    assert await stream.read(2 * READ_BYTES) == b"data"
    assert backend.stream.asked == [(READ_BYTES, 7), (2 * READ_BYTES, None)]
    assert stream.get_extra_info("socket") == "the socket"
    local = await outer.connect_unix_socket(str(Path(tempfile.gettempdir()) / "socket"))
    assert await local.start_tls("context", server_hostname="host") == "context host"


class Transport:
    """Like asyncio's: a class attribute says how much is read."""

    max_size = 5


async def test_asyncios_transport_reads_more_unless_it_is_under_tls() -> None:
    transport = Transport()
    stream = await wrapped(Backend(Stream(transport))).connect_tcp("host", 80)
    assert transport.max_size == READ_BYTES
    await stream.start_tls("context")
    assert transport.max_size == 5
