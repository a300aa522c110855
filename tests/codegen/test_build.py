"""build and check: equal bytes, conventions for new families, and what cannot be generated."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main
from codegen.build import Layout, build, prepare
from codegen.document.complete import complete
from codegen.document.tree import SpecError, canonical, operations, read
from codegen.generate import ResourceProject
from tests.codegen.documents import (
    HARMLESS,
    ROOT,
    body,
    document,
    family,
    fields,
    id_parameter,
    import_text,
    operation,
    overlay,
    save,
)


def layout(tmp_path: Path, content: dict[str, Any], *actions: dict[str, Any]) -> Layout:
    made = Layout(tmp_path)
    save(made.upstream, content)
    save(made.overlay, overlay(*(actions or (HARMLESS,))))  # JSON is YAML
    return made


def built(tmp_path: Path, content: dict[str, Any], resource: str) -> Any:
    made = layout(tmp_path, content)
    build(made)
    return import_text((made.package / f"{resource}.py").read_text(), f"generated_{resource}")


# ── The repository itself ────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The repository's documents, built anew elsewhere."""
    made = Layout(tmp_path_factory.mktemp("fresh"))
    for path, kept in ((made.upstream, Layout(ROOT).upstream), (made.overlay, Layout(ROOT).overlay)):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(kept.read_bytes())
    build(made)
    return made


def test_two_builds_give_the_same_bytes(fresh: Layout) -> None:
    kept = Layout(ROOT)
    assert fresh.document.read_bytes() == kept.document.read_bytes()
    names = sorted(path.name for path in kept.package.glob("*.py"))
    assert sorted(path.name for path in fresh.package.glob("*.py")) == names
    for name in names:
        assert (fresh.package / name).read_bytes() == (kept.package / name).read_bytes(), name


