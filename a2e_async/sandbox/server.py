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

from a2e_async.sandbox.address import Address
from a2e_async.sandbox.app import App
from a2e_async.sandbox.catalogue import Duration
from a2e_async.sandbox.clock import SandboxClock, ScaledClock
from a2e_async.sandbox.document import load_document
from a2e_async.sandbox.faults import Faults
from a2e_async.sandbox.ledger import Ledger
from a2e_async.sandbox.tokens import make_token, user_id_of
from a2e_async.sandbox.webhooks import HookCall, HookFaults
from a2e_async.sandbox.world import Config, World

__all__ = ["Sandbox"]

T = TypeVar("T")

START_SECONDS = 30.0


class _Server(uvicorn.Server):
    """uvicorn without signal handlers, ticks or a grace period: `end` ends it at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._over: asyncio.Event | None = None

    async def main_loop(self) -> None:
        self._over = asyncio.Event()
        self.ready.set()
        await self._over.wait()

    def end(self) -> None:
        """End the server. Called in its own event loop."""
        if self._over is not None:
            self._over.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()

        # Requests may wait for a clock that nobody moves any more, so they are cancelled, and clients may
        # keep connections open, so these are aborted.
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport is not None:
                transport.abort()

        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports report that their connections are lost
        for bound in sockets or ():
            bound.close()


class _ServerThread:
    """A server in a thread and an event loop of its own.

    Args:
        app: the application to serve.
        sockets: bound and listening; the server closes them.
        on_loop: called in the event loop before anything else.
    """

    def __init__(self, app: App, sockets: list[socket.socket], on_loop: Callable[[], object]) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="critical",
            server_header=False,
            date_header=False,
            timeout_keep_alive=3600,  # idle connections must not end by real time, which the clock ignores
        )

        self._server = _Server(config)
        self._sockets = sockets
        self._on_loop = on_loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="a2e-sandbox", daemon=True)

    def start(self) -> None:
        """Start the thread and wait until the server answers."""
        self._thread.start()
        if not self._server.ready.wait(START_SECONDS):
            for bound in self._sockets:
                bound.close()
            raise RuntimeError("the sandbox did not start")

    def stop(self) -> None:
        """End the server and wait for its thread."""
        self.post(self._server.end)
        self._thread.join()

    def post(self, callback: Callable[[], object]) -> None:
        """Call a function in the server's event loop, from any thread."""
        if self._loop is None:
            raise RuntimeError("the sandbox did not start")
        self._loop.call_soon_threadsafe(callback)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._on_loop()
        await self._server.serve(sockets=self._sockets)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        from uvloop import new_event_loop
    except ImportError:  # not available on Windows
        return asyncio.new_event_loop
    return new_event_loop


