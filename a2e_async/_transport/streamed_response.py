"""The response to a request, as soon as its head is there: the body is read as it arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import attrs

from a2e_async._transport.error_mapping import errors_mapped

if TYPE_CHECKING:
    import httpx

__all__ = ["CLOSING", "StreamedResponse"]

CLOSING = 5.0
"""Seconds after which a connection that does not close is dropped."""

_CHUNKS_BUFFERED = 8  # more than a closed connection still holds


@attrs.frozen
class StreamedResponse:
    """The response to `Connections.stream`; its body is not read yet.

    Attributes:
        status: HTTP status.
        headers: lower-case names.
        raw: httpx's response.
    """

    status: int
    headers: Mapping[str, str]
    raw: httpx.Response = attrs.field(repr=False)

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives, without decoding a Content-Encoding.

        Use `contextlib.aclosing` if you may stop before its end.
        """
        if self.raw.is_stream_consumed:
            # A caller's transport, for example in a test, may return a body that is in memory.
            yield self.raw.content
            return

        chunks = self.raw.aiter_raw()
        try:
            with errors_mapped(self.raw.request.method, self.raw.url.path, is_sent=True):
                async for chunk in chunks:
                    yield chunk
        finally:
            # If the body is left early, the library's generators wait for the garbage collector, and asyncio
            # and trio complain. Reading on after the connection is closed ends all of them.
            with anyio.move_on_after(CLOSING, shield=True), suppress(Exception):
                await self.raw.aclose()
                for _ in range(_CHUNKS_BUFFERED):
                    await anext(chunks)

    async def aread(self) -> bytes:
        """Read the whole body. Only for small ones, such as an error message."""
        return b"".join([chunk async for chunk in self.aiter_bytes()])
