"""Large files up and down: speed beside curl, memory, and how long the event loop is held.

Nothing is pinned to a core: moving files in threads is the point here.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.host import say
from tests.bench.processes import Row, Server, serving
from tests.bench.roster import A2E, BY_NAME, FAST, REFERENCE, Client
from tests.bench.suites import Plan
from tests.bench.suites.attempt import attempt, failures
from tests.bench.tables import Table, by_client, cell, digits, megabytes, milliseconds, ratio, times

TITLE = "Files"
MB = 1024 * 1024
SIZES = (256 * MB, 1024 * MB)
CURL = "curl"
STREAMED = Client(
    "httpx streamed", "httpx", "streamed", REFERENCE, about="plain httpx, 1 MB reads in a thread"
)
UPLOADERS = (A2E, FAST, "runwayml", "openai", "replicate", "google-genai", "comfy-sdk")
DOWNLOADERS = (A2E, FAST, "openai")
SHARED_MEMORY = Path("/dev/shm")
LIMIT = 300.0
REPEATS = 5
NOTE = "Client, curl and server share all cores. Memory for the file is found before, for everyone."


def run(plan: Plan) -> Iterator[Row]:
    """In memory where the system has a place for that: the disk is not what is measured."""
    sizes = (SIZES[0],) if plan.quick else SIZES
    wanted = {client.name for client in plan.clients()}
    with _folder(2 * max(sizes)) as folder, serving(pin=False) as server:
        for size in sizes:
            source = folder / "source.bin"
            _write(source, size)
            _write(source.with_suffix(".small"), MB)
            (down := folder / "down").mkdir(exist_ok=True)
            for repeat in range(plan.repeats or (1 if plan.quick else REPEATS)):
                for mode, names in (("uploads", UPLOADERS), ("downloads", DOWNLOADERS)):
                    keys: Row = {"mode": mode, "size": size, "repeat": repeat}
                    spec = {"source": str(source), "folder": str(down), "size": size}
                    coming = size if mode == "downloads" else 0
                    _make_room(down, coming)
                    yield {**_curl(server, mode, source, size, down), **keys}
                    for client in (STREAMED, *(BY_NAME[name] for name in names if name in wanted)):
                        _make_room(down, coming)
                        yield attempt(server, client, mode, keys, spec, LIMIT, pin=False)


def _curl(server: Server, mode: str, source: Path, size: int, down: Path) -> Row:
    """The yardstick: a C program with nothing else to do."""
    server.control("begin", {"result_size": size})
    if mode == "uploads":
        transfer = ["--header", "Expect:", "--upload-file", str(source), f"{server.base}/put/file"]
    else:
        transfer = ["--output", str(down / "curl.bin"), f"{server.base}/files/result/a.mp4"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["curl", "--silent", "--show-error", "--fail", *transfer], check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    say(f"{CURL} mode={mode} size={size}: {wall:.2f} s")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"client": CURL, "role": REFERENCE, "wall": wall, "cpu": cpu}


@contextmanager
def _folder(room: int) -> Iterator[Path]:
    home = (
        SHARED_MEMORY if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > 2 * room else None
    )
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home) as name:
        yield Path(name)


def _write(path: Path, size: int) -> None:
    """Bytes that look like a video to those who look, and compress like one."""
    block = os.urandom(MB)
    with path.open("wb") as file:
        file.write(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
        while file.tell() < size:
            file.write(block[: size - file.tell()])
    os.utime(path, (1e9, 1e9))  # an old file, as most are


def _make_room(folder: Path, size: int) -> None:
    """Empty the folder, and have the system find memory for a file of this size.

    A virtual machine may take long for that: three times as long as curl takes for all its work.
    """
    for path in folder.iterdir():
        path.unlink()
    with (touched := folder / "touched.bin").open("wb") as file:
        for _ in range(size // MB):
            file.write(bytes(MB))
    touched.unlink()


def tables(rows: Sequence[Row]) -> list[Table]:
    """A table for each direction and size."""
    made = []
    for mode in ("uploads", "downloads"):
        for size in sorted({row["size"] for row in rows}):
            some = [row for row in rows if row["mode"] == mode and row["size"] == size]
            if some:
                made.append(_table(f"{mode.capitalize()} of {size // MB:,} MiB", some))
    return made


def _table(title: str, rows: list[Row]) -> Table:
    clients = by_client(rows)
    lines = []
    for name, runs in clients.items():
        speed = ratio(clients.get(CURL, []), runs, "wall")
        lines.append(
            (
                name,
                cell(runs, "wall", lambda value: f"{value:.2f}"),
                times(speed),
                cell(runs, "cpu", digits),
                cell(runs, "growth", megabytes),
                cell(runs, "stall", milliseconds),
                cell(runs, "requests", lambda value: f"{value:.0f}"),
            )
        )
    header = ("client", "wall s", "speed of curl", "CPU s", "growth MB", "longest stall ms", "requests")
    return Table(title, header, lines, " ".join(filter(None, (NOTE, failures(rows)))))
