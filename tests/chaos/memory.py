"""``python -m tests.chaos.memory [JOBS …]``: measures the memory of a bulk run for each job in flight.

The service is a fake transport without sockets or a sandbox, so only the run itself grows. Each count is
measured in a process of its own, with and without a journal, when all jobs are accepted and none has ended.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx

from a2e_async import A2E

COUNTS = (100, 10_000, 100_000)


@attrs.define
class Service(httpx.AsyncBaseTransport):
    """A service that accepts every start. Its tasks run until `over` is set.

    Attributes:
        expected: the number of starts after which `full` is set.
        over: the tasks have ended.
        started: starts so far.
        full: set when all expected starts have arrived.
    """

    expected: int
    over: bool = False
    started: int = 0
    full: anyio.Event = attrs.field(factory=anyio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if request.url.path.endswith("/start"):
            self.started += 1
            if self.started == self.expected:
                self.full.set()
            return _reply(_record(f"{self.started:024x}", over=False) | body)
        return _reply([_record(task_id, over=self.over) for task_id in body["ids"]])


def _record(task_id: str, *, over: bool) -> dict[str, Any]:
    return {
        "_id": task_id,
        "name": "",
        "current_status": "completed" if over else "processing",
        "coins": 10,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "failed_message": "",
        "failed_code": "",
        "result_url": "https://e.com/result.mp4" if over else "",
    }


def _reply(data: Any) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "data": data})


def resident() -> int:
    """The resident memory of this process in bytes (Linux only)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def measure(count: int, journal: Path | None) -> float:
    """The memory in KB for each job, while all of them are in flight."""
    service = Service(expected=count + 8)

    async with A2E("sk_x", base_url="https://a2e.invalid", transport=service) as a2e:

        def jobs(number: int) -> Any:
            return (
                a2e.image_to_video(image_url=f"https://e.com/{index}.png", prompt=f"the {index}th cat waves")
                for index in range(number)
            )

        # A small run first, so that all modules are loaded.
        async with a2e.bulk(jobs(8), journal=None) as run:
            service.over = True
            async for _ in run:
                pass

        service.over = False
        gc.collect()
        before = resident()
        async with a2e.bulk(jobs(count), concurrency=count, journal=journal, timeout=1e6) as run:
            await service.full.wait()
            await anyio.sleep(0.5)
            kilobytes = (resident() - before) / 1024 / count
            service.over = True
            errors = [outcome.error async for outcome in run]

    if errors != [None] * count:
        raise RuntimeError("not every job has ended well")
    return kilobytes


def main(arguments: list[str]) -> None:
    """Measure each count in a process of its own; with ``--here``, measure one count in this process."""
    if arguments and arguments[0] == "--here":
        journal = Path(arguments[2]) if arguments[2:] else None
        sys.stdout.write(f"{anyio.run(measure, int(arguments[1]), journal):.1f}\n")
        return

    sys.stdout.write("jobs in flight   KB each   KB each, with a journal\n")
    for count in [int(argument) for argument in arguments] or COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            figures = [
                subprocess.run(
                    [sys.executable, "-m", "tests.chaos.memory", "--here", str(count), *more],
                    check=True,
                    text=True,
                    capture_output=True,
                ).stdout.strip()
                for more in ([], [f"{folder}/run.db"])
            ]
        sys.stdout.write(f"{count:14}   {figures[0]:>7}   {figures[1]:>23}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
