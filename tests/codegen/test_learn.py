"""Learning from the live service: what collected shapes say about the document, and the actions for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from a2e_async._transport.shape_tallies import Shapes, add_members, written
from a2e_async._transport.shapes import shape_of
from codegen.__main__ import main
from codegen.build import Layout, prepare
from codegen.document.merging import members_of
from codegen.document.tree import read
from codegen.generate import generate
from codegen.learn.learn import Learned, learned_from
from tests.codegen.documents import (
    Document,
    document,
    family,
    layout,
    operation,
    overlay,
    save,
)

THING = "/api/v1/userNewThing"
TASK = {"_id": "67d2f1a2b3c4d5e6f7a8b9c0", "current_status": "completed", "coins": 3}


def shapes_of(**replies: Any) -> Shapes:
    """The shapes of replies: of an operation's short name, one body each or a list of them."""
    shapes: Shapes = {}
    for name, body in replies.items():
        add(shapes, ROUTES[name], body)
    return shapes


ROUTES = {
    "start": f"POST {THING}/start",
    "rows": f"GET {THING}/allRecords",
    "batch": f"POST {THING}/batchDetail",
    "detail": f"GET {THING}/{{_id}}",
    "info": "GET /api/v1/things/info",
}


def add(shapes: Shapes, operation: str, body: Any, outcome: str = "200") -> None:
    add_members(shapes, operation, outcome, shape_of(json.dumps(body).encode()))


def small(tmp_path: Path, *actions: Document, **schemas: Document) -> Layout:
    """A repository with one family, and an operation whose reply is open or has these members."""
    info = operation()
    if schemas:
        schema = {"type": "object", "properties": {"data": {"type": "object", "properties": schemas}}}
        info["responses"]["200"]["content"]["application/json"]["schema"] = schema
    paths = {**family("userNewThing"), "/api/v1/things/info": {"get": info}}
    return layout(tmp_path, document(paths), *actions)


def applied(place: Layout, learned: Learned) -> Document:
    """The prepared document after the actions are put into the overlay; then nothing is left to learn."""
    text = learned.text()
    found = yaml.safe_load(text) or {"actions": []}
    known = json.loads(place.overlay.read_text())["actions"]
    save(place.overlay, overlay(*known, *found["actions"]))
    return prepare(read(place.upstream), place.overlay, "small").document


def info_data(made: Document) -> Any:
    reply = made["paths"]["/api/v1/things/info"]["get"]["responses"]["200"]
    return reply["content"]["application/json"]["schema"]["properties"]["data"]


def plain(schema: Any) -> Any:
    """A schema without how sure it is."""
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key != "x-a2e-confidence"}
    return [plain(one) for one in schema] if isinstance(schema, list) else schema


STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("declared", "bodies", "expected", "line"),
    [
        ({}, [{"a": 1}], {"type": "integer"}, "open in the document, seen as object with a"),
        ({"a": STRING}, [{"a": "x"}], STRING, ""),
        ({"a": STRING}, [{"a": 1}], {"type": "integer"}, "declared as string, seen as integer 1 times"),
        (
            {"a": {"type": "string", "description": "An a."}},
            [{"a": 1}, {"a": "x"}],
            {"description": "An a.", "anyOf": [STRING, {"type": "integer"}]},
            "string 1 times, integer 1 times",
        ),
        ({"a": {"type": "integer"}}, [{"a": 1.5}, {"a": 1}], {"type": "number"}, "seen as number"),
        ({"a": {"type": "number"}}, [{"a": 1}], {"type": "number"}, ""),
        ({"a": {"type": "integer"}}, [{"a": 1}, {"a": ""}], {"type": "integer"}, ""),
        ({"a": {"type": "object"}}, [{"a": {}}, {"a": []}], {"type": "object"}, ""),
        ({"a": STRING}, [{"a": None}, {"a": "x"}], {**STRING, "nullable": True}, "null in 1 of 2"),
        (
            {"a": {"type": "array", "items": {}}},
            [{"a": ["x"]}],
            {"type": "array", "items": STRING},
            "reply.a[]: open in the document, seen as string",
        ),
        (
            {"a": {"type": "object", "properties": {"b": STRING}}},
            [{"a": {"b": "x", "c": [{"d": True}]}}],
            {
                "type": "object",
                "properties": {
                    "b": STRING,
                    "c": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"d": {"type": "boolean"}}},
                    },
                },
            },
            "reply.a.c: not declared, array in 1 of 1",
        ),
        (
            {"a": STRING},
            [{"a": {"x": 1}}],
            {"type": "object", "properties": {"x": {"type": "integer"}}},
            "declared as string, seen as object",
        ),
        (
            {"a": {"type": "object"}},
            [{"a": {f"67d2f1a2b3c4d5e6f7a8b9{n:02}": "x" for n in range(3)}}],
            {"type": "object", "additionalProperties": STRING},
            "open in the document",
        ),
    ],
)
def test_a_member_becomes_what_was_seen(
    declared: Document, bodies: list[Any], expected: Any, line: str, tmp_path: Path
) -> None:
    place = small(tmp_path, **declared)
    shapes: Shapes = {}
    for data in bodies:
        add(shapes, ROUTES["info"], {"code": 0, "data": data})

    learned = learned_from(place, shapes)
    assert bool(learned.actions) is bool(line)
    assert line in "\n".join(learned.lines)
    made = applied(place, learned)
    assert plain(info_data(made)["properties"]["a"]) == expected
    assert not learned_from(place, shapes).actions


def test_a_status_that_is_not_in_the_list_is_added(tmp_path: Path) -> None:
    place = small(tmp_path, status={"type": "string", "enum": ["sent", "completed"]})
    learned = learned_from(place, shapes_of(info={"data": {"status": "polishing"}}))
    assert "GET /api/v1/things/info reply.status: polishing are not in its list of values" in learned.lines
    made = applied(place, learned)
    assert info_data(made)["properties"]["status"]["enum"] == ["sent", "completed", "polishing"]


def test_the_records_of_a_family_learn_from_all_its_replies(tmp_path: Path) -> None:
    place = small(tmp_path)
    shapes = shapes_of(
        start={"code": 0, "data": TASK},
        rows={"code": 0, "data": {"rows": [{**TASK, "clip_url": "https://e.com/a.mp4"}], "count": 1}},
        batch={"code": 0, "data": [{**TASK, "coins": "30"}, {**TASK, "current_status": "polishing"}]},
        detail={"code": 0, "data": {**TASK, "clip_url": ""}},
    )
    learned = learned_from(place, shapes)
    assert [one["target"] for one in learned.actions] == ["$.components.schemas"]
    assert "NewThingRecord.clip_url: not declared, string in 2 of 5" in learned.lines
    assert (
        "NewThingRecord.coins: declared as number, seen as string 1 times, integer 4 times" in learned.lines
    )
    assert "NewThingRecord.current_status: the client does not know the status polishing" in learned.lines

    made = applied(place, learned)
    record = made["components"]["schemas"]["NewThingRecord"]
    assert record["properties"]["clip_url"] == {**STRING, "x-a2e-confidence": "live (2 of 5)"}
    assert "_id" in members_of(made, record).properties
    assert "coins" not in made["components"]["schemas"]["TaskRecord"].get("x-touched", ())
    assert not learned_from(place, shapes).actions

    module = generate(made)[1]["new_thing.py"]
    assert "    clip_url: str | None = None" in module


def test_records_in_other_containers_stay_records(tmp_path: Path) -> None:
    place = small(tmp_path)
    shapes = shapes_of(
        start={"code": 0, "data": {"task": TASK, "queue": 3}},
        rows={"code": 0, "data": {"items": [TASK], "total": 1}},
        batch={"code": 0, "data": {"rows": [{**TASK, "clip_url": "https://e.com/a.mp4"}]}},
        detail={"code": 0, "data": [TASK]},
    )
    learned = learned_from(place, shapes)
    made = applied(place, learned)
    assert "NewThingRecord.clip_url: not declared, string in 1 of 4" in learned.lines
    assert not learned_from(place, shapes).actions

    module = generate(made)[1]["new_thing.py"]
    assert "class NewThingRecord(TaskRecord):" in module
    assert "clip_url" in module
    assert module.count("(Record):") == 0


