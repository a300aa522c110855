"""What a client is set up with: refused before anything is sent; the token shows nowhere."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async.client import A2E
from a2e_async.errors import ConfigurationError
from a2e_async.settings import DEFAULT_BASE_URL, BaseURL, Token
from tests.unit.sample import TOKEN


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_API_TOKEN", raising=False)
    monkeypatch.delenv("A2E_BASE_URL", raising=False)


def refusal(make: Callable[[], object]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as info:
        make()
    return info.value


def base_url_from(given: Any, *, allow_http: bool) -> str:
    return BaseURL(given).checked(allow_http=allow_http)


def told(error: BaseException) -> str:
    """All that a report of the error could show: its text, its attributes, every frame's locals."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The first frames are those of the test.
    del report.stack[:2]
    return "".join(report.format()) + repr(vars(error)) + repr(error.args)


@pytest.mark.parametrize(
    "token",
    [
        *("", "sk_a b", "sk_a\nsk_b", "sk_é", "sk_a\x00", "sk_…", "sk\u200b_a"),
        *(" ", "\n", '""', "Bearer", "Bearer ", "Authorization: Bearer", "A2E_API_TOKEN="),
    ],
)
def test_a_token_that_no_header_can_carry_is_refused(token: str) -> None:
    error = refusal(lambda: A2E(token))
    assert str(error).startswith("token ")


