"""A pytest plugin: a fresh local A2E for each test, and no request to another machine.

The fixture ``a2e_sandbox`` is a running `Sandbox`. While the test runs, the environment points at it, so
``A2E()`` without arguments uses it:

```python
@pytest.mark.anyio
async def test_my_app(a2e_sandbox):
    await my_app.make_videos()
    assert a2e_sandbox.ledger.made() == 3
```

Tasks take a twentieth of a second by default. A marker changes this or any other keyword of `Sandbox`:

```python
@pytest.mark.a2e_sandbox(coins=5, durations={"image_to_video": 1.0}, faults=Faults(status_429=0.2))
async def test_few_coins(a2e_sandbox): ...
```

A test that forgets the fixture would reach the real service, with a token that can buy. So a client refuses
to connect to any host that is not this machine, with a ConfigurationError. Mocks such as respx are not
concerned, because they connect to nothing. Hosts are allowed for a test, or in the settings for all:

```python
@pytest.mark.a2e_allow_hosts("video.a2e.ai", "*.example.com")
async def test_the_real_service(): ...
```

```ini
[pytest]
a2e_allow_hosts = video.a2e.ai
```
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from a2e_async.sandbox.server import Sandbox

__all__ = [
    "a2e_sandbox",
    "pytest_addoption",
    "pytest_configure",
    "pytest_runtest_protocol",
    "pytest_unconfigure",
]

QUICK = {"*": 0.05}
ALLOWED = "A2E_ALLOW_HOSTS"  # read by the client, also in the processes that a test starts
HERE = "localhost"
_BEFORE: pytest.StashKey[str | None] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the configuration file."""
    parser.addini("a2e_allow_hosts", "hosts that clients may reach in all tests; * for any", type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and let clients reach nothing but this machine and the hosts that are allowed."""
    config.addinivalue_line("markers", "a2e_sandbox(**options): keywords for the Sandbox of `a2e_sandbox`")
    config.addinivalue_line("markers", "a2e_allow_hosts(*hosts): hosts that clients may reach in this test")

    config.stash[_BEFORE] = os.environ.get(ALLOWED)
    _allow(*config.getini("a2e_allow_hosts"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Undo it."""
    if _BEFORE in config.stash:
        _restore(config.stash[_BEFORE])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Allow the hosts of the test's markers, for its fixtures too."""
    before = os.environ.get(ALLOWED)
    hosts = [host for marker in item.iter_markers("a2e_allow_hosts") for host in marker.args]
    if hosts:
        _allow(*hosts)
    try:
        return (yield)
    finally:
        if hosts:
            _restore(before)


def _allow(*hosts: str) -> None:
    """Allow hosts, besides those that are allowed already."""
    os.environ[ALLOWED] = ",".join(dict.fromkeys([*filter(None, [os.environ.get(ALLOWED, HERE)]), *hosts]))


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(ALLOWED, None)
    else:
        os.environ[ALLOWED] = before


@pytest.fixture
def a2e_sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A running `a2e_async.sandbox.Sandbox`. A2E_BASE_URL and A2E_API_TOKEN point at it."""
    from a2e_async.sandbox import Sandbox

    options: dict[str, Any] = {"durations": QUICK}
    for marker in request.node.iter_markers("a2e_sandbox"):
        options = {**options, **marker.kwargs}

    with Sandbox(**options) as sandbox:
        monkeypatch.setenv("A2E_BASE_URL", sandbox.url)
        monkeypatch.setenv("A2E_API_TOKEN", sandbox.token)
        yield sandbox
