"""`Webhooks.verify` in frameworks of other kinds, and the settings of `Webhooks`."""

from __future__ import annotations

import copy
import pickle
import traceback
from email.message import Message
from typing import Any

import httpx
import pytest

from a2e_async import A2E
from a2e_async.errors import ConfigurationError, InvalidArgument, WebhookError
from a2e_async.webhooks import TaskHook, Webhooks
from tests.unit.webhooks.asgi import DONE, MARKER, SECRET, URL, webhooks

TOKEN = webhooks().token(MARKER)
NAMED = b'{"event":"task.failed","data":{"_id":"67d2aa","name":"my kite %b"}}' % MARKER.encode()


def message() -> Message:
    """The headers of http.server."""
    headers = Message()
    headers["X-A2e-Webhook-Token"] = TOKEN
    return headers


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A2e-Webhook-Token": TOKEN},
        {"x-a2e-webhook-token": TOKEN, "a": "b"},
        {b"X-A2E-WEBHOOK-TOKEN": TOKEN.encode()},
        [("Host", "a"), ("X-A2e-Webhook-Token", TOKEN)],
        ((b"x-a2e-webhook-token", TOKEN.encode()),),
        {"x-a2e-webhook-token": [TOKEN]},
        httpx.Headers({"X-A2e-Webhook-Token": TOKEN}),
        message(),
    ],
    ids=lambda headers: type(headers).__name__,
)
@pytest.mark.parametrize("body", [DONE, DONE.decode(), bytearray(DONE), memoryview(DONE)])
def test_headers_and_bodies_of_any_framework(headers: Any, body: Any) -> None:
    hook = webhooks().verify(headers, body, url=f"https://app.example.com/a2e/{MARKER}?a=b")
    assert (hook.task_id, hook.event, hook.marker) == ("67d2aa", "task.completed", MARKER)


def test_the_marker_is_found_in_the_name_of_a_task() -> None:
    hook = webhooks().verify({"x-a2e-webhook-token": TOKEN}, NAMED)
    assert (hook.marker, hook.event) == (MARKER, "task.failed")


@pytest.mark.parametrize("url", [f"/a2e/{MARKER}", MARKER, httpx.URL(f"{URL}/{MARKER}")])
def test_the_url_may_be_a_path_or_an_object(url: Any) -> None:
    assert webhooks().verify({"x-a2e-webhook-token": TOKEN}, b"", url=url).marker == MARKER


@pytest.mark.parametrize(
    ("headers", "body", "url"),
    [
        ({}, DONE, MARKER),
        ({"x-a2e-webhook-token": ""}, DONE, MARKER),
        ({"x-a2e-webhook-token": []}, DONE, MARKER),
        ({"x-a2e-webhook-token": TOKEN}, DONE, "/a2e/a2e-anothermark"),
        ({"x-a2e-webhook-token": TOKEN}, DONE, "/a2e/"),
        ({"x-a2e-webhook-token": TOKEN}, DONE, "/"),
        ({"x-a2e-webhook-token": TOKEN}, DONE, ""),
        ({"x-a2e-webhook-token": TOKEN}, b"", ""),
        ({"x-a2e-webhook-token": TOKEN}, b'{"name":7,"_id":"67d2aa"}', ""),
        ({"x-a2e-webhook-token": "a\ud800"}, "a\ud800", MARKER),
    ],
)
def test_anything_else_is_no_call_of_the_service(headers: Any, body: Any, url: str) -> None:
    with pytest.raises(WebhookError, match="not a call of the service") as info:
        webhooks().verify(headers, body, url=url)
    assert TOKEN not in str(info.value)


@pytest.mark.parametrize("body", [None, {"event": "x"}, 7, ["a"]])
def test_a_body_that_was_decoded_already_is_refused(body: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"body.*as received"):
        webhooks().verify({"x-a2e-webhook-token": TOKEN}, body, url=MARKER)


