"""Server-sent events: streams that are endless, too slow or too large end with an error of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from a2e_async import APIError, RateLimited, RequestTimeout, UnexpectedReply
from a2e_async._spec.operation import Call
from a2e_async.events import Event, Events
from tests.unit.sample import TOKEN, client
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

CALL = Call("POST", "/api/v1/x", body={"a": 1})


class Stream(httpx.AsyncByteStream):
    """A body that sends some bytes, and then others at intervals, for ever."""

    def __init__(self, start: bytes, then: bytes = b"", pause: float = 0.0) -> None:
        self._pieces = [start]
        self._then = then
        self._pause = pause

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._pieces:
            return self._pieces.pop()
        if not self._then:
            raise StopAsyncIteration
        await anyio.sleep(self._pause)
        return self._then

    async def aclose(self) -> None:
        self._then = b""


def events_of(stream: Stream, **headers: str) -> Events:
    def answer(request: httpx.Request) -> httpx.Response:
        kind = {"content-type": "text/event-stream", **headers}
        return httpx.Response(200, headers=kind, stream=stream)

    return Events(client(httpx.MockTransport(answer), timeout=10.0), CALL)


async def test_events_are_read_until_the_end() -> None:
    stream = Stream(b'event: delta\ndata: {"a": NaN}\n\nevent: x\ndata: y\n\nevent: done\ndata: 1\n\n')
    assert [event async for event in events_of(stream)] == [Event("delta", {"a": "NaN"}), Event("x", "y")]


@pytest.mark.parametrize("then", [b": ping\n\n", b"d", b"data: x\n"])
async def test_bytes_that_make_no_event_are_no_progress(then: bytes) -> None:
    async with events_of(Stream(b"event: delta\ndata: a\n\n", then, 1.0)) as events:
        assert await anext(events) == Event("delta", "a")
        with pytest.raises(RequestTimeout, match="no event within 10 s"):
            await anext(events)
    assert anyio.current_time() == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("then", [b": ping\n\n" * 1000, b"d" * 65536, b"data: x\n" * 1000])
async def test_events_are_bounded(then: bytes) -> None:
    async with events_of(Stream(b"event: delta\ndata: a\n\n", then)) as events:
        assert await anext(events) == Event("delta", "a")
        with pytest.raises(UnexpectedReply, match="more than"):
            await anext(events)


async def test_many_small_events_are_not_too_many_bytes() -> None:
    event = b"event: delta\ndata: " + b"a" * 10_000 + b"\n\n"
    count = 0
    async with events_of(Stream(event, event)) as events:
        async for _ in events:
            count += 1
            if count == 200:
                break
    assert count == 200


async def test_an_error_event_does_not_show_the_token() -> None:
    data = f'{{"code": 401, "message": "bad token {TOKEN}"}}'
    with pytest.raises(APIError) as info:
        await anext(events_of(Stream(f"event: error\ndata: {data}\n\n".encode())))
    assert TOKEN not in repr((info.value.args, vars(info.value)))


async def test_a_packed_stream_is_refused() -> None:
    stream = Stream(b"\x1f\x8b")
    with pytest.raises(UnexpectedReply, match="packed as 'gzip'"):
        await anext(events_of(stream, **{"content-encoding": "gzip"}))


async def test_a_refused_stream_slows_down_what_comes_next() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": "30"}, json={"code": 429, "msg": "slow down"})

    a2e = client(httpx.MockTransport(answer))
    for wait in (0.0, 30.0):
        with pytest.raises(RateLimited):
            await anext(Events(a2e, CALL))
        assert anyio.current_time() == pytest.approx(wait, abs=1.0)
