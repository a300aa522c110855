"""Several workers on one PostgreSQL, as if each were a machine: killed, frozen, cut off, their clocks wrong.

All of them run the same jobs. At the end every job must be one task, paid once and delivered once.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs

from a2e_async.sandbox import Faults, Sandbox, ScaledClock
from tests.chaos.faults import PRICE
from tests.chaos.processes import SPEED, Account, Plan, working
from tests.postgres import OwnDatabase, own_server

__all__ = ["HURTS", "Round", "Toll", "rounds", "run"]

HURTS: Mapping[str, int] = {"kill": 2, "freeze": 2, "cut": 2, "restart": 1, "crash": 1}
"""What is done to the workers and their database, each with how often beside the others."""

PATIENCE = 600.0  # real seconds that a round may take
_HOUR = 3600.0


@attrs.frozen
class Round:
    """What one round does.

    Attributes:
        workers: how many workers run at once.
        jobs: the number of jobs, which all of them run.
        hurts: how many things are done to them, or just these.
        lease: seconds of the workers' leases.
        contents: the number of different pictures.
        concurrency: the most tasks of a worker at once.
        account_concurrency: the most tasks of all workers at once.
        asleep: how long a worker may be frozen, in leases.
        is_open: the jobs are given to an open run, one by one.
        backend: the event loop of the workers.
        seed: of the random moments.
    """

    workers: int = 4
    jobs: int = 2000
    hurts: int | Sequence[str] = 12
    lease: float = 2.0
    contents: int = 20
    concurrency: int = 16
    account_concurrency: int | None = None
    asleep: float = 2.0
    is_open: bool = False
    backend: str = "asyncio"
    seed: int = 0

    @property
    def window(self) -> float:
        """Seconds of the clock for which a lost start is searched: longer than a worker may be frozen."""
        return (self.asleep + 1.0) * self.lease * SPEED


@attrs.frozen
class Toll:
    """How a round ended.

    Attributes:
        account: the account of the jobs, from the sandbox's ledger and the folder.
        hurts: what was done to the workers, and how often.
        seconds: duration in seconds of the wall clock.
        problems: other differences between the journal and the ledger, and errors of workers.
    """

    account: Account
    hurts: Counter[str]
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, and nothing was paid for twice."""
        return self.account.holds and not self.problems


def rounds(count: int, jobs: int, seed: int = 0) -> Iterator[Round]:
    """The rounds of `make chaos`: 2 to 8 workers in turn, one of them with open runs, some on trio."""
    for number in range(count):
        workers = (4, 2, 3, 8, 6)[number % 5]
        yield Round(
            workers,
            jobs,
            hurts=6 + 2 * workers,
            account_concurrency=24 if number % 3 == 1 else None,
            is_open=number % 5 == 1,
            backend="trio" if number % 4 == 3 else "asyncio",
            seed=seed + number,
        )


def run(folder: Path, plan_of: Round) -> Toll:
    """Run one round, with a PostgreSQL of its own."""
    began = time.monotonic()
    faults = (
        Faults(
            latency=0.1,
            jitter=0.1,
            reset_after=0.02,
            late_504=0.01,
            late_by=10.0,
            truncated=0.01,
            # Few: the account's pace is told in seconds of the database, which pass SPEED times as slowly
            # as the clock's, and refusals that have nothing to do with the rate bring it down for long.
            status_429=0.002,
            retry_after=1.0,
        ),
        Faults(operations="download", latency=0.2, jitter=0.2, cut=0.05),
        Faults(operations="upload", latency=0.2, jitter=0.2),
    )
    sandbox = Sandbox(
        clock=ScaledClock(SPEED),
        faults=faults,
        coins=10**9,
        prices={"image_to_video": PRICE},
        durations={"image_to_video": (6.0, 2.0)},
    )
    with own_server() as server, sandbox:
        database = OwnDatabase.made(server.url, server)
        plan = Plan(
            sandbox,
            folder,
            plan_of.jobs,
            plan_of.contents,
            plan_of.concurrency,
            plan_of.backend,
            window=plan_of.window,
            url=database.url,
        )
        with Machines(plan, plan_of, database) as machines:
            machines.run()

        lines = plan.finish(lease=plan_of.lease)
        sandbox.set_faults()
        account = Account.of(plan, lines)
        problems = (*machines.problems, *_differences(database, account))
    return Toll(account, machines.hurts, time.monotonic() - began, problems)


