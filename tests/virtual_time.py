"""Event loops whose time jumps to the next deadline when there is nothing else to do.

They are for tests without sockets; those with a sandbox have its `VirtualClock`. Hours pass in milliseconds,
and always in the same order. While a worker thread does something, time waits for it, but not for long: it
may be a thread that waits for the time. A test module uses them by
``from tests.virtual_time import anyio_backend``.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import pytest
import trio
import trio.testing

from a2e_async.sandbox import VirtualClock

__all__ = ["BACKENDS", "anyio_backend", "held_by_threads", "run"]

T = TypeVar("T")

BACKENDS = ("asyncio", "trio")


_PATIENCE = 0.002  # real seconds for which time waits for worker threads


class _JumpingSelector(selectors.SelectSelector):
    """A selector that skips a timeout instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.patience = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        events = super().select(min(timeout, self.patience))
        if not events:
            self.skipped += max(0.0, timeout)
        return events


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, jumping: _JumpingSelector) -> None:
        self._jumping = jumping
        super().__init__(jumping)

    def time(self) -> float:
        return self._jumping.skipped


class _Time:
    """A virtual time, for one event loop."""

    def __init__(self, backend: str) -> None:
        self.options: Mapping[str, Any]
        self._clock: _JumpingSelector | trio.testing.MockClock
        self._at_work = 0
        if backend == "asyncio":
            self._clock = selector = _JumpingSelector()
            self.options = {"loop_factory": lambda: _JumpingLoop(selector)}
        else:
            self._clock = clock = trio.testing.MockClock(autojump_threshold=0)
            self.options = {"clock": clock}

    def waits(self) -> AbstractContextManager[None]:
        """Make time wait while what runs in a worker thread is not done."""
        return _threads_noted(partial(self._add, 1), partial(self._add, -1))

    def _add(self, threads: int) -> None:
        self._at_work += threads
        patience = _PATIENCE if self._at_work else 0.0
        if isinstance(self._clock, _JumpingSelector):
            self._clock.patience = patience
        elif self._clock.autojump_threshold != patience:
            self._clock.autojump_threshold = patience


@contextmanager
def _threads_noted(begun: Callable[[], object], ended: Callable[[], object]) -> Iterator[None]:
    """Call a function when a worker thread begins, and another one when it has ended."""
    run_sync = anyio.to_thread.run_sync

    async def run(*args: Any, **options: Any) -> Any:
        begun()
        try:
            return await run_sync(*args, **options)
        finally:
            ended()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anyio.to_thread, "run_sync", run)
        yield


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Run tests in virtual time, on each backend."""
    time = _Time(request.param)
    with time.waits():
        yield request.param, time.options


def run(backend: str, main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function in a new event loop, whose time begins at 0."""
    time = _Time(backend)
    with time.waits():
        if backend == "trio":
            # anyio before 4.15 does not pass the clock on to trio.
            return trio.run(main, clock=time.options["clock"])
        return anyio.run(main, backend=backend, backend_options=dict(time.options))


def held_by_threads(clock: VirtualClock) -> AbstractContextManager[None]:
    """Let a sandbox's clock wait for every worker thread, also for a journal's, which has its own limiter."""
    return _threads_noted(clock.enter, clock.leave)