@pytest.mark.parametrize(
    "token",
    [
        *("sk_a", "sk_a\n", "\nsk_a", "sk_a\r\n", " sk_a", "sk_a ", "\tsk_a\t", "\ufeffsk_a", "sk_a\u200b"),
        *(
            "Bearer sk_a",
            "bearer  sk_a",
            "BEARER sk_a\n",
            "Bearer: sk_a",
            "Bearer Bearer sk_a",
            "Bearer\nsk_a",
        ),
        *("'sk_a'", '"sk_a"', "`sk_a`", '"Bearer sk_a"', 'Bearer "sk_a"', '"sk_a",', "sk_a;"),
        *("Authorization: Bearer sk_a", "authorization:Bearer sk_a", '"Authorization": "Bearer sk_a"'),
        *("A2E_API_TOKEN=sk_a", 'export A2E_API_TOKEN="sk_a"\n', "A2E_API_TOKEN = sk_a"),
    ],
)
def test_what_is_copied_along_with_a_token_is_left_out(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Token(token).checked().authorization() == "Bearer sk_a"
    monkeypatch.setenv("A2E_API_TOKEN", token)
    assert Token(None).checked().authorization() == "Bearer sk_a"


@pytest.mark.parametrize("token", ["Bearersk_a", "bearer_a", "eyJh.bGci-Oi_J.x==", "a'b", "sk:a"])
def test_a_token_itself_is_not_changed(token: str) -> None:
    assert Token(token).checked().authorization() == f"Bearer {token}"


@given(st.text(max_size=40))
def test_any_token_is_sent_as_a_header_can_carry_it_or_refused(token: str) -> None:
    try:
        header = Token(token).checked().authorization()
    except ConfigurationError as error:
        assert not token.strip() or token not in str(error)  # noqa: PT017 - one of two outcomes
        return
    assert header.removeprefix("Bearer ") in token
    assert header.isascii()
    assert header.isprintable()


@pytest.mark.parametrize("token", [b"sk_a", 7, ["sk_a"]])
def test_a_token_that_is_no_text_is_refused(token: Any) -> None:
    assert str(refusal(lambda: A2E(token))).startswith("token is missing")


def test_a_missing_token_says_where_it_could_come_from() -> None:
    error = refusal(A2E)
    assert "A2E_API_TOKEN" in str(error)
    assert "token=" in str(error)


def test_the_environments_token_is_taken_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_API_TOKEN", "sk_env")
    assert Token(None).checked().authorization() == "Bearer sk_env"
    assert Token("sk_given").checked().authorization() == "Bearer sk_given"
    A2E()
    monkeypatch.setenv("A2E_API_TOKEN", "sk_env x")
    assert str(refusal(A2E)).startswith("A2E_API_TOKEN holds")


@pytest.mark.parametrize(
    "options",
    [
        {"token": f"{TOKEN}\n{TOKEN}"},
        {"token": f"Bearer {TOKEN} x"},
        {"token": TOKEN, "base_url": "nonsense"},
        {"token": TOKEN, "timeout": -1},
        {"token": TOKEN, "max_connections": 0},
    ],
)
def test_a_refusal_does_not_show_the_token(options: Mapping[str, Any]) -> None:
    error = refusal(lambda: A2E(**options))
    assert TOKEN not in told(error)


def test_a_refusal_does_not_show_the_environments_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_API_TOKEN", f"{TOKEN} x")
    assert TOKEN not in told(refusal(A2E))


def test_the_token_shows_in_nothing_that_is_printed_or_stored() -> None:
    a2e = A2E(TOKEN)
    settings = a2e._settings
    for shown in (repr(a2e), str(a2e), repr(settings), repr(settings.token), f"{settings.token}"):
        assert TOKEN not in shown
    assert TOKEN not in repr(attrs.asdict(settings))
    assert TOKEN not in repr(vars(a2e))
    with pytest.raises(TypeError):
        pickle.dumps(settings.token)
    with pytest.raises(TypeError, match="make one where it is used"):
        pickle.dumps(a2e)
    assert copy.deepcopy(a2e) is a2e


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (None, DEFAULT_BASE_URL),
        ("https://video.a2e.com.cn", "https://video.a2e.com.cn"),
        ("https://video.a2e.ai/", "https://video.a2e.ai"),
        ("https://white.label/a2e/", "https://white.label/a2e"),
        ("https://white.label/a2e//", "https://white.label/a2e"),
        ("https://white.label:8443/x/y", "https://white.label:8443/x/y"),
        ("HTTPS://Video.A2E.ai", "HTTPS://Video.A2E.ai"),
        ("https://video.a2e.ai/api/v1", "https://video.a2e.ai"),
        ("https://video.a2e.ai/api/v1/", "https://video.a2e.ai"),
        ("https://video.a2e.ai//api//v1//", "https://video.a2e.ai"),
        ("https://video.a2e.ai/API/V1", "https://video.a2e.ai"),
        ("https://video.a2e.ai/api/v1/api/v1", "https://video.a2e.ai"),
        ("https://video.a2e.ai/api", "https://video.a2e.ai"),
        ("https://a2e.ai/v1/", "https://a2e.ai"),
        ("https://makefun.ai/api/v1", "https://makefun.ai"),
        ("https://white.label/a2e/api/v1/", "https://white.label/a2e"),
        ("https://white.label/api", "https://white.label/api"),
        ("https://white.label/xapi/v1", "https://white.label/xapi/v1"),
        ("https://white.label/api/v1/a2e", "https://white.label/api/v1/a2e"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:8000/api/v1", "http://localhost:8000"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8000/p", "http://[::1]:8000/p"),
    ],
)
def test_base_urls(given: str | None, base: str) -> None:
    assert base_url_from(given, allow_http=False) == base


