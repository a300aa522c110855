"""``python -m tests.chaos``: every fault at several rates, kill -9, several machines on one journal.

Exits with 1 if anything is lost.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import anyio

from tests.chaos import attack, faults, kills, machines

HEAD = "fault                        rate    jobs   made   paid  deliv.  requests  clock s  real s"


def main() -> int:
    """Run everything. Returns the exit code."""
    given = _arguments()
    good = True

    _say(HEAD)
    for kind, rate in _rows(given.only):
        with tempfile.TemporaryDirectory() as folder:
            row = anyio.run(_row, kind, rate, given.jobs, Path(folder), backend=given.backend)
        good = good and row.holds
        _say(_row_line(row))

    if given.only is None:
        with tempfile.TemporaryDirectory() as folder:
            toll = kills.run(Path(folder), jobs=given.jobs, kills=given.kills, backend=given.backend)
        good = good and toll.holds and toll.kills == given.kills
        _say(_toll_line(toll))

    if given.only in (None, "journal"):
        good = _attack(given.examples) and good
    if given.only in (None, "machines"):
        good = _machines(given.rounds, given.jobs, given.seed) and good
    return 0 if good else 1


def _attack(examples: int) -> bool:
    """Attack the journals with a state machine. Returns whether they hold."""
    began = time.monotonic()
    try:
        attack.run(examples)
    except Exception:
        traceback.print_exc()
        return False
    _say(
        f"\njournals: {examples} stories of workers, none with a key that was started by two; {_since(began)}"
    )
    return True


def _machines(rounds: int, jobs: int, seed: int) -> bool:
    """Run rounds of several workers. Returns whether all hold."""
    good = True
    _say("\nworkers  kind   loop      jobs   made   paid  deliv.  real s  what was done to them")
    for one in machines.rounds(rounds, jobs, seed):
        with tempfile.TemporaryDirectory() as folder:
            toll = machines.run(Path(folder), one)
        good = good and toll.holds

        account, kind = toll.account, "open" if one.is_open else "closed"
        done = ", ".join(f"{count} {how}" for how, count in sorted(toll.hurts.items()))
        problems = (*account.problems, *toll.problems)
        _say(
            f"{one.workers:7}  {kind:6} {one.backend:8} {account.jobs:6} {account.made:6} {account.paid:6} "
            f"{account.delivered:7} {toll.seconds:7.0f}  {done}{_verdict(problems, good=toll.holds)}"
        )
    return good


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} real s"


def _rows(only: str | None) -> Iterator[tuple[str, float]]:
    """The kinds and rates of the table."""
    for kinds, rates in ((faults.KINDS, faults.RATES), (faults.ODD_KINDS, faults.ODD_RATES)):
        for kind in kinds:
            if only is None or only in kind or (only == "odd" and kinds is faults.ODD_KINDS):
                yield from ((kind, rate) for rate in rates)


async def _row(kind: str, rate: float, jobs: int, folder: Path) -> faults.Row:
    return await faults.run(kind, rate, jobs, folder / "run.db")


def _row_line(row: faults.Row) -> str:
    return (
        f"{row.kind:28} {row.rate:4.0%} {row.jobs:7} {row.made:6} {row.paid:6} {row.delivered:7} "
        f"{row.requests:9} {row.seconds:8.0f} {row.real:7.1f}{_verdict(row.problems, good=row.holds)}"
    )


def _toll_line(toll: kills.Toll) -> str:
    account = toll.account
    return (
        f"\nkill -9: {toll.kills} times; {account.jobs} jobs, {account.made} made, {account.paid} paid, "
        f"{account.delivered} delivered, {account.files} files whole; {account.contents} contents, "
        f"{account.presigned} presigned, {toll.presigned_again} of them though the journal knew the upload; "
        f"{toll.seconds:.0f} real s{_verdict(account.problems, good=toll.holds)}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, help="jobs of each run (default: 2000; quick: 200)")
    parser.add_argument("--kills", type=int, help="processes to kill (default: 100; quick: 10)")
    parser.add_argument("--rounds", type=int, help="rounds of several workers (default: 20; quick: 3)")
    parser.add_argument("--examples", type=int, help="stories of the journals (default: 2000; quick: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the rounds' random moments (default: 0)")
    parser.add_argument(
        "--only", help="the faults whose name has this text; or one of: odd, journal, machines; nothing else"
    )
    parser.add_argument("--quick", action="store_true", help="fewer jobs and kills")
    parser.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio")

    given = parser.parse_args()
    given.jobs = given.jobs or (200 if given.quick else 2000)
    given.kills = given.kills or (10 if given.quick else 100)
    given.rounds = given.rounds or (3 if given.quick else 20)
    given.examples = given.examples or (100 if given.quick else 2000)
    return given


def _verdict(problems: tuple[str, ...], *, good: bool) -> str:
    return "" if good else f"  DOES NOT HOLD {'; '.join(problems[:5])}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
