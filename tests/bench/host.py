"""Where the bench runs: which core runs what, and what is written down about it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""


def cores() -> list[int]:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pinned(place: int) -> list[str]:
    """The start of a command that keeps it on one core: clients have place 0, the server place 1."""
    mine = cores()
    if len(mine) < 2 or not shutil.which("taskset"):
        return []
    return ["taskset", "--cpu-list", str(mine[place])]


def facts() -> dict[str, str]:
    """What a reader needs to judge the numbers."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": str(len(cores())),
        "pinned": "client and server on a core each" if pinned(0) else "no",
        "commit": _commit(),
    }


def load() -> float:
    """Processes that wanted a core in the last minute, on average."""
    return os.getloadavg()[0]


def say(text: str) -> None:
    """Progress, where it does not disturb the tables."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
