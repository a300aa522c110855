"""Errors name what can be typed at a shell."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from a2e_async.cli.wording import for_shell
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run

WAN30 = ("run", "wan30", "--model", "wan3.0-video", "--input", "{}", "--parameters", "{}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (WAN30, "so nothing can be waited for; --no-wait starts one and does not wait"),
        (("balance", "--base-url", "http://example.com"), "--base-url: 'http://example.com' would send the"),
        (("bulk", "jobs.jsonl", "--max-coins", "-1"), "--max-coins: -1.0 is not a number above 0"),
        (("bulk", "jobs.jsonl", "--start-rate", "0"), "--start-rate: 0.0 is not a number above 0"),
        (("bulk", "jobs.jsonl", "--lease", "0.1"), "--lease: 0.1 is not a number of seconds from 1 up"),
        (
            ("run", "image_to_video", "--image-url", "ftp://e.com/x.png", "--prompt", "x"),
            "which the service cannot fetch; give a file",
        ),
        (("download", "text_to_image"), "a2e: download: ID is missing: a2e download text_to_image ID"),
        (("sandbox", "--port", "99999"), "a2e: port: 99999 is not a port, from 0 to 65535"),
        (("sandbox", "--speed", "0"), "a2e: speed: 0.0 is not a number above 0"),
        (
            ("get", "text_to_image", "65f0c0ffee0000000000a001"),
            "65f0c0ffee0000000000a001 of text_to_image is not",
        ),
    ],
)
def test_options_instead_of_keywords(
    arguments: tuple[str, ...], message: str, a2e: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "jobs.jsonl").write_text('{"workflow": "text_to_image", "prompt": "a"}\n')
    ended = a2e(*arguments)
    assert ended.code
    assert message in ended.err[-1]
    assert "=" not in ended.err[-1]
    assert sandbox.ledger.made() == 0


def test_what_is_missing_is_set_and_not_passed(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A2E_API_TOKEN", "A2E_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    [listen] = a2e("listen").err
    assert listen.startswith("a2e: no secret: set A2E_WEBHOOK_SECRET, of at least 16")
    [token] = [line for line in a2e("doctor").out if line.startswith("fail\ttoken\t")]
    assert token.endswith("\tno token: set A2E_API_TOKEN, or run a2e init; get one at "
                          "https://video.a2e.ai, under Account > API Token")  # fmt: skip


def test_a_task_that_takes_longer_can_be_waited_for(a2e: Run) -> None:
    ended = a2e("run", "text_to_image", "--prompt", "sandbox:forever", "--wait-timeout", "0.01")
    [task_id] = ended.cells("id")
    assert ended.code == 1
    assert ended.err == [
        "a2e: WaitTimeout: the task has not ended within 0.01 s; it goes on: a2e wait text_to_image "
        + task_id
    ]


def test_a_changed_job_names_the_option(a2e: Run, tmp_path: Path) -> None:
    for prompt in ("sandbox:sync one", "sandbox:sync two"):
        line = {"workflow": "text_to_image", "key": "kite", "prompt": prompt}
        (tmp_path / "jobs.jsonl").write_text(json.dumps(line))
        ended = a2e("bulk", "jobs.jsonl", "--journal", "run.db")
    assert ended.code == 1
    assert "--restart-changed" in " ".join(ended.out + ended.err)
    assert "changed=" not in " ".join(ended.out + ended.err)


def test_other_texts_stay_as_they_are() -> None:
    text = "prompt: 5 is not a string; it has max_coins: 3 and base_url: x"
    assert for_shell(text) == text


def test_all_say_alike_where_a_token_is_made() -> None:
    root = Path(__file__).parents[3]
    files = [root / "README.md", *root.glob("docs/*.md"), *root.glob("a2e_async/**/*.py")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    named = [line for line in lines if re.search(r"(under|>|,) \**API Token\b", line)]
    assert len(named) >= 3
    assert [line for line in named if "Account > API Token" not in line] == []
