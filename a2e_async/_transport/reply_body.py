"""Read the body of a reply to an API request: bounded, and unpacked if it is packed."""

from __future__ import annotations

import zlib
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from a2e_async.errors import ConnectionFailed, UnexpectedReply

if TYPE_CHECKING:
    from a2e_async._transport.streamed_response import StreamedResponse

__all__ = ["REPLY_LIMIT", "read_body"]

REPLY_LIMIT = 16 * 2**20
"""The most bytes of a reply, packed or not. The longest lists of the service have a tenth of this."""

_GZIP = b"\x1f\x8b"
_READABLE = frozenset({"", "identity", "gzip", "x-gzip", "utf-8", "none"})
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b") | frozenset(range(0xF8, 0x100))  # not in UTF-8


async def read_body(response: StreamedResponse) -> bytes:
    """Read the whole body. Its first bytes decide whether it is packed, rather than the header.

    Raises:
        ConnectionFailed: the packed body is broken or cut short.
        UnexpectedReply: it is too large, or packed in a way that was not asked for.
    """
    body = _Body(response)
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            body.add(piece)
    return body.end()


class _Body:
    """The body of a reply, as far as it has come."""

    def __init__(self, response: StreamedResponse) -> None:
        self._response = response
        self._received = 0
        self._bytes = bytearray()
        self._unpacker: Any = None

    def add(self, piece: bytes) -> None:
        """Add the next bytes of the connection."""
        # What comes is bounded as well as what it unpacks to: a packed body may unpack to nothing for ever.
        self._received += len(piece)
        self._check(self._received)

        if self._unpacker is None:
            self._bytes += piece
            if self._bytes.startswith(_GZIP):
                piece, self._bytes = bytes(self._bytes), bytearray()
                self._unpacker = zlib.decompressobj(wbits=31)
        if self._unpacker is not None and not self._unpacker.eof:
            self._unpack(piece)

    def _unpack(self, piece: bytes) -> None:
        try:
            self._bytes += self._unpacker.decompress(piece, REPLY_LIMIT + 1 - len(self._bytes))
        except zlib.error as error:
            raise self._broken(f"broken gzip: {error}") from None
        self._check(len(self._bytes))

    def end(self) -> bytes:
        """Return the whole body."""
        if self._unpacker is not None and not self._unpacker.eof:
            raise self._broken("gzip cut short")

        body = bytes(self._bytes)
        packed = self._response.headers.get("content-encoding", "").strip().lower()
        if self._unpacker is None and packed not in _READABLE and _is_binary(body):
            raise self._unexpected(f"packed as {packed!r}, which was not asked for")
        return body

    def _check(self, size: int) -> None:
        if size > REPLY_LIMIT:
            raise self._unexpected(f"more than {REPLY_LIMIT} bytes")

    def _unexpected(self, problem: str) -> UnexpectedReply:
        method, path = self._request
        return UnexpectedReply(problem, status=self._response.status, method=method, path=path)

    def _broken(self, problem: str) -> ConnectionFailed:
        method, path = self._request
        return ConnectionFailed(problem, method=method, path=path)

    @property
    def _request(self) -> tuple[str, str]:
        return self._response.raw.request.method, self._response.raw.url.path


def _is_binary(body: bytes) -> bool:
    return not _CONTROLS.isdisjoint(body[:100])
