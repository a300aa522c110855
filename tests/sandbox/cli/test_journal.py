"""``a2e journal``, and bulk runs whose files are gone or whose jobs have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2e_async import A2E, StartPolicy
from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import PNG, Run, jsonl

LINES = [
    {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png", "prompt": "it waves"},
    {"workflow": "image_to_video", "image_url": "dog.png", "prompt": "it barks"},
]


@pytest.fixture(autouse=True)
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up the search for a lost start soon."""
    make = A2E.__init__

    def made(self: A2E, *arguments: object, **options: object) -> None:
        make(self, *arguments, **{"start": StartPolicy(window=0.2), **options})  # type: ignore[arg-type]

    monkeypatch.setattr(A2E, "__init__", made)


def lose_a_start(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> str:
    file = jsonl(tmp_path / "jobs.jsonl", LINES[:1])
    sandbox.script("image_to_video.start", "reset_before")
    ended = a2e("bulk", file, "--journal", "run.db")
    assert ended.code == 1
    assert "--release" in ended.out[0]
    return file


def test_it_shows_what_is_uncertain_and_releases_it(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    file = lose_a_start(a2e, sandbox, tmp_path)
    shown = a2e("journal", "run.db")
    assert shown.code == 0
    assert shown.cells("starting") == ["1"]
    [cells] = shown.cells("uncertain")
    assert cells.split("\t")[:2] == ["cat", "image_to_video"]
    assert cells.endswith("it waves")
    assert "--bind KEY ID" in shown.err[0]

    facts = a2e("journal", "run.db", "--json").facts
    assert facts[0]["states"] == {"starting": 1}
    assert facts[1]["uncertain"]["marker"]

    assert a2e("journal", "run.db", "--release", "cat").cells("new") == ["1"]
    assert a2e("bulk", file, "--journal", "run.db").code == 0
    assert sandbox.ledger.made() == 1


def test_it_binds_a_start_to_its_task(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    made = a2e("run", "image_to_video", "--image-url", "cat.png", "--prompt", "it waves", "--json").facts[-1]
    file = lose_a_start(a2e, sandbox, tmp_path)
    assert a2e("journal", "run.db", "--bind", "cat", made["id"]).cells("accepted") == ["1"]
    [facts] = a2e("bulk", file, "--journal", "run.db", "--json").facts
    assert facts["id"] == made["id"]
    assert sandbox.ledger.made() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.db",), "'no.db' is not a file"),
        (("run.db", "--release", "dog"), "'dog' has no uncertain start"),
        (("run.db", "--bind", "cat", "../x"), "'../x' is not an id"),
        ((), "FILE"),
    ],
)
def test_an_invalid_decision_ends_with_2(
    arguments: tuple[str, ...], message: str, a2e: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    lose_a_start(a2e, sandbox, tmp_path)
    ended = a2e("journal", *arguments)
    assert ended.code == 2
    assert message in ended.err[0]


def test_it_needs_no_token(
    a2e: Run, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_a_start(a2e, sandbox, tmp_path)
    monkeypatch.delenv("A2E_API_TOKEN")
    assert a2e("journal", "run.db").code == 0


def test_a_file_that_is_no_journal_is_named(a2e: Run) -> None:
    Path("run.db").write_text("a list of things to do, and no database\n" * 100)
    ended = a2e("journal", "run.db")
    assert ended.code == 1
    assert "damaged or not a journal" in ended.err[0]


def test_finished_lines_need_no_files(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    Path("dog.png").write_bytes(PNG + b"dog")
    file = jsonl(tmp_path / "jobs.jsonl", LINES)
    first = a2e("bulk", file, "--journal", "run.db")
    assert first.code == 0

    for name in ("cat.png", "dog.png"):
        Path(name).rename(f"moved-{name}")
    again = a2e("bulk", file, "--journal", "run.db", "--json")
    assert again.code == 0
    assert all(facts["replayed"] for facts in again.facts)
    assert len(again.facts) == sandbox.ledger.made() == 2


def test_a_line_that_needs_its_file_starts_nothing(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "jobs.jsonl", [LINES[0], {**LINES[1], "image_url": "no.png"}])
    for arguments in ((), ("--journal", "run.db")):
        ended = a2e("bulk", file, *arguments)
        assert ended.code == 2
        assert "line 3: image_url: 'no.png' is neither a URL nor a file" in ended.err[0]
    assert sandbox.ledger.requests == {}


def test_a_changed_line_is_refused_or_restarted(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    assert a2e("bulk", jsonl(tmp_path / "jobs.jsonl", LINES[:1]), "--journal", "run.db").code == 0
    file = jsonl(tmp_path / "jobs.jsonl", [{**LINES[0], "prompt": "it runs"}])
    refused = a2e("bulk", file, "--journal", "run.db")
    assert refused.code == 1
    assert "prompt was 'it waves' and is now 'it runs'" in refused.out[0]
    assert a2e("bulk", file, "--journal", "run.db", "--restart-changed").code == 0
    assert sandbox.ledger.made() == 2
