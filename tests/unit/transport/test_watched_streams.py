"""A reply that came twice on a kept connection is never the answer to another request."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from a2e_async._transport import library, routed_transport
from a2e_async._transport.connections import Connections
from a2e_async._transport.trust import tls_context
from a2e_async._transport.watched_streams import WatchedStream, watched_transport
from a2e_async.errors import RequestTimeout
from a2e_async.settings import Token, http_library_from
from tests.unit.sample import TOKEN
from tests.unit.transport.local_tls import tls_contexts

pytestmark = pytest.mark.anyio

REQUESTS = 4


def reply_of(number: int, how: str) -> bytes:
    """The reply to one request. It holds the request's number."""
    content = b'{"number":%d}' % number
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    if how == "length":
        return head + b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
    if how == "gzip":
        packed = gzip.compress(content)
        return head + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n%s" % (len(packed), packed)
    if how == "after 103":
        return b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + reply_of(number, "length")
    if how == "bare line ends":
        return reply_of(number, "length").replace(b"\r\n", b"\n")

    assert how == "chunked"
    pieces = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in (content[:5], content[5:]))
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\nx-trailer: 1\r\n\r\n"


class Server:
    """Answers requests by their number, and writes some replies twice.

    Args:
        how: the form of the replies.
        copies: makes what is written of a reply: the parts, each with one call.
    """

    def __init__(self, how: str, copies: Callable[[bytes], list[bytes]]) -> None:
        self.how = how
        self.copies = copies
        self.connections = 0
        self.written = anyio.Event()

    async def serve(self, stream: ByteStream) -> None:
        self.connections += 1
        with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                request = await stream.receive()
                number = int(request.split(b" ")[1].rpartition(b"/")[2])
                for part in self.copies(reply_of(number, self.how)):
                    await stream.send(part)
                self.written.set()


@asynccontextmanager
async def listening(server: Server, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)

    async def handle(stream: ByteStream) -> None:
        async with stream:
            wrapped = stream
            if tls is not None:
                wrapped = await TLSStream.wrap(
                    stream, server_side=True, ssl_context=tls, standard_compatible=False
                )
            await server.serve(wrapped)

    async with anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{port}"
        group.cancel_scope.cancel()
    await listener.aclose()


@pytest.fixture
def server_tls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext | None:
    """The server's side of TLS; the client trusts it."""
    if request.param == "plain":
        return None
    context, trusting = tls_contexts()
    monkeypatch.setattr(routed_transport, "tls_context", lambda: trusting)
    return context


async def numbers_of(url: str, server: Server) -> list[bytes]:
    """Send requests one after another, each when all of the last reply has been written."""
    http = Connections(transport=None, max_connections=1, timeout=5.0)
    seen: list[bytes] = []
    async with http.open():
        for number in range(REQUESTS):
            server.written = anyio.Event()
            reply = await http.send("GET", f"{url}/{number}", headers={}, token=Token(TOKEN))
            seen.append(reply.content)
            await server.written.wait()
    return seen


FORMS = ["length", "chunked", "gzip", "after 103", "bare line ends"]
# What TLS hands on does not depend on the form.
WIRES = [*[(form, "plain") for form in FORMS], ("length", "tls"), ("chunked", "tls")]
TWICE: dict[str, Callable[[bytes], list[bytes]]] = {
    "one segment": lambda reply: [reply + reply],
    "two segments": lambda reply: [reply, reply],
    "cut in the copy": lambda reply: [reply + reply[:10], reply[10:]],
    "cut in the reply": lambda reply: [reply[:30], reply[30:] + reply],
    "one byte more": lambda reply: [reply + b"\n"],
}


@pytest.mark.parametrize("twice", TWICE)
@pytest.mark.parametrize(("how", "server_tls"), WIRES, indirect=["server_tls"])
async def test_a_reply_that_comes_twice_answers_one_request(
    how: str, twice: str, server_tls: ssl.SSLContext | None
) -> None:
    server = Server(how, TWICE[twice])
    async with listening(server, server_tls) as url:
        seen = await numbers_of(url, server)
    assert seen == [b'{"number":%d}' % number for number in range(REQUESTS)]
    assert server.connections > 1


@pytest.mark.parametrize(("how", "server_tls"), WIRES, indirect=["server_tls"])
@pytest.mark.parametrize("cut", [None, 1, 20, 60])
async def test_a_connection_with_single_replies_is_kept(
    how: str, cut: int | None, server_tls: ssl.SSLContext | None
) -> None:
    server = Server(how, lambda reply: [reply] if cut is None else [reply[:cut], reply[cut:]])
    async with listening(server, server_tls) as url:
        seen = await numbers_of(url, server)
    assert seen == [b'{"number":%d}' % number for number in range(REQUESTS)]
    assert server.connections == 1


async def test_the_library_still_has_what_the_watch_needs() -> None:
    """Without it the watch would be gone, silently."""
    http = library.library_of(None, http_library_from(None))
    core = library.core_of(http)
    made = watched_transport(http, ssl_context=tls_context(), limits=http.Limits())
    plain = http.AsyncHTTPTransport()
    assert type(vars(made)["_pool"]) is type(vars(plain)["_pool"]) is core.AsyncConnectionPool
    assert vars(made).keys() == vars(plain).keys()
    await made.aclose()
    await plain.aclose()


# Slow connections.


class SlowStream:
    """A connection that takes a slice in the time that one may take, and no more."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.data = b""

    async def write(self, data: bytes, timeout: float | None = None) -> None:
        assert timeout == 60
        self.sizes.append(len(data))
        self.data += data

    def get_extra_info(self, name: str) -> None:
        return None


async def test_the_timeout_is_for_a_slice_of_a_large_piece() -> None:
    """A piece of a file has 1.5 MiB: in 60 seconds a slow line does not carry that much."""
    slow = SlowStream()
    stream = WatchedStream(slow, None)
    piece = bytes(range(256)) * 6144
    await stream.write(b"PUT / HTTP/1.1\r\n\r\n", 60)
    await stream.write(piece, 60)
    assert slow.data == b"PUT / HTTP/1.1\r\n\r\n" + piece
    assert max(slow.sizes) == 128 << 10


async def test_an_upload_that_is_not_taken_ends() -> None:
    """A storage that reads nothing fills the buffers, and then the timeout of a slice passes."""

    async def body() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections, and reads nothing
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        http = Connections(transport=None, max_connections=4, timeout=0.1)
        length = {"content-length": str(1 << 30)}
        with pytest.raises(RequestTimeout):
            async with http.open(), http.stream("PUT", url, headers=length, content=body()):
                pass
