"""Output that cannot be encoded or written: it is escaped, or the command ends quietly."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from a2e_async.cli import main
from a2e_async.cli.notices import notices
from a2e_async.cli.output import print_error, print_json, print_row
from a2e_async.cli.progress import jobs_bar, spinner
from a2e_async.cli.streams import escaping, shown
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import PNG, Run, jsonl

NAME = os.fsdecode(b"K\xe4fer \xe5\x9b\xbe.png")  # one byte of it is not UTF-8
SHOWN = "K\\xe4fer 图.png"


def printed(encoding: str, monkeypatch: pytest.MonkeyPatch) -> tuple[io.BytesIO, io.BytesIO]:
    """Replace stdout and stderr by streams of an encoding."""
    out, err = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=encoding))
    return out, err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (NAME, SHOWN),
        ("\ud83d half", "\\ud83d half"),
        ("a\tb\r\n\x1b[31mc\u202e", "a b [31mc"),
        ("C:\\xe4", "C:\\xe4"),
    ],
)
def test_any_text_is_one_line_that_a_terminal_can_show(text: str, line: str) -> None:
    assert shown(text) == line


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "utf-16", "shift_jis"])
def test_what_cannot_be_encoded_is_escaped(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = printed(encoding, monkeypatch)
    print_row("file", Path(NAME), "ä", "🐞")
    print_json({"ä": "🐞", "file": Path(NAME), "odd": "\ud800"})
    print_error("ä 🐞")

    row, line = out.getvalue().decode(encoding).splitlines()
    cells = row.encode(encoding).decode("unicode_escape" if encoding == "ascii" else encoding).split("\t")
    assert cells[0] == "file"
    assert len(cells) == 4
    assert json.loads(line) == {"ä": "🐞", "file": NAME, "odd": "\ud800"}
    assert err.getvalue().decode(encoding).startswith("a2e: ")


def test_other_writers_escape_too_while_a_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = printed("cp1252", monkeypatch)
    with escaping():
        sys.stdout.write("help: 图\n")
    assert sys.stdout.errors == "strict"
    sys.stdout.flush()
    assert out.getvalue() == b"help: \\u56fe\n"


def test_a_closed_stdout_or_stderr_is_no_error(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr(sys, "stdout", None)
        without.setattr(sys, "stderr", None)
        assert main(["run", "text_to_image", "--prompt", "sandbox:sync"]) == 0
        assert main(["nothing"]) == 2


class Full(io.StringIO):
    """A stream on a full disk, or one whose reader has left."""

    def __init__(self, problem: int) -> None:
        super().__init__()
        self.problem = problem

    def write(self, _: str) -> int:
        raise OSError(self.problem, os.strerror(self.problem))


@pytest.mark.parametrize(("problem", "line"), [(errno.ENOSPC, "No space left"), (errno.EPIPE, None)])
@pytest.mark.parametrize("arguments", [("workflows",), ("list", "text_to_image"), ("--version",)])
def test_an_output_that_cannot_be_written_ends_the_command(
    problem: int,
    line: str | None,
    arguments: tuple[str, ...],
    a2e: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    a2e("run", "text_to_image", "--prompt", "sandbox:sync")
    monkeypatch.setattr(sys, "stdout", Full(problem))
    assert main(arguments) == 1
    errors = capsys.readouterr().err
    assert (line in errors) if line else errors == ""


def test_a_paid_task_is_not_lost_with_its_output(
    a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Full(errno.EPIPE))
    assert main(["run", "text_to_image", "--prompt", "a"]) == 1
    [task] = sandbox.ledger.tasks
    assert f"a2e wait text_to_image {task.id}" in capsys.readouterr().err


def test_a_bulk_run_that_nobody_reads_says_that_it_stopped(
    a2e: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [{"workflow": "text_to_image", "key": f"k{n}", "prompt": "sandbox:sync"} for n in range(3)]
    jobs = jsonl(tmp_path / "jobs.jsonl", lines)
    monkeypatch.setattr(sys, "stdout", Full(errno.EPIPE))
    assert main(["bulk", jobs, "--concurrency", "1"]) == 1
    assert capsys.readouterr().err == (
        "a2e: stdout was closed, so the run has stopped; tasks that were started go on\n"
    )


def test_a_program_of_another_encoding_runs_and_prints(sandbox: Sandbox, tmp_path: Path) -> None:
    encoding = "cp1252"
    try:
        (tmp_path / NAME).write_bytes(PNG)
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    (tmp_path / "图").mkdir()
    lines = [{"workflow": "text_to_image", "key": "图", "prompt": "sandbox:sync ä"}]
    jobs = jsonl(tmp_path / "jobs.jsonl", lines)

    # One process runs the commands, because a process takes long.
    program = f"""
