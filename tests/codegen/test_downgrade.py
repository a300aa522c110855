"""OpenAPI 3.1 and 3.2 go through the same pipeline: they are written as 3.0 first."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from codegen.build import build
from codegen.document.downgrade import downgrade
from codegen.document.repair import repair
from codegen.document.tree import SpecError, canonical, read
from codegen.document.validation import check_kind, validate
from tests.codegen.documents import built, document, family, fields, layout, operation
from tests.codegen.shapes import generated, op, query

STRING = {"type": "string"}


def written(schema: Any) -> tuple[Any, list[str]]:
    """The schema of a body's member in 3.0, and what was told."""
    made = document({"/a/start": {"post": operation(requestBody=fields(x=schema))}}, openapi="3.1.0")
    repaired, repairs = repair(made)
    validate(repaired, "test")
    body = repaired["paths"]["/a/start"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return body["properties"]["x"], [str(one) for one in repairs]


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["integer", "number"]}, {"type": "number"}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": ["array", "null"], "items": STRING}, {"type": "array", "items": STRING, "nullable": True}),
        ({"type": ["string", "array"], "items": STRING},
         {"anyOf": [STRING, {"type": "array", "items": STRING}]}),
        ({"type": "null"}, {"nullable": True, "enum": [None]}),
        ({"anyOf": [STRING, {"type": "null"}]}, {"type": "string", "nullable": True}),
        ({"anyOf": [{"type": "string", "enum": ["a"]}, STRING, {"type": "null"}]},
         {"anyOf": [{"type": "string", "enum": ["a"]}, STRING], "nullable": True}),
        ({"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]},
         {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": True}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": 5}, {"type": "integer", "enum": [5]}),
        ({"const": None}, {"nullable": True, "enum": [None]}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "string", "examples": []}, STRING),
        ({"type": "number", "exclusiveMinimum": 0},
         {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        ({"type": "number", "exclusiveMinimum": 0, "minimum": 1}, {"type": "number", "minimum": 1}),
        ({"type": "number", "exclusiveMaximum": 5, "maximum": 5},
         {"type": "number", "maximum": 5, "exclusiveMaximum": True}),
        ({"type": "string", "contentMediaType": "application/octet-stream"},
         {"type": "string", "format": "binary"}),
        ({"contentMediaType": "image/png"}, {"type": "string", "format": "binary"}),
        ({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
         {"type": "string", "format": "byte"}),
        ({"type": "string", "contentMediaType": "application/json", "contentSchema": STRING}, STRING),
        ({"$ref": "#/components/schemas/A", "description": "d"},
         {"allOf": [{"$ref": "#/components/schemas/A"}], "description": "d"}),
        ({"type": "array", "prefixItems": [STRING, {"type": "integer"}], "items": False},
         {"type": "array", "items": {"anyOf": [STRING, {"type": "integer"}]}, "maxItems": 2}),
        ({"type": "array", "prefixItems": [STRING, STRING], "items": STRING},
         {"type": "array", "items": STRING}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (True, {}),
        ({"type": "object", "patternProperties": {"^x": STRING}},
         {"type": "object", "additionalProperties": STRING}),
        ({"type": "object", "unevaluatedProperties": False}, {"type": "object"}),
        ({"type": "object", "properties": {"const": STRING, "type": STRING, "examples": {"const": 1}}},
         {"type": "object", "properties": {"const": STRING, "type": STRING,
                                           "examples": {"type": "integer", "enum": [1]}}}),
        ({"type": "object", "properties": {"a": STRING}, "if": {"properties": {"a": {"const": "x"}}},
          "then": {"properties": {"b": STRING}, "required": ["b"]}, "else": {"properties": {"c": STRING}}},
         {"type": "object", "properties": {"a": STRING, "b": STRING, "c": STRING}}),
        ({"type": "string", "enum": ["a", None], "default": None}, {"type": "string", "enum": ["a", None]}),
        ({"type": "string", "default": {"const": 1}, "example": {"type": ["null"]}},
         {"type": "string", "example": {"type": ["null"]}}),
        ({"$comment": "c", "$id": "x", "type": "string"}, STRING),
    ],
)  # fmt: skip
def test_each_word_of_3_1_has_one_of_3_0(newer: Any, older: Any) -> None:
    made = document({"/a": {"get": operation()}}, openapi="3.1.0")
    made["components"]["schemas"] = {"A": {"type": "object", "properties": {"x": copy.deepcopy(newer)}}}
    before = copy.deepcopy(made)
    repaired, _ = repair(made)
    assert made == before
    validate(repaired, "test")
    assert repaired["components"]["schemas"]["A"]["properties"]["x"] == older
    assert repaired["openapi"] == "3.0.3"
    assert repair(repaired) == (repaired, [])


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": {}, "contains": STRING}, "contains is not checked here"),
        ({"type": "object", "propertyNames": {"pattern": "^a"}}, "propertyNames is not checked here"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired is not checked here"),
        ({"type": "object", "patternProperties": {"^x": {}}}, "names of members (^x) are not checked"),
        ({"type": "array", "prefixItems": [STRING, {}]}, "the order of the elements' types is not checked"),
        ({"if": {}, "then": {}}, "if, then and else are not checked here"),
        ({"type": "string", "unheard": 1}, "unheard removed, OpenAPI has no such keyword"),
    ],
)
def test_what_3_0_cannot_say_is_told_with_its_place(schema: Any, words: str) -> None:
    _, told = written(schema)
    assert any("POST /a/start body.x" in line and words in line for line in told), told


def test_members_of_the_document_that_3_0_does_not_have() -> None:
    item = {"get": operation()}
    made = document(
        {"/a": {"$ref": "#/components/pathItems/A"}, "/b": {"post": operation(), "query": operation()},
         "/c": {"$ref": "#/paths/~1b"}},
        openapi="3.2.0", jsonSchemaDialect="https://json-schema.org/draft/2020-12/schema",
        webhooks={"done": {"post": {"requestBody": fields(x={"type": ["null"]})}}},
        info={"title": "t", "version": "1", "summary": "s", "license": {"name": "MIT", "identifier": "MIT"}},
    )  # fmt: skip
    made["components"]["pathItems"] = {"A": item}
    made["components"]["securitySchemes"]["tls"] = {"type": "mutualTLS"}
    del made["paths"]["/b"]["post"]["responses"]
    made["paths"]["/b"]["post"]["security"] = [{"tls": []}, {"bearerAuth": []}]
    made["paths"]["/b"]["post"]["operationId"] = "b"

    repaired, repairs = repair(made)
    validate(repaired, "test")
    assert list(repaired["paths"]["/a"]) == ["get"]
    assert list(repaired["paths"]["/c"]) == ["post"]
    assert repaired["paths"]["/b"]["post"]["security"] == [{"bearerAuth": []}]
    assert list(repaired["x-webhooks"]) == ["done"]
    told = "\n".join(map(str, repairs))
    for words in (
        "webhooks",
        "QUERY /b: left out",
        "mutualTLS",
        "jsonSchemaDialect",
        "3.2.0 is written as 3.0.3",
    ):
        assert words in told


def test_definitions_inside_schemas_become_components() -> None:
    made = document({"/a": {"get": operation()}}, openapi="3.1.0")
    made["components"]["schemas"] = {
        "A": {"properties": {"x": {"$ref": "#/$defs/In"}}, "$defs": {"In": {"type": ["string", "null"]}}},
        "B": {"properties": {"x": {"$ref": "#/components/schemas/A/$defs/In"}},
              "$defs": {"In": {"type": "integer"},
                        "Own": {"items": {"$ref": "#/$defs/In"}, "type": "array"}}},
    }  # fmt: skip
    repaired, _ = repair(made)
    validate(repaired, "test")
    schemas = repaired["components"]["schemas"]
    first = schemas["A"]["properties"]["x"]["$ref"].rsplit("/", 1)[1]
    assert schemas["B"]["properties"]["x"]["$ref"].endswith(f"/{first}")
    assert schemas[first] == {"type": "string", "nullable": True}
    other = schemas["Own"]["items"]["$ref"].rsplit("/", 1)[1]
    assert schemas[other] == {"type": "integer"}


def test_a_document_of_3_0_is_left_alone() -> None:
    made = document()
    assert list(downgrade(made)) == []
    assert made == document()


def test_values_of_3_1_are_typed_and_checked() -> None:
    properties: dict[str, Any] = {
        "size": {"type": ["integer", "null"], "exclusiveMinimum": 0},
        "ratio": {"type": "number", "exclusiveMaximum": 1},
        "mode": {"const": "fast"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "known": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]},
        "frames": {"type": "array", "items": {"oneOf": [
            {"type": "object", "required": ["type", "url"],
             "properties": {"type": {"const": "image"}, "url": STRING}},
            {"type": "object", "required": ["type", "id"],
             "properties": {"type": {"const": "generation"}, "id": STRING}}]}},
        "tree": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
    }  # fmt: skip
    components = document()["components"]
    components["schemas"] = {
        "Tree": {"type": "object", "properties": {"up": {"anyOf": [{"$ref": "#/components/schemas/Tree"},
                                                                   {"type": "null"}]}}}
    }  # fmt: skip
    made = generated(
        {"post /things/start": op(requestBody=fields(["size"], **properties)),
         "get /things/{id}": op(parameters=[query("id", STRING, "path", required=True)])},
        openapi="3.1.0", components=components,
    )["things"]  # fmt: skip

    found = {field.name: field for field in made.START.body}
    assert (found["size"].kind, found["size"].minimum, found["size"].required) == (int, 1, True)
    assert found["ratio"].below == 1
    assert found["mode"].choices == ("fast",)
    assert found["either"].kind is object
    assert found["known"].choices == ("a", "b")
    frame = found["frames"].item
    assert [field.name for field in frame.fields] == ["type", "url", "id"]
    assert frame.fields[0].choices == ("image", "generation")
    assert found["tree"].fields[0].name == "up"
    hints = made.Things.__call__.__annotations__
    assert hints["either"] == "str | int | None"
    assert "Literal" in hints["known"]


