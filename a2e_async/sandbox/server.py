"""`Sandbox`: the server in a thread of its own, and the handle that tests hold."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import uvicorn

from a2e_async.sandbox.app import App
from a2e_async.sandbox.clock import SandboxClock, ScaledClock
from a2e_async.sandbox.document import load_document
from a2e_async.sandbox.faults import Faults
from a2e_async.sandbox.ledger import Ledger
from a2e_async.sandbox.world import Config, Duration, World

__all__ = ["Sandbox"]

T = TypeVar("T")

START_SECONDS = 30.0


class _Server(uvicorn.Server):
    """uvicorn without signals, ticks or grace: ends when told to, at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._over: asyncio.Event | None = None

    async def main_loop(self) -> None:
        self._over = asyncio.Event()
        self.ready.set()
        await self._over.wait()

    def end(self) -> None:
        """Runs in the server's loop."""
        if self._over is not None:
            self._over.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport is not None:
                transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports tell of their end
        for bound in sockets or ():
            bound.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        from uvloop import new_event_loop
    except ImportError:  # Windows has none
        return asyncio.new_event_loop
    return new_event_loop


class Sandbox:
    """A local A2E on a loopback port, in a thread of its own.

    Use it with ``async with`` (asyncio or trio) or plain ``with``. Its methods may be called from any thread.

    Args:
        port: 0 takes a free one; separate_files: serve files on a second port, so on another origin.
        clock: a `VirtualClock` (may be shared with the client) or a `ScaledClock`; by default real time.
        faults: one `Faults` or several; changed later by `set_faults` and `script`.
        token: the API token that works; by default one is made.
        document: the OpenAPI file to play; by default $A2E_SANDBOX_SPEC or the package's own.
        prefix: a path below which the API lives, as on white-label hosts.
        epoch: the wall-clock time (seconds since 1970) that createdAt shows for second 0 of the clock.
        seed, durations, prices, options: see `Config`, whose attributes they are: coins, presign_price,
            result_ttl, odd_files, voice_quota, max_upload, diamonds.

    Raises:
        FileNotFoundError, ValueError: no usable document.
        OSError: the port is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        separate_files: bool = False,
        clock: SandboxClock | None = None,
        faults: Faults | Iterable[Faults] = (),
        token: str | None = None,
        document: str | os.PathLike[str] | None = None,
        prefix: str = "",
        epoch: float | None = None,
        seed: int = 0,
        durations: Mapping[str, Duration] | None = None,
        prices: Mapping[str, int] | None = None,
        **options: Any,
    ) -> None:
        self.clock: SandboxClock = ScaledClock() if clock is None else clock
        self.token = token or _make_token(seed)
        self._host, self._port, self._separate = host, port, separate_files
        self._prefix = prefix.rstrip("/")
        self._epoch = time.time() - self.clock.now() if epoch is None else epoch
        self._document = load_document(document)
        self._config = Config(
            seed=seed,
            token=self.token,
            durations=dict(durations or {}),
            prices=dict(prices or {}),
            faults=(faults,) if isinstance(faults, Faults) else tuple(faults),
            **options,
        )
        self._sockets: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self._server: _Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._app: App | None = None
        self.origin = self.files_origin = ""

    # Life

    def start(self) -> Sandbox:
        """Bind, and serve until `stop`."""
        if self._thread is not None:
            raise RuntimeError("this sandbox is running already")
        self._sockets = [_bind(self._host, self._port)]
        if self._separate:
            self._sockets.append(_bind(self._host, 0))
        origins = [f"http://{self._host}:{bound.getsockname()[1]}" for bound in self._sockets]
        self.origin, self.files_origin = origins[0], origins[-1]
        self._app = App(self._new_world, self._prefix)
        config = uvicorn.Config(
            self._app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="critical",
            server_header=False,
            date_header=False,
            timeout_keep_alive=3600,  # no idle connection dies by real time, which the clock does not know
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._run, args=(self._server,), name="a2e-sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(START_SECONDS):
            for bound in self._sockets:
                bound.close()
            raise RuntimeError("the sandbox did not start")
        self.clock.start()
        return self

    def stop(self) -> None:
        """End the server and its thread; the ledger stays readable."""
        if self._thread is None or self._server is None or self._loop is None:
            return
        self.clock.stop()
        self._loop.call_soon_threadsafe(self._server.end)
        self._thread.join()
        self._thread = self._loop = None
        if self._app is not None:
            self._app.world.files.close()

    def _run(self, server: _Server) -> None:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(self.clock.watch)
            runner.run(server.serve(sockets=self._sockets))

    def _new_world(self) -> World:
        world = World(self._config, self._document, self.clock, self._epoch)
        world.files_url = self.files_origin
        return world

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    async def __aenter__(self) -> Sandbox:
        return self.start()

    async def __aexit__(self, *_exc: object) -> None:
        self.stop()  # takes a millisecond or two; awaiting it in a thread would not survive a cancellation

    # What a client needs

    @property
    def url(self) -> str:
        """The client's base_url, with the prefix if there is one."""
        return self.origin + self._prefix

    def file_url(self, size: int) -> str:
        """A file of that many bytes to download; `media.pattern` has the same bytes."""
        return f"{self.files_origin}/files/bytes/{size}"

    # What a test asks and changes

    @property
    def world(self) -> World:
        """The state itself. Look at it between requests only; use the methods below while it serves."""
        return self._started().world

    def _started(self) -> App:
        if self._app is None:
            raise RuntimeError("the sandbox has not been started")
        return self._app

    def call(self, ask: Callable[[World], T]) -> T:
        """Run a function on the state, in the server's thread, between two requests."""
        if self._loop is None:
            return ask(self.world)
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                answer.set_result(ask(self.world))
            except BaseException as problem:
                answer.set_exception(problem)

        self._loop.call_soon_threadsafe(run)
        return answer.result(START_SECONDS)

    @property
    def ledger(self) -> Ledger:
        """A snapshot of the account of what happened."""

        def ask(world: World) -> Ledger:
            world.now()
            return world.ledger.snapshot()

        return self.call(ask)

    @property
    def balance(self) -> int:
        """Coins left."""
        return self.call(lambda world: world.balance)

    def set_coins(self, coins: int) -> None:
        """Change the balance."""
        self.call(lambda world: setattr(world, "balance", coins))

    def set_faults(self, *faults: Faults) -> None:
        """Put these faults in force in place of all others; scripts not yet played are dropped."""
        self.call(lambda world: world.plan.replace(faults))

    def script(self, selector: str, *kinds: str) -> None:
        """One-shot faults for the next requests: ``sandbox.script("start", "reset_after", "ok")``."""
        self.call(lambda world: world.plan.script(selector, kinds))

    def reset(self) -> None:
        """A fresh account: no tasks, no files, full balance, an empty ledger, the faults it was made with."""
        app = self._started()
        self.call(lambda _world: app.reset())


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(2048)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def _make_token(seed: int) -> str:
    """Of the form that real tokens have: sk_ and a three-part JWT."""
    digits = random.Random(f"token {seed}")
    parts = [f"{digits.getrandbits(8 * length):0{2 * length}x}" for length in (9, 24, 21)]
    return "sk_eyJ" + ".".join(parts)
