"""The sandbox plays documents that are written in other ways than upstream's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from a2e_async.sandbox.document import load_document

STRING = {"type": "string"}
REPLY = {"description": "OK", "content": {"application/vnd.api+json": {"schema": {
    "type": "object", "properties": {"success": {"type": "boolean"}}}}}}  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/api/v1/things/{_id}/marks": {
            "parameters": [{"$ref": "#/components/parameters/Page"}, {"name": "mode", "in": "query"}],
            "get": {"parameters": [{"name": "mode", "in": "query", "required": True, "schema": STRING}],
                    "responses": {"200": {"$ref": "#/components/responses/Good"}}},
            "post": {"requestBody": {"$ref": "#/components/requestBodies/Marks"}, "responses": {}},
        }
    },
    "components": {
        "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}},
        "responses": {"Good": REPLY},
        "requestBodies": {"Marks": {"content": {"application/json; charset=utf-8": {"schema": {
            "type": "array", "items": {"type": "object", "properties": {
                "share": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                "other": {"allOf": [{"type": "string"}], "nullable": True}}}}}}}},
    },
}  # fmt: skip


@pytest.fixture
def operations(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(DOCUMENT))
    return {one.method: one for one in load_document(path).operations}


def test_parameters_of_the_path_and_references_count(operations: dict[str, Any]) -> None:
    found = {one.name: one.required for one in operations["GET"].parameters}
    assert found == {"page": False, "mode": True}
    assert operations["GET"].speaks_success


def test_bodies_of_other_kinds_are_checked(operations: dict[str, Any]) -> None:
    post = operations["POST"]
    assert post.body_is_optional
    assert post.problems([{"share": 0.5, "other": None}]) == []
    assert post.problems([{"share": 0}])
    assert post.problems({"share": 1})
