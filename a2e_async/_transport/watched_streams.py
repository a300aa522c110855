"""Connections that give up what no request asked for.

A proxy may write a reply twice. On a kept connection the second copy would be taken for the reply to the next
request, and a job would get the result of another one. The copy may already be in the buffer of the HTTP
parser, in that of TLS, or in the socket. So each connection is watched from below the HTTP library: the
library gets the bytes of one reply and no more, and a connection that holds anything else is not used again.
"""

from __future__ import annotations

import functools
import select
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import anyio

from a2e_async._transport.connect_faults import mark_place
from a2e_async._transport.library import core_of
from a2e_async._transport.proxies import Proxy
from a2e_async._transport.reply_ends import ReplyEnd
from a2e_async._transport.tunnels import TunnelStream
from a2e_async.event_loops import running_loop

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["watched_transport"]

_MOST_INTERIM = 1000  # replies such as 102 Processing, before the reply itself
_SLICE_BYTES = 128 << 10  # 2 KiB a second at the default timeout

Check = Callable[[str, Any], Awaitable[None]]
"""Called with the host and each new connection; raises if nothing may be sent there."""


def watched_transport(
    library: Any,
    *,
    ssl_context: ssl.SSLContext,
    limits: httpx.Limits,
    proxy: Proxy | None = None,
    check: Check | None = None,
) -> httpx.AsyncBaseTransport:
    """Make a transport of the library whose connections are watched.

    Args:
        library: httpx or httpx2.
        ssl_context: for TLS.
        limits: of its connections.
        proxy: a proxy to use.
        check: for new connections.
    """
    transport: httpx.AsyncBaseTransport = _transport_type(library)(ssl_context, limits, proxy, check)
    return transport


@functools.cache
def _transport_type(library: Any) -> Any:
    """The class of the library's transport whose connections are watched."""
    core = core_of(library)

    # A subclass, so that tools which replace the library's own method, as pytest-httpx does, work here too.
    class WatchedTransport(library.AsyncHTTPTransport):  # type: ignore[misc] # one of two, known only now
        def __init__(self, ssl_context: Any, limits: Any, proxy: Proxy | None, check: Check | None) -> None:
            super().__init__(verify=ssl_context, limits=limits)

            options: dict[str, Any] = {
                "ssl_context": ssl_context,
                "max_connections": limits.max_connections,
                "max_keepalive_connections": limits.max_keepalive_connections,
                "keepalive_expiry": limits.keepalive_expiry,
                "network_backend": WatchedBackend(core, check, proxy),
            }
            if proxy is None:
                self._pool = core.AsyncConnectionPool(**options)
                return

            options |= {"proxy_url": proxy.url, "proxy_auth": proxy.auth}
            if proxy.scheme.startswith("socks"):
                self._pool = core.AsyncSOCKSProxy(**options)
            else:
                encrypted = ssl_context if proxy.scheme == "https" else None
                self._pool = core.AsyncHTTPProxy(proxy_ssl_context=encrypted, **options)

    return WatchedTransport


class WatchedBackend:
    """Opens watched connections, in the way that the library opens its own.

    Args:
        core: httpcore or httpcore2.
        check: for new connections.
        proxy: the proxy at their other end.
    """

    def __init__(self, core: Any, check: Check | None = None, proxy: Proxy | None = None) -> None:
        self._core = core
        self._check = check
        self._proxy = proxy

    @functools.cached_property
    def _backend(self) -> Any:
        on_trio = type(running_loop()).__module__.partition(".")[0] == "trio"
        return self._core.TrioBackend() if on_trio else self._core.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, **options: Any) -> WatchedStream:
        """Connect to a host."""
        try:
            stream = await self._backend.connect_tcp(host, port, **options)
        except Exception as error:
            mark_place(error, host, port)
            raise

        if self._check is not None:
            try:
                await self._check(host, stream)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await stream.aclose()
                raise
        if self._proxy is not None:
            stream = TunnelStream(stream, self._core, self._proxy)
        return WatchedStream(stream, self._core)

    async def connect_unix_socket(self, *args: Any, **options: Any) -> WatchedStream:
        """Connect to a socket of this machine."""
        return WatchedStream(await self._backend.connect_unix_socket(*args, **options), self._core)

    async def sleep(self, seconds: float) -> None:
        """Pause."""
        await self._backend.sleep(seconds)


