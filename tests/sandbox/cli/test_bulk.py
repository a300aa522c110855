"""``a2e bulk`` against the sandbox."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from a2e_async.sandbox import Sandbox
from tests.sandbox.cli.kit import Run, jsonl

LINES = [
    {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png", "prompt": "it waves"},
    {"workflow": "text-to-image", "key": "kite", "body": {"prompt": "a kite"}},
    {"workflow": "product_avatar", "key": "rect", "name": "n", "image_urls": ["cat.png", "https://e.com/b.png"],
     "product_rect": {"x": 0, "y": 0, "width": 1, "height": 1, "rotation": 0, "scale": 1}},
    {"workflow": "veo_video", "key": "wire", "name": "n", "prompt": "a horse", "imageUrls": ["cat.png"]},
    {"workflow": "dubbing", "key": "free", "body": {"source_url": "https://e.com/a.mp4"}},
]  # fmt: skip


def test_bulk_runs_every_line_and_again_costs_nothing(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "jobs.jsonl", LINES)
    arguments = ("bulk", file, "--journal", "run.db", "--out", "out", "--concurrency", "3")

    first = a2e(*arguments)
    assert first.code == 0
    assert sorted(line.split("\t")[1] for line in first.out) == ["cat", "free", "kite", "rect", "wire"]
    assert {path.stem for path in Path("out").iterdir()} >= {"cat", "kite", "rect", "wire"}
    assert len(first.err) == 1
    assert "5 done, 0 failed" in first.err[0]
    charged = sandbox.ledger.charged.total()

    again = a2e(*arguments, "--json")
    assert {facts["key"] for facts in again.facts} == {"cat", "free", "kite", "rect", "wire"}
    assert all(facts["ok"] and facts["replayed"] for facts in again.facts)
    assert a2e(*arguments, "--skip-finished").out == []
    assert sandbox.ledger.charged.total() == charged


def test_bulk_prints_failures_and_goes_on(a2e: Run, tmp_path: Path) -> None:
    lines = [{"workflow": "text_to_image", "key": f"k{n}", "prompt": "sandbox:fail"} for n in range(2)]
    lines.append({"workflow": "text_to_image", "key": "good", "prompt": "sandbox:sync"})
    ended = a2e("bulk", jsonl(tmp_path / "jobs.jsonl", lines))
    assert ended.code == 1
    ends = {line.split("\t")[1]: line.split("\t")[0] for line in ended.out}
    assert ends == {"k0": "failed", "k1": "failed", "good": "done"}


def test_bulk_reads_stdin(a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "stdin", io.StringIO('{"workflow": "text_to_image", "prompt": "sandbox:sync"}\n')
    )
    assert a2e("bulk", "-").code == 0
    assert sandbox.ledger.made() == 1


def test_bulk_stops_when_the_coins_run_out(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.set_coins(15)
    lines = [{"workflow": "text_to_image", "key": str(n), "prompt": "a"} for n in range(4)]
    ended = a2e("bulk", jsonl(tmp_path / "jobs.jsonl", lines), "--concurrency", "1")
    assert ended.code == 1
    assert ended.err[-1].startswith("a2e: InsufficientCredits: ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 3: JSON: "),
        ("[1]", "line 3: JSON: is not an object"),
        ('{"prompt": "a"}', "line 3: workflow: is missing"),
        ('{"workflow": "text_to_imagee", "prompt": "a"}', "did you mean 'text_to_image'?"),
        ('{"workflow": "anchor"}', "line 3: anchor: starts nothing"),
        ('{"workflow": "text_to_image", "promt": "a"}', "line 3: promt: unknown keyword"),
        ('{"workflow": "text_to_image", "name": "a"}', "line 3: prompt: is required"),
        ('{"workflow": "text_to_image", "prompt": 5}', "line 3: prompt: 5 is not a string"),
        ('{"workflow": "text_to_image", "prompt": "a", "body": 1}', "line 3: body: is not an object"),
        ('{"workflow": "text_to_image", "prompt": "a", "key": ""}', "line 3: key: "),
        (
            '{"workflow": "image_to_video", "prompt": "a", "image_url": "no.png"}',
            "line 3: image_url: 'no.png'",
        ),
        (
            '{"workflow": "veo_video", "imageUrls": [], "image_urls": []}',
            "line 3: image_urls: is given twice",
        ),
        (
            '{"workflow": "text_to_image", "prompt": "a", "extra_body": {"minor_suspected_skip": true}}',
            "minor_suspected_skip: this package does not send it",
        ),
    ],
)
def test_one_bad_line_starts_nothing(
    line: str, message: str, a2e: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    good = '{"workflow": "text_to_image", "prompt": "a"}\n'
    (tmp_path / "jobs.jsonl").write_text(f"{good}\n{line}\n")
    ended = a2e("bulk", "jobs.jsonl")
    assert (ended.code, len(ended.err), ended.out) == (2, 1, [])
    assert message in ended.err[0]
    assert sandbox.ledger.requests == {}


def test_bulk_downloads_to_an_object_store(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "jobs.jsonl", [{"workflow": "text_to_image", "key": "kite", "prompt": "a kite"}])
    ended = a2e("bulk", file, "--out", "memory://cli/out", "--json")
    [facts] = ended.facts
    assert [path.partition(".")[0] for path in facts["files"]] == ["memory://cli/out/kite"]

    refused = a2e("bulk", file, "--out", "nosuch://bucket")
    assert refused.code != 0
    assert "nosuch" in refused.err[-1]
    assert sandbox.ledger.made() == 1


def test_a_dry_run_asks_for_each_kind_of_job_and_starts_nothing(
    a2e: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    table = "workflow,prompt,width,video_time,image_url\n" + "".join(
        f"text_to_image,kite {n},{512 if n % 2 else 1024},,\n" for n in range(5)
    )
    (tmp_path / "jobs.csv").write_text(table + "image_to_video,wave,,10,cat.png\n" * 2)
    ended = a2e("bulk", "jobs.csv", "--dry-run", "--max-coins", "60")
    assert ended.code == 0
    rows = [line.split("\t") for line in ended.out]
    assert [(row[0], row[1], row[4]) for row in rows[:-1]] == [
        ("3", "text_to_image", "width=1024"),
        ("2", "text_to_image", "width=512"),
        ("2", "image_to_video", "video_time=10"),
    ]
    total = sum(float(row[3]) for row in rows[:-1])
    assert rows[-1] == ["total", "7 jobs", f"{total:g} coins"]
    assert ended.err == ["a2e: that is more than --max-coins 60: the run would stop there"]
    assert sandbox.ledger.count("POST /api/v1/generation/quote") == 3
    assert sandbox.ledger.made() == 0
    assert sandbox.ledger.uploads.total() == 0

    facts = a2e("bulk", "jobs.csv", "--dry-run", "--json").facts
    assert facts[-1] == {"jobs": 7, "coins": total, "without_price": 0, "started": 0}


def test_jobs_that_differ_in_their_seed_cost_the_same(a2e: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    clip = "https://example.com/clip.mp4"
    lines = [{"workflow": "think_sound", "video_url": clip, "seed": n} for n in range(3)]
    ended = a2e("bulk", jsonl(tmp_path / "jobs.jsonl", lines), "--dry-run")
    assert ended.cells("total")[0].startswith("3 jobs")
    assert sandbox.ledger.count("POST /api/v1/generation/quote") == 1


def test_a_dry_run_leaves_out_what_the_journal_has_started(a2e: Run, tmp_path: Path) -> None:
    lines = [{"workflow": "text_to_image", "key": f"k{n}", "prompt": f"sandbox:sync {n}"} for n in range(3)]
    a2e("bulk", jsonl(tmp_path / "some.jsonl", lines[:2]), "--journal", "run.db")
    ended = a2e("bulk", jsonl(tmp_path / "all.jsonl", lines), "--journal", "run.db", "--dry-run")
    assert ended.cells("total") == ["1 jobs\t10 coins"]
    assert ended.err == ["a2e: 2 jobs besides were started before, says the journal; they cost nothing more"]


def test_a_gallery_shows_the_run(a2e: Run, tmp_path: Path) -> None:
    lines = [{"workflow": "text_to_image", "key": "kite", "prompt": "sandbox:sync a <red> kite"}]
    file = jsonl(tmp_path / "jobs.jsonl", lines)
    ended = a2e("bulk", file, "--out", "out", "--gallery", "out/index.html", "--json")
    assert ended.code == 0
    assert ended.err[-1] == "a2e: the results are shown in out/index.html"
    assert len(ended.facts) == 1
    page = Path("out/index.html").read_text()
    assert "kite" in page
    assert "<red>" not in page

    refused = a2e("bulk", file, "--gallery", "jobs.jsonl/index.html")
    assert refused.code == 2
    assert refused.err[0].startswith("a2e: --gallery: ")
