"""One sandbox for all tests of the client without await."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from a2e_async import Lateness
from a2e_async.sync import A2E

if TYPE_CHECKING:
    from a2e_async.sandbox import Sandbox


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose tasks take a twentieth of a second."""
    from a2e_async.sandbox import Sandbox  # not all tests here need its libraries

    with Sandbox(durations={"*": (0.05, 0.0)}, coins=1_000_000) as sandbox:
        yield sandbox


@pytest.fixture
def a2e(sandbox: Sandbox) -> Iterator[A2E]:
    """A client of it."""
    with A2E(sandbox.token, base_url=sandbox.url, lateness=Lateness(seconds=0.1)) as client:
        yield client
