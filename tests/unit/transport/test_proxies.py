"""The proxies of the environment, as httpx reads them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from a2e_async._transport.proxies import environment_proxies

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, *map(str.upper, NAMES)):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "proxies"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": "proxy.example:8080"}, {"https://": "http://proxy.example:8080"}),
        ({"ALL_PROXY": "http://u:p@proxy.example"}, {"all://": "http://u:p@proxy.example"}),
        (
            {"HTTP_PROXY": "http://p", "NO_PROXY": "localhost, 127.0.0.1,::1,a2e.ai,https://b.example"},
            {
                "http://": "http://p",
                **dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]", "all://*a2e.ai")),
                "https://b.example": None,
            },
        ),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "a.example,*"}, {}),
        (
            {"HTTP_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"},
            {"http://": "http://p", "all://10.0.0.0": None},
        ),
    ],
)
def test_the_environment_names_proxies(
    environment: Mapping[str, str], proxies: Mapping[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment_proxies() == proxies
    httpx_utils = pytest.importorskip("httpx._utils")
    if "10.0.0.0/8" not in environment.values():  # there httpx keeps the path, to no effect
        assert environment_proxies() == httpx_utils.get_environment_proxies()
