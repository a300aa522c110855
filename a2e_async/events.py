"""Server-sent events: the reply of a prompt extension with ``stream=True``."""

from __future__ import annotations

import codecs
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import anyio
import attrs

from a2e_async._spec.operation import Call
from a2e_async._transport.envelope import Reply, open_envelope
from a2e_async._transport.reply_json import decode_json
from a2e_async.errors import APIError, ConfigurationError, RequestTimeout, TransportError, UnexpectedReply
from a2e_async.plain import Plain

if TYPE_CHECKING:
    from httpx_sse import ServerSentEvent

    from a2e_async._transport.streamed_response import StreamedResponse
    from a2e_async.protocols import Client

__all__ = ["Event", "Events"]

_EVENT_LIMIT = 1 << 20  # bytes between two events; a prompt has some thousands


@attrs.frozen
class Event(Plain):
    """A server-sent event.

    Attributes:
        kind: ``delta`` for a piece of text, ``result`` for the whole text; other kinds are passed on.
        data: the decoded JSON, or the text if it is not JSON.
    """

    kind: str
    data: Any


class Events:
    """The events of one request. The request is sent when the first event is read.

    Iteration ends after the event ``done`` and then closes the connection. Use ``async with`` if you may
    stop earlier.

    Raises:
        ConfigurationError: the extra ``sse`` is not installed.
        APIError: the service refused, or sent an ``error`` event.
        RequestTimeout: no event came within the timeout of the request.

    Example:
        ```python
        events = a2e.image_to_video.prompt_extension(
            reference_id="kite", image_url=url, prompt="it flies", negative_prompt="blurry", stream=True
        )
        async with events:
            async for event in events:
                print(event.kind, event.data)
        ```
    """

    def __init__(self, client: Client, call: Call) -> None:
        try:
            import httpx_sse  # noqa: F401 - reports at once that it is missing
        except ImportError:
            raise ConfigurationError("stream=True needs the extra: pip install 'a2e-async[sse]'") from None
        self._client = client
        self._call = call
        self._stack = AsyncExitStack()
        self._events: AsyncGenerator[ServerSentEvent, None] | None = None
        self._text: _Text | None = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._ended:
            raise StopAsyncIteration
        try:
            return await self._next()
        except BaseException as error:
            await self.aclose()
            if isinstance(error, TransportError):
                self._client.runtime.transport.mask(error)
            raise

    async def aclose(self) -> None:
        """Close the connection."""
        self._ended = True
        if self._events is not None:
            await self._events.aclose()
        if self._text is not None:
            await self._text.aclose()
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _next(self) -> Event:
        if self._events is None:
            self._events = await self._open()
        event = await self._within_timeout(self._events)
        if event.event == "done":
            raise StopAsyncIteration
        if event.event == "error":
            raise self._error(event.data)
        return Event(event.event, _decoded(event.data))

    async def _open(self) -> AsyncGenerator[ServerSentEvent, None]:
        from httpx_sse import EventSource

        runtime = self._client.runtime
        await self._stack.enter_async_context(runtime.session())
        call = await runtime.with_uploads(self._call)
        response = await self._stack.enter_async_context(runtime.transport.stream(call))
        self._text = _Text(response, call)
        return EventSource(cast(Any, self._text)).aiter_sse()

    async def _within_timeout(self, events: AsyncGenerator[ServerSentEvent, None]) -> ServerSentEvent:
        """Return the next event. Bytes that make no event do not count as progress."""
        call = self._call
        seconds = call.timeout or self._client.runtime.http.timeout
        if self._text is not None:
            self._text.begin_event()

        with anyio.move_on_after(seconds):
            return await anext(events)
        raise RequestTimeout(f"no event within {seconds:g} s", method=call.method, path=call.path)

    def _error(self, text: str) -> APIError:
        call = self._call
        try:
            open_envelope(Reply(call.method, call.path, 200, {}, text.encode()))
            error = APIError(text[:500], status=200, method=call.method, path=call.path, body=_decoded(text))
        except APIError as refusal:
            error = refusal
        self._client.runtime.transport.mask(error)
        return error


class _Text(AsyncIterator[str]):
    """The part of a response that `EventSource` needs. A class, not a generator, so that it can be closed."""

    def __init__(self, response: StreamedResponse, call: Call) -> None:
        self.headers = {"content-type": "text/event-stream"}  # checked before, and less strictly
        self._call = call
        self._chunks = response.aiter_bytes()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._received = 0

    def begin_event(self) -> None:
        """Count the bytes of the next event."""
        self._received = 0

    def aiter_text(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        chunk = await anext(self._chunks)
        self._received += len(chunk)
        if self._received > _EVENT_LIMIT:
            raise UnexpectedReply(
                f"an event of more than {_EVENT_LIMIT} bytes",
                status=200,
                method=self._call.method,
                path=self._call.path,
            )
        return self._decoder.decode(chunk)

    async def aclose(self) -> None:
        await self._chunks.aclose()


def _decoded(text: str) -> Any:
    try:
        return decode_json(text)
    except ValueError:
        return text
