"""One HTTP exchange, from the request's body to a reply that may break off."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from a2e_async.sandbox.replies import Reply

__all__ = ["Connection", "Receive", "Reset", "Send"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 16 * 1024 * 1024


class Reset(Exception):
    """Raised to reset the connection instead of answering."""


class Connection:
    """A request and the two directions of its connection, as ASGI gives them.

    Attributes:
        method: ``GET``, ``POST``, …
        path: the path as it was sent, still escaped.
        query: the query string as it was sent.
        headers: (lower-case name, value) of the request.
    """

    __slots__ = ("_date", "_receive", "_send", "headers", "method", "path", "query")

    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send, date: bytes) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["raw_path"].decode("ascii")
        self.query: bytes = scope["query_string"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._date = date
        self._receive = receive
        self._send = send

    def text_headers(self) -> dict[str, str]:
        """The request's headers as text."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}

    # The request's body

    async def read(self) -> bytes:
        """Read the whole body.

        Raises:
            Reset: the client left, or the body is larger than any real one.
        """
        part, more = await self.read_part()
        if not more:
            return part

        parts, size = [part], len(part)
        while more and size <= MAX_BODY:
            part, more = await self.read_part()
            parts.append(part)
            size += len(part)

        if size > MAX_BODY:
            raise Reset
        return b"".join(parts)

    async def read_part(self) -> tuple[bytes, bool]:
        """Read the next part of the body, and whether more follows.

        Raises:
            Reset: the client left.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Reset
        return message["body"], message["more_body"]

    # The reply

    async def send(self, reply: Reply) -> None:
        """Send a complete reply."""
        await self._send_head(reply, len(reply.body) if reply.length is None else reply.length)
        await self._send_part(reply.body, more=False)

    async def send_twice(self, reply: Reply) -> None:
        """Send a complete reply, and the same bytes once more on the connection that stays open."""
        await self.send(reply)
        if not reply.body:
            return

        head = b"HTTP/1.1 %d OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n"
        self._transport().write(head % (reply.status, reply.content_type, len(reply.body)) + reply.body)

    async def send_half(self, reply: Reply) -> None:
        """Announce the whole body, send half of it and close the connection."""
        await self._send_head(reply, len(reply.body))
        await self._send_part(reply.body[: len(reply.body) // 2], more=True)
        await self._close()

    async def send_stream(self, reply: Reply, chunks: AsyncIterator[bytes]) -> None:
        """Send a body part by part. Close the connection if the parts are fewer than the announced length."""
        await self._send_head(reply, reply.length)
        sent = 0
        async for chunk in chunks:
            if self._transport().is_closing():
                raise Reset  # the client left; sending to it never waits, so it would hold the loop
            sent += len(chunk)
            await self._send_part(chunk, more=True)

        if reply.length is not None and sent < reply.length:
            await self._close()
        else:
            await self._send_part(b"", more=False)

    async def _send_head(self, reply: Reply, length: int | None) -> None:
        headers = [(b"date", self._date), (b"content-type", reply.content_type), *reply.headers]
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})

    async def _send_part(self, body: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    # Breaking off

    async def reset(self) -> None:
        """Reset the connection. A linger time of 0 makes the close send RST."""
        transport = self._transport()
        bound = transport.get_extra_info("socket")
        if bound is not None and not transport.is_closing():
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self._wait_for_disconnect()

    async def _close(self) -> None:
        """Close the connection after everything that was written has left."""
        self._transport().close()
        await self._wait_for_disconnect()

    def _transport(self) -> Any:
        # ASGI has no message that resets a connection. `receive` is a method of uvicorn's request cycle,
        # and that cycle holds the transport.
        method: Any = self._receive
        return method.__self__.transport

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
