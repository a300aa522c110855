"""The demo of a cluster, run as a program: small, and with a short lease."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

SMALL = ["--jobs", "24", "--seconds", "0.3", "--lease", "1"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the embedded PostgreSQL needs Unix")
def test_a_worker_is_killed_and_one_frozen_and_every_job_is_paid_once(postgres: str) -> None:
    command = [sys.executable, "-W", "error", "-m", "a2e_async.demo_cluster", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"worker \w+ is killed", done.stdout)
    assert re.search(r"worker \w+ is frozen", done.stdout)
    assert re.search(r"worker \w+ wakes up", done.stdout)
    assert "jobs 24, made 24, paid 24 (240 coins), delivered 24 to each of 2 workers" in done.stdout


def test_too_few_jobs_are_refused() -> None:
    command = [sys.executable, "-m", "a2e_async.demo_cluster", "--jobs", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--jobs: at least 20" in done.stderr
