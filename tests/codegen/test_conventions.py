"""Conventions for new families, and what becomes of schemas in the spellings that occur."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from codegen.document.complete import complete
from tests.codegen.documents import document, family, fields, import_text, modules, operation


def built(root: Path, content: dict[str, Any], resource: str) -> Any:
    """The module that is generated for a resource."""
    return import_text(modules(root, content)[f"{resource}.py"], f"generated_{resource}")


@pytest.mark.parametrize("detail", ["{_id}", "{id}", "detail/{id}"])
def test_a_new_family_becomes_a_workflow(detail: str, tmp_path: Path) -> None:
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
    reported = complete(made)
    assert start["responses"]["200"]["content"]["application/json"]["schema"] == declared
    assert all("Own" in line for line in reported)
    assert "NewThingRecord" not in made["components"]["schemas"]
    assert len(reported) == 3


def test_completing_a_second_time_does_nothing() -> None:
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
    for bad, reported in (
        ({}, "area.x: is required"),
        ({"x": -1}, "area.x"),
        ({"x": 1, "parts": [{"url": "no url"}]}, "area.parts[0].url"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            call(area=bad)
        assert reported in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "number", "enum": [0.5, 1]}, [0.5, 1, 0.7], ["1", True]),
        ({"type": "string", "enum": ["a", None], "nullable": True}, ["a", "b"], [1]),
        ({"enum": ["a", 1, None]}, ["a", 1, "b", 2], []),
        ({"enum": ["a", 1, None], "x-a2e-closed": True}, ["a", 1], ["b", 2]),
        ({"type": "string", "enum": ["a", "a"]}, ["a", "b"], [1]),
        ({"type": "string", "enum": ["a"], "x-a2e-closed": True}, ["a"], ["b"]),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, ["abc"], ["abcd", 5]),
        ({"allOf": [{"$ref": "#/components/schemas/Mode"}], "description": "m"}, ["low", "mid"], [{}]),
        (
            {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Mode"}]}},
            [["low", "mid"]],
            [[1]],
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

    accepted: tuple[dict[str, Any], ...] = (
        {"a_url": "https://h.example/a", "seconds": -1},
        {"b": "x", "seconds": 4},
        {"b": "x", "mode": "two", "seconds": 30},
    )
    for values in accepted:
        assert call(**values).body

    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "a_url: one of a_url, b is required"),
        ({"a_url": "https://h.example/a", "b": "x"}, "b: cannot be given together with a_url"),
        ({"a_url": "https://h.example/a", "mode": "two"}, "b: is required with mode='two'"),
        ({"b": "x", "seconds": 5}, "seconds: 5 cannot be combined with b"),
        ({"b": "x", "seconds": 3}, "seconds: 3 is out of bounds"),
        ({"b": "x", "seconds": -2}, "seconds: -2 is out of bounds"),
    )
    for values, reported in refused:
        with pytest.raises(InvalidArgument) as caught:
            call(**values)
        assert reported in str(caught.value)
