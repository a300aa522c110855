"""HTTP connections of one event loop, and their timeouts.

Outside ``async with A2E()`` connections are closed when no request is running. So nothing is left when
an event loop ends, and the next loop opens its own connections.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio

from a2e_async._transport.allowed_hosts import allowed_hosts_only
from a2e_async._transport.bodies import Followed, Once, body_type, reply_type
from a2e_async._transport.envelope import Reply
from a2e_async._transport.error_mapping import errors_mapped, host_of, path_of
from a2e_async._transport.library import core_of, library_of
from a2e_async._transport.peers import Peers, PrivatePeer
from a2e_async._transport.pools import FILE_CONNECTIONS, Pools
from a2e_async._transport.proxies import ProxySetting
from a2e_async._transport.quiet_logs import masked_logs
from a2e_async._transport.reply_body import read_body
from a2e_async._transport.routed_transport import PROXY
from a2e_async._transport.routing import Routing
from a2e_async._transport.streamed_response import CLOSING, StreamedResponse
from a2e_async.errors import RequestTimeout, UnexpectedReply
from a2e_async.settings import DEFAULT_USER_AGENT, http_library_from

if TYPE_CHECKING:
    import httpx

    from a2e_async.settings import Token

__all__ = ["Connections"]

_CONNECT_TIMEOUT = 5.0  # seconds
_CONNECT_PART = 0.8  # of a shorter timeout


class Connections:
    """Connections of one event loop.

    Args:
        transport: an httpx transport to use instead of its own connections; it is never closed.
        max_connections: the most API requests at once.
        timeout: seconds for one API request in all; seconds without any progress for other requests.
        user_agent: what every request calls its sender; default: this package and its version.
        http: the HTTP library, httpx or httpx2; None for what A2E_HTTP says. A transport brings its own.
        proxy: the proxy to use; None for those of the environment.
        peers: checks where connections for files lead to; None for no check.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None,
        max_connections: int,
        timeout: float,
        user_agent: str = DEFAULT_USER_AGENT,
        http: str | None = None,
        proxy: ProxySetting | None = None,
        peers: Peers | None = None,
    ) -> None:
        self._library = library_of(transport, http or http_library_from(None))
        self._routing = Routing(proxy, is_ours=transport is None)
        self.timeout = timeout

        self._limiter = anyio.Semaphore(max_connections)
        self._file_limiter = anyio.Semaphore(FILE_CONNECTIONS)
        self._pools = Pools(
            self._library,
            transport,
            max_connections=max_connections,
            user_agent=user_agent,
            check=None if peers is None else peers.check,
        )
        self._users = 0

    @property
    def closed(self) -> bool:
        """Whether no connection is open or can be."""
        return not any(True for _ in self._pools)

    @property
    def in_progress(self) -> int:
        """The number of requests that are running."""
        return sum(pool.busy for pool in self._pools)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep connections open while the block runs; the last one out closes them."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                with anyio.move_on_after(CLOSING, shield=True):
                    await self._close()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        timeout: float | None = None,
        token: Token,
        fresh: bool = False,
        ready: Callable[[], None] | None = None,
    ) -> Reply:
        """Send one API request with the token and read the whole reply.

        Raises:
            ConnectionFailed: ``delivered`` is False if the request provably never reached the server.
            RequestTimeout: the reply was not complete in time. The server may still work on the request.
            UnexpectedReply: a redirect, or a body that is too large.
        """
        with anyio.CancelScope() as total:
            async with self._stream(
                method,
                url,
                headers={"accept-encoding": "gzip", **_lower(headers)},
                query=query,
                content=content,
                timeout=timeout,
                token=token,
                fresh=fresh,
                ready=ready,
                total=total,
            ) as response:
                path = response.url.path
                if response.is_redirect:
                    target = host_of(response.headers.get("location", "")) or "another path"
                    raise UnexpectedReply(
                        f"a redirect to {target}, not followed with the token: is the base URL right?",
                        status=response.status_code,
                        method=method,
                        path=path,
                    )

                body = await read_body(StreamedResponse(response.status_code, response.headers, response))
                return Reply(method, path, response.status_code, response.headers, body)

        raise self._too_slow(method, url, timeout)

    @asynccontextmanager
    async def stream_api(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, Any] | None,
        content: bytes | None,
        timeout: float | None,
        token: Token,
    ) -> AsyncIterator[StreamedResponse]:
        """Send one API request with the token and stream the reply. The timeout is for its head."""
        response: httpx.Response | None = None
        async with AsyncExitStack() as stack:
            with anyio.CancelScope() as total:
                exchange = self._stream(
                    method,
                    url,
                    headers=headers,
                    query=query,
                    content=content,
                    timeout=timeout,
                    token=token,
                    total=total,
                )
                response = await stack.enter_async_context(exchange)

            if response is None:
                raise self._too_slow(method, url, timeout)
            yield StreamedResponse(response.status_code, response.headers, response)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        """Send a request outside the API (storage, CDN): without the token, following no redirect.

        The head of the reply must come within the timeout, once the request is sent.

        Raises:
            DownloadError, UploadError: the host is in a private network, and the API is not.
            ConnectionFailed, RequestTimeout: as for `send`.
        """
        seconds = timeout or self.timeout
        response: httpx.Response | None = None
        async with AsyncExitStack() as stack:
            with anyio.CancelScope() as total:

                def begin_waiting() -> None:
                    total.deadline = anyio.current_time() + seconds

                exchange = self._stream(
                    method,
                    url,
                    headers={"accept-encoding": "identity", **_lower(headers)},
                    content=content and Followed(content, begin_waiting),
                    timeout=timeout,
                    token=None,
                    total=None if content else total,
                )
                try:
                    response = await stack.enter_async_context(exchange)
                except PrivatePeer as error:
                    raise error.for_file(method, url) from None

            if response is None:
                raise self._too_slow(method, url, timeout)
            yield StreamedResponse(response.status_code, response.headers, response)

    @asynccontextmanager
    async def _stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
        content: AsyncIterator[bytes] | bytes | None,
        timeout: float | None,
        token: Token | None,
        fresh: bool = False,
        ready: Callable[[], None] | None = None,
        total: anyio.CancelScope | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Send one request, and yield its response as soon as the head is there."""
        limiter = self._limiter if token else self._file_limiter
        async with self.open(), limiter:
            if total is not None:
                # Its time begins here: other requests may have been before it in the queue.
                total.deadline = anyio.current_time() + (timeout or self.timeout)

            pool = self._pools.pick(fresh=fresh) if token else self._pools.for_files()
            pool.busy += 1
            response: httpx.Response | None = None

            try:
                proxy = self._routing.proxy_for(url, is_api=token is not None)
                explain = functools.partial(self._routing.explain, url, proxy, token is not None)
                check = None if ready is None else _Check(ready)
                if check is not None:
                    check()
                with errors_mapped(method, path_of(url), is_sent=False):
                    request = pool.client.build_request(
                        method,
                        url,
                        headers=headers,
                        params=query or None,
                        content=content if isinstance(content, bytes) else None,
                        timeout=self._timeouts(timeout),
                    )
                    if content is not None:
                        pieces = Once(content) if isinstance(content, bytes) else content
                        request.stream = body_type(self._library)(pieces)
                    if token:
                        # The header is never in a local variable, so no traceback can show it.
                        request.headers["authorization"] = token.authorization()
                    if proxy is not None:
                        request.extensions[PROXY] = proxy
                    if check is not None:
                        request.extensions["trace"] = check.trace

                allowed = allowed_hosts_only(core_of(self._library), url)
                mapped = errors_mapped(method, path_of(url), explain, body=content, check=check)
                with self._pools.races_noted(pool), mapped, masked_logs(), allowed:
                    response = await pool.client.send(request, stream=True)
                    response.stream = reply_type(self._library)(response.stream)

                self._routing.note_answer(method, url, response.status_code, proxy)
                yield response
            finally:
                pool.leave()
                if response is not None:
                    with anyio.move_on_after(CLOSING, shield=True):
                        await response.aclose()

    def _too_slow(self, method: str, url: str, timeout: float | None) -> RequestTimeout:
        seconds = timeout or self.timeout
        return RequestTimeout(f"no complete reply within {seconds:g} s", method=method, path=path_of(url))

    def _timeouts(self, timeout: float | None) -> httpx.Timeout:
        seconds = timeout or self.timeout
        # Before the total time is up, so that a request that was never sent is known as such.
        connect = min(_CONNECT_PART * seconds, _CONNECT_TIMEOUT)
        timeouts: httpx.Timeout = self._library.Timeout(seconds, connect=connect, pool=None)
        return timeouts

    async def _close(self) -> None:
        self._routing.forget()
        await self._pools.close()


class _Check:
    """Asks the caller whether a request may be sent, as long as nothing of it is.

    Attributes:
        error: what the caller has raised to say no.
    """

    def __init__(self, ready: Callable[[], None]) -> None:
        self.error: Exception | None = None
        self._ready = ready

    def __call__(self) -> None:
        try:
            self._ready()
        except Exception as error:
            self.error = error
            raise

    async def trace(self, event: str, info: Any) -> None:
        """Ask once more when a connection is made, which may have taken long, and before the body leaves.

        Without its body a request does nothing, and a machine may be put to sleep between the two.
        """
        if event.endswith((".send_request_headers.started", ".send_request_body.started")):
            self()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with lower-case names, so that none is sent twice."""
    return {name.lower(): value for name, value in headers.items()}
