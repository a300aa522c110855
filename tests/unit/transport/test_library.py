"""Which HTTP library is used: what is installed does not decide it."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

import httpx
import pytest

from a2e_async import A2E, Lateness, RetryPolicy
from a2e_async._transport.library import library_of
from a2e_async.errors import ConfigurationError
from a2e_async.settings import http_library_from
from tests.unit.sample import TOKEN


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_HTTP", raising=False)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that is called httpx2."""
    module = ModuleType("httpx2")
    monkeypatch.setitem(sys.modules, "httpx2", module)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: module if name == "httpx2" else None)
    return module


def test_it_is_httpx_by_default(installed: ModuleType) -> None:
    assert http_library_from(None) == "httpx"
    assert library_of(None, http_library_from(None)) is httpx


def test_it_is_what_was_asked_for(installed: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library_of(None, http_library_from("httpx2")) is installed
    monkeypatch.setenv("A2E_HTTP", "httpx2")
    assert library_of(None, http_library_from(None)) is installed
    assert http_library_from("httpx") == "httpx"
    monkeypatch.setenv("A2E_HTTP", "")
    assert http_library_from(None) == "httpx"


def test_a_callers_transport_brings_its_own() -> None:
    assert library_of(httpx.MockTransport(lambda _: httpx.Response(200)), "httpx2") is httpx


@pytest.mark.parametrize("source", ["http", "A2E_HTTP"])
def test_one_that_is_missing_is_named_with_its_extra(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    if source == "A2E_HTTP":
        monkeypatch.setenv(source, "httpx2")
    with pytest.raises(ConfigurationError, match=rf"^{source}: httpx2 .*pip install 'a2e-async\[fast\]'"):
        A2E(TOKEN, http="httpx2" if source == "http" else None)


@pytest.mark.parametrize("name", ["requests", "HTTPX", "", 2, True, []])
def test_there_are_no_others(name: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^http: .* is not 'httpx' or 'httpx2'"):
        A2E(TOKEN, http=name)


@pytest.mark.parametrize(
    ("name", "value"),
    [("retry", 3), ("retry", True), ("start", RetryPolicy()), ("lateness", 1.5), ("lateness", Lateness)],
)
def test_a_policy_of_another_kind_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name}: .* is not a "):
        A2E(TOKEN, **{name: value})
