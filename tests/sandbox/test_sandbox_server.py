"""The server itself: threads, sockets, event loops, control routes, the command line and the plugin."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from a2e_async.sandbox import Faults, Ledger, Sandbox, ScaledClock, VirtualClock
from a2e_async.sandbox.__main__ import main, parse_faults
from tests.sandbox.kit import STARTS, Talker, rows, talking

START = "userImage2Video/start"
BODY = STARTS[START]


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 100.0}) as talker:
        yield talker


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_nothing_is_left_behind() -> None:
    def use() -> None:
        with talking(clock=VirtualClock(auto=True)) as talker:
            talker.start(START)
            raw = socket.create_connection(("127.0.0.1", int(talker.sandbox.origin.rpartition(":")[2])))
            raw.sendall(b"GET /half-a-request")
            talker.get("token/list")
        raw.close()

    use()
    threads, descriptors = threading.active_count(), _descriptors()
    for _ in range(5):
        use()
    assert threading.active_count() == threads
    assert _descriptors() == descriptors


@pytest.mark.anyio
async def test_it_is_an_async_context_manager_too() -> None:
    async with Sandbox() as sandbox, httpx.AsyncClient() as http:
        assert (await http.get(f"{sandbox.url}/api/v1/token/list")).status_code == 401
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as http:
            await http.get(f"{sandbox.url}/api/v1/token/list")


@pytest.mark.anyio
async def test_cancellation_ends_it_too() -> None:
    with anyio.move_on_after(0.05):
        async with Sandbox(clock=VirtualClock(auto=True)):
            await anyio.sleep_forever()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("a2e-sandbox")]


def _expect_broken_connection(talker: Talker) -> None:
    with pytest.raises(httpx.TransportError):
        talker.get("token/list")


def test_it_ends_while_requests_wait_for_the_clock() -> None:
    with talking(faults=Faults(latency=1000.0)) as talker:
        with pytest.raises(httpx.ReadTimeout):
            talker.http.get("token/list", timeout=0.02)
        waiting = threading.Thread(target=_expect_broken_connection, args=(talker,))
        waiting.start()
        while talker.sandbox.ledger.count("list") < 2:
            pass
        talker.sandbox.stop()
        waiting.join(5)
        assert not waiting.is_alive()


def test_the_ledger_can_be_read_afterwards(talker: Talker) -> None:
    talker.start(START)
    talker.sandbox.stop()
    assert talker.sandbox.ledger.made() == 1
    assert talker.sandbox.balance == 1_000_000 - 10
    talker.sandbox.stop()


def test_it_can_start_again_but_not_twice(talker: Talker) -> None:
    with pytest.raises(RuntimeError, match="already"):
        talker.sandbox.start()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = Sandbox().ledger


def test_a_port_that_is_taken_is_an_error() -> None:
    with Sandbox() as sandbox, pytest.raises(OSError, match="in use"):
        Sandbox(port=int(sandbox.origin.rpartition(":")[2])).start()


def test_a_prefix_as_on_white_label_hosts() -> None:
    with talking(prefix="/white/label/") as talker:
        assert talker.sandbox.url.endswith("/white/label")
        assert talker.start(START)["_id"]
        reply = talker.files.get(f"{talker.sandbox.origin}/api/v1/token/list")
        assert reply.headers["content-type"].startswith("text/html")


def test_files_on_another_origin() -> None:
    with talking(separate_files=True, durations={"*": 0.0}) as talker:
        assert talker.sandbox.files_origin != talker.sandbox.origin
        given = talker.post("r2/upload-presigned-url", {"key": "a"}).json()["data"]
        assert given["uploadUrl"].startswith(talker.sandbox.files_origin)
        assert talker.files.put(given["uploadUrl"], content=b"x").status_code == 200
        url = talker.start(START)["result_url"]
        assert url.startswith(talker.sandbox.files_origin)
        assert talker.files.get(url).status_code == 200


def test_ask_and_change_from_any_thread(talker: Talker) -> None:
    talker.start(START)
    assert talker.sandbox.call(lambda world: len(world.tasks)) == 1
    with pytest.raises(ZeroDivisionError):
        talker.sandbox.call(lambda _world: 1 / 0)
    snapshot = talker.sandbox.ledger
    talker.start(START)
    assert (snapshot.made(), talker.sandbox.ledger.made()) == (1, 2)


def test_reset_makes_a_fresh_account(talker: Talker) -> None:
    talker.start(START)
    talker.sandbox.set_coins(5)
    talker.sandbox.set_faults(Faults(status_500=1.0))
    talker.sandbox.reset()
    assert talker.sandbox.ledger == Ledger(operations=talker.sandbox.ledger.operations)
    assert talker.sandbox.balance == 1_000_000
    assert rows(talker.get("userImage2Video/allRecords")) == []


def test_the_ledger_counts(talker: Talker) -> None:
    for number in range(3):
        identity = talker.start(START, name=f"n{number % 2}")["_id"]
        talker.clock.advance(10)

    talker.clock.advance(100)
    talker.get(f"userImage2Video/{identity}")
    talker.clock.advance(7)
    talker.get(f"userImage2Video/{identity}")
    ledger = talker.sandbox.ledger

    assert ledger.names("image_to_video") == {"n0": 2, "n1": 1}
    assert ledger.starts == {"image_to_video": 3}
    assert ledger.lateness("image_to_video") == [10.0]
    assert ledger.count("start") == ledger.count("image_to_video.start") == 3
    assert ledger.count("detail") == ledger.count("*userImage2Video/{_id}") == 2
    assert ledger.made("wan25") == 0
    assert ledger.coins() == 30


# Control routes


def control(talker: Talker, method: str, path: str, body: Any = None) -> httpx.Response:
    return talker.files.request(method, f"{talker.sandbox.origin}/sandbox/{path}", json=body)


def test_the_ledger_travels_as_json(talker: Talker) -> None:
    talker.start(START)
    talker.post("userImage2Video/batchDetail", {"ids": ["x"]})
    raw = control(talker, "GET", "ledger").json()
    assert Ledger.from_json(raw) == talker.sandbox.ledger


def test_faults_and_scripts_by_http(talker: Talker) -> None:
    rule = {"operations": ["start"], "status_503": 1.0}
    assert control(talker, "PUT", "faults", [rule]).json()[0]["status_503"] == 1.0
    assert talker.post(START, BODY).status_code == 503
    assert control(talker, "POST", "script", {"start": ["ok"]}).json() == {"start": ["ok"]}
    assert talker.post(START, BODY).status_code == 200
    assert control(talker, "GET", "faults").json()[0]["operations"] == ["start"]
    assert control(talker, "PUT", "faults", []).json() == []
    assert talker.post(START, BODY).status_code == 200
    assert control(talker, "PUT", "faults", {"status_503": 7}).status_code == 400
    assert control(talker, "POST", "script", {"start": ["teapot"]}).status_code == 400


def test_clock_coins_and_reset_by_http(talker: Talker) -> None:
    assert control(talker, "POST", "clock", {"advance": 12.5}).json() == {"now": 12.5}
    assert control(talker, "GET", "clock").json() == {"now": 12.5}
    assert control(talker, "POST", "clock", {"speed": 2}).status_code == 400
    assert control(talker, "POST", "clock", {"advance": -1}).status_code == 400
    assert control(talker, "PUT", "coins", {"coins": 3}).json() == {"coins": 3}
    assert control(talker, "POST", "reset").json() == {}
    assert control(talker, "GET", "coins").json() == {"coins": 1_000_000}
    assert control(talker, "GET", "nothing").status_code == 404
    assert talker.files.post(f"{talker.sandbox.origin}/sandbox/clock", content=b"{").status_code == 400

    clock = ScaledClock()
    with Sandbox(clock=clock) as sandbox:
        reply = talker.files.post(f"{sandbox.origin}/sandbox/clock", json={"speed": 50})
        assert reply.status_code == 200
        assert clock.speed == 50
        reply = talker.files.post(f"{sandbox.origin}/sandbox/clock", json={"advance": 1})
        assert reply.status_code == 400


def test_a_mistake_of_the_sandbox_itself_is_logged(
    talker: Talker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(talker.sandbox.world, "find", None)
    with caplog.at_level(logging.ERROR, "a2e_async.sandbox"):
        assert talker.get(f"userImage2Video/{'0' * 24}").status_code == 500
    assert "the sandbox itself failed: GET /api/v1/userImage2Video/" in caplog.text


# The command line


def test_the_command_line_serves_until_interrupted() -> None:
    command = [sys.executable, "-W", "error", "-m", "a2e_async.sandbox", "--port", "0", "--json", "--virtual"]
    command += ["--faults", "status_429=1", "--durations", "image_to_video=5,*=7", "--token", "sk_mine"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        headers = {"authorization": f"Bearer {facts['token']}"}

        with httpx.Client(base_url=facts["url"], headers=headers, timeout=60) as http:
            assert http.post(f"/api/v1/{START}", json=BODY).status_code == 429
            http.put("/sandbox/faults", json=[])
            http.post(f"/api/v1/{START}", json=BODY)
            http.post("/sandbox/clock", json={"advance": 5})
            (record,) = rows(http.get("/api/v1/userImage2Video/allRecords"))

        assert record["current_status"] == "completed"
        assert facts["token"] == "sk_mine"

        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--faults", "status_418=1"], "unknown: status_418"),
        (["--faults", "status_429=much"], "much"),
        (["--faults", "no-such-file"], "no-such-file"),
        (["--speed", "0"], "speed"),
        (["--document", "no-such-file"], "no OpenAPI document at no-such-file"),
        (["--port", "none"], "--port"),
    ],
)
def test_bad_arguments_are_one_line(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert text in shown
    assert "Traceback" not in shown


def test_faults_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"status_429": 0.5, "operations": "start"}, {"latency": 1}]')
    assert parse_faults(str(file)) == (Faults(status_429=0.5, operations="start"), Faults(latency=1))
    assert parse_faults('{"html": 0.1}') == (Faults(html=0.1),)
    assert parse_faults("html=0.1,latency=2") == (Faults(html=0.1, latency=2.0),)


# The pytest plugin

PLUGIN_TEST = """
import os
import httpx
import pytest