def test_check_is_silent_about_what_build_made_and_names_what_differs(
    fresh: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, extra, lost = (fresh.package / name for name in ("wan25.py", "extra.py", "voice.py"))
    kept = {path: path.read_bytes() for path in (changed, lost)}
    changed.write_bytes(kept[changed].replace(b"Wan 2.5", b"Wan 9", 1))
    extra.write_text("x = 1\n")
    lost.unlink()
    try:
        assert main(["check"], fresh.root) == 1
    finally:
        extra.unlink()
        for path, content in kept.items():
            path.write_bytes(content)
    told = capsys.readouterr().out.splitlines()
    assert f"{changed}: 2 lines differ" in told
    assert f"{extra}: is no longer generated" in told
    assert f"{lost}: is missing" in told


def test_a_second_build_touches_nothing_and_no_operation_is_lost(fresh: Layout) -> None:
    before = {path: path.stat().st_mtime_ns for path in fresh.root.rglob("*.*")}
    told = build(fresh)
    assert {path: path.stat().st_mtime_ns for path in fresh.root.rglob("*.*")} == before
    declared = {str(ref) for ref in operations(read(fresh.upstream))}
    made = {str(ref) for ref in operations(read(fresh.document))}
    assert declared <= made
    assert f"{fresh.document}: {len(made)} operations" in told
    repairs = read(fresh.document)["x-a2e-repairs"]
    assert told[: len(repairs)] == repairs


def test_the_document_names_the_secure_server() -> None:
    assert [server["url"] for server in read(Layout(ROOT).document)["servers"]] == ["https://video.a2e.ai"]


# ── Conventions ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("detail", ["{_id}", "{id}", "detail/{id}"])
def test_a_family_that_nobody_has_seen_becomes_a_workflow(detail: str, tmp_path: Path) -> None:
    from a2e_async.records import TaskRecord
    from a2e_async.resources import Workflow

    module = built(tmp_path, document(family("userNewThing", detail)), "new_thing")
    cls = module.NewThing
    assert issubclass(cls, Workflow)
    assert issubclass(module.NewThingRecord, TaskRecord)
    assert cls.record_type is module.NewThingRecord
    routes = cls.routes
    assert routes.start.path == "/api/v1/userNewThing/start"
    assert routes.get.call({"id": "abc"}, {}).path == f"/api/v1/userNewThing/{detail}".replace(
        detail[detail.index("{") :], "abc"
    )
    assert routes.delete.method == "DELETE"
    assert routes.list.paging.page == "pageNum"
    assert routes.batch_detail.call({"ids": ["a"]}, {}).body == {"ids": ["a"]}
    assert [record.id for record in routes.list.reply({"rows": [{"_id": "a"}], "count": 1})] == ["a"]
    job = cls(client=None)(prompt="x", image_url="https://host.example/a.png")
    assert job.body == {"prompt": "x", "image_url": "https://host.example/a.png"}


def test_replies_that_are_declared_stay_as_they_are() -> None:
    made = document()
    start = made["paths"]["/api/v1/userNewThing/start"]["post"]
    declared = {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Own"}}}
    start["responses"]["200"]["content"]["application/json"]["schema"] = declared
    made["components"]["schemas"]["Own"] = {"type": "object", "properties": {"_id": {"type": "string"}}}
    told = complete(made)
    assert start["responses"]["200"]["content"]["application/json"]["schema"] == declared
    assert all("Own" in line for line in told)
    assert "NewThingRecord" not in made["components"]["schemas"]
    assert len(told) == 3


def test_completing_twice_is_as_once() -> None:
    made = document()
    assert complete(made)
    again = copy.deepcopy(made)
    assert complete(again) == []
    assert again == made


def test_an_envelope_of_its_own_is_kept() -> None:
    made = document()
    made["components"]["schemas"]["Success"] = {
        "type": "object",
        "properties": {"success": {"type": "boolean"}, "data": {"type": "object"}},
        "required": ["success"],
    }
    start = made["paths"]["/api/v1/userNewThing/start"]["post"]
    start["responses"]["200"]["content"]["application/json"]["schema"] = {
        "$ref": "#/components/schemas/Success"
    }
    complete(made)
    schema = start["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["data"] == {"$ref": "#/components/schemas/NewThingRecord"}
    assert schema["required"] == ["success"]
    assert made["components"]["schemas"]["Success"]["properties"]["data"] == {"type": "object"}


NESTED = {
    "type": "object",
    "required": ["x"],
    "properties": {
        "x": {"type": "number", "minimum": 0},
        "from": {"type": "string"},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
    },
}
PART = {
    "type": "object",
    "properties": {"url": {"type": "string"}, "part": {"$ref": "#/components/schemas/Part"}},
}


def test_nested_objects_are_checked_and_typed(tmp_path: Path) -> None:
    from a2e_async.errors import InvalidArgument

    content = document(
        {
            "/api/v1/things/start": {
                "post": operation(requestBody=fields(["area"], area=NESTED, n={"type": "integer"}))
            }
        }
    )
    content["components"]["schemas"]["Part"] = PART
    module = built(tmp_path, content, "things")
    assert module.Area.__required_keys__ == {"x"}
    assert set(module.Area.__annotations__) == {"x", "from", "parts"}
    call = module.Things(client=None)
    good = {"x": 1, "from": "a", "parts": [{"url": "https://host.example/a", "part": {"more": 1}}]}
    assert call(area=good).body == {"area": good}
    for bad, told in (
        ({}, "area.x: is required"),
        ({"x": -1}, "area.x"),
        ({"x": 1, "parts": [{"url": "no url"}]}, "area.parts[0].url"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            call(area=bad)
        assert told in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "number", "enum": [0.5, 1]}, [0.5, 1], [0.7, "1"]),
        ({"type": "string", "enum": ["a", None], "nullable": True}, ["a"], ["b"]),
        ({"enum": ["a", 1, None]}, ["a", 1], ["b", 2]),
        ({"type": "string", "enum": ["a", "a"]}, ["a"], ["b"]),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, ["abc"], ["abcd", 5]),
        ({"allOf": [{"$ref": "#/components/schemas/Mode"}], "description": "m"}, ["low"], ["mid", {}]),
        (
            {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Mode"}]}},
            [["low"]],
            [["mid"]],
        ),
        ({"type": "integer", "minimum": 1.0, "maximum": 5.5}, [1, 5], [0, 6]),
        ({"type": "object", "enum": [{"a": 1}]}, [{"a": 1}, {}], [1]),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {}}]}, ["a", [1]], []),
    ],
)
def test_schemas_in_the_spellings_that_occur(
    schema: dict[str, Any], good: list[Any], bad: list[Any], tmp_path: Path
) -> None:
    from a2e_async.errors import InvalidArgument

    content = document({"/api/v1/things/start": {"post": operation(requestBody=fields(x=schema))}})
    content["components"]["schemas"]["Mode"] = {"type": "string", "enum": ["low", "high"]}
    call = built(tmp_path, content, "things").Things(client=None)
    for value in good:
        assert call(x=value).body == {"x": value}
    for value in bad:
        with pytest.raises(InvalidArgument, match="x"):
            call(x=value)


