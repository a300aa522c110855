"""diff as a command: what it prints, for people and machines, and which version it asks for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main
from codegen.build import Layout, build
from codegen.changes.report import bumped
from codegen.document.tree import SpecError
from tests.codegen.documents import HARMLESS, built, document, family, overlay, save

Document = dict[str, Any]


@pytest.fixture
def made(tmp_path: Path) -> Layout:
    """A repository with one family."""
    repository = built(tmp_path / "repository", document(family("userOld")))
    (repository.root / "pyproject.toml").write_text('[project]\nversion = "0.4.2"\n')
    return repository


def changed(tmp_path: Path) -> Path:
    """A document with a new family, two new keywords and one keyword less."""
    content = document(family("userOld") | family("userNew"))
    body = content["paths"]["/api/v1/userOld/start"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"]["properties"] |= {"size": {"type": "integer"}, "colour": {"type": "string"}}
    del body["schema"]["properties"]["image_url"]
    return save(tmp_path / "new.json", content)


TEXT = """\
4 changes for users of the SDK, 1 of them breaking (!).
0.4.2 -> 0.5.0 (before 1.0.0 breaking raises minor, the rest patch; from 1.0.0 on breaking raises major, \
what is new minor, the rest patch).

new
    workflow a2e.new is new: prompt, 2 optional keywords; list, batch_detail, get, delete

old
  ! a2e.old(): removed keyword image_url
    a2e.old(): new keywords size, colour

For CHANGELOG.md:

## 0.5.0 (unreleased)

### Removed

- **Breaking:** `a2e.old()`: removed keyword `image_url`.

### Added

- workflow `a2e.new` is new.
- `a2e.old()`: new keywords `size`, `colour`.
"""


def test_text_says_what_changed(made: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(made.upstream), str(changed(tmp_path))], made.root) == 0
    assert capsys.readouterr().out == TEXT


def test_json_has_the_same_facts(made: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(made.document), str(changed(tmp_path)), "--json"], made.root) == 0
    reported = json.loads(capsys.readouterr().out)

    assert {key: reported[key] for key in ("version", "next_version", "bump", "breaking", "notes")} == {
        "version": "0.4.2",
        "next_version": "0.5.0",
        "bump": "minor",
        "breaking": 1,
        "notes": [],
    }
    assert [(one["kind"], one["name"], one["action"], one["breaking"]) for one in reported["changes"]] == [
        ("resource", "new", "added", False),
        ("keyword", "image_url", "removed", True),
        ("keyword", "size", "added", False),
        ("keyword", "colour", "added", False),
    ]
    assert reported["changelog"] in TEXT


def test_equal_documents_say_so(made: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(made.upstream), str(made.document)], made.root) == 0
    assert capsys.readouterr().out == "Nothing changed for users of the SDK.\n"


def test_other_words_are_mentioned_only(
    made: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = document(family("userOld"))
    content["paths"]["/api/v1/userOld/start"]["post"]["summary"] = "In other words"
    assert main(["diff", str(made.upstream), str(save(tmp_path / "new.json", content))], made.root) == 0
    assert capsys.readouterr().out == "Nothing changed for users of the SDK. Descriptions did change.\n"


def test_an_older_document_may_lack_what_the_overlay_names(
    made: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    action = {"target": "$.paths['/api/v1/userNew/start'].post", "update": {"x-a2e-start": True}}
    save(made.overlay, overlay(HARMLESS, action))
    assert main(["diff", str(made.upstream), str(changed(tmp_path))], made.root) == 0
    note = f"{made.upstream}: 1 overlay actions and rules match nothing in it and were left out"
    assert note in capsys.readouterr().out


def test_revisions_of_git_are_documents_too(made: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", *arguments],
            cwd=made.root,
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    save(made.upstream, document(family("userOld") | family("userNew")))
    build(made)
    for arguments in (["diff"], ["diff", "HEAD"], ["diff", "HEAD:openapi/upstream.json"]):
        assert main(arguments, made.root) == 0
        assert "workflow a2e.new is new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "reported"),
    [
        ("no/such/file.json", "no/such/file.json: neither a file nor a revision of git"),
        ("--output=x", "no such file"),
        ("a b", "a b: no such file"),
    ],
)
def test_an_unknown_document_is_named(
    old: str, reported: str, made: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--", old], made.root) == 1
    assert reported in capsys.readouterr().err


def test_a_hostile_name_stays_text(made: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = document(family("userOld"))
    body = content["paths"]["/api/v1/userOld/start"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"]["properties"] |= {
        "mode": {"type": "string", "enum": ["\x1b[31m", "a\n## 9.9.9"]},
        "\x1b]0;x\x07": {"type": "string"},
    }
    assert main(["diff", str(made.upstream), str(save(tmp_path / "new.json", content))], made.root) == 0
    reported = capsys.readouterr().out
    assert "\x1b" not in reported
    assert "\n## 9.9.9" not in reported


@pytest.mark.parametrize(
    ("version", "part", "wanted"),
    [
        ("0.4.2", "minor", "0.5.0"),
        ("0.4.2", "patch", "0.4.3"),
        ("1.4.2", "major", "2.0.0"),
        ("1.4.2rc1", "minor", "1.5.0"),
        ("1.4.2", "none", "1.4.2"),
    ],
)
def test_versions_go_up_by_one(version: str, part: str, wanted: str) -> None:
    assert bumped(version, part) == wanted


@pytest.mark.parametrize(
    ("version", "breaking", "wanted"),
    [
        ("0.4.2", True, "0.5.0"),
        ("0.4.2", False, "0.4.3"),
        ("1.4.2", True, "2.0.0"),
        ("1.4.2", False, "1.5.0"),
    ],
)
def test_the_changes_ask_for_a_version(
    version: str,
    breaking: bool,
    wanted: str,
    made: Layout,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (made.root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    new = family("userNew") if breaking else family("userOld") | family("userNew")
    source = save(tmp_path / "new.json", document(new | family("userThird")))
    assert main(["diff", str(made.upstream), str(source), "--json"], made.root) == 0
    assert json.loads(capsys.readouterr().out)["next_version"] == wanted


def test_an_invalid_version_is_named(made: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SpecError, match="'next' is not three numbers"):
        bumped("next", "minor")
    (made.root / "pyproject.toml").write_text("[project]\n")
    assert main(["diff", str(made.upstream), str(made.document)], made.root) == 1
    assert "pyproject.toml: no version" in capsys.readouterr().err
