"""What a recipe runs on: a local A2E, a database of its own, and the processes that are started for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self
from urllib.parse import urlsplit

import attrs

from a2e_async.sandbox import Faults, Sandbox

__all__ = ["EXAMPLES", "Program", "Stage", "free_port", "new_database", "results", "wait_for"]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
BIN = Path(sys.executable).parent


@attrs.frozen
class Program:
    """A process, the leader of a group of its own.

    Attributes:
        process: the process.
        output: the file that has what it wrote to stdout.
        log: the file that has what it wrote to stderr.
    """

    process: subprocess.Popen[bytes]
    output: Path
    log: Path

    def kill(self) -> None:
        """Kill it and its children, as if the machine had failed."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self, grace: float = 5.0) -> None:
        """Ask it to end, and kill what does not."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        self.kill()


class Stage:
    """The processes of one recipe, and the sandbox and the database that they use.

    Args:
        folder: for the files of this recipe.
        journal: the URL of an empty database.
        count: the number of jobs.
        seconds: how long a task takes.
    """

    def __init__(self, folder: Path, journal: str, count: int, seconds: float) -> None:
        self.folder = folder
        self.count = count
        self.sandbox = Sandbox(
            faults=Faults(latency=0.03, jitter=0.02, status_429=0.03, retry_after=0.5, reset_after=0.05),
            durations={"text_to_image": (seconds, seconds / 3)},
            seed=11,
        )
        self.programs: list[Program] = []
        self.jobs = folder / "jobs.jsonl"
        self._variables = {"A2E_JOURNAL": journal, "PYTHONPATH": os.pathsep.join(map(str, (EXAMPLES, ROOT)))}

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        self._variables |= {"A2E_API_TOKEN": self.sandbox.token, "A2E_BASE_URL": self.sandbox.url}
        with self.jobs.open("w") as lines:
            for number in range(self.count):
                body = {"prompt": f"a red kite over the sea, no. {number}"}
                job = {"workflow": "text_to_image", "body": body, "key": f"kite-{number:03d}"}
                lines.write(json.dumps(job) + "\n")
        return self

    def __exit__(self, *_: object) -> None:
        for program in reversed(self.programs):
            program.end()
        self.sandbox.__exit__(None, None, None)

    def recipe(self, name: str) -> Path:
        """The file of a recipe."""
        return EXAMPLES / name

    def set(self, **variables: str) -> None:
        """Give the programs that are started from now on these environment variables."""
        self._variables |= variables

    def start(self, *command: str | Path, stdin: Path | None = None, **variables: str) -> Program:
        """Start a program of this environment; Python, if the first word is a file or an option of Python."""
        first = str(command[0])
        if first.endswith(".py") or first.startswith("-"):
            whole = [sys.executable, *map(str, command)]
        else:
            whole = [str(BIN / first), *map(str, command[1:])]

        output, log = (self.folder / f"{len(self.programs)}.{kind}" for kind in ("out", "log"))
        with output.open("wb") as out, log.open("wb") as errors, _opened(stdin) as given:
            process = subprocess.Popen(
                whole,
                stdin=given,
                stdout=out,
                stderr=errors,
                cwd=self.folder,
                env={**os.environ, **self._variables, **variables},
                start_new_session=True,
            )
        self.programs.append(Program(process, output, log))
        return self.programs[-1]

    def paid(self) -> int:
        """How many tasks were paid for."""
        ledger = self.sandbox.ledger
        price = ledger.tasks[0].coins if ledger.tasks else 0
        return ledger.charged["text_to_image"] // price if price else 0

    def logs(self) -> Iterator[str]:
        """The last lines that the programs wrote."""
        for program in self.programs:
            for path in (program.output, program.log):
                lines = path.read_text(errors="replace").splitlines()[-12:]
                if lines:
                    yield f"  {' '.join(map(str, program.process.args))[-100:]}: {path.suffix[1:]}"  # type: ignore[arg-type]
                    yield from (f"    {line[:200]}" for line in lines)


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes] | int]:
    if path is None:
        yield subprocess.DEVNULL
    else:
        with path.open("rb") as file:
            yield file


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(ready: int | str, program: Program, patience: float = 60.0) -> None:
    """Wait until a program listens on a port, or until its log has a word."""
    end = time.monotonic() + patience
    while program.process.poll() is None and time.monotonic() < end:
        if _listens(ready) if isinstance(ready, int) else ready in program.log.read_text():
            return
        time.sleep(0.1)
    raise RuntimeError(f"{program.process.args!r} does not get ready: {program.log.read_text()[-1000:]}")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def new_database(server: str, name: str) -> str:
    """Make an empty database, and return its URL."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def results(lines: Sequence[str]) -> set[str]:
    """The keys of the jobs whose result has a URL."""
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return {each["key"] for each in told if each.get("urls")}
