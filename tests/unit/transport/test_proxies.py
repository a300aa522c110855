"""Which proxy a request goes through, as the settings and the environment say."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import pytest

from a2e_async import A2E
from a2e_async._transport import proxies as module
from a2e_async._transport.proxies import Proxies, ProxySetting, proxies_in_use
from a2e_async.errors import ConfigurationError
from tests.unit.sample import TOKEN

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
API = "https://video.a2e.ai/api/v1/x"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, *map(str.upper, NAMES), "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_all(variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "proxy.example:8080"}, "http://proxy.example:8080"),
        ({"https_proxy": "http://proxy.example:8080/"}, "http://proxy.example:8080"),
        ({"HTTPS_PROXY": " http://proxy.example:8080 "}, "http://proxy.example:8080"),
        ({"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2"}, "http://lower:2"),
        ({"HTTPS_PROXY": "http://upper:1", "https_proxy": ""}, None),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"ALL_PROXY": "http://u:p@proxy.example"}, "http://proxy.example:80"),
        ({"ALL_PROXY": "HTTPS://proxy.example"}, "https://proxy.example:443"),
        ({"ALL_PROXY": "socks5://proxy.example"}, "socks5://proxy.example:1080"),
        ({"ALL_PROXY": "socks5h://proxy.example:9"}, "socks5h://proxy.example:9"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:3128"}, "http://[2001:db8::1]:3128"),
        # Desktops set all three; only the one that is needed has to be of use.
        ({"HTTPS_PROXY": "http://p:1", "ALL_PROXY": "socks://p:2"}, "http://p:1"),
    ],
)
def test_a_variable_names_a_proxy(variables: Mapping[str, str], proxy: str | None, environ: Any) -> None:
    environ(variables)
    found = Proxies().for_url(API)
    assert (found and found.url) == proxy


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_it_is_known_which_variable_it_was(variable: str, environ: Any) -> None:
    environ({variable: "http://ann:hunter2@proxy.example:3128"})
    found = proxies_in_use(API)
    assert str(found) == f"the proxy http://proxy.example:3128 ({variable})"
    assert "hunter2" not in repr(found)
    assert found is not None
    assert found.auth == (b"ann", b"hunter2")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/x",
        "http://LOCALHOST/x",
        "http://localhost./x",
        "http://127.0.0.1:8000",
        "http://127.8.8.8/x",
        "http://127.1/x",
        "http://[::1]:8000/x",
        "http://[::ffff:127.0.0.1]/x",
        "https://a2e.localhost/x",
    ],
)
def test_nothing_to_this_machine_goes_through_one(url: str, environ: Any) -> None:
    environ(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://proxy.example:1"))
    assert Proxies().for_url(url, secret=True) is None
    assert Proxies(ProxySetting("http://proxy.example:1").checked()).for_url(url, secret=True) is None


@pytest.mark.parametrize(
    ("entries", "direct"),
    [
        ("video.a2e.ai", True),
        ("VIDEO.A2E.AI", True),
        ("a2e.ai", True),
        (".a2e.ai", True),
        ("*.a2e.ai", True),
        ("video.*", True),
        ("*", True),
        ("other.example *", True),
        ("localhost, 127.0.0.1,a2e.ai", True),
        ("a2e.ai:443", True),
        ("https://video.a2e.ai", True),
        ("all://a2e.ai", True),
        ("a2e.ai.", True),
        ("a2e.ai:8443", False),
        ("http://video.a2e.ai", False),
        ("2e.ai", False),
        ("ideo.a2e.ai", False),
        ("10.0.0.0/8", False),
        # What cannot be read is about no host.
        ("[::1]", False),
        ("[::1", False),
        ("[::1]:8080, ::1", False),
        ("https://[", False),
        (":", False),
        (", ,", False),
        ("a2e.ai:x", True),
    ],
)
def test_what_goes_through_none(entries: str, direct: bool, environ: Any) -> None:
    environ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": entries})
    assert (Proxies().for_url(API) is None) is direct


@pytest.mark.parametrize(
    ("entry", "host", "direct"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("2001:db8::1", "[2001:db8::1]", True),
        ("[2001:db8::1]", "[2001:db8:0::1]", True),
        ("[2001:db8::1]:443", "[2001:db8::1]", True),
        ("[2001:db8::1]:444", "[2001:db8::1]", False),
        ("2001:db8::/32", "[2001:db8::9]", True),
    ],
)
def test_addresses_go_through_none(entry: str, host: str, direct: bool, environ: Any) -> None:
    environ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": entry})
    assert (Proxies().for_url(f"https://{host}/x") is None) is direct


BROKEN = {
    "socks://proxy.example:1080": "socks5",
    "socks4://proxy.example:1080": "socks5",
    "ftp://proxy.example": "http",
    "http://": "like http",
    "http://proxy.example:port": "like http",
    "http://proxy.example:70000": "like http",
    "http://[::1": "like http",
    "http://my proxy:1": "like http",
    "http://ann:hunter2/x#@proxy:3128:9": "%2F",
    f"http://{'a' * 70}.example:1": "like http",
}


@pytest.mark.parametrize(("address", "says"), BROKEN.items())
def test_a_variable_that_cannot_be_used_is_named(address: str, says: str, environ: Any) -> None:
    environ({"HTTPS_PROXY": address})
    with pytest.raises(ConfigurationError, match=r"^HTTPS_PROXY: ") as info:
        Proxies().for_url(API)
    assert says in str(info.value)
    assert "hunter2" not in str(info.value)


@pytest.mark.parametrize("address", [*BROKEN, "", " ", 5, True, b"http://p"])
def test_a_setting_that_cannot_be_used_is_refused_at_once(address: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^proxy: "):
        A2E(TOKEN, proxy=address)


def test_no_traceback_shows_the_password() -> None:
    with pytest.raises(ConfigurationError) as info:
        A2E(TOKEN, proxy=" ".join(["http://ann:hunter2@proxy", "x"]))
    shown = traceback.TracebackException.from_exception(info.value, capture_locals=True)
    lines = [line for frame in list(shown.stack)[1:] for line in str(frame.locals).splitlines()]
    assert "a2e_async" in str(list(shown.stack)[1:])
    assert "hunter2" not in "".join(lines)
    assert "hunter2" not in str(info.value)


def test_passwords_may_be_quoted(environ: Any) -> None:
    environ({"HTTPS_PROXY": "http://a%40b:p%23%2F@proxy:1"})
    found = Proxies().for_url(API)
    assert found is not None
    assert found.auth == (b"a@b", b"p#/")


def test_socks_needs_an_extra(environ: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    environ({"ALL_PROXY": "socks5://proxy:1"})
    with pytest.raises(ConfigurationError, match=r"ALL_PROXY: .*pip install 'a2e-async\[socks\]'"):
        Proxies().for_url(API)


def test_the_setting_comes_before_the_environment(environ: Any) -> None:
    environ({"HTTPS_PROXY": "http://environment:1", "NO_PROXY": "a2e.ai"})
    found = proxies_in_use(API, "http://setting:2")
    assert str(found) == "the proxy http://setting:2 (proxy)"
    environ({"NO_PROXY": "", "HTTPS_PROXY": "socks://unusable"})
    assert proxies_in_use(API, "direct") is None


@pytest.mark.parametrize("setting", [None, "http://setting:1"])
def test_a_proxy_does_not_see_the_token(setting: str | None, environ: Any) -> None:
    environ({"HTTP_PROXY": "http://environment:1"})
    proxies = Proxies(ProxySetting(setting).checked())
    with pytest.raises(ConfigurationError, match=r"would see the token.*plain http"):
        proxies.for_url("http://a2e.example/x", secret=True)
    assert proxies.for_url("http://a2e.example/x") is not None


def test_a_script_of_a_web_server_gets_no_proxy_from_a_header(environ: Any) -> None:
    environ({"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil:1"})
    assert Proxies().for_url("http://a2e.example/x") is None
