"""What a terminal shows: columns that fit, a little colour, and no more than the terminal can do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from a2e_async.cli import main, status
from a2e_async.cli.layout import cut, fitting, padded, width_of
from a2e_async.sandbox import Sandbox
from a2e_async.worker import Status, WorkerStatus
from tests.sandbox.cli.kit import jsonl

ID = "65f0c0ffee0000000000a001"

Screen = Callable[..., list[str]]


@pytest.fixture
def screen(sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Runs a command on a terminal of 80 columns and returns the lines of its stdout."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def show(*arguments: str) -> list[str]:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        main(arguments)
        return capsys.readouterr().out.splitlines()

    return show


def plain(line: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", line)


def test_a_job_of_a_bulk_run_is_one_line_of_80_columns(
    screen: Screen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"workflow": "text_to_image", "key": "a long key " * 9, "prompt": "sandbox:sync"},
        {"workflow": "text_to_image", "key": "図" * 40, "prompt": "sandbox:fail"},
    ]
    printed = screen("bulk", jsonl(tmp_path / "jobs.jsonl", lines), "--out", "out/" + "deep/" * 20)
    assert len(printed) == 2
    [done] = [line for line in printed if line.startswith("\x1b[32mdone")]
    [failed] = [line for line in printed if line.startswith("\x1b[31mfailed")]
    assert all(width_of(plain(line)) <= 80 for line in printed)
    assert plain(done).endswith(".png") or plain(done)[-5:].count(".")  # the end of the path is what tells
    assert ID[:8] not in failed


def test_the_numbers_of_a_queue_are_one_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    workers = (WorkerStatus("one", 0.5, 2, 1, 0, 10.0), WorkerStatus("two", None, 0, 5, 0, 50.0))
    status._print(Status(3, 2, 6, 0, 0, 0, 60.0, 1, workers))
    lines = [plain(line) for line in capsys.readouterr().out.splitlines()]
    assert {line[17:19] for line in lines} == {"  "}
    assert lines[-1].split("  ")[-4:] == ["0 running", "5 done", "0 failed", "50 coins"]


def test_an_id_is_shown_where_a_url_does_not_fit(
    screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = jsonl(tmp_path / "jobs.jsonl", [{"workflow": "text_to_image", "prompt": "sandbox:sync"}])
    [narrow] = screen("bulk", jobs)
    assert re.fullmatch(r"[0-9a-f]{24}", plain(narrow).split()[-1])

    monkeypatch.setenv("COLUMNS", "200")
    [wide] = screen("bulk", jobs)
    assert plain(wide).split()[-1].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_without_colours(name: str, value: str, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" in "".join(screen("doctor"))
    monkeypatch.setenv(name, value)
    lines = screen("doctor")
    assert "\x1b" not in "".join(lines)
    assert lines[0].startswith("ok    versions  ")
    assert max(map(len, lines)) <= 80


def test_nothing_is_drawn_on_a_dumb_terminal(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    lines = [{"workflow": "text_to_image", "key": "one", "prompt": "sandbox:sync"}]
    assert main(["bulk", jsonl(tmp_path / "jobs.jsonl", lines)]) == 0
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert len(printed.err.splitlines()) == 1


def test_a_list_has_a_header_and_aligned_columns(screen: Screen) -> None:
    lines = [plain(line) for line in screen("voices")]
    assert lines[0].split() == ["ID", "NAME", "KIND"]
    assert len({line.index("ale") > 0 for line in lines[1:]}) == 1
    assert lines[1].index("Alma") == lines[0].index("NAME")
    assert max(map(len, map(plain, screen("workflows")))) <= 80


@pytest.mark.parametrize(
    ("text", "width", "end", "shown"),
    [
        ("abc", 3, False, "abc"),
        ("abcd", 3, False, "ab…"),
        ("abcd", 3, True, "…cd"),
        ("図図図", 5, False, "図図…"),
        ("図図図", 4, False, "図…"),
        ("e\u0301e\u0301", 2, False, "e\u0301e\u0301"),
        ("ab", 1, False, "…"),
        ("ab", 0, False, ""),
    ],
)
def test_texts_are_cut_by_columns(text: str, width: int, end: bool, shown: str) -> None:
    assert cut(text, width, keep_end=end) == shown
    assert width_of(padded(text, 9)) == 9


def test_the_widest_column_gives_way() -> None:
    assert fitting([["a" * 10, "b" * 50], ["a", "b"]], 42) == [10, 30]
    assert fitting([["a", "b"]], 80) == [1, 1]


def test_an_error_is_broken_between_words(
    screen: Screen, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["nosuch"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) < 80
    assert all(line.startswith("     ") for line in lines[1:])
