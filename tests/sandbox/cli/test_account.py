"""What the commands tell about the account and the service: balance, voices, avatars, prices."""

from __future__ import annotations

import pytest

from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run


def test_the_balance(a2e: Run, sandbox: Sandbox) -> None:
    sandbox.set_coins(1_234_567)
    assert a2e("balance").cells("coins") == ["1234567"]
    [facts] = a2e("balance", "--json").facts
    assert facts["coins"] == 1_234_567


def test_voices_and_languages(a2e: Run) -> None:
    cells = [line.split("\t") for line in a2e("voices").out]
    assert {kind for _, _, kind in cells} == {"female", "male"}
    assert all("(en-US)" in name for _, name, _ in cells)

    languages = [line.split("\t")[:2] for line in a2e("voices", "--languages").out]
    assert ["es", "MX"] in languages
    assert "(es-MX)" in a2e("voices", "--language", "es", "--region", "MX").out[0]
    assert a2e("voices", "--json").facts[0]["children"]
    assert a2e("voices", "--own").code == 0


def test_avatars(a2e: Run) -> None:
    listed = a2e("avatars", "--limit", "2")
    assert len(listed.out) == 2
    assert all(line.count("\t") == 3 for line in listed.out)
    assert len(a2e("avatars", "--limit", "2", "--json").facts) == 2
    assert a2e("avatars", "--own").code == 0


def test_a_quote_starts_and_uploads_nothing(a2e: Run, sandbox: Sandbox) -> None:
    asked = ("quote", "image-to-video", "--image-url", "cat.png", "--prompt", "it waves")
    [coins] = a2e(*asked).cells("coins")
    [facts] = a2e(*asked, "--json").facts
    assert facts["coins"] == float(coins) > 0
    assert sandbox.ledger.made() == 0
    assert sandbox.ledger.uploads.total() == 0


def test_a_missing_token_says_where_to_get_one(a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_API_TOKEN")
    ended = a2e("balance")
    assert ended.code == 2
    assert ended.err == [
        "a2e: no token: set A2E_API_TOKEN, or run a2e init; get one at https://video.a2e.ai, under "
        "Account > API Token"
    ]


def test_any_command_can_be_tried_in_a_sandbox(
    a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A2E_API_TOKEN")
    monkeypatch.delenv("A2E_BASE_URL")
    ended = a2e("run", "text_to_image", "--prompt", "sandbox:sync", "--out", "out", "--sandbox")
    assert (ended.code, ended.err) == (0, [])
    assert ended.cells("file")
    assert sandbox.ledger.requests == {}

    ended = a2e("run", "text_to_image", "--prompt", "sandbox:sync", "--sandbox")
    assert ended.err == [
        "a2e: the sandbox ends with the command, and its URLs with it; --out FOLDER keeps the files"
    ]
