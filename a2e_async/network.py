"""Bigger reads for connections that move files, by wrapping the HTTP library's network backend.

The library asks for 64 KB at a time and has no setting for it: at a gigabyte, most of the time goes into
those visits. What is touched here is not public; anything unexpected is left as it is: slower, never wrong.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

__all__ = ["READ_BYTES", "read_more"]

READ_BYTES = 512 << 10
"""What one read asks for at least."""


def read_more(client: Any) -> None:
    """Let an httpx client's connections, those through proxies too, read at least `READ_BYTES` at a time."""
    mounts = getattr(client, "_mounts", None) or {}
    for transport in (getattr(client, "_transport", None), *mounts.values()):
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if pool is not None and hasattr(backend, "connect_tcp") and hasattr(backend, "connect_unix_socket"):
            pool._network_backend = _Backend(backend)


class _Backend:
    """A network backend whose streams read more than they are asked for."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def connect_tcp(self, *args: Any, **options: Any) -> _Stream:
        return _Stream(await self._backend.connect_tcp(*args, **options))

    async def connect_unix_socket(self, *args: Any, **options: Any) -> _Stream:
        return _Stream(await self._backend.connect_unix_socket(*args, **options))


class _Stream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream
        # asyncio's transports, which anyio keeps there, give 256 KiB at a time unless told otherwise.
        self._transport: Any = getattr(getattr(stream, "_stream", None), "_transport", object())
        if hasattr(self._transport, "max_size"):
            self._transport.max_size = READ_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def read(self, max_bytes: int, *args: Any, **options: Any) -> Any:
        return await self._stream.read(max(max_bytes, READ_BYTES), *args, **options)

    async def start_tls(self, *args: Any, **options: Any) -> Any:
        """The library's own stream: what is encrypted comes in records of 16 KB, whatever is asked for."""
        with suppress(AttributeError):
            del self._transport.max_size
        return await self._stream.start_tls(*args, **options)
