"""Files are neither fetched from nor sent to a private network, whatever a name resolves to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from a2e_async._transport.connections import Connections
from a2e_async._transport.peers import Peers, PrivatePeer
from a2e_async.errors import DownloadError, RequestTimeout, UploadError
from a2e_async.settings import Token
from tests.unit.sample import TOKEN

pytestmark = pytest.mark.anyio


class Names:
    """Replaces the name service. Each question takes the next answer, and the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self._resolve = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        known = self.answers.get(name)
        if known is None:
            return self._resolve(host, port, *args, **options)
        answer = known.pop(0) if len(known) > 1 else known[0]
        return self._resolve(answer, port, *args, **options)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


class Listener:
    """A service of this machine. Notes what it receives."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[bytes] = []

    async def serve(self, stream: ByteStream) -> None:
        async with stream:
            try:
                self.received.append(await stream.receive())
                await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass


@asynccontextmanager
async def listening(host: str = "127.0.0.1") -> AsyncIterator[Listener]:
    listener = Listener()
    async with (
        await anyio.create_tcp_listener(local_host=host) as sockets,
        anyio.create_task_group() as group,
    ):
        listener.port = sockets.extra(SocketAttribute.local_port)
        group.start_soon(sockets.serve, listener.serve)
        yield listener
        group.cancel_scope.cancel()


def connections(api_host: str, timeout: float = 5.0) -> Connections:
    return Connections(transport=None, max_connections=4, timeout=timeout, peers=Peers(api_host))


async def get(http: Connections, url: str) -> bytes:
    async with http.open(), http.stream("GET", url, headers={}) as response:
        return await response.aread()


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_a_name_that_resolves_to_this_machine_is_not_asked(names: Names) -> None:
    names.answers = {"cdn.example": ["127.0.0.1"], "video.a2e.ai": ["8.8.8.8"]}
    async with listening() as listener:
        http = connections("video.a2e.ai")
        url = f"http://cdn.example:{listener.port}/1.png?X-Amz-Signature=secret"
        with pytest.raises(DownloadError, match=r"cdn\.example leads to 127\.0\.0\.1, on this") as caught:
            await get(http, url)
        assert "secret" not in str(caught.value)

        with pytest.raises(UploadError, match="private network"):
            async with http.open(), http.stream("PUT", url, headers={}, content=once(b"data")):
                pass
        assert listener.received == []
        assert http.closed


async def test_a_name_that_changes_its_mind_is_judged_by_where_it_led(names: Names) -> None:
    """What was looked up before proves nothing: the owner of a name may answer otherwise the next time."""
    names.answers = {"cdn.example": ["8.8.8.8", "127.0.0.1"], "video.a2e.ai": ["8.8.8.8"]}
    socket.getaddrinfo("cdn.example", 80)
    async with listening() as listener:
        with pytest.raises(DownloadError, match="private network"):
            await get(connections("video.a2e.ai"), f"http://cdn.example:{listener.port}/")
        assert listener.received == []


@pytest.mark.parametrize("api", ["gateway.example", "cdn.example"])
async def test_where_the_api_is_in_a_private_network_files_may_be_there(names: Names, api: str) -> None:
    names.answers = {"cdn.example": ["127.0.0.1"], "gateway.example": ["10.0.0.7"]}
    async with listening() as listener:
        assert await get(connections(api), f"http://cdn.example:{listener.port}/") == b"hi"


async def test_an_api_whose_name_nobody_knows_is_not_private(names: Names) -> None:
    names.answers = {"cdn.example": ["127.0.0.1"]}
    async with listening() as listener:
        with pytest.raises(DownloadError, match="private network"):
            await get(connections("nobody.invalid"), f"http://cdn.example:{listener.port}/")


async def test_requests_to_the_api_are_not_checked() -> None:
    async with listening() as listener:
        http = connections("video.a2e.ai")
        async with http.open():
            url = f"http://127.0.0.1:{listener.port}/x"
            reply = await http.send("GET", url, headers={}, token=Token(TOKEN))
        assert reply.status == 200


class Stream:
    def __init__(self, address: Any) -> None:
        self.address = address

    def get_extra_info(self, name: str) -> Any:
        assert name == "server_addr"
        return self.address


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "169.254.169.254",
        "100.100.1.1",
        "0.0.0.0",
        "::1",
        "fe80::1%eth0",
        "fd00::7",
        "::ffff:10.0.0.1",
    ],
)
async def test_every_private_address_is_known(names: Names, address: str) -> None:
    names.answers = {"video.a2e.ai": ["8.8.8.8"]}
    with pytest.raises(PrivatePeer, match=r"cdn\.example leads to"):
        await Peers("video.a2e.ai").check("cdn.example", Stream((address, 443)))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "64:ff9b::808:808", "198.18.0.77"])
async def test_public_addresses_and_those_of_local_routers_are_fine(address: str) -> None:
    """Local proxies and VPNs answer every name with an address of 198.18.0.0/15, which no machine has."""
    await Peers("video.a2e.ai").check("cdn.example", Stream((address, 443)))


async def test_a_connection_without_an_address_is_fine() -> None:
    await Peers("video.a2e.ai").check("cdn.example", Stream(None))


# The head of a reply.


async def trickling(stream: ByteStream) -> None:
    async with stream:
        try:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\nx: ")
            while True:
                await stream.send(b"x")
                await anyio.sleep(0.01)
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_the_head_of_a_reply_comes_in_time_or_not_at_all(method: str) -> None:
    """Each byte is progress, but a head that never ends is not."""
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as sockets,
        anyio.create_task_group() as group,
    ):
        group.start_soon(sockets.serve, trickling)
        url = f"http://127.0.0.1:{sockets.extra(SocketAttribute.local_port)}/"
        http = Connections(transport=None, max_connections=4, timeout=0.1)
        content = once(b"data") if method == "PUT" else None
        headers = {"content-length": "4"} if content else {}

        with pytest.raises(RequestTimeout, match=r"no complete reply within 0\.1 s"):
            async with http.open(), http.stream(method, url, headers=headers, content=content):
                pass
        assert http.closed
        group.cancel_scope.cancel()
