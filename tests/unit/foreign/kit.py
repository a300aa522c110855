"""Errors of other libraries and of the system, and a service whose line raises them."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import attrs
import h11
import httpcore
import httpx
import trio

from a2e_async.client import A2E
from a2e_async.policies import RetryPolicy, StartPolicy
from tests.unit.sample import TOKEN, Service, client, ok

__all__ = ["CONNECTING", "FOREIGN", "PNG", "World", "by_number", "chain"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
EVENTS = b"event: delta\ndata: a\n\nevent: result\ndata: ab\n\nevent: done\ndata: 1\n\n"
REQUEST = httpx.Request("GET", "https://a2e.test/x")


def _system_error(number: int, *names: str) -> OSError:
    """The error that the system reports by a number."""
    return OSError(number, os.strerror(number), *names)


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.partition(".")[0] == kind.__module__.partition(".")[0]:
            yield from _below(child)


def _made(kind: type[Any]) -> Callable[[], Exception]:
    if kind is httpx.HTTPStatusError:
        return lambda: httpx.HTTPStatusError("500", request=REQUEST, response=httpx.Response(500))
    if kind in (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead):
        return kind

    def make() -> Exception:
        error: Exception = kind("it broke")
        return error

    return make


def _of_the_library() -> dict[str, Callable[[], Exception]]:
    of_httpx = {*_below(httpx.HTTPError), *_below(httpx.StreamError), httpx.InvalidURL, httpx.CookieConflict}
    named = [getattr(httpcore, name) for name in httpcore.__all__]
    of_httpcore = {kind for kind in named if isinstance(kind, type) and issubclass(kind, Exception)}
    found = {
        f"{kind.__module__.partition('.')[0]}.{kind.__name__}": _made(kind) for kind in of_httpx | of_httpcore
    }
    return dict(sorted(found.items()))


def by_number(number: int) -> Callable[[], Exception]:
    return lambda: _system_error(number)


_NUMBERS = (
    *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.ENETUNREACH, errno.EHOSTUNREACH),
    *(errno.EMFILE, errno.ENOBUFS, errno.EPIPE, errno.ETIMEDOUT, errno.EACCES, errno.EBADF, errno.ENOTCONN),
)

FOREIGN: dict[str, Callable[[], Exception]] = {
    **_of_the_library(),
    **{errno.errorcode[number]: by_number(number) for number in _NUMBERS},
    "FileNotFoundError without a name": lambda: FileNotFoundError(2, "No such file or directory"),
    "OSError without anything": OSError,
    "gaierror unknown": lambda: socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "gaierror again": lambda: socket.gaierror(socket.EAI_AGAIN, "Temporary failure"),
    "herror": lambda: socket.herror(1, "Unknown host"),
    "TimeoutError": TimeoutError,
    "ssl.SSLError": lambda: ssl.SSLError(1, "[SSL: BAD_RECORD_MAC] bad record mac"),
    "ssl.SSLZeroReturnError": lambda: ssl.SSLZeroReturnError(6, "closed"),
    "ssl.SSLWantReadError": lambda: ssl.SSLWantReadError(2, "read"),
    "ssl.SSLSyscallError": lambda: ssl.SSLSyscallError(5, "EOF"),
    "ssl.SSLEOFError": lambda: ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
    "ssl.SSLCertVerificationError": lambda: ssl.SSLCertVerificationError(1, "certificate verify failed"),
    "anyio.BrokenResourceError": anyio.BrokenResourceError,
    "anyio.ClosedResourceError": anyio.ClosedResourceError,
    "anyio.EndOfStream": anyio.EndOfStream,
    "anyio.BusyResourceError": lambda: anyio.BusyResourceError("reading from"),
    "anyio.WouldBlock": anyio.WouldBlock,
    "anyio.IncompleteRead": anyio.IncompleteRead,
    "trio.BrokenResourceError": lambda: trio.BrokenResourceError("reset"),
    "trio.TooSlowError": trio.TooSlowError,
    "h11.LocalProtocolError": lambda: h11.LocalProtocolError("too late"),
    "h11.RemoteProtocolError": lambda: h11.RemoteProtocolError("no HTTP"),
    "sqlite3.OperationalError of a cache": lambda: sqlite3.OperationalError("database is locked"),
    "zlib.error": lambda: zlib.error("incorrect header"),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "UnicodeEncodeError": lambda: UnicodeEncodeError("ascii", f"é {TOKEN}", 0, 1, "not in range"),
    "ValueError": lambda: ValueError("I/O operation on closed file"),
    "KeyError": lambda: KeyError("connection"),
    "RuntimeError": lambda: RuntimeError("Event loop is closed"),
    "RecursionError": RecursionError,
    "ImportError": lambda: ImportError("Using SOCKS proxy, but the 'socksio' package is not installed."),
    "ModuleNotFoundError": lambda: ModuleNotFoundError("No module named 'h2'", name="h2"),
    "AttributeError": lambda: AttributeError("'NoneType' object has no attribute 'send'"),
    "TypeError": lambda: TypeError("a bytes-like object is required"),
    "EOFError": EOFError,
    "Exception with the token": lambda: Exception(f"sent Authorization: Bearer {TOKEN}"),
    "ExceptionGroup": lambda: ExceptionGroup("two", [OSError(f"a {TOKEN}"), KeyError("b")]),
}

CONNECTING = frozenset(
    [
        *(f"httpx.{name}" for name in ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError")),
        *(f"httpcore.{name}" for name in ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError")),
        *("httpx.UnsupportedProtocol", "httpx.InvalidURL", "httpcore.UnsupportedProtocol"),
        *("ECONNREFUSED", "gaierror unknown", "gaierror again", "ssl.SSLCertVerificationError"),
    ]
)
"""Errors that say by themselves that no connection was made."""


def chain(error: BaseException) -> list[BaseException]:
    """An error, what is behind it, and what is in groups."""
    found: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is not None and not any(each is other for other in found):
            found.append(each)
            queue += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return found


class Body(httpx.AsyncByteStream):
    """The body of a reply, whose reading or closing fails."""

    def __init__(self, content: bytes, fail: Callable[[], None], *, in_close: bool) -> None:
        self._pieces = [content[: len(content) // 2], content[len(content) // 2 :]]
        self._fail = fail
        self._in_close = in_close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._pieces[0]
        if not self._in_close:
            self._fail()
        yield self._pieces[1]

    async def aclose(self) -> None:
        if self._in_close:
            self._fail()


@attrs.define(eq=False)
class World(httpx.AsyncBaseTransport):
    """A service, a storage, and files; requests to them may break.

    Attributes:
        breaks: says which requests break, by their method and URL without the query.
        place: where: "connect" before anything is done, "sent" after it, in the "body", or at its "close".
        make: makes the error.
        broken: the requests that broke.
        raised: the errors that were raised.
        puts: how many files came.
    """

    breaks: Callable[[str], bool] = lambda request: False
    place: str = "connect"
    make: Callable[[], BaseException] = OSError
    service: Service = attrs.field(factory=lambda: Service(duration=2.0))
    broken: list[str] = attrs.field(factory=list[str])
    raised: list[BaseException] = attrs.field(factory=list[BaseException])
    puts: int = 0

    def client(self) -> A2E:
        """A client that does not try often."""
        retry = RetryPolicy(attempts=2, base=0.1, random=lambda: 1.0)
        return client(self, retry=retry, start=StartPolicy(window=2.0, attempts=3))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {request.url.copy_with(query=None)}"
        breaks = self.breaks(name)
        if breaks:
            self.broken.append(request.url.path)
        if breaks and self.place == "connect":
            self._fail()

        answer = await self._answer(request)
        if breaks and self.place == "sent":
            self._fail()
        if breaks:
            content = await answer.aread()
            body = Body(content, self._fail, in_close=self.place == "close")
            headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
            answer = httpx.Response(answer.status_code, headers=headers, stream=body)
        return answer

    def _fail(self) -> None:
        self.raised.append(self.make())
        raise self.raised[-1]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "cdn.test":
            return httpx.Response(200, content=PNG, headers={"content-type": "image/png"})
        if request.method == "PUT":
            self.puts += 1
            await request.aread()
            return httpx.Response(200)

        last = request.url.path.rpartition("/")[2]
        if last == "upload-presigned-url":
            url = "https://put.test/a.png?X-Amz-Signature=s3cr3t"
            return ok({"uploadUrl": url, "cdnUrl": "https://cdn.test/a.png"})
        if last == "quote":
            return ok({"coins": 30})
        if last == "events":
            return httpx.Response(200, content=EVENTS, headers={"content-type": "text/event-stream"})
        if last in ("voice_list", "1"):
            return ok([{"_id": "1"}] if last != "1" else {"_id": "1"})
        return await self.service.handle_async_request(request)