def test_a_body_that_is_not_declared_is_free_form(tmp_path: Path) -> None:
    module = built(tmp_path, document({"/api/v1/things/start": {"post": operation()}}), "things")
    job = module.Things(client=None)(body={"a": 1, "b": 1}, extra_body={"b": 2})
    assert job.body == {"a": 1, "b": 2}


def test_limits_with_an_exception_and_rules(tmp_path: Path) -> None:
    from a2e_async.errors import InvalidArgument

    start = operation(
        requestBody=fields(
            seconds={"type": "integer", "oneOf": [{"enum": [-1]}, {"minimum": 4, "maximum": 30}]},
            aUrl={"type": "string"},
            b={"type": "string"},
            mode={"type": "string", "enum": ["one", "two"]},
        ),
        **{
            "x-a2e-any-of": [["aUrl", "b"]],
            "x-a2e-exclusive": [["aUrl", "b"]],
            "x-a2e-needs": [{"when": {"mode": ["two"]}, "all": ["b"]}, {"when": {"b": "*", "seconds": [5]}}],
        },
    )
    module = built(tmp_path, document({"/api/v1/things/start": {"post": start}}), "things")
    call = module.Things(client=None)
    for values in (
        {"a_url": "https://h.example/a", "seconds": -1},
        {"b": "x", "seconds": 4},
        {"b": "x", "mode": "two", "seconds": 30},
    ):
        assert call(**values).body
    for values, told in (
        ({}, "a_url: one of a_url, b is required"),
        ({"a_url": "https://h.example/a", "b": "x"}, "b: cannot be given together with a_url"),
        ({"a_url": "https://h.example/a", "mode": "two"}, "b: is required with mode='two'"),
        ({"b": "x", "seconds": 5}, "seconds: 5 cannot be combined with b"),
        ({"b": "x", "seconds": 3}, "seconds: 3 is out of bounds"),
        ({"b": "x", "seconds": -2}, "seconds: -2 is out of bounds"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            call(**values)
        assert told in str(caught.value)


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (
            {
                "/a/start": {
                    "post": operation(requestBody=fields(aB={"type": "string"}, a_b={"type": "string"}))
                }
            },
            "'aB' and 'a_b' would both be 'a_b'",
        ),
        (
            {
                "/a/list": {
                    "get": operation(
                        parameters=[{"name": "X-Mode", "in": "header", "schema": {"type": "string"}}]
                    )
                }
            },
            "header and cookie parameters",
        ),
        (
            {
                "/a/start": {
                    "post": operation(requestBody={"content": {"text/csv": {"schema": {"type": "string"}}}})
                }
            },
            "POST /a/start",
        ),
        (
            {"/a/start": {"post": operation(requestBody=fields(x={"type": "string", "pattern": "("}))}},
            "pattern",
        ),
        (
            {"/a/start": {"post": operation(**{"x-a2e-any-of": [["nobody"]]}, requestBody=fields())}},
            "'nobody'",
        ),
        (
            {"/a/start": {"post": operation(**{"x-a2e-needs": [{"if": 1}]}, requestBody=fields())}},
            "not a rule",
        ),
        (
            {
                "/a/{_id}": {"get": operation(parameters=[id_parameter()])},
                "/a/{id}": {"get": operation(parameters=[id_parameter("id")])},
            },
            "GET /a/{id} (#/paths/~1a~1{id}/get) and GET /a/{_id} (#/paths/~1a~1{_id}/get) "
            "would both be a2e.a.get()",
        ),
    ],
)
def test_what_cannot_be_generated_is_named_and_nothing_is_written(
    paths: dict[str, Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = layout(tmp_path, document(paths))
    assert main(["build"], tmp_path) == 1
    assert told in capsys.readouterr().err
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
    made = layout(tmp_path, document(family("userOld") | family("userNew")))
    build(made)
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
    prepared = prepare(read(Layout(ROOT).upstream), Layout(ROOT).overlay, "upstream")
    assert [str(one) for one in prepared.repairs] == prepared.document["x-a2e-repairs"]
    assert all("Record" in line for line in prepared.completed)
