"""Every async test runs on asyncio and on trio."""

from __future__ import annotations

import signal

import pytest

# A shell starts what it runs in the background with interrupts ignored, and every process that
# is started from there would ignore them too; some tests interrupt one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop's backend."""
    return str(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests whose coverage is measured: the unit tests, on asyncio."""
    for item in items:
        if item.nodeid.startswith("tests/unit/") and "trio" not in item.nodeid:
            item.add_marker("traced")
