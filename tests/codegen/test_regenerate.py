"""regenerate: everything is generated first; then all files are replaced together, or none is."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from codegen import generate as generating
from codegen.__main__ import main
from codegen.build import Layout, build
from codegen.check import check
from codegen.document.tree import SpecError, canonical, read
from codegen.files import replace_together
from codegen.regenerate import regenerate
from tests.codegen.documents import (
    HARMLESS,
    ROOT,
    built,
    document,
    family,
    fields,
    operation,
    overlay,
    part_of_upstream,
    real_segments,
    save,
)

Document = dict[str, Any]
BOTH = family("userOld") | family("userNew")


def snapshot(repository: Layout) -> dict[Path, tuple[bytes, int]]:
    """Content and modification time of every file."""
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in repository.root.rglob("*")
        if path.is_file()
    }


def test_a_new_document_replaces_everything_and_says_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = built(tmp_path / "repository", document(family("userOld")))
    source = save(tmp_path / "new.json", document(BOTH))
    assert main(["regenerate", str(source)], made.root) == 0
    reported = capsys.readouterr().out
    assert "10 operations" in reported
    assert "workflow a2e.new is new: prompt, 2 optional keywords; list, batch_detail, get, delete" in reported
    assert "## 1.3.0 (unreleased)" in reported
    assert "- workflow `a2e.new` is new." in reported
    assert (made.package / "new.py").exists()
    assert read(made.upstream) == document(BOTH)
    assert check(made) == []


@pytest.mark.parametrize("extra", [{}, {"trace_id": "differs on every request"}])
def test_nothing_new_touches_nothing(extra: Document, tmp_path: Path) -> None:
    made = built(tmp_path / "repository", document(BOTH))
    before = snapshot(made)
    reported = regenerate(made, str(save(tmp_path / "again.json", document(BOTH, **extra))))
    assert reported[0].endswith("nothing changed; nothing was touched")
    assert snapshot(made) == before


def test_the_document_may_come_from_a_url(tmp_path: Path) -> None:
    made = built(tmp_path / "repository", document(family("userOld")))
    serve = httpx.MockTransport(lambda request: httpx.Response(200, json=document(BOTH)))
    regenerate(made, "https://host.example/spec", transport=serve)
    assert (made.package / "new.py").exists()


def broken_reference(content: Document) -> None:
    content["components"]["schemas"]["A"] = {"$ref": "#/nowhere"}


def no_role(content: Document) -> None:
    content["paths"]["/api/v1/userNew/start"]["post"]["x-a2e-role"] = "stop"


def unreadable(content: Document) -> None:
    content["paths"]["/api/v1/userNew/start"]["post"]["requestBody"] = fields(
        x={"type": "string", "pattern": "("}
    )


def repeated(content: Document) -> None:
    content["paths"]["/api/v1/userNew/start"]["post"]["x-a2e-repeatable"] = True


@pytest.mark.parametrize(
    ("spoil", "reported"),
    [
        (lambda content: content.update(openapi="4.0.0"), "#/openapi"),
        (broken_reference, "#/components/schemas/A: $ref '#/nowhere' points to nothing"),
        (no_role, "userNew/start (#/paths/~1api~1v1~1userNew~1start/post): x-a2e-role is 'stop', not one"),
        (unreadable, "/schema/properties/x/pattern: '(' is no regular expression"),
        (
            repeated,
            "POST /api/v1/userNew/start (#/paths/~1api~1v1~1userNew~1start/post): x-a2e-repeatable",
        ),
        (
            lambda content: content["paths"]["/api/v1/userNew/start"].update(
                put=content["paths"]["/api/v1/userNew/start"].pop("post")
            ),
            "userNew/start'].post): matches nothing: #/paths/~1api~1v1~1userNew~1start has no post",
        ),
    ],
)
def test_what_fails_leaves_every_file_as_it_was(
    spoil: Callable[[Document], Any], reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    action = {"target": "$.paths['/api/v1/userNew/start'].post", "update": {"x-a2e-start": True}}
    made = built(tmp_path / "repository", document(BOTH), action)
    before = snapshot(made)
    content = document(BOTH | family("userOther"))
    spoil(content)
    assert main(["regenerate", str(save(tmp_path / "new.json", content))], made.root) == 1
    error = capsys.readouterr().err
    assert "new.json" in error or "overlay action 2" in error or "userNew" in error
    assert reported in error
    assert snapshot(made) == before


def test_a_failing_formatter_leaves_every_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = built(tmp_path / "repository", document(family("userOld")))
    before = snapshot(made)
    source = save(tmp_path / "new.json", document(BOTH))

    def fail(files: dict[str, str]) -> dict[str, str]:
        raise SpecError("the generated code is not Python")

    monkeypatch.setattr(generating, "formatted", fail)
    with pytest.raises(SpecError):
        regenerate(made, str(source))
    assert snapshot(made) == before


@pytest.mark.parametrize("calls", [0, 1, 3])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_replacing_that_breaks_off_is_undone(
    calls: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = built(tmp_path / "repository", document(family("userOld")))
    before = snapshot(made)
    source = save(tmp_path / "new.json", document(family("userNew")))
    replace = Path.replace
    done: list[Path] = []

    def failing(self: Path, target: Path) -> Path:
        if len(done) == calls:
            done.append(target)
            raise error
        done.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(type(error)):
        regenerate(made, str(source))
    assert {path: content for path, (content, _) in snapshot(made).items()} == {
        path: content for path, (content, _) in before.items()
    }


def test_files_that_should_not_be_there_go_with_the_others(tmp_path: Path) -> None:
    kept, gone, new = tmp_path / "kept", tmp_path / "gone", tmp_path / "folder" / "new"
    kept.write_text("same")
    gone.write_text("old")
    assert set(replace_together({kept: b"same", gone: None, new: b"fresh"})) == {gone, new}
    assert (kept.read_text(), gone.exists(), new.read_text()) == ("same", False, "fresh")


def test_a_folder_made_for_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        replace_together({tmp_path / "folder" / "new": b"fresh"})
    assert list(tmp_path.iterdir()) == []


# ── What disappears upstream ─────────────────────────────────────────────────────────────────────


def test_operations_that_disappear_are_named(tmp_path: Path) -> None:
    made = built(tmp_path / "repository", document(BOTH | {"/api/v1/anchor/voices": {"get": operation()}}))
    content = document(family("userNew"))
    del content["paths"]["/api/v1/userNew/batchDetail"]
    reported = regenerate(made, str(save(tmp_path / "new.json", content)))
    assert "gone upstream: POST /api/v1/userNew/batchDetail; a2e.new.batch_detail() goes with it" in reported
    assert "gone upstream: every operation of a2e.old, which goes with them" in reported
    assert "gone upstream: GET /api/v1/anchor/voices; a2e.anchor.voices() goes with it" in reported
    assert "  ! workflow a2e.old is gone" in reported
    assert not (made.package / "old.py").exists()


def test_an_operation_stays_while_the_overlay_says_so(tmp_path: Path) -> None:
    batch = {"/api/v1/userNew/batchDetail": family("userNew")["/api/v1/userNew/batchDetail"]}
    made = built(tmp_path / "repository", document(BOTH))
    save(made.overlay, overlay(HARMLESS, {"target": "$.paths", "update": batch}))
    content = document(family("userNew") | family("userOld"))
    del content["paths"]["/api/v1/userNew/batchDetail"]
    reported = regenerate(made, str(save(tmp_path / "new.json", content)))
    kept = "gone upstream: POST /api/v1/userNew/batchDetail; overlay.yaml keeps it, so "
    assert f"{kept}a2e.new.batch_detail() stays" in reported
    assert "BATCH_DETAIL" in (made.package / "new.py").read_text()


def test_what_the_overlay_adds_and_upstream_has_by_now_is_not_doubled(tmp_path: Path) -> None:
    """Its lists stay as they are, and a note asks to take the action out."""
    added = {"/api/v1/userNew/start": family("userNew")["/api/v1/userNew/start"]}
    made = built(tmp_path / "repository", document(family("userOld")), {"target": "$.paths", "update": added})
    content = document(BOTH)
    content["paths"]["/api/v1/userNew/start"]["post"]["summary"] = "In other words"

    reported = regenerate(made, str(save(tmp_path / "new.json", content)))
    assert (
        "overlay action 2 ($.paths): the document has POST /api/v1/userNew/start itself; take it out"
        in reported
    )

    start = read(made.document)["paths"]["/api/v1/userNew/start"]["post"]
    assert start["tags"] == ["Things"]
    assert start["security"] == [{"bearerAuth": []}]
    body = start["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["prompt"]


def test_an_action_that_changes_nothing_any_more_is_noted(tmp_path: Path) -> None:
    same = {"target": "$.paths['/api/v1/userNew/start'].post", "update": {"tags": ["Things"], "x-a": 1}}
    made = built(tmp_path / "repository", document(BOTH), same)
    content = document(BOTH)
    content["paths"]["/api/v1/userNew/start"]["post"]["x-a"] = 1
    reported = regenerate(made, str(save(tmp_path / "new.json", content)))
    assert any("changes nothing any more; take it out" in line for line in reported)


# ── An older document ────────────────────────────────────────────────────────────────────────────

ACTIONS = (
    {"target": "$.paths['/api/v1/userNew/start'].put", "update": {"x": 1}},
    {
        "target": "$.paths['/api/v1/userNew/start','/gone'].post",
        "update": {"x-a2e-any-of": [["image_url", "other"]]},
    },
    {"target": "$.info.contact", "update": {"x": 1}},
)


def test_unmatched_actions_are_left_out_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = built(tmp_path / "repository", document(family("userNew")))
    save(made.overlay, overlay(HARMLESS, *ACTIONS))
    source = str(save(tmp_path / "new.json", document(BOTH)))
    before = snapshot(made)

    assert main(["regenerate", source], made.root) == 1
    error = capsys.readouterr().err
    assert "overlay.yaml names what the document does not have (3):" in error
    assert "overlay action 2 ($.paths['/api/v1/userNew/start'].put): matches nothing" in error
    assert "overlay action 4 ($.info.contact): matches nothing: #/info has no contact" in error
    assert "~1userNew~1start/post): x-a2e-any-of names 'other', which the body does not have" in error
    assert snapshot(made) == before

    assert main(["regenerate", source, "--unmatched=drop"], made.root) == 0
    reported = capsys.readouterr().out
    assert "#/info has no contact: left out" in reported
    assert "'/gone' has gone from the document: left out" in reported
    assert "x-a2e-any-of names 'other', which the body does not have: left out" in reported

    assert main(["build"], made.root) == 1
    assert main(["check"], made.root) == 1
    assert main(["build", "--unmatched=drop"], made.root) == 0


def test_the_path_to_another_document_and_back_leaves_no_trace(tmp_path: Path) -> None:
    """As between the newest document and an older one: operations, families and schemas go and return."""
    newest = part_of_upstream(real_segments()[::4])
    older = copy.deepcopy(newest)
    for path in list(older["paths"])[::3]:
        del older["paths"][path]
    older["paths"] |= family("userGone")

    made = Layout(tmp_path / "repository")
    shutil.copytree(ROOT / "openapi", made.upstream.parent)
    shutil.copy(ROOT / "pyproject.toml", made.root)
    made.upstream.write_text(canonical(newest), encoding="utf-8")
    build(made)
    before = {path: content for path, (content, _) in snapshot(made).items()}

    reported = regenerate(made, str(save(tmp_path / "older.json", older)))
    assert any("left out" in line for line in reported)
    assert (made.package / "gone.py").exists()

    regenerate(made, str(save(tmp_path / "newest.json", newest)))
    assert {path: content for path, (content, _) in snapshot(made).items()} == before


def test_a_corrupt_copy_of_upstream_is_replaced(tmp_path: Path) -> None:
    made = built(tmp_path / "repository", document(BOTH))
    made.upstream.write_text("{")
    made.document.write_text(json.dumps({"openapi": "3.0.0"}))
    reported = regenerate(made, str(save(tmp_path / "new.json", document(BOTH))))
    assert any("no comparison" in line for line in reported)
    assert check(made) == []
