"""Bulk runs in processes of their own: Ctrl-C, kill -9, a second process, a full disk."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async.sandbox import Faults, Sandbox, ScaledClock
from tests.chaos import kills
from tests.chaos.faults import PRICE
from tests.chaos.processes import SPEED, Account, Plan, rows, working

BACKENDS = ("asyncio", "trio")
JOBS, CONCURRENCY = 12, 4


class HeldClock(ScaledClock):
    """A clock whose sleepers sleep on until it is let go, and then as long as they were to."""

    def __init__(self) -> None:
        super().__init__(SPEED)
        self._is_free = threading.Event()

    def let_go(self) -> None:
        self._is_free.set()

    async def sleep(self, seconds: float) -> None:
        while not self._is_free.is_set():  # noqa: ASYNC110 (another thread sets it)
            await anyio.sleep(0.01)
        await super().sleep(seconds)


@contextmanager
def planned(
    folder: Path,
    backend: str = "asyncio",
    jobs: int = JOBS,
    clock: ScaledClock | None = None,
    **options: Any,
) -> Iterator[Plan]:
    """A sandbox, and the plan of a run in it."""
    settings = {"durations": {"*": (5.0, 1.0)}, "prices": {"image_to_video": PRICE}, **options}
    with Sandbox(clock=clock or ScaledClock(SPEED), **settings) as sandbox:
        yield Plan(sandbox, folder, jobs, 3, CONCURRENCY, backend, window=120.0)


def wait_for_starts(plan: Plan, number: int) -> None:
    """Return when this number of starts has been sent."""
    while plan.sandbox.ledger.count("start") < number:
        time.sleep(0.002)


def interrupt(worker: subprocess.Popen[str]) -> None:
    """Interrupt the worker, as Ctrl-C does; returns when its run has noticed."""
    assert worker.stdout is not None
    worker.send_signal(signal.SIGINT)
    assert worker.stdout.readline() == "leaving\n"


def states(plan: Plan) -> Counter[str]:
    """The number of entries in each state."""
    return Counter(row["state"] for row in rows(plan.journal))


@pytest.mark.parametrize("backend", BACKENDS)
def test_ctrl_c_completes_the_starts_under_way(tmp_path: Path, backend: str) -> None:
    with planned(tmp_path, backend, faults=Faults(operations="start", latency=4.0)) as plan:
        # The grace is longer than a busy machine takes for the answers.
        with working(plan.command(grace=1000.0)) as worker:
            wait_for_starts(plan, CONCURRENCY)
            interrupt(worker)
            worker.wait(timeout=30)
        assert worker.returncode != 0

        # Every start that was sent is answered and in the journal; no other start was sent.
        made = plan.made()
        assert made == plan.sandbox.ledger.count("start")
        assert states(plan)["starting"] == 0
        assert states(plan)["accepted"] + states(plan)["done"] == made >= CONCURRENCY

        plan.sandbox.set_faults()
        assert Account.of(plan, plan.finish()).holds


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_second_ctrl_c_stops_at_once_and_the_journal_suffices(tmp_path: Path, backend: str) -> None:
    clock = HeldClock()
    with planned(tmp_path, backend, clock=clock, faults=Faults(operations="start", latency=20.0)) as plan:
        with working(plan.command()) as worker:
            wait_for_starts(plan, CONCURRENCY)
            interrupt(worker)
            # A signal may arrive before the run waits for its starts, so repeat it, as people do.
            while worker.poll() is None:
                worker.send_signal(signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(timeout=0.3)

        # The run did not wait for the answers.
        assert plan.made() == 0
        assert states(plan)["starting"] == CONCURRENCY

        # They come about while the next run searches for them.
        clock.let_go()
        plan.sandbox.set_faults()
        account = Account.of(plan, plan.finish())
        assert account.holds, account


def test_kill_9_costs_nothing(tmp_path: Path) -> None:  # on both loops in `make chaos`
    toll = kills.run(tmp_path, jobs=20, kills=2, contents=6, seed=7)
    assert toll.holds, toll
    assert toll.kills == 2


def test_a_second_process_is_refused_at_once(tmp_path: Path) -> None:
    with planned(tmp_path) as plan, working(plan.command()) as first:
        # Held still, so that a slow machine cannot let it end before the second one has begun.
        first.send_signal(signal.SIGSTOP)
        with pytest.raises(ChildProcessError, match=r"JournalError.*in use by another run"):
            plan.finish()
        first.send_signal(signal.SIGCONT)
        assert first.poll() is None
        output, _ = first.communicate(timeout=60)
        assert len(output.splitlines()) == JOBS + 1
        assert plan.made() == JOBS


def test_a_disk_that_is_full_from_the_beginning_starts_nothing(tmp_path: Path) -> None:
    with planned(tmp_path) as plan:
        with pytest.raises(ChildProcessError, match=r"JournalError.*run\.db"):
            plan.finish(file_size=2000)
        assert plan.sandbox.ledger.count("api") == 0
        assert Account.of(plan, plan.finish()).holds


def test_a_disk_that_fills_up_stops_the_starts(tmp_path: Path) -> None:
    with planned(tmp_path, jobs=24) as plan:
        *outcomes, end = plan.finish(file_size=45_000)
        assert "JournalError" in end["stopped"]
        made = plan.made()
        assert made < plan.jobs
        assert len(outcomes) <= made
        account = Account.of(plan, plan.finish())
        assert account.holds, account
