"""The README's promise: kill -9 in the middle, the same code again: every row is delivered and paid once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from a2e_async.sandbox import Faults, Sandbox, ScaledClock

ROOT = Path(__file__).resolve().parents[2]
JOBS = 50
SPEED = 20.0


@pytest.mark.parametrize("family", ["text_to_image", "image_to_video"])
def test_all_rows_are_delivered_after_a_kill(family: str, tmp_path: Path) -> None:
    """Of the families that page by 10 and by 100. `python -m tests.chaos` kills more often."""
    with Sandbox(
        clock=ScaledClock(SPEED),
        coins=10**6,
        durations={"*": (6.0, 2.0)},
        faults=Faults(latency=0.5, jitter=0.5),
    ) as sandbox:
        given = {
            "token": sandbox.token,
            "url": sandbox.url,
            "speed": SPEED,
            "family": family,
            "jobs": JOBS,
            "journal": str(tmp_path / "run.db"),
        }
        command = [sys.executable, "-m", "tests.sandbox.kept_promise", json.dumps(given)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}

        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        while sandbox.ledger.made() < JOBS // 2 and worker.poll() is None:
            time.sleep(0.005)
        worker.kill()
        worker.wait()

        ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
        delivered = json.loads(ended.stdout)
        assert len(delivered) == JOBS
        assert {task.id for task in sandbox.ledger.tasks} == set(delivered)
