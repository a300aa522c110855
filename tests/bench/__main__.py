"""``python -m tests.bench``: measure a2e_async beside its peers, print tables, write a report."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.bench import environments, host, report
from tests.bench.host import ROOT, say
from tests.bench.processes import HERE
from tests.bench.roster import HOOKED
from tests.bench.suites import NAMES, QUICK, Plan, load

RESULTS = HERE / "results"
SCRATCH = ROOT / "bench-output"
BUSY = 1.0
"""Load above which the reader is warned."""


def main() -> None:
    """Parse, measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about two minutes: fewer suites, runs and jobs")
    parser.add_argument("--suite", type=_words, default=(), help=f"comma-separated; of {', '.join(NAMES)}")
    parser.add_argument("--only", type=_words, default=(), help="comma-separated names of clients")
    parser.add_argument("--jobs", type=_numbers, default=(), help="comma-separated numbers of jobs")
    parser.add_argument(
        "--scenario", type=_words, default=(), help="comma-separated: 5s, 60s; of money: its faults"
    )
    parser.add_argument("--repeats", type=int, default=0, help="runs of each")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for results.json, report.md and plots; a full run goes to the repository",
    )
    parser.add_argument(
        "--render", action="store_true", help="only write report and plots again, from results.json"
    )
    args = parser.parse_args()
    partial = bool(args.quick or args.suite or args.only or args.jobs or args.scenario or args.repeats)
    folder = args.output or (SCRATCH if partial else RESULTS)
    if args.render:
        report.render(args.output or RESULTS)
        return
    plan = Plan(args.quick, args.only, args.jobs, args.scenario, args.repeats)
    if host.load() > BUSY:
        say(f"load is {host.load():.1f}: something else runs, expect noise in CPU and lateness")
    for name in args.suite or (QUICK if args.quick else NAMES):
        _suite(name, plan, folder)
    report.render(folder)
    say(f"written: {folder / report.REPORT}")


def _suite(name: str, plan: Plan, folder: Path) -> None:
    suite = load(name)
    began = time.monotonic()
    rows = list(suite.run(plan))
    for table in suite.tables(rows):
        sys.stdout.write("\n" + table.markdown() + "\n")
    sys.stdout.flush()
    say(f"{name}: {time.monotonic() - began:.0f} s")
    measured = {row["client"] for row in rows}
    hooked = [client for client in HOOKED if client.name in measured]
    used = {client.environment for client in (*plan.clients(), *hooked)}
    report.save(folder, name, rows, host.facts(), {env: _versions(env) for env in sorted(used)})


def _versions(environment: str) -> dict[str, str]:
    try:
        return environments.installed(environment)
    except environments.Unavailable:
        return {}


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word.replace("_", "")) for word in _words(text))


main()