def start(sandbox):
    headers = {"authorization": f"Bearer {os.environ['A2E_API_TOKEN']}"}
    with httpx.Client(base_url=os.environ["A2E_BASE_URL"], headers=headers) as http:
        return http.post("/api/v1/userText2Image/start", json={"prompt": "x"})

def test_plain(a2e_sandbox):
    assert os.environ["A2E_BASE_URL"] == a2e_sandbox.url
    assert start(a2e_sandbox).json()["code"] == 0
    (task,) = a2e_sandbox.ledger.tasks
    assert task.done_at - task.created_at == pytest.approx(0.05)

@pytest.mark.a2e_sandbox(coins=5)
def test_poor(a2e_sandbox):
    assert start(a2e_sandbox).json()["code"] == 1
    assert a2e_sandbox.ledger.made() == 0
"""


def test_the_plugin_gives_every_test_a_sandbox(tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(PLUGIN_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    # Other plugins only take time here.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    if "a2e_async.sandbox.pytest_plugin" not in {point.value for point in entry_points(group="pytest11")}:
        command += ["-p", "a2e_async.sandbox.pytest_plugin"]  # run from a tree that is not installed
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("A2E_", "PYTEST_"))}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_plugin_loads_without_the_extra() -> None:
    script = (
        "import sys\n"
        "for name in ('uvicorn', 'uvloop', 'jsonschema_rs', 'httptools', 'starlette'):\n"
        "    sys.modules[name] = None\n"
        "import a2e_async.sandbox.pytest_plugin\n"
        "try:\n"
        "    from a2e_async.sandbox import Sandbox\n"
        "except ImportError as problem:\n"
        "    print(problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "pip install 'a2e-async[sandbox]'" in done.stdout


def test_it_imports_nothing_of_the_sdk() -> None:
    script = (
        "import sys, a2e_async.sandbox.__main__, a2e_async.sandbox.pytest_plugin\n"
        "print([name for name in sys.modules if name.startswith('a2e_async.') and 'sandbox' not in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
