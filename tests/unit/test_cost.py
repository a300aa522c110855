"""What a job costs the process it runs in, in counts that are the same on every machine.

Times and ratios are measured by ``make bench``; requests and lateness are in test_schedule.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
import types
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import a2e_async
from a2e_async import A2E, RetryPolicy
from a2e_async._transport import trust
from tests.virtual_time import run

PACKAGE = str(Path(a2e_async.__file__).parent)
JOBS = 100
SECONDS = 60.0


def loaded(code: str) -> list[str]:
    """The modules that the code brings in, in a fresh interpreter without what .pth files bring."""
    sites = [path for path in sys.path if path]
    program = (
        f"import sys; sys.path[1:1] = {sites!r}; before = set(sys.modules); exec({code!r}); "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_an_import_loads_no_library() -> None:
    modules = loaded("import a2e_async")
    assert {"anyio", "attr", "httpx", "httpx2", "asyncio", "ssl", "json"}.isdisjoint(modules)
    assert [name for name in modules if name.startswith("a2e_async")] == ["a2e_async"]
    assert len(modules) <= 40  # 37 on Python 3.11


def test_the_first_use_of_a_resource_loads_that_resource_and_no_http() -> None:
    modules = set(loaded("import a2e_async; a2e_async.A2E('sk_x').image_to_video"))
    modules -= set(loaded("import anyio"))  # older ones load much more, ssl too
    assert {"httpx", "httpx2", "ssl", "sqlite3", "a2e_async._bulk.run"}.isdisjoint(modules)
    assert [name for name in modules if name.startswith("a2e_async.api.")] == ["a2e_async.api.image_to_video"]
    ours = [name for name in modules if name.startswith("a2e_async")]
    assert len(ours) <= 32  # 32, the wings' doors included
    assert len(modules) <= (80 if sys.version_info < (3, 14) else 100)  # 77 on Python 3.11, 79 on 3.13


def test_the_client_without_await_loads_only_what_it_needs() -> None:
    assert not [name for name in loaded("import a2e_async") if "sync." in name or name.endswith("_sync")]
    modules = set(loaded("from a2e_async.sync import A2E; A2E('sk_x').image_to_video"))
    assert {"httpx", "httpx2", "sqlite3", "uvloop", "a2e_async._bulk.run"}.isdisjoint(modules)
    assert [name for name in modules if name.startswith("a2e_async.api.")] == ["a2e_async.api.image_to_video"]
    assert len([name for name in modules if name.startswith("a2e_async._sync")]) <= 10


def test_what_is_loaded_eagerly_is_not_loaded_by_the_first_request() -> None:
    modules = loaded("""
import os
os.environ["A2E_ASYNC_EAGER"] = "1"
import a2e_async
print(*sorted(set(sys.modules) - before), "and later")

import anyio
async def use():
    once = a2e_async.RetryPolicy(attempts=1)
    async with a2e_async.A2E('sk_x', base_url='http://127.0.0.1:9', retry=once) as a2e:
        try:
            await a2e.download('http://127.0.0.1:9/a', folder='.')
        except a2e_async.DownloadError:
            pass
anyio.run(use)
""")
    assert not [name for name in modules if "shape" in name]  # they are collected when asked for
    at = modules.index("later")
    later = set(modules[at:]) - set(modules[:at])
    ours = {"a2e_async", "httpx", "httpcore", "httpx2", "httpcore2", "h11", "ssl", "certifi"}
    assert ours.isdisjoint(name.partition(".")[0] for name in later)


class Service:
    """Tasks that take a minute, in memory."""

    def __init__(self) -> None:
        self.requests = 0
        self.ends: dict[str, float] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        body = json.loads(request.content)
        if request.url.path.endswith("/start"):
            name = f"{len(self.ends):024x}"
            self.ends[name] = anyio.current_time() + SECONDS + 0.1 * len(self.ends)
            return self._reply({"_id": name, "current_status": "sent", "coins": 30, "name": body["name"]})
        return self._reply([self._record(name) for name in body["ids"]])

    def _record(self, name: str) -> dict[str, Any]:
        done = anyio.current_time() >= self.ends[name]
        return {
            "_id": name,
            "current_status": "completed" if done else "processing",
            "coins": 30,
            "result_url": f"https://cdn.example.com/{name}.mp4" if done else "",
        }

    def _reply(self, data: Any) -> httpx.Response:
        content = json.dumps({"code": 0, "data": data}).encode()
        return httpx.Response(200, stream=httpx.ByteStream(content))


async def make(jobs: int, service: Service) -> None:
    """Run the given number of jobs at once."""
    async with A2E("sk_x", transport=httpx.MockTransport(service)) as a2e:

        async def one() -> None:
            result = await a2e.image_to_video(image_url="https://cdn.example.com/a.png", prompt="x").run()
            assert result.coins == 30

        async with anyio.create_task_group() as group:
            for _ in range(jobs):
                group.start_soon(one)


def test_a_job_takes_few_calls_of_our_own() -> None:
    run("asyncio", lambda: make(1, Service()))  # what is loaded late is loaded
    service, calls = Service(), 0

    def count(frame: types.FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(PACKAGE)

    sys.setprofile(count)
    try:
        run("asyncio", lambda: make(JOBS, service))
    finally:
        sys.setprofile(None)
    assert service.requests / JOBS <= 1.6
    # Most are made for the records that the polls bring: five for each.
    assert calls / JOBS <= 700


def test_a_hundred_jobs_stay_small() -> None:
    run("asyncio", lambda: make(1, Service()))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run("asyncio", lambda: make(JOBS, Service()))
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 2_500_000


def test_a_process_makes_one_ssl_context() -> None:
    trust._context.cache_clear()

    async def ask() -> None:
        async with A2E("sk_x", base_url="https://127.0.0.1:9", retry=RetryPolicy(attempts=1)) as a2e:
            with pytest.raises(a2e_async.ConnectionFailed):
                await a2e.image_to_video.get("67d2")

    for _ in range(3):  # clients, each in an event loop of its own
        anyio.run(ask)
    assert trust._context.cache_info().misses == 1
