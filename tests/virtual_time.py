"""Event loops whose time jumps to the next deadline when nothing else is to be done.

For tests without sockets and threads: hours pass in milliseconds, always in the same order. A test
module asks for them with ``from tests.virtual_time import anyio_backend``.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

import pytest
import trio.testing

__all__ = ["anyio_backend"]


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


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, Any]]:
    """The event loop's backend, in virtual time."""
    if request.param == "asyncio":
        return "asyncio", {"loop_factory": _JumpingLoop}
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}
