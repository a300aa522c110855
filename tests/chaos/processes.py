"""Workers in processes of their own, and the account of their run from the sandbox and the folder."""

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
from tests.chaos.faults import PRICE

__all__ = ["SPEED", "Account", "Plan", "rows", "working"]

SPEED = 20.0  # how much faster than real time the clocks of the sandbox and the workers run
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 900.0  # real seconds that the last worker may take


@attrs.frozen
class Plan:
    """A bulk run that several processes work on, one after the other.

    Attributes:
        sandbox: the service.
        folder: the folder for pictures, journal and results.
        jobs: the number of jobs.
        contents: the number of different pictures.
        concurrency: the most tasks at once.
        backend: the event loop of the workers.
        window: seconds of the clock for which lost starts are searched.
        url: the database that holds the journal; empty if a file does.
    """

    sandbox: Sandbox
    folder: Path
    jobs: int
    contents: int
    concurrency: int
    backend: str
    window: float = 10.0
    url: str = ""

    @property
    def journal(self) -> Path:
        """The file of the journal."""
        return self.folder / "run.db"

    @property
    def out(self) -> Path:
        """The folder for the results."""
        return self.folder / "out"

    def command(self, **more: Any) -> list[str]:
        """Make the pictures if needed, and return the command that starts a worker."""
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
            "journal": self.url or str(self.journal),
            "out": str(self.out),
            "backend": self.backend,
            **more,
        }
        return [sys.executable, "-m", "tests.chaos.worker", json.dumps(given)]

    def made(self) -> int:
        """Tasks made so far."""
        return self.sandbox.call(lambda world: len(world.ledger.tasks))

    def finish(self, **more: Any) -> list[dict[str, Any]]:
        """Run a worker to its end and return its lines."""
        with working(self.command(**more)) as worker:
            watchdog = threading.Timer(PATIENCE, worker.kill)
            watchdog.start()
            try:
                output, errors = worker.communicate()
            finally:
                watchdog.cancel()
            if worker.returncode != 0:
                raise RuntimeError(f"a worker ended with {worker.returncode}: {errors}")
            return [json.loads(line) for line in output.splitlines()]


@contextmanager
def working(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a worker and wait until it has begun its run; kill it at the end.

    Raises:
        ChildProcessError: the worker could not begin. The message holds its output.
    """
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
    """The rows of a journal's table as they are on disk now.

    They are read from a copy, because the journal may be open, and the next run must find it unchanged.
    """
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
    """How a run ended, according to the sandbox's ledger and the folder.

    Attributes:
        jobs: jobs of the run.
        made: tasks made.
        paid: tasks charged for.
        delivered: tasks with an Outcome.
        files: complete results in the folder.
        contents: the number of different files that the jobs uploaded.
        presigned: presigned URLs handed out.
        problems: other differences between the run, the ledger and the folder.
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
        """Whether every job is one task, paid once, delivered once, and its file is complete."""
        return self.jobs == self.made == self.paid == self.delivered == self.files and not self.problems

    @classmethod
    def of(cls, plan: Plan, lines: list[dict[str, Any]]) -> Account:
        """Compare the lines of the last worker with the ledger and the folder."""
        *outcomes, end = lines

        problems = [f"{line['key']}: {line['error']}" for line in outcomes if line["error"]]
        if end["stopped"]:
            problems.append(f"stopped: {end['stopped']}")
        if sorted(line["key"] for line in outcomes) != [f"job-{number:05}" for number in range(plan.jobs)]:
            problems.append("not every job has one Outcome")

        complete = _complete_files(outcomes)
        present = {str(path) for path in plan.out.iterdir()}
        if present != complete:
            problems.append(f"incomplete, or of no job: {sorted(present ^ complete)[:5]}")

        ledger = plan.sandbox.ledger
        return cls(
            plan.jobs,
            made=ledger.made(),
            paid=ledger.charged["image_to_video"] // PRICE,
            delivered=len({line["task"] for line in outcomes} & {task.id for task in ledger.tasks}),
            files=len(complete),
            contents=plan.contents,
            presigned=sum(ledger.presigns.values()),
            problems=tuple(problems),
        )


def _complete_files(outcomes: list[dict[str, Any]]) -> set[str]:
    """The downloaded files whose content is the service's."""
    complete = set()
    with httpx.Client() as http:
        for line in outcomes:
            # One whose download has failed has no paths; its error is among the problems.
            for url, path in zip(line["urls"], line["paths"], strict=bool(line["paths"])):
                if Path(path).read_bytes() == http.get(url).content:
                    complete.add(path)
    return complete
