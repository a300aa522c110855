"""The commands of docs/cli.md run as they are printed there."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from a2e_async.cli.program import make_program
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run

GUIDE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.platform == "win32", reason="its shell splits words otherwise")
def test_the_commands_of_the_guide(
    a2e: Run, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A2E_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr("a2e_async.cli.service._TASK_SECONDS", 0.05)
    (tmp_path / "jobs.jsonl").write_text("".join(blocks("json")))
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("a2e ")]
    assert len(commands) > 10
    for command in commands:
        monkeypatch.setattr(sys, "stdin", io.StringIO(sandbox.token))
        ended = a2e(*shlex.split(command.partition(" < ")[0])[1:])
        assert ended.code == 0, (command, ended)
    assert (tmp_path / "out" / "index.html").is_file()


def test_the_guide_names_every_command() -> None:
    named = set(re.findall(r"`a2e (\w+)", GUIDE))
    assert {name for name, _ in make_program().named()} <= named
