"""Completion with Tab, as the shells ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from a2e_async.cli import main
from tests.sandbox.cli.kit import Run

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Completes the last of some words as fish asks for it. Returns the lines of the answer."""

    def ask(*words: str) -> list[str]:
        with monkeypatch.context() as patched:
            patched.setenv("_A2E_COMPLETE", "fish_complete")
            patched.setenv("COMP_WORDS", " ".join(["a2e", *words[:-1]]))
            patched.setenv("COMP_CWORD", words[-1])
            assert main([]) == 0
        return capsys.readouterr().out.splitlines()

    return ask


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (("wor",), ["worker", "workflows"]),
        (("run", "image"), ["image_edit", "image_to_video"]),
        (("run", "image-to"), ["image-to-video"]),
        (("run", "video_twin.c"), ["video_twin.continue_training"]),
        (("wait", "wan3"), []),  # its tasks cannot be waited for
        (("run", "image_to_video", "--mod"), ["--model-type", "--model-version"]),
        (("run", "image_to_video", "--model_t"), ["--model_type"]),
        (("run", "image-to-video", "--model_type", ""), ["GENERAL", "FLF2V"]),
        (("run", "image_to_video", "--skip-face-enhance", ""), ["true", "false"]),
        (("call", "anchor", "voi"), ["voice_list"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("workflows", "--schema", "text-to"), ["text_to_image"]),
        (("download", "text_to"), ["text_to_image"]),
        (("status", "--s"), ["--sandbox"]),
        (("bulk", "--dry"), ["--dry-run"]),
        (("run", "nonsense", "--"), ["--help"]),
    ],
)
def test_names_options_and_values(words: tuple[str, ...], answers: list[str], complete: Complete) -> None:
    lines = complete(*words)
    plain = [line for line in lines if line.startswith("plain,")]
    assert [line.removeprefix("plain,").partition("\t")[0] for line in plain] == answers


def test_files_and_folders_are_left_to_the_shell(complete: Complete) -> None:
    assert complete("run", "image_to_video", "--image-url", "ca") == ["file,ca"]
    assert complete("bulk", "--out", "o") == ["dir,o"]
    assert complete("bulk", "jo") == ["file,jo"]


def test_descriptions_are_whole(complete: Complete) -> None:
    assert complete("jour") == ["plain,journal\tshow a bulk run's journal; settle starts of unknown outcome"]
    assert complete("workf") == ["plain,workflows\tlist what can be run; or show its schema"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed(shell: str, a2e: Run) -> None:
    printed = "\n".join(a2e("completion", shell).out)
    assert f"_A2E_COMPLETE={shell}_complete" in printed


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(tmp_path: Path) -> None:
    program = tmp_path / "a2e"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m a2e_async "$@"\n')
    program.chmod(0o755)
    script = """
source <(a2e completion bash)
COMP_WORDS=(a2e run image-to-video --model-ty) COMP_CWORD=3
_a2e_completion a2e
echo "${COMPREPLY[@]}"
"""
    ended = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("--model-type\n", "")
