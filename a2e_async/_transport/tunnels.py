"""Connections through a proxy, until they reach their target.

What goes wrong before then is a fault of the proxy: nothing of the request was sent. The HTTP library says so
only if the proxy answers as it should; it also waits for a SOCKS proxy without end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio

from a2e_async._transport.proxies import Proxy

if TYPE_CHECKING:
    import ssl

__all__ = ["TunnelStream", "closing_tunnels"]

_PATIENCE = 5.0  # seconds that each answer of a proxy may take
_ASKS_PROXY = (b"CONNECT ", b"\x05", b"\x01")  # what is written to the proxy itself: in HTTP, in SOCKS


_opened: ContextVar[list[TunnelStream] | None] = ContextVar("opened", default=None)


@asynccontextmanager
async def closing_tunnels() -> AsyncIterator[None]:
    """Close what was opened in the block, if it did not reach its target. The HTTP library forgets to."""
    opened: list[TunnelStream] = []
    before = _opened.set(opened)
    try:
        yield
    finally:
        _opened.reset(before)
        for tunnel in opened:
            if tunnel.is_under_way:
                with anyio.CancelScope(shield=True):
                    await tunnel.aclose()


class TunnelStream:
    """A connection to a proxy.

    Args:
        stream: the library's connection.
        core: httpcore or httpcore2.
        proxy: the proxy at its other end.

    Attributes:
        is_under_way: whether it has not reached its target yet.
    """

    def __init__(self, stream: Any, core: Any, proxy: Proxy) -> None:
        self._stream = stream
        self._core = core
        self._proxy = proxy
        self._asks_proxy = True
        self._answered = False
        self.is_under_way = True
        if (opened := _opened.get()) is not None:
            opened.append(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read bytes.

        Raises:
            ProxyError: the proxy does not answer, or speaks something else.
        """
        if not self._asks_proxy:
            data: bytes = await self._stream.read(max_bytes, timeout)
            return data

        with self._faults_of_proxy():
            data = await self._stream.read(max_bytes, min(timeout or _PATIENCE, _PATIENCE))
        if not data:
            raise self._core.ProxyError("it closed the connection")

        begins = b"\x05" if self._proxy.scheme.startswith("socks") else b"HTTP/"
        if not self._answered and not data.startswith(begins[: len(data)]):
            raise self._core.ProxyError(f"it does not speak {'SOCKS5' if begins[0] == 5 else 'HTTP'}")
        self._answered = True
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write bytes."""
        if buffer and self._asks_proxy and not buffer.startswith(_ASKS_PROXY):
            self._asks_proxy = self.is_under_way = False  # the request itself, in plain http
        if not self._asks_proxy:
            await self._stream.write(buffer, timeout)
            return
        with self._faults_of_proxy():
            await self._stream.write(buffer, min(timeout or _PATIENCE, _PATIENCE))

    async def aclose(self) -> None:
        """Close the connection."""
        self.is_under_way = False
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Return the connection with TLS on top: to an https proxy first, then to the target."""
        encrypted = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        self.is_under_way = False
        if self._proxy.scheme == "https" and not self._answered:
            return TunnelStream(encrypted, self._core, self._proxy)
        return encrypted

    def get_extra_info(self, info: str) -> Any:
        """Return a fact about the connection."""
        return self._stream.get_extra_info(info)

    @contextmanager
    def _faults_of_proxy(self) -> Iterator[None]:
        core = self._core
        try:
            yield
        except core.TimeoutException as error:
            raise core.ProxyError("it does not answer") from error
        except core.NetworkError as error:
            raise core.ProxyError("it broke the connection") from error
