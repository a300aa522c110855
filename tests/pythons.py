"""Run some tests on other versions of Python, as far as they are on the machine.

    python -m tests.pythons 3.12 3.13

Each version has an environment of its own, which is made once for each state of the dependencies. Warnings
are errors, also those that Python gives at exit and when it closes what was left open.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
STATE = (ROOT / "pyproject.toml", LOCK)

# What differs between versions: event loops, cancellation, sockets, threads, pickles, tracebacks, files.
TESTS = (
    "tests/unit/test_client.py",
    "tests/unit/test_jobs.py",
    "tests/unit/test_sessions.py",
    "tests/unit/test_task_groups.py",
    "tests/unit/transport/test_pools.py",
    "tests/unit/files/test_uploads.py",
    "tests/unit/bulk/test_run.py",
    "tests/unit/sync/test_interrupts.py",
)


def found(version: str) -> str | None:
    """A working interpreter of that version. A program of its name may only say how to get it."""
    return next((program for program in _candidates(version) if _works(program, version)), None)


def _candidates(version: str) -> Iterator[str]:
    name = f"python{version}"
    if on_path := shutil.which(name):
        yield on_path

    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    for folder, pattern in ((pyenv, f"{version}*"), (uv, f"cpython-{version}*")):
        for home in sorted(folder.glob(pattern), reverse=True):
            yield str(home / "bin" / name)


def _works(program: str, version: str) -> bool:
    code = (
        f"import ensurepip, sqlite3, ssl, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    )
    try:
        tried = subprocess.run([program, "-c", code], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def prepared(program: str, version: str) -> str:
    """The interpreter of the version's environment, which is made if it is not of the present state."""
    folder = ROOT / f".venv-{version}"
    state = hashlib.sha256(b"".join(path.read_bytes() for path in STATE)).hexdigest()
    ready, python = folder / ".ready", str(folder / "bin" / "python")
    if ready.exists() and ready.read_text() == state:
        return python

    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([program, "-m", "venv", str(folder)], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(LOCK)]
    subprocess.run([*pip, "--upgrade", "pip"], check=True)
    subprocess.run([*pip, "--group", "unit", "-e", "."], cwd=ROOT, check=True)
    ready.write_text(state)
    return python


def main(versions: list[str]) -> int:
    """Run the tests on each version. Returns the first exit code that is not 0."""
    programs = {version: program for version in versions if (program := found(version))}
    for version in versions:
        if version not in programs:
            print(f"Python {version} is not on this machine: not tested with it", flush=True)

    with ThreadPoolExecutor() as pool:
        pythons = list(pool.map(prepared, programs.values(), programs))

    for (version, program), python in zip(programs.items(), pythons, strict=True):
        print(f"Python {version}: {program}", flush=True)
        command = [python, "-X", "dev", "-W", "error", "-m", "pytest", "-q", "-n", "2"]
        ended = subprocess.run([*command, "--dist", "worksteal", *TESTS], cwd=ROOT, check=False)
        if ended.returncode:
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
