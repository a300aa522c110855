"""One sandbox for all tests of a module, and a client of it on its clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from a2e_async import A2E
from a2e_async.sandbox import Sandbox, VirtualClock

SECONDS = 4.0  # how long a task takes by the sandbox's clock


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with many coins and quick tasks, for all tests of a module."""
    clock = VirtualClock(auto=True)
    with Sandbox(clock=clock, durations={"*": SECONDS}, voice_quota=1000) as sandbox:
        yield sandbox


@pytest.fixture
async def a2e(sandbox: Sandbox) -> AsyncIterator[A2E]:
    """A client of the sandbox, on its clock."""
    async with A2E(token=sandbox.token, base_url=sandbox.url, clock=sandbox.clock) as a2e:
        yield a2e
