"""``a2e listen``: it prints calls of the service, and nothing else."""

from __future__ import annotations

import builtins
import json
import socket
import sys
from typing import Any

import anyio
import httpx
import pytest

from a2e_async.cli.listen import listen
from a2e_async.webhooks import Webhooks
from tests.sandbox.cli.kit import Run

SECRET = "sixteen bytes or more"
MARKER = "a2e-abcdefghij234"
DONE = {"event": "task.completed", "data": {"_id": "67d2aa", "prompt": "Ä"}}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_WEBHOOK_SECRET", SECRET)
    monkeypatch.delenv("A2E_WEBHOOK_URL", raising=False)


def heard(*, as_json: bool, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Listen, be called, and return what was printed on stdout and stderr."""
    token = Webhooks(SECRET, "https://app.example.com").token(MARKER)
    shown: dict[str, Any] = {"err": ""}

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: listen(host="127.0.0.1", port=0, url=None, json=as_json))
            while "A2E_WEBHOOK_URL" not in shown["err"]:
                await anyio.lowlevel.checkpoint()
                shown["err"] += capsys.readouterr().err
            url = shown["err"].partition("listening at ")[2].partition(";")[0]
            async with httpx.AsyncClient(trust_env=False) as client:
                for header in (token, "wrong"):
                    await client.post(
                        f"{url}/a2e/{MARKER}", json=DONE, headers={"X-A2e-Webhook-Token": header}
                    )
                await client.get(f"{url}/favicon.ico")
            with anyio.fail_after(5):
                while not shown.get("out"):
                    await anyio.lowlevel.checkpoint()
                    shown["out"] = capsys.readouterr().out
            group.cancel_scope.cancel()

    anyio.run(main)
    return shown["out"], shown["err"]


def test_calls_are_printed_one_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = heard(as_json=False, capsys=capsys)
    assert out == f"task.completed\t67d2aa\t{MARKER}\n"
    assert "cloudflared tunnel --url http://127.0.0.1:" in err
    assert SECRET not in err


def test_calls_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = heard(as_json=True, capsys=capsys)
    assert json.loads(out) == {"marker": MARKER, "event": "task.completed", "records": [DONE["data"]]}


def test_a_secret_is_needed(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_WEBHOOK_SECRET")
    ended = a2e("listen", "--port", "0")
    assert ended.code == 2
    assert "A2E_WEBHOOK_SECRET" in ended.err[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--port", "x"), "--port"),
        (("--port", "70000"), "70000 is not a port"),
        (("--port", "-1"), "port"),
        (("--host", "nowhere.invalid", "--port", "0"), "nowhere.invalid"),
        (("--host", "a" * 300, "--port", "0"), "cannot listen"),
        (("--port", "0", "--url", "http://app.example.com"), "https"),
        (("--port", "0", "--url", "nonsense"), "nonsense"),
        (("extra",), "extra"),
    ],
)
def test_bad_arguments_are_named(a2e: Run, arguments: tuple[str, ...], words: str) -> None:
    ended = a2e("listen", *arguments)
    assert ended.code == 2
    assert words in ended.err[-1]
    assert ended.out == []


def test_a_port_that_is_taken(a2e: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = a2e("listen", "--port", str(taken.getsockname()[1]))
    assert ended.code == 2
    assert "cannot listen at 127.0.0.1, port" in ended.err[0]


def test_without_uvicorn_the_extra_is_named(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "uvicorn":
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "uvicorn", raising=False)
    monkeypatch.setattr(builtins, "__import__", absent)
    ended = a2e("listen", "--port", "0")
    assert ended.code == 2
    assert "a2e-async[sandbox]" in ended.err[0]