class Machines:
    """The workers of a round, and what is done to them.

    Attributes:
        hurts: what was done, and how often.
        problems: errors of workers that nobody has killed.
    """

    def __init__(self, plan: Plan, plan_of: Round, database: OwnDatabase) -> None:
        self.hurts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._plan = plan
        self._round = plan_of
        self._database = database
        self._dice = random.Random(plan_of.seed)
        self._workers: list[subprocess.Popen[str]] = []
        self._outputs: list[Path] = []
        self._frozen: list[tuple[threading.Timer, subprocess.Popen[str]]] = []
        self._all = ExitStack()

    def __enter__(self) -> Machines:
        for _ in range(self._round.workers):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._all.close()

    def run(self) -> None:
        """Hurt the workers while they work, and wait until all have ended."""
        planned = self._planned()
        deadline = time.monotonic() + PATIENCE
        next_at = self._next_at(len(planned))

        while self._living() or self._frozen:
            if time.monotonic() > deadline:
                self.problems.append("a worker does not end")
                return
            self._frozen = [one for one in self._frozen if one[0].is_alive()]
            if planned and self._plan.made() >= next_at and self._working():
                self._hurt(planned.pop())
                next_at = self._next_at(len(planned))
            time.sleep(0.01)

        for worker, output in zip(self._workers, self._outputs, strict=True):
            self._check_end(worker, output)

    def _planned(self) -> list[str]:
        given = self._round.hurts
        if not isinstance(given, int):
            return list(given)
        return self._dice.choices(list(HURTS), list(HURTS.values()), k=given)

    def _next_at(self, left: int) -> float:
        """How many tasks there are when the next thing is done, so that all are spread over the round."""
        made = self._plan.made()
        share = (self._plan.jobs - made) / (left + 1)
        return min(made + self._dice.uniform(0.5, 1.5) * share, self._plan.jobs - 1)

    def _start(self) -> None:
        number = len(self._workers)
        output = self._plan.folder / f"worker-{number:03}.txt"
        command = self._plan.command(
            lease=self._round.lease,
            ahead=(-_HOUR, 0.0, _HOUR)[number % 3],
            account_concurrency=self._round.account_concurrency,
            max_coins=self._plan.jobs * PRICE,
            is_open=self._round.is_open,
            output=str(output),
        )
        self._workers.append(self._all.enter_context(working(command)))
        self._outputs.append(output)

    def _living(self) -> list[subprocess.Popen[str]]:
        return [worker for worker in self._workers if worker.poll() is None]

    def _working(self) -> list[subprocess.Popen[str]]:
        frozen = [worker for _, worker in self._frozen]
        return [worker for worker in self._living() if worker not in frozen]

    def _hurt(self, how: str) -> None:
        self.hurts[how] += 1
        if how == "kill":
            self._dice.choice(self._working()).kill()
            self._start()
        elif how == "freeze":
            worker = self._dice.choice(self._working())
            worker.send_signal(signal.SIGSTOP)
            asleep = self._dice.uniform(0.5, 1.0) * self._round.asleep * self._round.lease
            # Not in the loop: to start a worker takes a while, above all while another one is frozen.
            waking = threading.Timer(asleep, worker.send_signal, [signal.SIGCONT])
            waking.start()
            self._frozen.append((waking, worker))
        elif how == "cut":
            self._cut()
        else:
            self._database.restart(at_once=how == "crash")

    def _cut(self) -> None:
        """Cut every connection to the database. Workers come back at once, so nobody waits for silence."""
        with self._database.administrator() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
                (self._database.name,),
            )

    def _check_end(self, worker: subprocess.Popen[str], output: Path) -> None:
        if worker.returncode == -signal.SIGKILL:
            return
        lines = [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []
        if worker.returncode != 0 or not lines:
            self.problems.append(f"a worker ended with {worker.returncode}")
            return
        *outcomes, end = lines
        if end["stopped"]:
            self.problems.append(f"a worker stopped: {end['stopped']}")
        if len({line["task"] for line in outcomes if line["task"]}) != self._plan.jobs:
            errors = Counter(line["error"] for line in outcomes if line["error"])
            self.problems.append(f"a worker has {len(outcomes)} outcomes; {errors.most_common(3)}")


def _differences(database: OwnDatabase, account: Account) -> Iterator[str]:
    """What the journal counts, beside its rows and beside the ledger."""
    with _rows_of(database) as ask:
        (sums,) = ask("SELECT spent, set_aside, in_flight FROM a2e_account")
        (rows,) = ask(
            "SELECT count(*) AS jobs, sum(coins) AS coins, sum(attempts) AS attempts, "
            "count(DISTINCT key) AS keys FROM a2e_jobs"
        )
        (tasks,) = ask("SELECT count(*) AS tasks FROM a2e_tasks")
        states = ask("SELECT state, count(*) FROM a2e_jobs GROUP BY state")

    if [row["state"] for row in states] != ["done"]:
        yield f"states {states}"
    if (sums["set_aside"], sums["in_flight"]) != (0.0, 0) or abs(sums["spent"] - rows["coins"]) > 1e-6:
        yield f"the sums {sums} are not those of the rows: {rows}"
    if rows["coins"] != account.paid * PRICE or tasks["tasks"] != account.made:
        yield f"the journal counts {rows['coins']:g} coins and {tasks['tasks']} tasks"
    if (rows["jobs"], rows["keys"], rows["attempts"]) != (account.jobs,) * 3:
        yield f"the journal has {rows}"


@contextmanager
def _rows_of(database: OwnDatabase) -> Iterator[Any]:
    from psycopg.rows import dict_row

    with database.administrator() as connection:
        connection.row_factory = dict_row  # type: ignore[assignment]
        yield lambda query: connection.execute(query).fetchall()
