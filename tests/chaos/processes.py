"""Workers in processes of their own, and what a sandbox and a folder say of them afterwards."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx

from a2e_async.sandbox import Sandbox
from a2e_async.sandbox.media import pattern

__all__ = ["Account", "Plan", "rows", "working"]

PRICE = 10
SPEED = 20.0  # seconds of the sandbox's and the workers' clocks in a real second
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 900.0  # real seconds for the last worker


@attrs.frozen
class Plan:
    """One bulk run that several processes work on, one after the other.

    Attributes:
        folder: of its pictures, its journal and its results.
        contents: different pictures.
        window: seconds of the clock for which lost starts are looked for.
    """

    sandbox: Sandbox
    folder: Path
    jobs: int
    contents: int
    concurrency: int
    backend: str
    window: float = 10.0

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.folder / "run.db"

    @property
    def out(self) -> Path:
        """Where the results go."""
        return self.folder / "out"

    def command(self, **more: Any) -> list[str]:
        """What starts a worker."""
        pictures = [self.folder / f"{number:03}.png" for number in range(self.contents)]
        for number, picture in enumerate(pictures):
            if not picture.exists():
                picture.write_bytes(b"\x89PNG\r\n\x1a\n" + number.to_bytes(4) + pattern(20_000))
        given = {
            "token": self.sandbox.token,
            "url": self.sandbox.url,
            "speed": SPEED,
            "window": self.window,
            "jobs": self.jobs,
            "pictures": [str(picture) for picture in pictures],
            "concurrency": self.concurrency,
            "journal": str(self.journal),
            "out": str(self.out),
            "backend": self.backend,
            **more,
        }
        return [sys.executable, "-m", "tests.chaos.worker", json.dumps(given)]

    def made(self) -> int:
        """Tasks made so far."""
        return self.sandbox.call(lambda world: len(world.ledger.tasks))

    def finish(self, **more: Any) -> list[dict[str, Any]]:
        """Let a worker come to its end; what it says."""
        with working(self.command(**more)) as worker:
            watchdog = threading.Timer(PATIENCE, worker.kill)
            watchdog.start()
            try:
                said, complaints = worker.communicate()
            finally:
                watchdog.cancel()
            if worker.returncode != 0:
                raise RuntimeError(f"a worker ended with {worker.returncode}: {complaints}")
            return [json.loads(line) for line in said.splitlines()]


@contextmanager
def working(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A worker that has begun its run, or has not been able to; killed at the end."""
    worker = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert worker.stdout is not None
    assert worker.stderr is not None
    with worker.stdout, worker.stderr:
        try:
            begun = worker.stdout.readline()
            if begun != "begun\n":
                raise ChildProcessError(begun + worker.stdout.read() + worker.stderr.read())
            yield worker
        finally:
            worker.kill()
            worker.wait()


def rows(journal: Path, table: str = "jobs") -> list[dict[str, Any]]:
    """A table of a journal as it is on disk; of a copy, so that the next worker finds it as it was left."""
    with tempfile.TemporaryDirectory() as folder:
        for path in journal.parent.glob(journal.name + "*"):
            shutil.copy(path, folder)
        connection = sqlite3.connect(Path(folder) / journal.name)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
        finally:
            connection.close()


@attrs.frozen
class Account:
    """What became of a run, as the sandbox's ledger and the folder have it.

    Attributes:
        jobs, made, paid, delivered: as in `tests.chaos.faults.Row`.
        files: results on disk, each whole and right.
        contents: different files that the jobs uploaded.
        presigned: presigned URLs handed out for them.
        problems: what does not agree.
    """

    jobs: int
    made: int
    paid: int
    delivered: int
    files: int
    contents: int
    presigned: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every job is one task, paid once, delivered once, and its file is whole."""
        return self.jobs == self.made == self.paid == self.delivered == self.files and not self.problems

    @classmethod
    def of(cls, plan: Plan, lines: list[dict[str, Any]]) -> Account:
        """Compare what the last worker said with the ledger and the folder."""
        *outcomes, end = lines
        problems = [f"{line['key']}: {line['error']}" for line in outcomes if line["error"]]
        if end["stopped"]:
            problems.append(f"stopped: {end['stopped']}")
        if sorted(line["key"] for line in outcomes) != [f"job-{number:05}" for number in range(plan.jobs)]:
            problems.append("not every job has one Outcome")
        whole = set()
        with httpx.Client() as http:
            for line in outcomes:
                for url, path in zip(line["urls"], line["paths"], strict=True):
                    if Path(path).read_bytes() == http.get(url).content:
                        whole.add(path)
        there = {str(path) for path in plan.out.iterdir()}
        if there != whole:
            problems.append(f"not whole, or of no job: {sorted(there ^ whole)[:5]}")
        ledger = plan.sandbox.ledger
        return cls(
            plan.jobs,
            made=ledger.made(),
            paid=ledger.charged["image_to_video"] // PRICE,
            delivered=len({line["task"] for line in outcomes} & {task.id for task in ledger.tasks}),
            files=len(whole),
            contents=plan.contents,
            presigned=sum(ledger.presigns.values()),
            problems=tuple(problems),
        )
