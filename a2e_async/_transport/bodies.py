"""Bodies as the HTTP library takes them: of requests, abandoned before their end, and of replies."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

__all__ = ["Followed", "Once", "body_type", "reply_type"]


@functools.cache
def body_type(library: Any) -> Any:
    """Make the class of a request's body. The library's own is a generator, left unfinished by a failure."""

    class Body(library.AsyncByteStream):  # type: ignore[misc] # one of two classes, known only now
        def __init__(self, pieces: AsyncIterator[bytes]) -> None:
            self._pieces = pieces

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._pieces

    return Body


@functools.cache
def reply_type(library: Any) -> Any:
    """Make the class of a reply's body. How it closes changes nothing: the reply has been read by then."""

    class Reply(library.AsyncByteStream):  # type: ignore[misc] # one of two classes, known only now
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __aiter__(self) -> AsyncIterator[bytes]:
            return aiter(self._stream)

        async def aclose(self) -> None:
            with suppress(Exception):
                await self._stream.aclose()

    return Reply


class Once:
    """An async iterator over one piece."""

    def __init__(self, content: bytes) -> None:
        self._left = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class Followed:
    """An async iterator that says when it has come to its end.

    Attributes:
        error: what the iterator inside has raised.
    """

    def __init__(self, pieces: AsyncIterator[bytes], at_end: Callable[[], None]) -> None:
        self.error: Exception | None = None
        self._pieces = pieces
        self._at_end = at_end

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            self._at_end()
            raise
        except Exception as error:
            self.error = error
            raise
