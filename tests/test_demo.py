"""The demo, run as a program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, ConfigurationError, Outcome
from a2e_async.client_events import Started
from a2e_async.demo_board import Board
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
    folder = tmp_path / "demo-output"
    folder.mkdir()
    (folder / ".a2e-demo").touch()
    (folder / "of-the-last-run.png").touch()
    (folder / "more").mkdir()

    done = run_demo(tmp_path, "--jobs", "12", timeout=120)
    assert done.returncode == 0, done.stderr
    assert "[ 12/12]" in done.stdout
    failed = done.stdout.count(": failed: ")
    numbers = f"12 jobs = 12 tasks made = 12 paid = 12 delivered ({12 - failed} with files, {failed} failed)."
    assert done.stdout.splitlines()[-1] == numbers
    assert done.stdout.count("The generation failed.") == failed, "each failure is shown once"
    assert done.stderr == ""

    assert f"Look at the results: {folder / 'index.html'}" in done.stdout
    files = {file.name for file in folder.iterdir()} - {".a2e-demo"}
    page = (folder / "index.html").read_text("utf-8")
    assert len(files) == 12 - failed + 1
    assert all(name in page for name in files - {"index.html"})


def test_what_the_demo_did_not_make_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    done = run_demo(tmp_path, "--output", str(tmp_path))
    assert done.returncode == 1
    assert "--output" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_the_board_counts_each_job_in_one_column() -> None:
    board = Board()
    board.expect({"text_to_image": 5})
    for number, coins in enumerate((10, 10, None)):
        board.note(Started(workflow="text_to_image", start=number, task_ids=(str(number),), coins=coins))
    board.note(Started(workflow="upscale", start=9, task_ids=("9",)))
    (line,) = board.lines.values()
    assert line.texts() == ("2", "3", "", "", "20")

    job = A2E(token="sk_x").text_to_image(prompt="x")
    board.end(Outcome(job, 0, error=ConfigurationError("no such file")))  # before its start
    assert line.texts() == ("1", "3", "", "1", "20")
    board.end(Outcome(job, 1, attempts=1))
    board.end(Outcome(job, 2, error=ConfigurationError("x"), attempts=1))
    assert line.texts() == ("1", "1", "1", "2", "20")


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    running = subprocess.Popen([*DEMO, "--jobs", "12"], cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)
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
