"""kill -9 at random moments of one run, again and again, and then to the end."""

from __future__ import annotations

import random
import time
from pathlib import Path

import attrs

from a2e_async.sandbox import Faults, Sandbox, ScaledClock
from tests.chaos.processes import PRICE, SPEED, Account, Plan, rows, working

__all__ = ["Toll", "run"]


@attrs.frozen
class Toll:
    """What became of a run that was killed again and again.

    Attributes:
        kills: processes killed while they worked.
        account: what it came to.
        presigned_again: presigned URLs for contents whose upload the journal had known.
        seconds: real ones.
    """

    kills: int
    account: Account
    presigned_again: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether the kills have cost nothing."""
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
    """Kill a worker that often while it makes its way through the jobs, then let one finish."""
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
        killed, known = 0, 0
        while killed < kills and _killed(plan, dice, kills - killed):
            killed += 1
            if not known and len(rows(plan.journal, "uploads")) == contents:
                known = sum(sandbox.ledger.presigns.values())
        lines = plan.finish()
        sandbox.set_faults()
        account = Account.of(plan, lines)
    again = account.presigned - known if known else 0
    return Toll(killed, account, again, time.monotonic() - began)


def _killed(plan: Plan, dice: random.Random, kills_left: int) -> bool:
    """Start a worker and kill it; False if there was nothing left for it to do."""
    with working(plan.command()) as worker:
        # After so many more tasks, then at any moment: so the kills are spread over the whole run.
        share = (plan.jobs - plan.made()) / kills_left
        enough = min(plan.made() + dice.uniform(0.0, 2.0 * share), plan.jobs - 1)
        while worker.poll() is None and plan.made() < enough:
            time.sleep(0.003)
        time.sleep(dice.uniform(0.0, 0.15))
        return worker.poll() is None
