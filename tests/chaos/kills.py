"""A bulk run whose process is killed (kill -9) many times at random moments, and then finishes."""

from __future__ import annotations

import random
import time
from pathlib import Path

import attrs

from a2e_async.sandbox import Faults, Sandbox, ScaledClock
from tests.chaos.faults import PRICE
from tests.chaos.processes import SPEED, Account, Plan, rows, working

__all__ = ["Toll", "run"]


@attrs.frozen
class Toll:
    """How a run ended whose process was killed many times.

    Attributes:
        kills: processes killed while they worked.
        account: the run's account.
        presigned_again: presigned URLs for contents whose upload the journal already knew.
        seconds: duration in seconds of the wall clock.
    """

    kills: int
    account: Account
    presigned_again: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether the kills cost nothing."""
        return self.account.holds and not self.presigned_again


def run(
    folder: Path,
    *,
    jobs: int,
    kills: int,
    contents: int = 40,
    concurrency: int = 16,
    backend: str = "asyncio",
    seed: int = 0,
) -> Toll:
    """Kill workers while they run the jobs, then let one finish.

    Args:
        folder: an empty folder for pictures, journal and results.
        jobs: the number of jobs.
        kills: the number of workers to kill.
        contents: the number of different pictures.
        concurrency: the most tasks at once.
        backend: the event loop of the workers.
        seed: of the random moments.
    """
    dice = random.Random(seed)
    began = time.monotonic()

    faults = (
        Faults(latency=0.1, jitter=0.1, reset_after=0.02, status_500_after=0.01, truncated=0.01),
        Faults(operations="download", latency=0.2, jitter=0.2, cut=0.05),
        Faults(operations="upload", latency=0.2, jitter=0.2),
    )
    with Sandbox(
        clock=ScaledClock(SPEED),
        faults=faults,
        coins=10**9,
        prices={"image_to_video": PRICE},
        durations={"image_to_video": (6.0, 2.0)},
    ) as sandbox:
        plan = Plan(sandbox, folder, jobs, contents, concurrency, backend)

        # Once the journal knows every upload, no URL may be presigned any more.
        killed, known = 0, 0
        while killed < kills and _kill_worker(plan, dice, kills - killed):
            killed += 1
            if not known and len(rows(plan.journal, "uploads")) == contents:
                known = sum(sandbox.ledger.presigns.values())

        lines = plan.finish()
        sandbox.set_faults()
        account = Account.of(plan, lines)

    again = account.presigned - known if known else 0
    return Toll(killed, account, again, time.monotonic() - began)


def _kill_worker(plan: Plan, dice: random.Random, kills_left: int) -> bool:
    """Start a worker and kill it. Returns False if it had nothing left to do."""
    with working(plan.command()) as worker:
        # Wait for a share of the remaining tasks, so that the kills are spread over the whole run.
        share = (plan.jobs - plan.made()) / kills_left
        enough = min(plan.made() + dice.uniform(0.0, 2.0 * share), plan.jobs - 1)
        while worker.poll() is None and plan.made() < enough:
            time.sleep(0.003)
        time.sleep(dice.uniform(0.0, 0.15))
        return worker.poll() is None