def test_an_old_guess_becomes_a_fact_or_is_named(tmp_path: Path) -> None:
    record = {
        "NewThingRecord": {
            "x-a2e-confidence": "low (as the other models)",
            "allOf": [
                {"$ref": "#/components/schemas/TaskRecord"},
                {"type": "object", "properties": {"result_url": STRING}},
            ],
            "x-a2e-outputs": ["result_url"],
        }
    }
    place = small(tmp_path, {"target": "$.components.schemas", "update": record})
    right = learned_from(place, shapes_of(detail={"data": {**TASK, "result_url": "https://e.com/a.mp4"}}))
    assert "NewThingRecord: result_url seen; its confidence was: low (as the other models)" in right.lines
    made = applied(place, right)
    assert made["components"]["schemas"]["NewThingRecord"]["x-a2e-confidence"] == "live (1)"

    wrong = learned_from(place, shapes_of(detail={"data": {**TASK, "clip_url": "https://e.com/a.mp4"}}))
    assert (
        "NewThingRecord: none of its x-a2e-outputs was seen with a value, but URLs in clip_url" in wrong.lines
    )
    assert (
        "NewThingRecord: declared and never seen in 1: name, createdAt, failed_message, result_url"
        in wrong.lines
    )


def test_what_has_no_action_is_said(tmp_path: Path) -> None:
    shapes = shapes_of(info={"data": {}})
    add(shapes, ROUTES["info"], {"error": "no"}, "402")
    add(shapes, ROUTES["info"], {"code": 1003, "message": "no"}, "200 refused")
    add(shapes, "GET /api/v1/unknown/*", {"data": {}})
    add_members(shapes, ROUTES["detail"], "200", {"": {"html": 2}})

    learned = learned_from(small(tmp_path), shapes)
    assert learned.actions == []
    assert list(learned.lines) == [
        "5 replies to 3 operations",
        "GET /api/v1/unknown/*: not in the document; is it the newest (make regenerate)?",
        "GET /api/v1/things/info: answered 402 1 times, not declared",
        "GET /api/v1/things/info: answered 200 refused 1 times, not declared, with code 1003",
        f"GET {THING}/{{_id}}: declared as JSON, seen as html 2 times",
    ]


def test_names_that_would_be_one_attribute_are_left_out(tmp_path: Path) -> None:
    place = small(tmp_path, createdAt=STRING)
    learned = learned_from(place, shapes_of(info={"data": {"createdAt": "x", "created_at": "x"}}))
    assert not learned.actions
    assert (
        "reply.created_at: not declared, and left out, because 'createdAt' is named alike"
        in learned.lines[-1]
    )


def test_the_command_adds_files_up_and_writes_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = small(tmp_path)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(written(shapes_of(info={"data": {"width": 1}})))

    files, to = [str(tmp_path / "a.json"), str(tmp_path / "b.json")], tmp_path / "actions.yaml"
    assert main(["learn", *files], tmp_path) == 0
    printed = capsys.readouterr().out
    assert yaml.safe_load(printed)["actions"][0]["target"] == "$.paths['/api/v1/things/info'].get"
    assert "# 2 replies to 1 operations" in printed
    assert "live (2 of 2)" in printed

    assert main(["learn", *files, "--to", str(to)], tmp_path) == 0
    assert yaml.safe_load(to.read_text()) == yaml.safe_load(printed)
    lines = printed.partition("actions:\n")[2]
    place.overlay.write_text(f"overlay: 1.0.0\ninfo: {{title: t, version: '1'}}\nactions:\n{lines}")
    assert main(["build"], tmp_path) == 0


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "No such file"), ("{", "not JSON"), ("{}", "not a file of shapes")]
)
def test_a_bad_file_is_named(
    content: str | None, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small(tmp_path)
    file = tmp_path / "shapes.json"
    if content is not None:
        file.write_text(content)
    assert main(["learn", str(file)], tmp_path) == 1
    told = capsys.readouterr().err
    assert str(file) in told
    assert problem in told
