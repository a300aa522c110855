"""Other versions of Python are found where they work, and nothing fails where they are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import pythons

THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only python on the PATH is one that refuses, as a version manager's does."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for version in (THIS, "3.99"):
        program(tmp_path / "bin" / f"python{version}", "echo 'command not found' >&2; exit 127")
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_program_that_refuses_is_passed_over(machine: Path) -> None:
    assert pythons.found(THIS) is None

    folder = machine / "pyenv" / "versions"
    program(folder / f"{THIS}.2" / "bin" / f"python{THIS}", "exit 1")
    works = program(folder / f"{THIS}.1" / "bin" / f"python{THIS}", f'exec {sys.executable} "$@"')
    assert pythons.found(THIS) == str(works)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_version_that_is_not_here_is_said(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pythons.main(["3.99"]) == 0
    assert capsys.readouterr().out == "Python 3.99 is not on this machine: not tested with it\n"


def test_the_tests_are_there() -> None:
    assert [name for name in pythons.TESTS if not (pythons.ROOT / name).is_file()] == []
