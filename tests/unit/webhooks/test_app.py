"""The app: 204 to a call of the service, 401 to anything else, and nothing else happens."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest

from a2e_async.hooks import LocalBus
from a2e_async.webhooks import Webhooks
from tests.unit.webhooks.asgi import DONE, MARKER, SECRET, Recorder, call, headers_with, webhooks

pytestmark = pytest.mark.anyio

KIB_64 = 64 * 1024


async def test_a_call_of_the_service_is_passed_on() -> None:
    bus = Recorder()
    served = await call(webhooks(bus=bus))
    assert served.status == 204
    [hook] = bus.hooks
    assert (hook.marker, hook.event, hook.task_id) == (MARKER, "task.completed", "67d2aa")
    assert hook.body == json.loads(DONE)


@pytest.mark.parametrize(
    "scope",
    [
        {"path": f"/{MARKER}", "root_path": ""},  # by itself, under uvicorn
        {
            "path": f"/a2e/{MARKER}",
            "root_path": "/a2e",
        },  # mounted in Starlette or FastAPI
        {"path": f"/{MARKER}", "root_path": "/a2e"},  # mounted in older ones
        {"path": f"/proxy/a2e/{MARKER}", "root_path": "/proxy/a2e", "raw_path": b"/nonsense"},
        {"path": f"/{MARKER}/", "root_path": "/a2e"},  # mounted in Litestar
        {"path": f"/a2e/{MARKER}", "query_string": b"a=b"},
    ],
)
async def test_it_may_be_mounted_anywhere(scope: dict[str, Any]) -> None:
    bus = Recorder()
    served = await call(webhooks(bus=bus), **scope)
    assert (served.status, len(bus.hooks)) == (204, 1)


@pytest.mark.parametrize("method", ["HEAD", "GET", "PUT", "DELETE", "OPTIONS", "PATCH", "post"])
async def test_other_methods_are_refused(method: str) -> None:
    bus = Recorder()
    served = await call(webhooks(bus=bus), method=method)
    assert (served.status, served.received, bus.hooks) == (401, 0, [])


@pytest.mark.parametrize(
    "headers",
    [
        [],
        headers_with(""),
        headers_with("wrong"),
        headers_with(webhooks().token("a2e-anothermark")),
        headers_with(webhooks().token(MARKER)[:-1]),
        headers_with(webhooks().token(MARKER).upper()),
        headers_with(b"\xff\xfe\x00"),
        headers_with("é" * 64),
        headers_with(SECRET),
        headers_with(webhooks().token(MARKER), b"authorization"),
        headers_with(webhooks().token(MARKER), b"x-a2e-webhook-tok"),
    ],
)
async def test_a_missing_or_wrong_token_is_refused_before_the_body_is_read(
    headers: list[tuple[bytes, bytes]],
) -> None:
    bus = Recorder()
    served = await call(webhooks(bus=bus), headers=headers)
    assert (served.status, served.received, bus.hooks) == (401, 0, [])


@pytest.mark.parametrize(
    "path",
    ["", "/", "//", "/a2e/a%2Fb", "/a2e/ä", "/a2e/" + "a" * 129, "/a2e/a b"],
)
async def test_a_path_without_a_marker_is_refused(path: str) -> None:
    app = webhooks()
    tokens = [app.token(path.rpartition("/")[2]), app.token(""), app.token(MARKER)]
    for token in tokens:
        assert (await call(app, path, headers=headers_with(token))).status == 401


@pytest.mark.parametrize("name", [b"x-a2e-webhook-token", b"X-A2e-Webhook-Token", b"X-A2E-WEBHOOK-TOKEN"])
async def test_the_name_of_the_header_is_read_in_any_case(name: bytes) -> None:
    app = webhooks()
    assert (await call(app, headers=headers_with(app.token(MARKER), name))).status == 204


async def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[Any, Any]] = []

    real = hmac.compare_digest

    def compare(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return real(one, other)

    app = webhooks()
    monkeypatch.setattr("a2e_async.webhooks.hmac.compare_digest", compare)
    for token in ("", "x", "é", app.token(MARKER)):
        await call(app, headers=headers_with(token))
    assert [other for _, other in compared] == [token.encode() for token in ("", "x", "é", app.token(MARKER))]


@pytest.mark.parametrize(
    ("body", "event", "ids"),
    [
        (b"", None, []),
        (b"ok", None, []),
        (b"{}", None, []),
        (b"\xff\xfe", None, []),
        (b"[" * 10_000, None, []),
        (b"null", None, []),
        (b'{"event":{"a":1},"data":[]}', None, []),
        (b'{"event":"task.completed"}', "task.completed", []),
        (b'{"type":"task.failed","task_id":"67d2aa"}', "task.failed", ["67d2aa"]),
        (b'{"event":"x","id":"evt_1","data":{"_id":"67d2aa"}}', "x", ["67d2aa"]),
        (b'{"event":"x","id":"evt_1","task":{"id":"67d2aa"}}', "x", ["67d2aa"]),
        (b'{"event":"x","id":"evt_1"}', "x", []),
        (b'{"event":"x","id":"65f0c0ffee0000000000a001"}', "x", ["65f0c0ffee0000000000a001"]),
        (b'{"code":0,"data":{"_id":"67d2aa","status":"failed"}}', None, ["67d2aa"]),
        (b'{"_id":"67d2aa","current_status":"completed","data":{"_id":"6f"}}', None, ["67d2aa"]),
        (b'[{"_id":"67d2aa"},{"_id":"67d2ab"}]', None, ["67d2aa", "67d2ab"]),
        (b'{"event":"x","data":[{"_id":"67d2aa"},{"_id":"67d2ab"}]}', "x", ["67d2aa", "67d2ab"]),
        (b'{"event":"x","data":{"_id":"' + b"a" * KIB_64 + b'"}}', None, []),
    ],
)
async def test_whatever_the_body_is_the_call_counts(body: bytes, event: str | None, ids: list[str]) -> None:
    bus = Recorder()
    assert (await call(webhooks(bus=bus), body=body)).status == 204
    [hook] = bus.hooks
    assert (hook.event, [record["_id"] if "_id" in record else record["id"] for record in hook.records]) == (
        event,
        ids,
    )


async def test_a_large_body_is_not_read_to_its_end() -> None:
    bus = Recorder()
    served = await call(webhooks(bus=bus), body=[b'{"a":"' + b"a" * 1024] * 1000)
    assert (served.status, served.received) == (204, 64)
    assert [hook.body for hook in bus.hooks] == [None]


async def test_a_body_in_pieces() -> None:
    bus = Recorder()
    await call(webhooks(bus=bus), body=[DONE[:9], b"", DONE[9:]])
    assert bus.hooks[0].task_id == "67d2aa"


async def test_whoever_hangs_up_in_the_middle_has_called() -> None:
    bus = Recorder()
    await call(webhooks(bus=bus), body=[DONE[:9]], hangs_up=True)
    assert [(hook.marker, hook.body) for hook in bus.hooks] == [(MARKER, None)]


async def test_it_answers_before_anyone_is_woken() -> None:
    order: list[str] = []
    app = webhooks()
    slot = app.bus.slot(MARKER)
    slot.listen(lambda hook: order.append("woken"))

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": DONE}

    async def send(message: MutableMapping[str, Any]) -> None:
        order.append(str(message["type"]))

    headers = headers_with(app.token(MARKER))
    scope = {"type": "http", "method": "POST", "path": f"/{MARKER}", "headers": headers}
    await app(scope, receive, send)
    assert order == ["http.response.start", "http.response.body", "woken"]


async def test_replays_are_harmless() -> None:
    app = webhooks()
    slot = app.bus.slot(MARKER)
    for _ in range(3):
        assert (await call(app)).status == 204
    assert len(slot.calls) == 1
    for number in range(100):
        await call(app, body=b'{"_id":"%d","status":"done"}' % number)
    assert len(slot.calls) <= 16


async def test_nobody_waits_for_it() -> None:
    app = webhooks()
    app.bus.slot(MARKER)
    assert (await call(app)).status == 204
    assert isinstance(app.bus, LocalBus)
    assert len(app.bus._slots) == 0


async def test_a_bus_that_fails_is_logged_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    app = webhooks(bus=Recorder(fails=ConnectionError(f"host=db password={SECRET}")))
    assert (await call(app)).status == 204
    assert caplog.messages == ["a webhook could not be passed on: ConnectionError"]


async def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app = webhooks()
    for headers in (None, [], headers_with("wrong")):
        for body in (DONE, b"", b"\xff", b"a" * KIB_64 * 2):
            await call(app, headers=headers, body=body)
    assert caplog.records == []


async def test_a_server_that_runs_it_by_itself() -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(str(message["type"]))

    await webhooks()({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_websocket_is_closed() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = headers_with(webhooks().token(MARKER))
    await webhooks()({"type": "websocket", "path": f"/{MARKER}", "headers": headers}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_token_is_good_for_one_task_and_one_secret() -> None:
    app = webhooks()
    tokens = {app.token(MARKER), app.token("other"), Webhooks("x" * 16, app.url).token(MARKER)}
    assert len(tokens) == 3
    assert app.token(MARKER) == webhooks().token(MARKER) == Webhooks(SECRET.encode(), app.url).token(MARKER)
    assert app.token(MARKER) == hmac.new(SECRET.encode(), MARKER.encode(), "sha256").hexdigest()
    assert app.address(MARKER) == f"https://app.example.com/a2e/{MARKER}"