class WatchedStream:
    """A connection that passes on one reply for each request.

    Args:
        stream: the library's connection.
        core: httpcore or httpcore2.
    """

    def __init__(self, stream: Any, core: Any) -> None:
        self._stream = stream
        self._core = core
        self._reply: ReplyEnd | None = None
        self._asking = False
        self._has_surplus = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read bytes of the current reply."""
        data: bytes = await self._stream.read(max_bytes, timeout)
        self._asking = False
        reply = self._reply
        if reply is None:
            return data

        if self._is_at_end():
            # The library does not see the end where we see it. It is right: it parses the reply.
            self._has_surplus = True
            return data

        taken = reply.feed(data)
        if reply.interim > _MOST_INTERIM:
            raise self._core.RemoteProtocolError(f"more than {_MOST_INTERIM} interim replies")

        # After a full read there may be more in a buffer that nobody can look into.
        if taken < len(data) or (len(data) == max_bytes and self._is_at_end()):
            self._has_surplus = True
        return data[:taken] if taken < len(data) else data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write bytes of a request.

        Raises:
            ConnectionNotAvailable: the connection holds bytes that came before the request. Nothing was
                written. The library's pool takes another connection then.
        """
        if buffer and not self._asking:
            if self._reply is not None and self._is_spoilt():
                raise self._core.ConnectionNotAvailable
            self._asking = True
            method = buffer[:16].partition(b" ")[0]
            self._reply = ReplyEnd(method) if method.isalpha() and method.isupper() else None

        # The timeout is for each slice, so that a slow connection is one that takes less than a slice in it,
        # however large the pieces of a file are.
        for start in range(0, len(buffer), _SLICE_BYTES):
            await self._stream.write(buffer[start : start + _SLICE_BYTES], timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        self._has_surplus = True  # its number may soon be that of another socket
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> WatchedStream:
        """Return the connection with TLS on top."""
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except Exception as error:
            mark_place(error, server_hostname or "", None)
            raise
        return WatchedStream(stream, self._core)

    def get_extra_info(self, info: str) -> Any:
        """Return a fact about the connection. The library drops an idle one that ``is_readable``."""
        return self._is_spoilt() if info == "is_readable" else self._stream.get_extra_info(info)

    def _is_at_end(self) -> bool:
        return self._reply is not None and self._reply.is_complete

    def _is_spoilt(self) -> bool:
        """Whether bytes that belong to no request are here, or the host has closed the connection."""
        return (
            self._has_surplus
            or (self._reply is not None and self._reply.is_unknown)
            or bool(self._poll_socket(0))
            or self._has_decrypted()
        )

    @functools.cached_property
    def _poll_socket(self) -> Callable[[int], Any]:
        """Says at once whether the socket has something to read. Made once: looking it up takes longer."""
        socket = self._stream.get_extra_info("socket")
        if socket is None or socket.fileno() < 0 or not hasattr(select, "poll"):
            return lambda _: self._stream.get_extra_info("is_readable")

        poll = select.poll()
        poll.register(socket.fileno(), select.POLLIN)
        return poll.poll

    @functools.cached_property
    def _tls(self) -> Any:
        return self._stream.get_extra_info("ssl_object")

    def _has_decrypted(self) -> bool:
        """Whether TLS has received something that was not read yet. Only for an idle connection."""
        if self._tls is None:
            return False

        import ssl

        try:
            self._tls.read(1)  # does no I/O; the byte is lost, and the connection with it
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            pass
        return True
