"""The file of shapes: who writes it and when, and that nothing stops because of it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2e_async import A2E, ConfigurationError, NotFound
from a2e_async._spec.operation import Call
from a2e_async._transport import shape_log as module
from a2e_async._transport.envelope import Reply
from a2e_async._transport.shape_log import ShapeLog, shape_log
from a2e_async._transport.shape_tallies import parse_shapes
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

TOKEN = "sk_live.51habcdefghijk"
ID = "67d2f1a2b3c4d5e6f7a8b9c0"
CALL = Call("GET", f"/api/v1/userPicture/{ID}", template="/api/v1/userPicture/{_id}")
SECRETS = (TOKEN, ID, "cdn.example.com", "red kite", "Alice", "orders-2026", "example.com", "54321987")


def reply(body: Any, status: int = 200) -> Reply:
    return Reply(CALL.method, CALL.path, status, {}, json.dumps(body).encode())


def seen(path: Path) -> dict[str, Any]:
    return parse_shapes(path.read_bytes())


def service(request: httpx.Request) -> httpx.Response:
    """Answers in other shapes than declared."""
    path = request.url.path
    if path.endswith("/start"):
        one = {"_id": ID, "status": "queued", "cost": 54321987, "prompt": "a red kite", TOKEN: "x"}
        return httpx.Response(200, json={"code": 0, "data": {"task": one}, "echo": f"Bearer {TOKEN}"})
    if path.endswith(ID):
        return httpx.Response(404, json={"error": {"message": f"Alice has no {ID}", "hints": {ID: 1}}})
    return httpx.Response(
        200, json={"code": 0, "data": {"alice@example.com": {"url": "https://cdn.example.com"}}}
    )


async def use(a2e: A2E) -> None:
    await a2e.text_to_image(prompt="a red kite").start()
    await a2e.workflow("userNewThing", {"prompt": "a red kite"}).start()
    with pytest.raises(NotFound):
        await a2e.image_to_video.get(ID)
    await a2e.request("GET", "/api/v1/userNewThing/Alice", query={"folder": "orders-2026"})


@pytest.mark.anyio
async def test_a_client_writes_the_shapes_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "shapes.json"
    async with A2E(TOKEN, transport=httpx.MockTransport(service), shapes=path) as a2e:
        await use(a2e)

    found = seen(path)
    assert list(found) == [
        "GET /api/v1/userImage2Video/{_id}",
        "GET /api/v1/userNewThing/*",
        "POST /api/v1/userNewThing/start",
        "POST /api/v1/userText2Image/start",
    ]
    start = found["POST /api/v1/userText2Image/start"]["200"]["members"]
    assert start["data.task.status"] == {"string": 1, "values": {"queued": 1}}
    assert start["data.task.*"] == {"string": 1}
    assert "error.hints.*" in found["GET /api/v1/userImage2Video/{_id}"]["404"]["members"]
    assert not [secret for secret in SECRETS if secret in path.read_text()]


@pytest.mark.anyio
async def test_aclose_writes_too_and_the_variable_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A2E_SHAPES", str(tmp_path / "shapes.json"))
    a2e = A2E(TOKEN, transport=httpx.MockTransport(service))
    await use(a2e)
    await a2e.aclose()
    assert len(seen(tmp_path / "shapes.json")) == 4


@pytest.mark.anyio
async def test_refusals_inside_a_200_are_kept_apart(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 1003, "message": "no", "data": None})

    async with A2E(TOKEN, transport=httpx.MockTransport(refuse), shapes=tmp_path / "s.json") as a2e:
        with pytest.raises(Exception, match="no"):
            await a2e.image_to_video.get(ID)
    (outcomes,) = seen(tmp_path / "s.json").values()
    assert outcomes["200 refused"]["members"]["code"] == {"integer": 1, "values": {"1003": 1}}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "'' is not a path"),
        (5, "5 is not a path"),
        (b"x", "is not a path"),
        ("no/such/folder/s.json", "does not exist"),
        (".", "is not a file"),
        ("a\0b", "cannot be used as a path"),
    ],
)
def test_an_unusable_path_is_refused(given: Any, problem: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=f"shapes: .*{problem}"):
        A2E(TOKEN, shapes=given)


def test_the_variable_is_named_where_it_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2E_SHAPES", str(tmp_path / "none" / "s.json"))
    with pytest.raises(ConfigurationError, match=r"A2E_SHAPES: .*none"):
        A2E(TOKEN)
    monkeypatch.setenv("A2E_SHAPES", "")
    assert A2E(TOKEN)._settings.shapes is None


def test_logs_and_processes_add_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    logs = [ShapeLog(path) for _ in range(4)]

    def work(log: ShapeLog) -> None:
        for _ in range(5):
            log.see(CALL, reply({"status": "sent"}), refused=False)
            log.write()

    threads = [threading.Thread(target=work, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(path)["GET /api/v1/userPicture/{_id}"]["200"]["replies"] == 20
    assert sorted(one.name for one in tmp_path.iterdir()) == [".s.json.lock", "s.json"]


def test_clients_of_one_process_share_a_log(tmp_path: Path) -> None:
    assert shape_log(tmp_path / "s.json") is shape_log(str(tmp_path / "." / "s.json"))


def test_a_process_writes_at_its_end(tmp_path: Path) -> None:
    program = (
        "from tests.unit.transport.test_shape_log import CALL, reply, shape_log\n"
        f"shape_log({str(tmp_path / 's.json')!r}).see(CALL, reply({{'a': 1}}), refused=False)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
    assert seen(tmp_path / "s.json")["GET /api/v1/userPicture/{_id}"]["200"]["replies"] == 1


def test_it_is_written_every_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, written = ShapeLog(tmp_path / "s.json"), threading.Event()
    monkeypatch.setattr(log, "write", written.set)
    log.see(CALL, reply({}), refused=False)
    assert not written.is_set()
    monkeypatch.setattr(module, "_EVERY", 0.0)
    log.see(CALL, reply({}), refused=False)
    assert written.wait(10)


@pytest.mark.parametrize("content", ["my prompts", '{"format": "a2e-shapes", "version": 9}', '{"a": 1}'])
def test_a_file_that_is_not_ours_is_left_alone(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    log = ShapeLog(path)
    for _ in range(3):
        log.see(CALL, reply({}), refused=False)
        log.write()
    assert path.read_text() == content
    (line,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "s.json" in line.getMessage()
    assert "left as it is" in line.getMessage()


def test_a_failing_disk_is_one_warning_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    log = ShapeLog(tmp_path / "s.json")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        for _ in range(3):
            log.see(CALL, reply({}), refused=False)
            log.write()
    assert [one.getMessage() for one in caplog.records if "No space left" in one.getMessage()] == [
        one.getMessage() for one in caplog.records
    ]
    assert len(caplog.records) == 1

    log.write()
    assert seen(tmp_path / "s.json")["GET /api/v1/userPicture/{_id}"]["200"]["replies"] == 3
    assert sorted(one.name for one in tmp_path.iterdir()) == [".s.json.lock", "s.json"]


def test_a_lock_that_is_held_for_too_long_only_delays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    log = ShapeLog(tmp_path / "s.json")
    log.see(CALL, reply({}), refused=False)
    with module._locked(log.path):
        log.write()
    assert "another process" in caplog.text
    log.write()
    assert len(seen(log.path)) == 1


def test_a_bug_in_here_never_reaches_a_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("67d2")

    monkeypatch.setattr(module, "shape_of", fail)
    log = ShapeLog(tmp_path / "s.json")
    log.see(CALL, reply({}), refused=False)
    log.see(CALL, reply({}), refused=False)
    assert len(caplog.records) == 1
    assert "67d2" not in caplog.text


def test_a_process_without_threads_to_spare_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "_EVERY", 0.0)
    monkeypatch.setattr(threading.Thread, "start", fail)
    log = ShapeLog(tmp_path / "s.json")
    log.see(CALL, reply({}), refused=False)
    log.write()
    assert len(seen(log.path)) == 1


def test_the_example_of_the_documentation_can_be_read() -> None:
    text = (Path(__file__).parents[3] / "docs" / "shapes.md").read_text()
    example = text.partition("```json\n")[2].partition("```")[0]
    assert parse_shapes(example)["GET /api/v1/userImage2Video/{_id}"]["200"]["replies"] == 12


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_does_not_count_its_parents_replies(tmp_path: Path, monkeypatch: Any) -> None:
    log = ShapeLog(tmp_path / "s.json")
    log.see(CALL, reply({}), refused=False)
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as in a child
    log.write()
    assert not (tmp_path / "s.json").exists()
