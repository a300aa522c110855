"""Errors on the way: what a command prints and which exit code it has."""

from __future__ import annotations

import pytest

from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run

ID = "65f0c0ffee0000000000a001"


def test_a_failed_task_ends_with_1_and_its_id_is_printed(a2e: Run, sandbox: Sandbox) -> None:
    ended = a2e("run", "text_to_image", "--prompt", "sandbox:fail")
    [task_id] = [task.id for task in sandbox.ledger.tasks]
    assert (ended.code, ended.out) == (1, [f"id\t{task_id}"])
    assert ended.err[0].startswith(f"a2e: TaskFailed: task {task_id} failed")
    [facts] = a2e("run", "text_to_image", "--prompt", "sandbox:fail", "--json").facts
    assert facts["id"] == sandbox.ledger.tasks[-1].id
    assert facts["error"].startswith("TaskFailed: ")


def test_a_task_that_takes_too_long_can_be_waited_for_again(a2e: Run) -> None:
    ended = a2e("run", "text_to_image", "--prompt", "sandbox:forever", "--wait-timeout", "0.2")
    assert ended.code == 1
    assert ended.cells("id")
    assert "WaitTimeout" in ended.err[0]


def test_a_refusal_ends_with_1(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.set_coins(0)
    ended = a2e("run", "text_to_image", "--prompt", "a")
    assert ended.code == 1
    assert ended.err[0].startswith("a2e: InsufficientCredits: ")

    ended = a2e("call", "text_to_image", "get", "--id", ID)
    assert ended.code == 1

    monkeypatch.setenv("A2E_API_TOKEN", "sk_wrong")
    ended = a2e("list", "text_to_image")
    assert ended.code == 1
    assert ended.err[0].startswith("a2e: AuthenticationError: ")
    assert "sk_wrong" not in ended.err[0]


def test_a_task_that_cannot_be_waited_for_is_not_started_for_it(a2e: Run, sandbox: Sandbox) -> None:
    prompt = '{"prompt": "a horse"}'
    wan30 = ("run", "wan30", "--model", "wan3.0-video", "--input", prompt, "--parameters", "{}")

    ended = a2e(*wan30)
    assert ended.code == 2
    assert "no way to read these tasks back" in ended.err[0]
    assert sandbox.ledger.made() == 0

    assert a2e(*wan30, "--no-wait").code == 0


def test_text_from_the_service_cannot_steer_the_terminal(a2e: Run, sandbox: Sandbox) -> None:
    a2e("run", "text_to_image", "--prompt", "a", "--name", "\x1b[31mred\n\x07", "--no-wait")
    [line] = a2e("list", "text_to_image").out
    assert "red" in line
    assert line.replace("\t", "").isprintable()
