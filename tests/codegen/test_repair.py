"""The repair rules one by one; and what they do to upstream's real document."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from codegen.document import repair as repairing
from codegen.document.repair import RULES, repair
from codegen.document.tree import SpecError, operations, read
from codegen.document.validation import validate
from tests.codegen.documents import ROOT, TOKEN, document, fields, id_parameter, operation

UPSTREAM = ROOT / "openapi" / "upstream.json"


def schema_of(made: dict[str, Any], path: str = "/a/start", method: str = "post") -> dict[str, Any]:
    found: dict[str, Any] = made["paths"][path][method]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    return found


def repaired_body(schema: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The schema after the repair, and the repairs."""
    source = document({"/a/start": {"post": operation(requestBody=fields())}})
    schema_of(source).clear()
    schema_of(source).update(schema)
    made, repairs = repair(source)
    validate(made, "repaired")
    return schema_of(made), [str(one) for one in repairs]


def test_a_sound_document_needs_no_repair() -> None:
    made, repairs = repair(document())
    assert made == document()
    assert repairs == []


def test_foreign_members_at_the_top_are_removed() -> None:
    no_groups: Any = []
    made, repairs = repair(document(None, trace_id="x", **{"x-tagGroups": no_groups}))
    assert "trace_id" not in made
    assert "x-tagGroups" in made
    assert [str(one) for one in repairs] == ["foreign_members: trace_id: removed, OpenAPI has no such member"]


def test_servers_are_secure() -> None:
    made, repairs = repair(document(servers=[{"url": "http://video.a2e.ai/x"}, {"url": "https://b.example"}]))
    assert [server["url"] for server in made["servers"]] == ["https://video.a2e.ai/x", "https://b.example"]
    assert len(repairs) == 1


def test_required_false_on_a_property_is_removed() -> None:
    schema, reported = repaired_body(
        {"type": "object", "properties": {"a": {"type": "number", "required": False}}}
    )
    assert schema == {"type": "object", "properties": {"a": {"type": "number"}}}
    assert reported == ["boolean_required: POST /a/start body.a: required: false removed"]


def test_required_true_on_a_property_moves_to_its_object() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string", "required": True}}}
    schema, _ = repaired_body({"type": "object", "properties": {"a": inner}})
    assert schema["properties"]["a"] == {
        "type": "object",
        "properties": {"b": {"type": "string"}},
        "required": ["b"],
    }
    kept, _ = repaired_body({"type": "object", "required": ["b"], "properties": inner["properties"]})
    assert kept["required"] == ["b"]


def test_an_empty_required_is_removed_everywhere() -> None:
    empty = {"type": "object", "required": []}
    schema, reported = repaired_body(
        {"allOf": [{**empty, "properties": {"a": {"type": "array", "items": empty}}}], "required": []}
    )
    assert "required" not in str(schema)
    assert len(reported) == 3


def test_an_array_without_items_takes_anything() -> None:
    schema, reported = repaired_body({"type": "object", "properties": {"boxes": {"type": "array"}}})
    assert schema["properties"]["boxes"] == {"type": "array", "items": {}}
    assert reported == ["array_without_items: POST /a/start body.boxes: items: {} added"]


def test_a_path_parameter_is_required() -> None:
    parameter = {**id_parameter(), "required": False}
    made, repairs = repair(document({"/a/{_id}": {"get": operation(parameters=[parameter])}}))
    assert made["paths"]["/a/{_id}"]["get"]["parameters"][0]["required"] is True
    assert [one.rule for one in repairs] == ["optional_path_parameter"]


def test_tags_are_declared_and_grouped() -> None:
    groups = [{"name": "All", "tags": ["Things"]}]
    paths = {"/a/start": {"post": operation(tags=["New Things"])}}
    made, repairs = repair(document(paths, **{"x-tagGroups": groups}))
    assert {"name": "New Things"} in made["tags"]
    assert made["x-tagGroups"] == [*groups, {"name": "Other", "tags": ["New Things"]}]
    assert len(repairs) == 2


