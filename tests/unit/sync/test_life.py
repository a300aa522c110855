"""The thread of a client: when it begins and ends, and where it must not be waited for."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import subprocess
import sys
import threading
import types
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from a2e_async import ConfigurationError
from a2e_async._sync.portal import Portal
from a2e_async.sandbox import Sandbox
from a2e_async.sync import A2E

ASK = ("GET", "/api/v1/anything")


def client() -> A2E:
    """A client of a service in memory that answers everything."""
    return A2E("sk_x", transport=httpx.MockTransport(answer))


async def answer(request: httpx.Request) -> httpx.Response:
    is_list = request.url.path.endswith("/allRecords")
    return httpx.Response(200, json={"code": 0, "data": [] if is_list else "yes"})


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "a2e_async"]


@pytest.fixture(autouse=True)
def all_end() -> Any:
    before = threads()
    yield
    if threads() != before:
        gc.collect()
    for thread in threads():
        if thread not in before:
            thread.join(5)
    assert threads() == before


def test_the_thread_begins_with_the_first_call_and_ends_with_the_client() -> None:
    a2e = client()
    a2e.text_to_image(prompt="x").to_dict()
    assert not threads()
    for _ in range(2):
        assert a2e.request(*ASK) == "yes"
        (thread,) = threads()
        assert thread.daemon
    a2e.close()
    a2e.close()
    assert not threads()

    assert a2e.request(*ASK) == "yes"
    (thread,) = threads()
    del a2e
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_blocks_may_be_nested() -> None:
    a2e = client()
    with a2e:
        with a2e as inner:
            assert inner is a2e
            inner.request(*ASK)
        assert threads()
        assert a2e.request(*ASK) == "yes"
    assert not threads()


def test_a_resource_keeps_its_client_alive() -> None:
    anchor = client().anchor
    gc.collect()
    assert anchor.with_client(client()) != anchor
    assert list(client().text_to_image.list()) == []


def test_close_lets_the_calls_of_other_threads_end() -> None:
    asked, go = threading.Event(), threading.Event()

    async def wait(request: httpx.Request) -> httpx.Response:
        asked.set()
        await anyio.to_thread.run_sync(go.wait)
        return await answer(request)

    a2e, replies = A2E("sk_x", transport=httpx.MockTransport(wait)), list[str]()
    other = threading.Thread(target=lambda: replies.append(a2e.request(*ASK)))
    other.start()
    asked.wait()
    a2e.close()
    assert threads()
    go.set()
    other.join()
    assert replies == ["yes"]


def test_what_the_session_raises_is_raised_by_the_first_call() -> None:
    class Broken:
        async def __aenter__(self) -> None:
            raise OSError("no descriptors")

        async def __aexit__(self, *error: object) -> None: ...

    async def nothing() -> None: ...

    portal = Portal(Broken())
    for _ in range(2):
        with pytest.raises(OSError, match="no descriptors"):
            portal.run(nothing)


@pytest.mark.anyio
async def test_a_running_loop_is_not_blocked() -> None:
    a2e = client()
    a2e.text_to_image(prompt="x")
    for call in (lambda: a2e.request(*ASK), a2e.__enter__, lambda: list(a2e.text_to_image.list()), a2e.close):
        with pytest.raises(ConfigurationError, match=r"from a2e_async import A2E.*`await asyncio\.to_thread"):
            call()
    assert not threads()
    assert await anyio.to_thread.run_sync(lambda: a2e.request(*ASK)) == "yes"
    await anyio.to_thread.run_sync(a2e.close)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("IPython", types.SimpleNamespace(get_ipython=object)),
        ("marimo", types.SimpleNamespace(running_in_notebook=lambda: True)),
    ],
)
async def test_a_notebook_may_block_its_own_loop(
    name: str, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, module)
    with client() as a2e:
        assert a2e.request(*ASK) == "yes"


def test_modules_that_another_thread_is_importing_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trio", "sniffio", "IPython", "marimo"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    Portal(contextlib.nullcontext()).run(partial(asyncio.sleep, 0))


def test_a_listener_cannot_wait_for_its_own_thread(sandbox: Sandbox) -> None:
    errors: list[ConfigurationError] = []

    def listen(event: object) -> None:
        with pytest.raises(ConfigurationError, match="another thread") as caught:
            a2e.request(*ASK)
        errors.append(caught.value)

    with A2E(sandbox.token, base_url=sandbox.url, on_event=listen) as a2e:
        a2e.text_to_image(prompt="x").start()
    assert errors


def test_a_call_sees_the_context_of_its_caller() -> None:
    seen: list[str] = []
    request_id = contextvars.ContextVar("request_id", default="none")

    async def look(request: httpx.Request) -> httpx.Response:
        seen.append(request_id.get())
        return await answer(request)

    with A2E("sk_x", transport=httpx.MockTransport(look)) as a2e:
        a2e.request(*ASK)
        request_id.set("17")
        a2e.request(*ASK)
    assert seen == ["none", "17"]


def run(program: str, sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    """Run a program, with warnings as errors."""
    head = f"from a2e_async.sync import A2E\na2e = A2E({sandbox.token!r}, base_url={sandbox.url!r})\n"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", head + program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_neither_a_client_nor_a_call_in_a_daemon_thread_keeps_the_interpreter(sandbox: Sandbox) -> None:
    program = """
import threading
task = a2e.text_to_image(prompt="sandbox:forever").start()
began = threading.Event()
threading.Thread(target=lambda: task.wait(on_update=lambda record: began.set()), daemon=True).start()
began.wait()
print("end")
"""
    done = run(program, sandbox)
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
@pytest.mark.slow
def test_a_forked_process_gets_a_thread_of_its_own(sandbox: Sandbox) -> None:
    program = """
import os, threading, warnings
from a2e_async.sync import A2EError
warnings.simplefilter("ignore", DeprecationWarning)
task = a2e.text_to_image(prompt="x").start()
other = threading.Thread(target=a2e.text_to_image(prompt="sandbox:slow").run)
other.start()
run = a2e.bulk().__enter__()
child = os.fork()
if not child:
    try:
        run.result(a2e.text_to_image(prompt="x"))
    except A2EError as error:
        assert "before a fork" in str(error), error
line = f"{task.wait().task.id == task.id} {a2e.upload(b'GIF89a' + bytes([bool(child)])).size}\\n"
os.write(1, line.encode())  # at once: both processes write to the same pipe
a2e.close()
if child:
    other.join()
    os.waitpid(child, 0)
    a2e.text_to_image(prompt="x").run()
else:
    os._exit(0)
"""
    done = run(program, sandbox)

    assert (done.stdout, done.returncode) == ("True 7\nTrue 7\n", 0), done.stderr