@pytest.mark.parametrize(
    "given",
    [
        "",
        "video.a2e.ai",
        "//video.a2e.ai",
        "/api",
        "ftp://video.a2e.ai",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https:video.a2e.ai",
        "https://video.a2e.ai /x",
        "https://video.a2e.ai\n",
        " https://video.a2e.ai",
        "https://video.a2e.ai\x00",
        "https://video.a2e.ai\\@elsewhere.test",
        "https://video.a2e.ai:port",
        "https://video.a2e.ai:99999",
        "https://[::1",
        "https://user@video.a2e.ai",
        "https://user:hunter2@video.a2e.ai",
        "https://:hunter2@video.a2e.ai",
        "https//user:hunter2@video.a2e.ai",
        "https://@video.a2e.ai",
        "https://video.a2e.ai?",
        "https://video.a2e.ai?x=1",
        "https://video.a2e.ai#",
        "https://video.a2e.ai/#/x",
        b"https://video.a2e.ai",
        7,
    ],
)
def test_base_urls_that_are_none(given: Any) -> None:
    error = refusal(lambda: base_url_from(given, allow_http=True))
    assert str(error).startswith("base_url:")
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    "given",
    ["https://user:hunter2@video.a2e.ai", "https://user:hunter2@[::1", "https://video.a2e.ai/?key=hunter2"],
)
@pytest.mark.parametrize("from_environment", [True, False])
def test_no_traceback_shows_a_password_in_a_base_url(
    given: str, from_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if from_environment:
        monkeypatch.setenv("A2E_BASE_URL", given)
    error = refusal(lambda: A2E(TOKEN, base_url=None if from_environment else given))
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [
        frame for frame in shown.stack if "a2e_async" in frame.filename and "tests" not in frame.filename
    ]
    assert frames
    assert "hunter2" not in str([(frame.name, frame.locals) for frame in frames])
    assert "hunter2" not in str(error)
    assert error.__context__ is None


@pytest.mark.parametrize(
    "given",
    [
        "http://video.a2e.ai",
        "http://localhost.elsewhere.test",
        "http://127.0.0.1.elsewhere.test",
        "http://0.0.0.0",
        "http://192.168.1.5",
        "http://[2001:db8::1]",
    ],
)
def test_plain_http_to_another_machine_needs_saying_so(given: str) -> None:
    assert "https" in str(refusal(lambda: base_url_from(given, allow_http=False)))
    assert base_url_from(given, allow_http=True) == given


def test_the_environments_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_BASE_URL", "https://white.label/p/")
    assert base_url_from(None, allow_http=False) == "https://white.label/p"
    assert base_url_from("https://given.test", allow_http=False) == "https://given.test"
    monkeypatch.setenv("A2E_BASE_URL", "")
    assert base_url_from(None, allow_http=False) == DEFAULT_BASE_URL
    monkeypatch.setenv("A2E_BASE_URL", "http://white.label")
    assert str(refusal(lambda: base_url_from(None, allow_http=False))).startswith("A2E_BASE_URL:")


@pytest.mark.parametrize(
    "given", ["https://api.a2e.ai", "https://API.a2e.ai/api/v1", "https://api.a2e.ai:443/"]
)
def test_the_documentations_host_is_named_at_once(given: str, caplog: pytest.LogCaptureFixture) -> None:
    a2e = A2E(TOKEN, base_url=given)
    assert "base_url: api.a2e.ai is the host of the documentation" in caplog.text
    assert DEFAULT_BASE_URL in caplog.text
    assert a2e._settings.is_docs_host
    assert not A2E(TOKEN)._settings.is_docs_host


@given(st.text(max_size=30) | st.from_regex(r"https?://[^/]{0,12}(/.{0,6})?"))
def test_any_text_is_a_base_url_or_refused(given: str) -> None:
    try:
        base = base_url_from(given, allow_http=True)
    except ConfigurationError:
        return
    assert base.lower().startswith(("http://", "https://"))
    assert not base.endswith("/")
    assert not set(base) & set(" \t\r\n\\?#\x00")


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "60", None, True])
def test_durations_that_are_none(value: Any) -> None:
    assert str(refusal(lambda: A2E(TOKEN, timeout=value))).startswith("timeout:")


@pytest.mark.parametrize("value", [0, -1, 1.5, "8", None, True])
def test_connection_counts_that_are_none(value: Any) -> None:
    assert str(refusal(lambda: A2E(TOKEN, max_connections=value))).startswith("max_connections:")
