"""build and check: equal bytes, and documents that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main
from codegen.build import Layout, build
from codegen.document.complete import complete
from codegen.document.tree import SpecError, canonical, operations, read
from codegen.generate import ResourceProject
from tests.codegen.documents import (
    REPOSITORY,
    body,
    built,
    document,
    family,
    fields,
    layout,
    operation,
    real_prepared,
    save,
)

# ── The repository itself ────────────────────────────────────────────────────────────────────────


def test_a_build_elsewhere_gives_the_same_bytes_and_loses_no_operation(tmp_path: Path) -> None:
    fresh, kept = Layout(tmp_path), REPOSITORY
    fresh.upstream.parent.mkdir()
    fresh.upstream.write_bytes(kept.upstream.read_bytes())
    fresh.overlay.write_bytes(kept.overlay.read_bytes())
    reported = build(fresh)

    assert fresh.document.read_bytes() == kept.document.read_bytes()
    names = sorted(path.name for path in kept.package.glob("*.py"))
    assert sorted(path.name for path in fresh.package.glob("*.py")) == names
    for name in names:
        assert (fresh.package / name).read_bytes() == (kept.package / name).read_bytes(), name

    declared = {str(ref) for ref in operations(read(fresh.upstream))}
    made = {str(ref) for ref in operations(read(fresh.document))}
    assert declared <= made
    assert f"{fresh.document}: {len(made)} operations" in reported
    repairs = read(fresh.document)["x-a2e-repairs"]
    assert reported[: len(repairs)] == repairs


def test_check_is_silent_about_what_build_made_and_names_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = built(tmp_path, document(family("userKite") | family("userVoice")))
    changed, extra, lost = (made.package / name for name in ("kite.py", "extra.py", "voice.py"))
    changed.write_text(changed.read_text().replace("\nclass Kite(", "\nclass Kites(", 1))
    extra.write_text("x = 1\n")
    lost.unlink()
    assert main(["check"], made.root) == 1

    reported = capsys.readouterr().out.splitlines()
    assert f"{changed}: 2 lines differ" in reported
    assert f"{extra}: is no longer generated" in reported
    assert f"{lost}: is missing" in reported


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    made = built(tmp_path, document())
    before = {path: path.stat().st_mtime_ns for path in made.root.rglob("*.*")}
    build(made)
    assert {path: path.stat().st_mtime_ns for path in made.root.rglob("*.*")} == before


def test_the_document_names_the_secure_server() -> None:
    assert [server["url"] for server in read(REPOSITORY.document)["servers"]] == ["https://video.a2e.ai"]


# ── What cannot be built, and the command line ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("paths", "reported"),
    [
        (
            {"/a/start": {"post": operation(requestBody=fields(x={"type": "string", "pattern": "("}))}},
            "pattern",
        ),
        (
            {"/a/start": {"post": operation(**{"x-a2e-any-of": [["nobody"]]}, requestBody=fields())}},
            "nobody",
        ),
        (
            {"/a/start": {"post": operation(**{"x-a2e-needs": [{"if": 1}]}, requestBody=fields())}},
            "not a rule",
        ),
        (
            {"/a/start": {"post": operation(**{"x-a2e-role": "stop"})}},
            "POST /a/start (#/paths/~1a~1start/post): x-a2e-role is 'stop', not one of start, get",
        ),
    ],
)
def test_what_cannot_be_generated_is_named_and_nothing_is_written(
    paths: dict[str, Any], reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = layout(tmp_path, document(paths))
    assert main(["build"], tmp_path) == 1
    assert reported in capsys.readouterr().err
    assert not made.document.exists()
    assert not made.package.exists()


@pytest.mark.parametrize("combined", ["allOf", "anyOf", "oneOf"])
def test_a_schema_made_of_itself_is_named(combined: str, tmp_path: Path) -> None:
    content = document(
        {"/a/start": {"post": operation(requestBody=body({"$ref": "#/components/schemas/B"}))}}
    )
    for name, other in (("A", "B"), ("B", "A")):
        content["components"]["schemas"][name] = {combined: [{"$ref": f"#/components/schemas/{other}"}]}
    with pytest.raises(
        SpecError, match=r"upstream\.json.*\n.*#/components/schemas/[AB]: the schema is made of itself"
    ):
        build(layout(tmp_path, content))


def test_the_command_line_pulls_builds_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = layout(tmp_path, document())
    source = save(tmp_path / "new.json", document(family("userOther")))
    assert main(["pull", str(source)], tmp_path) == 0
    assert main(["check"], tmp_path) == 1
    assert main(["build"], tmp_path) == 0
    assert main(["check"], tmp_path) == 0
    assert (made.package / "other.py").exists()
    assert main(["pull", str(tmp_path / "nothing.json")], tmp_path) == 1
    assert "error: " in capsys.readouterr().err


def test_a_resource_that_disappears_leaves_no_module(tmp_path: Path) -> None:
    made = built(tmp_path, document(family("userOld") | family("userNew")))
    assert (made.package / "old.py").exists()
    save(made.upstream, document(family("userNew")))
    build(made)
    assert sorted(path.name for path in made.package.glob("*.py")) == ["__init__.py", "new.py"]


def test_the_parser_may_not_drop_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    made = document()
    complete(made)

    def forget(self: Any) -> list[Any]:
        for collection in self.openapi.endpoint_collections_by_tag.values():
            collection.endpoints.pop()
        return []

    monkeypatch.setattr(ResourceProject, "_get_errors", forget)
    with pytest.raises(SpecError, match="dropped"):
        ResourceProject(made)


def test_equal_documents_in_another_spelling_give_equal_code(tmp_path: Path) -> None:
    first, second = layout(tmp_path / "a", document()), layout(tmp_path / "b", document())
    second.upstream.write_text(canonical(document()))
    build(first)
    build(second)
    for path in first.package.glob("*.py"):
        assert path.read_bytes() == (second.package / path.name).read_bytes()


def test_prepare_counts_what_it_did() -> None:
    prepared = real_prepared()
    assert [str(one) for one in prepared.repairs] == prepared.document["x-a2e-repairs"]
    assert all("Record" in line for line in prepared.completed)