def test_every_operation_names_the_one_security_scheme() -> None:
    open_one = operation()
    del open_one["security"]
    made, repairs = repair(document({"/a/start": {"post": open_one}}))
    assert made["paths"]["/a/start"]["post"]["security"] == TOKEN
    assert [one.rule for one in repairs] == ["missing_security"]


def test_the_source_is_not_changed_and_a_second_repair_does_nothing() -> None:
    source = read(UPSTREAM)
    before = copy.deepcopy(source)
    once, repairs = repair(source)
    assert source == before
    assert repairs
    assert repair(once) == (once, [])


def test_upstreams_document_is_invalid_before_and_valid_after() -> None:
    source = read(UPSTREAM)
    with pytest.raises(SpecError, match="not valid OpenAPI"):
        validate(source, "upstream")

    made, repairs = repair(source)
    validate(made, "repaired")
    assert {one.rule for one in repairs} >= {
        "foreign_members",
        "boolean_required",
        "empty_required",
        "array_without_items",
        "missing_security",
    }
    assert [str(ref) for ref in operations(made)] == [str(ref) for ref in operations(source)]


def test_each_rule_says_what_it_is_for() -> None:
    for rule in RULES:
        assert re.search(r"\w+.*\.", rule.__doc__ or ""), rule


def test_a_rule_that_drops_an_operation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(made: dict[str, Any]) -> Any:
        del made["paths"]["/api/v1/userNewThing/start"]
        yield "there", "dropped"

    monkeypatch.setattr(repairing, "RULES", (*RULES, careless))
    with pytest.raises(SpecError, match="list of operations"):
        repair(document())


def test_what_no_rule_covers_is_named_by_the_validation() -> None:
    broken = document({"/a/start": {"post": operation(requestBody=fields(x={"type": "object", "items": 5}))}})
    made, _ = repair(broken)
    with pytest.raises(SpecError, match="#/paths/~1a~1start/post/requestBody/"):
        validate(made, "repaired")


def test_a_path_that_is_a_reference_keeps_its_operations() -> None:
    made, repairs = repair(
        document(
            {"/a/list": {"get": operation(operationId="list")}, "/b/list": {"$ref": "#/paths/~1a~1list"}}
        )
    )
    assert [str(ref) for ref in operations(made)] == ["GET /a/list", "GET /b/list"]
    assert "operationId" not in made["paths"]["/b/list"]["get"]
    assert [str(one) for one in repairs] == ["referenced_paths: /b/list: #/paths/~1a~1list written out"]


def test_a_repeated_operation_id_is_removed() -> None:
    made, repairs = repair(
        document({f"/{name}/list": {"get": operation(operationId="list")} for name in ("a", "b")})
    )
    assert made["paths"]["/a/list"]["get"]["operationId"] == "list"
    assert "operationId" not in made["paths"]["/b/list"]["get"]
    assert [one.place for one in repairs] == ["GET /b/list"]


def test_missing_replies_and_words_are_added() -> None:
    bare = operation()
    del bare["responses"]
    made, repairs = repair(
        document({"/a": {"get": bare, "post": operation(responses={"200": {"content": {}}})}})
    )
    validate(made, "repaired")
    assert [one.rule for one in repairs] == ["missing_replies", "missing_replies"]


def test_keywords_that_openapi_does_not_know_are_removed() -> None:
    schema, reported = repaired_body(
        {"type": "object", "properties": {"a": {"type": "string", "optional": True, "x-own": 1}}}
    )
    assert schema["properties"]["a"] == {"type": "string", "x-own": 1}
    assert reported == [
        "foreign_keywords: POST /a/start body.a: optional removed, OpenAPI has no such keyword"
    ]


def test_words_beside_a_reference_hold_too() -> None:
    source = document({"/a/start": {"post": operation(requestBody=fields())}})
    source["components"]["schemas"]["A"] = {"type": "string"}
    schema_of(source)["properties"]["a"] = {"$ref": "#/components/schemas/A", "default": "x"}
    made, repairs = repair(source)
    validate(made, "repaired")
    assert schema_of(made)["properties"]["a"] == {
        "allOf": [{"$ref": "#/components/schemas/A"}],
        "default": "x",
    }
    assert [one.rule for one in repairs] == ["reference_with_siblings"]