def test_a_whole_family_in_3_1_builds_and_its_source_is_kept(tmp_path: Path) -> None:
    source = document(family("userNewThing"), openapi="3.1.0")
    made = layout(tmp_path, source)
    build(made)
    assert read(made.upstream) == source
    older = built(tmp_path / "older", document(family("userNewThing")))
    name = "new_thing.py"
    assert (made.package / name).read_text() == (older.package / name).read_text()
    first = canonical(read(made.document))
    build(made)
    assert canonical(read(made.document)) == first


@pytest.mark.parametrize("version", ["3.10.0", "3.3.0", "2.0", 3.1, None, "3.1"])
def test_other_versions_are_named(version: Any) -> None:
    with pytest.raises(SpecError, match="#/openapi: the version is"):
        check_kind(document(openapi=version), "test")


def prepared(made: Any) -> None:
    """Everything that is done to a document before code is made of it."""
    check_kind(made, "test")
    validate(repair(made)[0], "test")


@pytest.mark.parametrize(
    "spoil",
    [
        {"components": {"schemas": {"A": 5}}}, {"components": 5}, {"components": None},
        {"info": 5}, {"servers": 5}, {"tags": [5]}, {"components": {"securitySchemes": {"a": 5}}},
        {"components": {"schemas": {"A": {"type": 5, "examples": 5, "prefixItems": 5, "const": {"a": 1}}}}},
        {"components": {"schemas": {"A": {"properties": 5, "anyOf": 5, "enum": 5, "$defs": 5}}}},
        {"paths": {"/a": {"get": {"parameters": 5, "requestBody": 5, "responses": 5}}}},
        {"paths": {"/a": {"$ref": "#/nowhere"}}}, {"paths": {"/a": {"$ref": 5}}},
    ],
)  # fmt: skip
def test_nonsense_is_an_error_with_a_place(spoil: Any) -> None:
    made = document({"/a": {"get": operation()}}, openapi="3.1.0")
    made.update(copy.deepcopy(spoil))
    with pytest.raises(SpecError, match=r"#/|\$ref"):
        prepared(made)
