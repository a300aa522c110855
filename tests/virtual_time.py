"""Event loops whose time jumps to the next deadline when there is nothing else to do.

They are for tests without sockets and threads. Hours pass in milliseconds, and always in the same order.
A test module uses them by ``from tests.virtual_time import anyio_backend``.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio
import pytest
import trio
import trio.testing

__all__ = ["BACKENDS", "anyio_backend", "run"]

T = TypeVar("T")

BACKENDS = ("asyncio", "trio")


class _JumpingSelector(selectors.SelectSelector):
    """A selector that skips a timeout instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        events = super().select(0)
        if not events:
            self.skipped += max(0.0, timeout)
        return events


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.skipped


def _options(backend: str) -> Mapping[str, Any]:
    if backend == "asyncio":
        return {"loop_factory": _JumpingLoop}
    return {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, Any]]:
    """Run tests in virtual time, on each backend."""
    return request.param, _options(request.param)


def run(backend: str, main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function in a new event loop, whose time begins at 0."""
    if backend == "trio":
        # anyio before 4.15 does not pass the clock on to trio.
        return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return anyio.run(main, backend=backend, backend_options=dict(_options(backend)))
