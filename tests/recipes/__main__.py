"""``python -m tests.recipes``: run each recipe, kill a worker, and compare jobs, tasks and payments."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from a2e_async._embedded.sharing import embedded_database
from tests.recipes.scenes import SCENES
from tests.recipes.stage import Stage, new_database, results

PATIENCE = 400.0  # seconds for one recipe: a start that was never made is searched for three minutes

_interrupted = threading.Event()


@attrs.frozen
class Row:
    """What became of the jobs of one recipe.

    Attributes:
        name: the recipe.
        jobs: how many there were.
        made: tasks that were made.
        paid: tasks that were paid for.
        delivered: jobs whose result arrived.
        seconds: from the failure of a worker to the last result.
        notes: what went wrong.
    """

    name: str
    jobs: int
    made: int
    paid: int
    delivered: int
    seconds: float
    notes: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether each job was made, paid and delivered once."""
        return {self.made, self.paid, self.delivered} == {self.jobs} and not self.notes

    def cells(self) -> list[str]:
        """For the table."""
        numbers = map(str, (self.jobs, self.made, self.paid, self.delivered))
        return [self.name, *numbers, f"{self.seconds:.0f} s", "yes" if self.holds else "NO"]


def _run(name: str, parent: Path, server: str, given: argparse.Namespace) -> Row:
    folder = parent / name
    folder.mkdir()
    journal = new_database(server, name)
    notes: list[str] = []

    with Stage(folder, journal, given.jobs, given.seconds) as stage:
        end = time.monotonic() + PATIENCE
        scene = SCENES[name](stage)
        running = scene.customer.process

        def goes_on() -> bool:
            return running.poll() is None and time.monotonic() < end and not _interrupted.is_set()

        while goes_on() and stage.sandbox.ledger.made() < 0.4 * given.jobs:
            time.sleep(0.02)
        began = time.monotonic()
        if goes_on():
            scene.fail()
        else:
            notes.append("no worker was killed")

        while goes_on():
            time.sleep(0.1)
        if running.poll() != 0:
            notes.append(f"the customer ended with {running.returncode}")
        seconds = time.monotonic() - began

        delivered = results(scene.customer.output.read_text().splitlines())
        row = Row(name, given.jobs, stage.sandbox.ledger.made(), stage.paid(), len(delivered), seconds, notes)
        if not row.holds:
            row = attrs.evolve(row, notes=[*notes, *stage.logs()])
    return row


def main() -> int:
    """Run the recipes. Returns the exit code: 1 if one does not hold."""
    given = _arguments()
    names = given.recipes or list(SCENES)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="a2e-recipes-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # Beside the folder: where root runs this, PostgreSQL is another user.
        database = embedded_database(folder.with_name(f"{folder.name}-database"), passing=True)
        # At once, for most of the time they wait: for a lease, or for a start that was never made.
        with database as server, ThreadPoolExecutor(given.at_once) as threads:
            try:
                for row in threads.map(lambda name: _run(name, folder, server, given), names):
                    rows.append(row)
                    _say("\n".join([f"{row.name}: {'done' if row.holds else 'failed'}", *row.notes]))
            except BaseException:
                _interrupted.set()
                raise

    _say(_table(rows))
    return 0 if all(row.holds for row in rows) else 1


def _table(rows: Sequence[Row]) -> str:
    header = ["recipe", "jobs", "made", "paid", "delivered", "after the kill", "once each"]
    lines = [header, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.recipes", description=__doc__)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"of {', '.join(SCENES)} (all)")
    parser.add_argument("--jobs", type=int, default=100, help="the number of jobs (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long a task takes (%(default)g)")
    parser.add_argument("--at-once", type=int, default=5, help="so many recipes at once (%(default)s)")
    given = parser.parse_args()
    for name in set(given.recipes) - set(SCENES):
        parser.error(f"{name} is none of {', '.join(SCENES)}")
    return given


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
