"""A sandbox for each module, and the command line as a function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from a2e_async.cli import main
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import PNG, Ended, Run


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(durations={"*": 0.05}) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """A fresh account, its token in the environment, and a picture in the current folder."""
    server.reset()
    monkeypatch.setenv("A2E_BASE_URL", server.url)
    monkeypatch.setenv("A2E_API_TOKEN", server.token)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").write_bytes(PNG)
    return server


@pytest.fixture
def a2e(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command and returns how it ended."""

    def run(*arguments: str) -> Ended:
        code = main(arguments)
        printed = capsys.readouterr()
        assert "\x1b" not in printed.out + printed.err
        return Ended(code, printed.out.splitlines(), printed.err.splitlines())

    return run
