"""One transport for all routes: a request goes directly, or through the proxy that is meant for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2e_async._transport.proxies import Proxy
from a2e_async._transport.trust import plain_context, tls_context
from a2e_async._transport.tunnels import closing_tunnels
from a2e_async._transport.watched_streams import Check, watched_transport

if TYPE_CHECKING:
    import httpx

__all__ = ["PROXY", "Borrowed", "RoutedTransport"]

PROXY = "a2e_proxy"
"""The extension of a request that holds its `Proxy`."""


class RoutedTransport:
    """Sends each request on its way. A way that no request takes is not set up.

    Args:
        library: httpx or httpx2.
        limits: of the connections of each way.
        check: for new direct connections.
    """

    def __init__(self, library: Any, limits: httpx.Limits, check: Check | None) -> None:
        self._library = library
        self._limits = limits
        self._check = check
        self._ways: dict[tuple[Proxy | None, bool], httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as the library's transports do."""
        proxy: Proxy | None = request.extensions.get(PROXY)
        # Loading certificates takes long, and plain HTTP, as to a sandbox, needs none.
        encrypted = "https" in (request.url.scheme, proxy.scheme if proxy else "")
        way = self._ways.get((proxy, encrypted))
        if way is None:
            way = self._ways[proxy, encrypted] = watched_transport(
                self._library,
                ssl_context=tls_context() if encrypted else plain_context(),
                limits=self._limits,
                proxy=proxy,
                check=self._check if proxy is None else None,
            )

        if proxy is None:
            return await way.handle_async_request(request)
        async with closing_tunnels():
            return await way.handle_async_request(request)

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def aclose(self) -> None:
        """Close all connections."""
        ways, self._ways = list(self._ways.values()), {}
        for way in ways:
            await way.aclose()


class Borrowed:
    """The caller's transport, which is never closed."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.handle_async_request = transport.handle_async_request

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def aclose(self) -> None: ...
