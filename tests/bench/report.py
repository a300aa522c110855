"""results.json is what was measured; tables, report and plots are made from it alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.bench import environments
from tests.bench.host import say
from tests.bench.processes import HERE, Row
from tests.bench.roster import BACKOFF, CLIENTS, HOOKED
from tests.bench.suites import NAMES, load

RESULTS = "results.json"
REPORT = "report.md"
CAPTIONS = {
    "jobs": "requests a job against lateness",
    "cpu": "CPU a job",
    "imports": "import time",
    "growth": "cost of one more job",
}


def save(folder: Path, suite: str, rows: list[Row], facts: dict[str, str], versions: dict[str, Any]) -> None:
    """Replace one suite's rows in the folder's results; other suites keep theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    results = read(folder)
    results[suite] = {"facts": facts, "versions": versions, "rows": rows}
    (folder / RESULTS).write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """What the folder holds."""
    path = folder / RESULTS
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def render(folder: Path) -> None:
    """Write report.md and the plots beside results.json."""
    plots = _plots(folder)
    results = read(folder)
    parts = ["# Cost per job, side by side", INTRODUCTION, _legend()]
    for name in (name for name in NAMES if name in results):
        suite, found = load(name), results[name]
        parts.append(f"## {suite.title}")
        parts += [f"![{CAPTIONS.get(plot.split('-')[0], plot)}]({plot}.svg)" for plot in plots.get(name, [])]
        parts += [table.markdown() for table in suite.tables(found["rows"])]
        parts.append(_facts(found["facts"]))
    parts.append(_versions(results))
    (folder / REPORT).write_text("\n\n".join(parts) + "\n")


INTRODUCTION = """\
Written by `make bench`; nobody edits it. Every client talks to the same kind of local server, each in its own
protocol, from an environment and a process of its own; the server counts the requests and knows when each
task was done. *Late*: seconds between "done on the server" and "await returned". *CPU* and *growth*: of the
client's process while the jobs run; what it loads late is loaded before. Cells show the median of all runs
and, where they differ, the extremes. Absolute times depend on the processor; the ratios, made within one
run of the bench, are what is claimed."""


def _legend() -> str:
    return "\n".join(f"- **{client.name}**: {client.about}" for client in (*CLIENTS, *HOOKED, BACKOFF))


def _facts(facts: dict[str, str]) -> str:
    return "*" + ", ".join(f"{name}: {value}" for name, value in facts.items()) + "*"


def _versions(results: dict[str, Any]) -> str:
    merged: dict[str, Any] = {}
    for found in results.values():
        merged |= found["versions"]
    lines = ["## Versions"]
    for name, packages in sorted(merged.items()):
        listed = ", ".join(f"{package} {version}" for package, version in sorted(packages.items()))
        lines.append(f"- **{name}**: {listed}")
    return "\n".join(lines[:1]) + "\n\n" + "\n".join(lines[1:])


def _plots(folder: Path) -> dict[str, list[str]]:
    """Names of the pictures made for each suite."""
    command = [str(environments.python("server")), str(HERE / "plots.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"no plots: {done.stderr.strip()[-300:]}")
        return {}
    made: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return made
