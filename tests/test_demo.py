"""The demo, run as a program."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from a2e_async.sandbox import Sandbox

DEMO = [sys.executable, "-W", "error", "-m", "a2e_async.demo"]


def run_demo(
    folder: Path, *arguments: str, timeout: float = 60, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the demo in a folder, to its end."""
    return subprocess.run(
        [*DEMO, *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        timeout=timeout,
        **options,
    )


def test_every_job_ends_and_is_paid_once(tmp_path: Path) -> None:
    done = run_demo(tmp_path, "--jobs", "12", timeout=120)
    assert done.returncode == 0, done.stderr
    assert "[ 12/12]" in done.stdout

    found = re.search(r"Jobs: (\d+); tasks made on the server: (\d+)", done.stdout)
    assert found is not None
    assert found[1] == found[2] == "12"

    failed = done.stdout.count("] ") and done.stdout.count(": failed: ")
    files = list((tmp_path / "demo-output").iterdir())
    assert len(files) == 12 - failed
    assert all(file.stat().st_size for file in files)


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    running = subprocess.Popen(DEMO, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("["):
                break
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)

    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert not list((tmp_path / "demo-output").glob("*.part*"))


@pytest.mark.parametrize("arguments", [["--live"], ["--live", "--yes"]])
def test_live_shows_the_cost_and_starts_only_what_was_confirmed(arguments: list[str], tmp_path: Path) -> None:
    durations = dict.fromkeys(("text_to_image", "image_to_video", "talking_photo", "upscale"), 0.2)
    with Sandbox(durations=durations) as sandbox:
        environment = {**os.environ, "A2E_API_TOKEN": sandbox.token, "A2E_BASE_URL": sandbox.url}
        done = run_demo(tmp_path, *arguments, env=environment, stdin=subprocess.DEVNULL)
        made = sandbox.ledger.made()

    assert "coins in all" in done.stdout, done.stderr
    assert (done.returncode, made) == ((0, 4) if "--yes" in arguments else (1, 0)), done.stdout + done.stderr


def test_live_without_a_token_is_refused(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("A2E_")}
    done = run_demo(tmp_path, "--live", env=environment)
    assert done.returncode == 1
    assert "A2E_API_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
