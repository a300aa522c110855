"""How the sandbox calls webhooks: once, when a task has ended, and nowhere but on this machine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from a2e_async.sandbox import HookFaults, VirtualClock
from tests.sandbox.kit import Talker, data, talking

TOKEN = "a token of the user's"


class Listener:
    """A receiver made of the standard library.

    Attributes:
        calls: the token, and the body, of each call.
        status: what it answers.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str | None, bytes]] = []
        self.status = 204
        self._more = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with listener._more:
                    listener.calls.append((self.headers["X-A2e-Webhook-Token"], body))
                    listener._more.notify_all()
                self.send_response(listener.status)
                self.send_header("location", f"{listener.url}/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def wait_for(self, number: int) -> None:
        """Wait for calls."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.calls) >= number, timeout=10)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A receiver."""
    running = Listener()
    yield running
    running.close()


def start(talker: Talker, url: str, **changes: Any) -> dict[str, Any]:
    """Start a task that asks for a call."""
    fields = {"webhook_url": url, "webhook_token": TOKEN, **changes}
    return talker.start("userImage2Video/start", **fields)


def test_it_calls_once_when_a_task_has_ended(listener: Listener) -> None:
    with talking() as talker:
        task = start(talker, f"{listener.url}/a")
        assert listener.calls == []
        talker.finish()
        listener.wait_for(1)
        talker.finish()
        shown = data(talker.get(f"userImage2Video/{task['_id']}"))
    [(token, body)] = listener.calls
    assert token == TOKEN
    assert json.loads(body) == {"event": "task.completed", "data": shown}


def test_a_record_does_not_show_the_webhook(listener: Listener) -> None:
    with talking() as talker:
        task = start(talker, listener.url)
        assert not any(key.startswith("webhook") for key in task)
        talker.finish()
        listener.wait_for(1)
    assert b"webhook" not in listener.calls[0][1]


def test_the_ledger_of_calls(listener: Listener) -> None:
    listener.status = 307  # a redirect is not followed, and a refusal not repeated
    with talking() as talker:
        task = start(talker, f"{listener.url}/a")
        talker.finish()
        listener.wait_for(1)
        while not talker.sandbox.hook_calls:
            pass
        [call] = talker.sandbox.hook_calls
    assert (call.task_id, call.url, call.status) == (task["_id"], f"{listener.url}/a", 307)
    assert len(listener.calls) == 1


@pytest.mark.parametrize("url", ["https://app.example.com/secret-path", "https://[::1/no-url"])
def test_nobody_else_is_called(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with talking() as talker:
        start(talker, url)
        talker.finish()
        while not caplog.messages:
            pass
        assert talker.sandbox.hook_calls == []
    assert caplog.messages == ["a webhook outside this machine is not called"]


@pytest.mark.parametrize(
    "url", ["http://app.example.com/", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/"]
)
def test_other_addresses_must_be_https(url: str) -> None:
    with talking() as talker:
        body = {"image_url": "https://e.com/a.png", "prompt": "x", "name": "n", "webhook_url": url}
        assert talker.post("userImage2Video/start", body).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_on_this_machine_they_need_not(host: str) -> None:
    with talking(hook_faults=HookFaults(lost=1.0)) as talker:
        assert start(talker, f"http://{host}:1/a")["_id"]


def test_faults_can_be_replaced(listener: Listener) -> None:
    with talking(hook_faults=HookFaults(lost=1.0)) as talker:
        start(talker, f"{listener.url}/lost")
        talker.sandbox.set_hook_faults(HookFaults(wrong_token=1.0))
        start(talker, f"{listener.url}/wrong")
        talker.finish()
        listener.wait_for(1)
    assert [token for token, _ in listener.calls] == [f"not-{TOKEN}"]


def test_a_call_may_come_before_the_answer(listener: Listener) -> None:
    with talking(hook_faults=HookFaults(early=1.0)) as talker:
        task = start(talker, listener.url)
        assert json.loads(listener.calls[0][1])["data"]["_id"] == task["_id"]


def test_a_receiver_that_is_away_is_called_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with talking(clock=VirtualClock()) as talker:
        start(talker, f"http://127.0.0.1:{port}/a")
        talker.finish()
        while not talker.sandbox.hook_calls:
            pass
        assert [call.status for call in talker.sandbox.hook_calls] == [0]


@pytest.mark.parametrize("field", ["lost", "late", "twice", "early", "wrong_token", "other_body"])
@pytest.mark.parametrize("value", [-0.1, 1.1, "often", None])
def test_a_probability_is_checked(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        HookFaults(**{field: value})


@pytest.mark.parametrize("field", ["late_by", "delay"])
@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan"), "long"])
def test_seconds_are_checked(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        HookFaults(**{field: value})
