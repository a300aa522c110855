"""The command line as a program: processes, signals, pipes and terminals."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from a2e_async.cli import main
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import jsonl


def shell(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "a2e_async", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def test_it_is_a_program(sandbox: Sandbox) -> None:
    ended = shell("run", "text_to_image", "--prompt", "sandbox:sync", "--out", "out")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1].startswith(f"file\tout{os.sep}text_to_image-")
    assert shell("run").returncode == 2
    version = importlib.metadata.version("a2e-async")
    assert shell("--version").stdout == f"a2e {version}\n"


def test_the_console_script_is_the_same() -> None:
    [script] = importlib.metadata.entry_points(group="console_scripts", name="a2e")
    assert script.load() is main


def test_an_interrupt_says_how_to_go_on(sandbox: Sandbox) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "a2e_async", "run", "text_to_image", "--prompt", "sandbox:forever"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    task_id = process.stdout.readline().split()[1]

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"a2e wait text_to_image {task_id}" in errors
    assert "Traceback" not in errors


def test_an_interrupted_bulk_run_says_how_to_go_on(sandbox: Sandbox, tmp_path: Path) -> None:
    lines = [{"workflow": "text_to_image", "key": "one", "prompt": "sandbox:sync"}]
    lines += [{"workflow": "text_to_image", "key": f"k{n}", "prompt": "sandbox:forever"} for n in range(2)]
    given = ["bulk", jsonl(tmp_path / "jobs.jsonl", lines), "--journal", "run 1.db", "--concurrency", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "a2e_async", *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("done\tone")

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    under_way, coins = sandbox.ledger.made() - 1, sandbox.ledger.coins()
    assert errors.splitlines() == [
        f"a2e: stopped: 1 done, 0 failed, {under_way} under way, {2 - under_way} to do, {coins:g} coins",
        "a2e: tasks under way go on, and are paid for; to take up the run:",
        f"  {shlex.join(['a2e', *given])}",
        "a2e: interrupted",
    ]


def test_a_reader_that_leaves_early_is_no_error(sandbox: Sandbox) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "a2e_async", "workflows"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert errors == ""


@pytest.mark.parametrize("rich", [True, False])
def test_progress_is_drawn_on_a_terminal_only(
    rich: bool,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)

    lines = [{"workflow": "text_to_image", "key": "one", "prompt": "sandbox:sync"}]
    lines.append({"workflow": "text_to_image", "key": "two", "prompt": "sandbox:fail"})
    assert main(["bulk", jsonl(tmp_path / "jobs.jsonl", lines)]) == 1
    assert main(["run", "text_to_image", "--prompt", "sandbox:sync"]) == 0

    printed = capsys.readouterr()
    assert ("2/2" in printed.err) == rich
    assert ("1 failed" in printed.err.split("a2e:")[0]) == rich
    assert "\x1b" not in printed.out
    assert "done\tone" in printed.out
