"""Where a sandbox listens: names and addresses of both families, behind a proxy that answers nothing."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from a2e_async import A2E, RetryPolicy
from a2e_async.sandbox import Sandbox
from a2e_async.sandbox.__main__ import main

pytestmark = pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")

NO_PROXY_THERE = "http://127.0.0.1:9"


def client(sandbox: Sandbox) -> A2E:
    return A2E(sandbox.token, base_url=sandbox.url, retry=RetryPolicy(attempts=1))


@pytest.fixture
def ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.fixture(autouse=True)
def _proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of a company's network, in which the proxy cannot reach this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, NO_PROXY_THERE)
        monkeypatch.setenv(name.upper(), NO_PROXY_THERE)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.anyio
@pytest.mark.usefixtures("ipv6")
@pytest.mark.parametrize("host", ["::1", "[::1]", "::"])
async def test_a_sandbox_on_ipv6_serves_jobs_and_files(host: str, tmp_path: Path) -> None:
    async with Sandbox(host=host, separate_files=True, durations={"*": 0.0}) as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert sandbox.files_origin.startswith("http://[::1]:")

        async with client(sandbox) as a2e:
            uploaded = await a2e.upload(b"\x89PNG\r\n\x1a\n....", name="cat.png")
            result = await a2e.image_to_video(image_url=uploaded, prompt="it waves").run(timeout=10)
            assert await result.download(tmp_path)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
async def test_a_client_reaches_it_past_a_proxy(host: str) -> None:
    async with Sandbox(host=host) as sandbox, client(sandbox) as a2e:
        assert await a2e.tokens.list().first(1)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_of_another_machine_is_refused_by_name(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match=f"cannot listen on {host} port 0"):
        Sandbox(host=host).start()

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as left:
        main(["--host", host, "--port", "0"])
    assert left.value.code == 2
    assert signal.getsignal(signal.SIGTERM) == before
    assert f"cannot listen on {host}" in capsys.readouterr().err
