"""The pools of connections of one event loop, and which of them a request uses.

The cost of an httpx pool grows with the square of its connections. So there are several small pools, and
requests never queue inside one.

A host may close a kept connection just when it is used again. Then nobody knows whether it has read the
request. A read is repeated, but a start is not. So a start is sent on a connection that was in use a moment
ago, or on a new one; and always on a new one once this has happened to any request.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

from a2e_async._transport.cookies import no_cookies
from a2e_async._transport.library import core_of
from a2e_async._transport.quiet_logs import quiet_logs
from a2e_async._transport.routed_transport import Borrowed, RoutedTransport
from a2e_async.errors import ConnectionFailed, TransportError

if TYPE_CHECKING:
    import httpx

    from a2e_async._transport.watched_streams import Check

__all__ = ["FILE_CONNECTIONS", "Pool", "Pools"]

_POOL_SIZE = 8
FILE_CONNECTIONS = 16
_KEEPALIVE = 4.0  # seconds; common servers drop idle connections after 5
_IN_USE = 0.01  # seconds; no host closes a connection for being idle that long


@attrs.define(eq=False)
class Pool:
    """A few connections.

    Attributes:
        client: the HTTP client that holds them.
        busy: requests that are running.
        fresh: whether no connection is kept for the next request.
        used: when the last request ended, by `time.monotonic`.
    """

    client: httpx.AsyncClient
    busy: int = 0
    fresh: bool = False
    used: float = 0.0

    def leave(self) -> None:
        """A request has ended."""
        self.busy -= 1
        self.used = time.monotonic()


class Pools:
    """The pools of one event loop.

    Args:
        library: httpx or httpx2.
        transport: a caller's transport to use instead of own connections.
        max_connections: the most API requests at once.
        user_agent: what every request calls its sender.
        check: for new connections that move files.
    """

    def __init__(
        self,
        library: Any,
        transport: httpx.AsyncBaseTransport | None,
        *,
        max_connections: int,
        user_agent: str,
        check: Check | None,
    ) -> None:
        self._library = library
        self._transport = transport
        self._user_agent = user_agent
        self._check = check
        self._most = -(-max_connections // _POOL_SIZE)
        self._pools: list[Pool] = []
        self._files: Pool | None = None
        self._raced = False  # whether a kept connection broke before an answer began

    def __iter__(self) -> Iterator[Pool]:
        yield from self._pools
        if self._files is not None:
            yield self._files

    def pick(self, *, fresh: bool) -> Pool:
        """Return the pool with the fewest requests, or a new one if all are busy.

        Args:
            fresh: whether the request must not meet a connection that the host is about to close.
        """
        idlest = self._idlest(fresh=False)
        if not fresh or self._transport is not None:
            return idlest

        recent = idlest.used == 0.0 or time.monotonic() - idlest.used < _IN_USE
        return idlest if recent and not self._raced else self._idlest(fresh=True)

    def _idlest(self, *, fresh: bool) -> Pool:
        pools = [pool for pool in self._pools if pool.fresh is fresh]
        idlest = min(pools, key=attrgetter("busy"), default=None)
        if idlest is None or (idlest.busy and len(pools) < self._most and self._transport is None):
            idlest = Pool(self._client(_POOL_SIZE, fresh=fresh), fresh=fresh)
            self._pools.append(idlest)
        return idlest

    @contextmanager
    def races_noted(self, pool: Pool) -> Iterator[None]:
        """Note if a kept connection of the pool breaks while the block waits for the answer to begin."""
        try:
            yield
        except TransportError as error:
            never_sent = isinstance(error, ConnectionFailed) and not error.delivered
            self._raced = self._raced or not (never_sent or pool.fresh or pool is self._files)
            raise

    def for_files(self) -> Pool:
        """Return the pool for files."""
        if self._files is None:
            self._files = Pool(self._client(FILE_CONNECTIONS, check=self._check))
        return self._files

    def _client(
        self, connections: int, *, check: Check | None = None, fresh: bool = False
    ) -> httpx.AsyncClient:
        quiet_logs(self._library, core_of(self._library))
        if self._transport is not None:
            transport: Any = Borrowed(self._transport)
        else:
            limits = self._library.Limits(
                max_connections=connections,
                max_keepalive_connections=0 if fresh else connections,
                keepalive_expiry=_KEEPALIVE,
            )
            transport = RoutedTransport(self._library, limits, check)

        client: httpx.AsyncClient = self._library.AsyncClient(
            headers={"user-agent": self._user_agent},
            cookies=no_cookies(),
            follow_redirects=False,
            transport=transport,
        )
        return client

    async def close(self) -> None:
        """Close all connections."""
        pools, self._pools, self._files = list(self), [], None
        for pool in pools:
            with suppress(Exception):
                await pool.client.aclose()