class Sandbox:
    """A local A2E on a loopback port, in a thread of its own.

    Use it with ``async with`` (asyncio or trio) or a plain ``with``. Its methods may be called from any
    thread.

    Args:
        host: the address or the name to listen at; ``::1`` for IPv6.
        port: the port to bind; 0 takes a free one.
        separate_files: serve files on a second port, and so on another origin.
        clock: a `VirtualClock`, which may be shared with the client, or a `ScaledClock`. The default is
            real time.
        faults: one `Faults` or several. `set_faults` and `script` change them later.
        token: the API token that works. By default one is made.
        document: the OpenAPI file to play. The default is $A2E_SANDBOX_SPEC, or the package's own document.
        prefix: a path below which the API lives, as on white-label hosts.
        epoch: the wall-clock time (seconds since 1970) that ``createdAt`` shows for second 0 of the clock.
        seed: the seed of everything that is drawn at random.
        durations: workflow -> how long its tasks take, in seconds: a number, (mean, standard deviation), or
            a function of the start's body. ``"*"`` means every other workflow.
        prices: workflow -> coins for one task.
        **options: more keywords of `a2e_async.sandbox.world.Config`: coins, diamonds, presign_price,
            result_ttl, hook_faults, odd_files, voice_quota, max_upload.

    Attributes:
        clock: the clock that it lives by.
        token: the API token that works.
        origin: scheme, host and port of the API; empty before the start.
        files_origin: scheme, host and port of the files; the same unless `separate_files` is set.

    Raises:
        FileNotFoundError, ValueError: the document is missing or invalid.
        OSError: the port is taken, or the host is not one of this machine (raised by `start`).

    Example:
        ```python
        async with Sandbox(coins=5) as sandbox:
            async with A2E(sandbox.token, base_url=sandbox.url) as a2e:
                ...
            assert sandbox.ledger.made() == 0
        ```
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
        self.token = token or make_token(user_id_of(seed), random.Random(f"token {seed}"))
        self.origin = self.files_origin = ""

        second_0 = time.time() - self.clock.now() if epoch is None else epoch
        spec = load_document(document)
        config = Config(
            seed=seed,
            token=self.token,
            durations=dict(durations or {}),
            prices=dict(prices or {}),
            faults=(faults,) if isinstance(faults, Faults) else tuple(faults),
            **options,
        )

        def make_world() -> World:
            return World(config, spec, self.clock, second_0, self.files_origin)

        self._make_world = make_world
        self._address = Address(host.strip("[]"), port, separate_files, prefix.rstrip("/"))
        self._app: App | None = None
        self._server: _ServerThread | None = None

    # Life

    def start(self) -> Sandbox:
        """Bind the port, and serve until `stop`.

        Raises:
            OSError: the port is taken.
            RuntimeError: this sandbox is running already, or it did not start within 30 seconds.
        """
        if self._server is not None:
            raise RuntimeError("this sandbox is running already")

        sockets = self._address.bind()
        self.origin, self.files_origin = self._address.origins(sockets)
        self._app = App(self._make_world, self._address.prefix)
        server = _ServerThread(self._app, sockets, self.clock.watch)
        server.start()

        self._server = server
        self.clock.start()
        return self

    def stop(self) -> None:
        """End the server and its thread. The ledger stays readable."""
        if self._server is None:
            return

        self.clock.stop()
        self._server.stop()
        self._server = None
        if self._app is not None:
            self._app.world.files.close()

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
        """The client's ``base_url``, with the prefix if there is one."""
        return self.origin + self._address.prefix

    def file_url(self, size: int) -> str:
        """The URL of a file of `size` bytes; `a2e_async.sandbox.media.pattern` returns the same bytes."""
        return f"{self.files_origin}/files/bytes/{size}"

    # What a test asks and changes

    @property
    def world(self) -> World:
        """The state itself. Use it between requests only; `call` is safe while the sandbox serves."""
        return self._started().world

    def _started(self) -> App:
        if self._app is None:
            raise RuntimeError("the sandbox has not been started")
        return self._app

    def call(self, ask: Callable[[World], T]) -> T:
        """Call a function with the state, in the server's thread, between two requests.

        Returns:
            What the function returns. Its exception is raised here.
        """
        if self._server is None:
            return ask(self.world)

        answer: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                answer.set_result(ask(self.world))
            except BaseException as problem:
                answer.set_exception(problem)

        self._server.post(run)
        return answer.result(START_SECONDS)

    @property
    def ledger(self) -> Ledger:
        """A snapshot of the account of what happened."""

        def take_snapshot(world: World) -> Ledger:
            world.now()  # events that are due happen first
            return world.ledger.snapshot()

        return self.call(take_snapshot)

    @property
    def balance(self) -> int:
        """Coins left."""
        return self.call(lambda world: world.account.balance)

    def set_coins(self, coins: int) -> None:
        """Change the balance."""
        self.call(lambda world: setattr(world.account, "balance", coins))

    def set_faults(self, *faults: Faults) -> None:
        """Replace all faults in force. Scripts that have not been played are dropped.

        Args:
            faults: the rules from now on; none for a service without faults.

        Example:
            ```python
            with Sandbox() as sandbox:
                sandbox.set_faults(Faults(operations="start", reset_after=0.1))
            ```
        """
        self.call(lambda world: world.plan.replace(faults))

    def set_hook_faults(self, faults: HookFaults) -> None:
        """Replace what goes wrong with calls to webhooks."""
        self.call(lambda world: setattr(world.hooks, "faults", faults))

    @property
    def hook_calls(self) -> list[HookCall]:
        """The calls to webhooks that were made."""
        return self.call(lambda world: list(world.hooks.calls))

    def script(self, selector: str, *kinds: str) -> None:
        """Add one-shot faults for the next requests, one for each.

        Args:
            selector: the operations, as in `Faults`: a role, a name such as ``image_to_video.start``, …
            kinds: names of faults, and ``ok`` for a request without one.

        Raises:
            ValueError: one of the kinds is not a fault.

        Example:
            ```python
            with Sandbox() as sandbox:
                sandbox.script("start", "reset_after", "ok")
            ```
        """
        self.call(lambda world: world.plan.script(selector, kinds))

    def reset(self) -> None:
        """Begin a fresh account: no tasks, no files, full balance, empty ledger, the faults of the start."""
        app = self._started()
        self.call(lambda _world: app.reset())