@pytest.mark.parametrize("headers", [None, 7, ["a"], "abc", [("a",)]])
def test_headers_of_no_framework_are_refused(headers: Any) -> None:
    with pytest.raises(InvalidArgument, match="headers"):
        webhooks().verify(headers, DONE, url=MARKER)


def test_a_call_about_all_tasks_of_a_start() -> None:
    hook = TaskHook(MARKER, event="task.failed")
    assert hook.final_records(["1", "2"]) == {
        "1": {"_id": "1", "status": "failed"},
        "2": {"_id": "2", "status": "failed"},
    }
    named = TaskHook(MARKER, event="task.completed", records=[{"_id": "2"}])
    assert named.final_records(["1", "2"]) == {"2": {"_id": "2", "status": "completed"}}
    assert TaskHook(MARKER).final_records(["1"]) == {}


# Settings.


@pytest.mark.parametrize(
    ("secret", "url", "problem"),
    [
        (None, URL, "secret is missing|A2E_WEBHOOK_SECRET"),
        ("little", URL, "secret is shorter than 16 bytes"),
        (b"", URL, "secret is shorter"),
        (7, URL, "secret"),
        (SECRET, None, "A2E_WEBHOOK_URL"),
        (SECRET, "", "url"),
        (SECRET, 7, "url"),
        (SECRET, "app.example.com/a2e", "url"),
        (SECRET, "http://app.example.com/a2e", "not https"),
        (SECRET, "https://", "url"),
        (SECRET, "https://app.example.com:port/", "url"),
        (SECRET, "https://[::1/", "url"),
        (SECRET, "https://user:word@app.example.com/", "only scheme"),
        (SECRET, "https://app.example.com/?a=b", "only scheme"),
        (SECRET, "https://app.example.com/#a", "only scheme"),
        (SECRET, "https://app.example.com/a b", "url"),
        (SECRET, "https://app.example.com/ä", "url"),
        (SECRET, "https://app.example.com/" + "a" * 2048, "longer"),
        (SECRET, "ftp://app.example.com/", "url"),
    ],
)
def test_settings_that_cannot_be_used(
    secret: Any, url: Any, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A2E_WEBHOOK_SECRET", raising=False)
    monkeypatch.delenv("A2E_WEBHOOK_URL", raising=False)
    with pytest.raises(ConfigurationError, match=problem) as info:
        Webhooks(secret, url)
    if isinstance(secret, str):
        assert secret not in str(info.value)


@pytest.mark.parametrize(
    "url", [URL, f"{URL}/", "http://127.0.0.1:8000/a2e", "http://localhost", "http://[::1]"]
)
def test_addresses_that_can_be_used(url: str) -> None:
    assert Webhooks(SECRET, url).address(MARKER) == f"{url.rstrip('/')}/{MARKER}"


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("A2E_WEBHOOK_URL", URL)
    assert Webhooks().token(MARKER) == TOKEN
    assert Webhooks().url == URL
    monkeypatch.setenv("A2E_WEBHOOK_SECRET", "short")
    with pytest.raises(ConfigurationError, match="A2E_WEBHOOK_SECRET is shorter"):
        Webhooks()


def test_the_secret_never_shows() -> None:
    hooks = webhooks()
    assert SECRET not in repr(hooks)
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secret"):
            copied(hooks)
    try:
        Webhooks(SECRET, "nonsense")
    except ConfigurationError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in shown.stack if frame.filename.endswith("webhooks.py")]
        assert frames
        assert not any(SECRET in value for frame in frames for value in (frame.locals or {}).values())


@pytest.mark.parametrize("given", ["https://app.example.com/a2e", 7, object(), Webhooks])
def test_a_client_takes_webhooks_only(given: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"webhooks.*Webhooks\(") as info:
        A2E("sk_x", webhooks=given)
    assert "app.example.com" not in str(info.value)