from a2e_async.cli import main
assert main(["upload", {NAME!r}]) == 0
assert main(["upload", "--json", {NAME!r}]) == 0
assert main(["bulk", {jobs!r}, "--out", "图"]) == 0
assert main(["bulk", {jobs!r}, "--json"]) == 0
assert main(["call", "image_to_video", "图"]) == 2
assert main(["bulk", "图.jsonl"]) == 2
assert main(["list", "text_to_image"]) == 0
"""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", program.encode("utf-8", "backslashreplace")],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode(encoding)
    out = ended.stdout.decode(encoding).splitlines()
    assert out[0].endswith("K\\xe4fer \\u56fe.png")
    assert json.loads(out[1])["file"] == NAME
    assert out[2].startswith("done\t\\u56fe\t")
    assert json.loads(out[3])["key"] == "图"
    assert "Traceback" not in ended.stderr.decode(encoding)


def test_a_help_that_nobody_reads_to_its_end_is_no_error(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "a2e_async", "run", "wan25", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


# Secrets


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "text_to_image", "--token", "TOKEN"),
        ("list", "text_to_image", "--token=TOKEN"),
        ("--token", "TOKEN", "list", "text_to_image"),
        ("list", "text_to_image", "--api-key", "TOKEN"),
        ("TOKEN",),
        ("run", "TOKEN"),
        ("run", "text_to_image", "TOKEN"),
        ("bulk", "TOKEN"),
        ("wait", "text_to_image", "Bearer TOKEN"),
        ("list", "text_to_image", "--base-url", "http://user:TOKEN@127.0.0.1:9/"),
        ("run", "image_to_video", "--image-url", "TOKEN", "--prompt", "a"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("own", [True, False])
def test_a_token_that_is_pasted_is_not_printed(arguments: tuple[str, ...], own: bool, a2e: Run) -> None:
    token = os.environ["A2E_API_TOKEN"] if own else "sk_eyJ0123456789abcdef.fedcba9876543210"
    ended = a2e(*(argument.replace("TOKEN", token) for argument in arguments))
    assert ended.code == 2
    assert token not in " ".join(ended.out + ended.err)


def test_a_token_as_an_option_is_refused_with_advice(a2e: Run) -> None:
    ended = a2e("list", "text_to_image", "--token", "hunter2")
    assert ended.err == ["a2e: the token is never an argument, which others can read: set A2E_API_TOKEN"]


# Warnings


def test_warnings_are_printed_once(
    a2e: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from a2e_async.cli import account

    async def warn(*_: object) -> int:
        logger = logging.getLogger("a2e_async")
        for tries in (1, 1, 2, 1, 2, 3):
            logger.warning("%s, try %d, again in %.1f s", "cannot connect to ä (refused)", tries, 0.5)
        logger.warning("%s: it is odd", "model")
        logger.info("nothing to see")
        return 0

    monkeypatch.setattr(account, "balance", warn)
    assert main(["balance"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        *(f"a2e: cannot connect to ä (refused), trying again ({tries}) in 0.5 s" for tries in (1, 2, 3)),
        "a2e: model: it is odd",
    ]
    assert len(logging.getLogger("a2e_async").handlers) == len({*logging.getLogger("a2e_async").handlers})


@pytest.mark.parametrize("draw", [lambda: jobs_bar(2), lambda: spinner("waiting")])
def test_a_warning_is_printed_above_what_is_drawn(
    draw: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with notices(), draw():
        logging.getLogger("a2e_async").warning("cannot connect to %s, try %d, again in 1 s", "a.example", 3)

    printed = capsys.readouterr()
    line = "a2e: cannot connect to a.example, trying again (3) in 1 s"
    assert printed.err.count(line) == 1
    assert printed.err.count("cannot connect") == 1
    assert printed.err.index(line) < max(printed.err.rfind("0/2"), printed.err.rfind("waiting"))
    assert printed.out == ""
