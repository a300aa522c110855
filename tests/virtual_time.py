"""Event loops whose time jumps to the next deadline when nothing else is to be done.

For tests without sockets and threads: hours pass in milliseconds, always in the same order. A test
module asks for them with ``from tests.virtual_time import anyio_backend``.
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
    """Instead of waiting for a timeout, jumps over it."""

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
    """The event loop's backend, in virtual time."""
    return request.param, _options(request.param)


def run(backend: str, main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function in an event loop of its own, whose time begins at 0."""
    if backend == "trio":
        # Releases of anyio before 4.15 do not pass the clock on.
        return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return anyio.run(main, backend=backend, backend_options=dict(_options(backend)))
