"""The pytest plugin: no request leaves the machine by mistake, and projects without a client pay nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from a2e_async import A2E, ConfigurationError, RetryPolicy
from a2e_async.sandbox import Sandbox, pytest_plugin

FAR = "https://192.0.2.1"  # no host of anybody
ONCE = RetryPolicy(attempts=1)


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As in a project that says nothing about hosts; this one allows all."""
    monkeypatch.setenv(pytest_plugin.ALLOWED, pytest_plugin.HERE)
    return monkeypatch


async def ask(base_url: str = FAR, **options: Any) -> Any:
    async with A2E("sk_x", base_url=base_url, retry=ONCE, timeout=5, **options) as a2e:
        return await a2e.tokens.list().first(1)


class Wrapping(httpx.AsyncBaseTransport):
    """A transport of a user, which sends by another one."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport(verify=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.inner.handle_async_request(request)


@pytest.mark.anyio
@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("make", [None, lambda: httpx.AsyncHTTPTransport(verify=False), Wrapping])
async def test_another_machine_is_refused(make: Any) -> None:
    options = {"transport": make()} if make else {}
    with pytest.raises(ConfigurationError, match=r"192.0.2.1 is not on this machine.*a2e_allow_hosts"):
        await ask(**options)


@pytest.mark.anyio
@pytest.mark.usefixtures("guarded")
async def test_another_machine_is_refused_with_httpx2() -> None:
    pytest.importorskip("httpx2")
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1 is not on this machine"):
        await ask(http="httpx2")


@pytest.mark.anyio
async def test_a_proxy_on_this_machine_does_not_hide_where_a_request_goes(
    guarded: pytest.MonkeyPatch,
) -> None:
    guarded.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    guarded.delenv("NO_PROXY", raising=False)
    guarded.delenv("no_proxy", raising=False)
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1 is not on this machine"):
        await ask()


@pytest.mark.anyio
@pytest.mark.usefixtures("guarded")
async def test_files_are_refused_too(tmp_path: Path) -> None:
    async with A2E("sk_x", base_url=FAR, retry=ONCE) as a2e:
        with pytest.raises(ConfigurationError, match=r"cdn\.example\.com is not on this machine"):
            await a2e.download("https://cdn.example.com/a.png", folder=tmp_path)


@pytest.mark.anyio
@pytest.mark.usefixtures("guarded")
async def test_what_connects_to_nothing_is_left_alone() -> None:
    reply = {"code": 0, "data": []}
    with respx.mock(base_url=FAR) as mock:
        mock.get("/api/v1/token/list").respond(json=reply)
        assert await ask() == []
        assert await ask(transport=httpx.AsyncHTTPTransport(verify=False)) == []
    assert await ask(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=reply))) == []

    async with Sandbox() as sandbox, A2E(sandbox.token, base_url=sandbox.url) as a2e:
        assert await a2e.tokens.list().first(1)


@pytest.mark.anyio
async def test_other_clients_are_not_concerned(guarded: pytest.MonkeyPatch) -> None:
    """The check is for this package's clients, and only where it was asked for."""
    with pytest.raises(ConfigurationError):
        await ask()

    async with httpx.AsyncClient(verify=False, timeout=0.05, trust_env=False) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(FAR)


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        ("192.0.2.1", True),
        ("localhost,192.0.2.*", True),
        ("a.example b.example *", True),
        ("localhost", False),
        ("192.0.2.2", False),
        ("", False),
    ],
)
def test_hosts_are_allowed_by_name_or_pattern(
    listed: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from a2e_async._transport.allowed_hosts import _check

    monkeypatch.setenv(pytest_plugin.ALLOWED, listed)
    if allowed:
        _check("192.0.2.1")
    else:
        with pytest.raises(ConfigurationError):
            _check("192.0.2.1")
    _check("127.0.0.1")
    _check("::1")


PROJECT = """
import os, pytest

def hosts():
    return os.environ["A2E_ALLOW_HOSTS"].split(",")

def test_settings():
    assert hosts() == ["localhost", "video.a2e.ai"]

@pytest.mark.a2e_allow_hosts("cdn.example.com", "*.test")
def test_marker():
    assert hosts() == ["localhost", "video.a2e.ai", "cdn.example.com", "*.test"]

def test_marker_is_undone():
    assert hosts() == ["localhost", "video.a2e.ai"]

def test_nothing_was_loaded():
    import sys
    loaded = [name for name in sys.modules if name.startswith("a2e_async")]
    assert sorted(loaded) == ["a2e_async", "a2e_async.sandbox", "a2e_async.sandbox.pytest_plugin"]
    assert "httpx" not in sys.modules and "anyio.from_thread" not in sys.modules
"""


def test_hosts_are_allowed_in_the_settings_and_by_a_marker(tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(PROJECT)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\na2e_allow_hosts = video.a2e.ai\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    command += ["-p", "no:anyio", "-p", "no:respx", "-p", "no:xdist", "-p", "no:cov", "-p", "no:pytest_cov"]
    if "a2e_async.sandbox.pytest_plugin" not in {point.value for point in entry_points(group="pytest11")}:
        command += ["-p", "a2e_async.sandbox.pytest_plugin"]

    environment = {key: value for key, value in os.environ.items() if not key.startswith(("A2E_", "PYTEST_"))}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [0.05, 0.3])
async def test_a_short_task_is_noticed_at_once(seconds: float) -> None:
    """A client first looks after two seconds. The sandbox says that its tasks are quicker."""
    async with Sandbox(durations={"*": seconds}) as sandbox, A2E(sandbox.token, base_url=sandbox.url) as a2e:
        await a2e.text_to_image(prompt="a kite").run()
        assert a2e.runtime.poller(a2e.text_to_image)._schedule.first_look() == pytest.approx(seconds)


@pytest.mark.anyio
async def test_a_task_as_long_as_those_of_the_service_is_polled_as_there() -> None:
    async with Sandbox() as sandbox, A2E(sandbox.token, base_url=sandbox.url) as a2e:
        await a2e.text_to_image(prompt="sandbox:sync").run()
        assert a2e.runtime.transport.task_seconds == {}
