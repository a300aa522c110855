"""The client: event loops one after the other and side by side, and nothing left over."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import attrs
import httpx
import pytest

from a2e_async._transport import pools
from a2e_async.client import A2E
from a2e_async.errors import ConfigurationError
from tests.unit.sample import TOKEN, Pictures, Service, client
from tests.virtual_time import BACKENDS

MADE = b'{"_id":"67d2","current_status":"completed","coins":3,"image_urls":["https://cdn.test/1.png"]}'
RECORD = b'{"code":0,"data":%b}' % MADE
BATCH = b'{"code":0,"data":[%b]}' % MADE


@attrs.define
class Door:
    """A real server; what came in through it."""

    url: str = ""
    starts: int = 0
    connections: int = 0
    open: int = 0


@contextmanager
def door(*, closes_kept: bool = False) -> Iterator[Door]:
    """A server over real sockets that accepts every start; connections are kept open.

    Args:
        closes_kept: close a connection without an answer when a start comes that is not its first request.
    """
    seen = Door()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def setup(self) -> None:
            super().setup()
            seen.connections += 1
            seen.open += 1

        def finish(self) -> None:
            super().finish()
            seen.open -= 1

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            started = self.path.endswith("/start")
            self.requests_seen = getattr(self, "requests_seen", 0) + 1

            if started and closes_kept and self.requests_seen > 1:
                self.close_connection = True
                return

            seen.starts += started
            content = RECORD if started else BATCH
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def nothing_left() -> Iterator[None]:
    """No socket, generator or event loop is left for the garbage collector to find."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.freeze()  # what earlier tests have made is much, and not looked at
        yield
        gc.collect()
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


async def run_once(a2e: A2E) -> str:
    return str((await Pictures(a2e)(prompt="a kite").run()).record.id)


async def run_once_inside(a2e: A2E) -> str:
    async with a2e:
        return await run_once(a2e)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("way", [run_once, run_once_inside])
def test_two_event_loops_in_a_row(way: Callable[[A2E], Awaitable[str]], backend: str) -> None:
    with door() as server, nothing_left():
        a2e = A2E(TOKEN, base_url=server.url)
        for _ in range(3):
            assert anyio.run(way, a2e, backend=backend) == "67d2"
        assert server.starts == 3


def test_one_client_in_asyncio_and_in_trio() -> None:
    with door() as server, nothing_left():
        a2e = A2E(TOKEN, base_url=server.url)
        for backend in ("asyncio", "trio", "asyncio", "trio"):
            assert anyio.run(run_once, a2e, backend=backend) == "67d2"
        assert server.starts == 4


def test_a_block_that_is_left_and_entered_again() -> None:
    async def main(a2e: A2E) -> None:
        for _ in range(3):
            assert await run_once_inside(a2e) == "67d2"

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url))
        assert server.starts == 3


def test_two_event_loops_at_once_in_threads() -> None:
    """Each has connections of its own; the block of one does not end the other's."""
    with door() as server, nothing_left():
        a2e = A2E(TOKEN, base_url=server.url)
        done: list[str] = []
        together = threading.Barrier(4)

        async def main() -> None:
            async with a2e:
                for _ in range(5):
                    await asyncio.to_thread(together.wait)
                    done.append(await run_once(a2e))

        threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert done == ["67d2"] * 20
        assert server.starts == 20


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_bare_client_keeps_no_connection(backend: str) -> None:
    async def main(a2e: A2E, server: Door) -> None:
        for _ in range(3):
            await Pictures(a2e)(prompt="a kite").start()
            assert a2e.runtime.http.closed
        with anyio.fail_after(5):
            while server.open:
                await anyio.lowlevel.checkpoint()

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), server, backend=backend)
        assert server.connections == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_inside_the_block_connections_are_kept(backend: str) -> None:
    async def main(a2e: A2E) -> None:
        async with a2e:
            for _ in range(5):
                await Pictures(a2e).task("67d2").wait()
        assert a2e.runtime.http.closed

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), backend=backend)
        assert server.connections == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_start_after_a_pause_is_sent_on_a_new_connection(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may close a kept one while the start is on its way: then nobody knows whether it was read."""
    monkeypatch.setattr(pools, "_IN_USE", 0.0)

    async def main(a2e: A2E) -> None:
        async with a2e:
            for _ in range(3):
                task = await Pictures(a2e)(prompt="a kite").start()
                await task.refresh()

    with door(closes_kept=True) as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), backend=backend)
        assert server.starts == 3


def test_a_loop_that_was_left_in_the_middle_of_a_block_does_not_spoil_the_next() -> None:
    async def broken(a2e: A2E) -> None:
        async with a2e:
            await run_once(a2e)
            raise KeyError

    with door() as server, nothing_left():
        a2e = A2E(TOKEN, base_url=server.url)
        with pytest.raises(KeyError):
            anyio.run(broken, a2e)
        assert anyio.run(run_once_inside, a2e) == "67d2"


def test_a_client_forgets_loops_that_are_gone() -> None:
    a2e = client(Service(duration=0.0))
    for _ in range(10):
        asyncio.run(run_once(a2e))
    gc.collect()
    assert len(a2e._runtimes) <= 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_job_of_one_loop_is_run_in_another(backend: str) -> None:
    service = Service(duration=0.0)
    job = Pictures(client(service))(prompt="a kite")

    async def main() -> str:
        return (await job.run()).task.id

    assert anyio.run(main, backend=backend) != anyio.run(main, backend=backend)
    assert service.starts == 2


def test_without_an_event_loop_it_says_so() -> None:
    a2e = client(Service())
    with pytest.raises(ConfigurationError, match="event loop"):
        _ = a2e.runtime


def test_a_callers_transport_stays_open() -> None:
    service = Service(duration=0.0)
    a2e = client(service)
    asyncio.run(run_once_inside(a2e))
    asyncio.run(run_once(a2e))
    assert service.closed == 0


def test_the_same_content_is_presigned_once_for_all_loops() -> None:
    presigned: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.test":
            return httpx.Response(200)
        presigned.append(request.url.path)
        data = {"uploadUrl": "https://storage.test/x", "cdnUrl": "https://cdn.test/x"}
        return httpx.Response(200, json={"code": 0, "data": data})

    a2e = client(httpx.MockTransport(answer))

    async def main() -> str:
        return (await a2e.upload(b"\x89PNG\r\n\x1a\n0000", name="x.png")).url

    assert asyncio.run(main()) == asyncio.run(main()) == "https://cdn.test/x"
    assert len(presigned) == 1


def test_importing_and_making_a_client_starts_nothing() -> None:
    """No thread, no event loop, no HTTP library: in an interpreter of its own."""
    code = (
        "import sys, threading, a2e_async\n"
        "a2e = a2e_async.A2E('sk_x')\n"
        "a2e.image_to_video\n"
        "assert threading.active_count() == 1\n"
        "print(sorted({'httpx', 'httpcore', 'h11'} & set(sys.modules)))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout == "[]\n"
