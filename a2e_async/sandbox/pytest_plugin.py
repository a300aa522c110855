"""A pytest plugin with the fixture ``a2e_sandbox``: a fresh local A2E for each test.

While the test runs, the environment points at the sandbox, so ``A2E()`` without arguments uses it:

```python
@pytest.mark.anyio
async def test_my_app(a2e_sandbox):
    await my_app.make_videos()
    assert a2e_sandbox.ledger.made() == 3
```

Tasks take a twentieth of a second by default. A marker changes this or any other keyword of `Sandbox`:

```python
@pytest.mark.a2e_sandbox(coins=5, durations={"image_to_video": 1.0}, faults=Faults(status_429=0.2))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from a2e_async.sandbox.server import Sandbox

__all__ = ["a2e_sandbox", "pytest_configure"]

QUICK = {"*": 0.05}


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "a2e_sandbox(**options): keywords for the Sandbox of `a2e_sandbox`")


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
