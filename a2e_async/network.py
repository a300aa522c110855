"""The rest of a large body, read from its connection and not through the HTTP parser.

The library takes 64 KB at a time (16 KB under TLS), and each goes through its parser and many generators:
most of the time that a gigabyte takes goes there. The connection itself is open to all (httpx's extension
``network_stream``). Whether the parser holds back bytes that came before is seen only inside the library:
where that is not exactly as expected, the body comes the usual way, slower, never wrong.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from a2e_async.errors import ConnectionFailed

__all__ = ["LARGE_BYTES", "READ_BYTES", "Rest"]

LARGE_BYTES = 2 << 20
"""So much must be left for it to pay: the connection can serve no other request afterwards."""

READ_BYTES = 512 << 10
"""What one read asks for."""

_INNER = ("_stream", "_httpcore_stream", "_connection")
_DEPTH = 8


class Rest(AsyncIterator[bytes]):
    """What is left of a body, as it comes. Not a generator: it may be left before its end.

    Args:
        stream: the connection.
        size: bytes.
        response: httpx's response.
    """

    def __init__(self, stream: Any, size: int, response: Any) -> None:
        self._stream = stream
        self._left = size
        self._request = response.request
        self._timeout = self._request.extensions.get("timeout", {}).get("read")

    @classmethod
    def of(cls, response: Any, received: int) -> Rest | None:
        """The rest of a response; None where it is small, of unknown size, or not to be had this way.

        Args:
            response: httpx's response.
            received: bytes of its body that came already.
        """
        length = response.headers.get("content-length", "")
        if not length.isdecimal() or "transfer-encoding" in response.headers:
            return None
        size = int(length) - received
        stream = response.extensions.get("network_stream")
        if size < LARGE_BYTES or stream is None or not _holds_nothing(_parser_of(response)):
            return None
        return cls(stream, size, response)

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        piece: bytes = await self._stream.read(min(READ_BYTES, self._left), self._timeout)
        if not piece:
            method, path = self._request.method, self._request.url.path
            raise ConnectionFailed(f"closed with {self._left} bytes to come", method=method, path=path)
        self._left -= len(piece)
        return piece


def _parser_of(response: Any) -> Any:
    """The HTTP/1.1 parser under a response, wherever the library keeps it; None if it is not found."""
    part = getattr(response, "stream", None)
    for _ in range(_DEPTH):
        parser = getattr(part, "_h11_state", None)
        if parser is not None:
            return parser
        part = next((inner for name in _INNER if (inner := getattr(part, name, None)) is not None), None)
    return None


def _holds_nothing(parser: Any) -> bool:
    return getattr(parser, "trailing_data", None) == (b"", False)
