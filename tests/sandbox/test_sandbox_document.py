"""The document with its names, roles and routes, and an answer from every operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a2e_async.sandbox.document import load_document
from a2e_async.sandbox.names import operation_name, workflow_name
from a2e_async.sandbox.operations import SpecOperation
from a2e_async.sandbox.routes import Router
from tests.sandbox.kit import BODIES, STARTS, Talker, rows, start_body, talking

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = load_document().operations
BOTH = ("userDubbing/startDubbing", "userVideoTwin/{_id}", "custom_back/allBackground")  # code and success
START_ROUTES = ["/".join(one.segments) for one in OPERATIONS if one.role == "start"]


@pytest.fixture(scope="module")
def talker() -> Iterator[Talker]:
    with talking() as talker:
        yield talker


def test_the_whole_document_is_read() -> None:
    document = json.loads((ROOT / "openapi" / "a2e.json").read_text(encoding="utf-8"))
    keys = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert {operation.key for operation in OPERATIONS} == keys
    assert len(OPERATIONS) == len(keys)


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("userImage2Video", "image_to_video"),
        ("userText2Image", "text_to_image"),
        ("userFlux2", "flux2"),
        ("userQwen2Image", "qwen2_image"),
        ("seedance2Video", "seedance2_video"),
        ("userWan26R2V", "wan26_r2v"),
        ("minimaxH3Video", "minimax_h3_video"),
        ("custom_back", "custom_background"),
        ("video", "avatar_video"),
        ("user", "account"),
        ("image_to_video", "image_to_video"),
    ],
)
def test_names_of_workflows(segment: str, name: str) -> None:
    assert workflow_name(segment) == name


def test_names_of_operations() -> None:
    names = {operation.key: operation.name for operation in OPERATIONS}
    assert names["POST /api/v1/userImage2Video/batchDetail"] == "image_to_video.batch_detail"
    assert names["GET /api/v1/userNanoBanana/detail/{id}"] == "nano_banana.get"
    assert names["DELETE /api/v1/userNanoBanana/delete/{id}"] == "nano_banana.delete"
    assert names["GET /api/v1/userGptImage/list"] == "gpt_image.list"
    assert names["POST /api/v1/userImage2Video/{_id}/markShared"] == "image_to_video.mark_shared"
    assert names["POST /api/v1/video/send_tts"] == "tts.send_tts"
    assert operation_name("PUT", "/api/v1/klingVideo/{_id}") == "kling_video.update"


def test_roles_are_found_by_rule() -> None:
    starts = {"/".join(operation.segments) for operation in OPERATIONS if operation.role == "start"}
    assert starts >= set(STARTS)
    by_query = {o.route for o in OPERATIONS if o.role == "detail" and "{" not in o.path}
    assert by_query >= {"GET userFaceSwapPreview/status", "GET video/detail"}
    adds = {o.route for o in OPERATIONS if o.segments[-1] == "add" and o.role != "start"}
    assert adds >= {
        "POST custom_avatar/add",
        "POST custom_back/add",
        "POST userFaceSwapImage/add",
        "POST user/add",
    }


def test_routes_prefer_literal_segments_and_keep_escaped_ids_whole() -> None:
    router = Router(OPERATIONS)
    found = router.find("GET", "/api/v1/userImage2Video/allRecords")
    assert found is not None
    assert found[0].role == "list"
    found = router.find("GET", "/api/v1/userImage2Video/a%2Fb.c")
    assert found is not None
    assert found[1] == {"_id": "a/b.c"}
    assert router.find("GET", "/api/v1/userImage2Video/a/b") is None
    assert router.find("GET", "/api/v1/userImage2Video/") is None
    assert router.find("PATCH", "/api/v1/userImage2Video/allRecords") is None


def _path(operation: SpecOperation, task: str) -> str:
    path = "/".join(operation.segments)
    for segment in operation.segments:
        if segment.startswith("{"):
            path = path.replace(segment, task)
    return path


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.route)
def test_every_operation_answers_in_its_shape(talker: Talker, operation: SpecOperation) -> None:
    route = "/".join(operation.segments)
    start = next((key for key in START_ROUTES if key.startswith(f"{operation.segment}/")), None)
    task = "65f0c0ffee0000000000ffff"
    talker.finish()  # only one voice can be trained at a time

    if start and operation.role != "start":
        task = talker.start(start)["_id"]
        talker.finish()

    body: Any = {"ids": [task]} if operation.role == "batch" else BODIES.get(route, {})
    if operation.role == "start":
        body = start_body(route)
    body = json.loads(json.dumps(body).replace("{task}", task))

    if operation.role in ("retry", "remove"):
        body = {"_id": task}
    if operation.role == "rename":
        body = {"name": "another"}
    query: dict[str, str | int] = {"_id": task, "video_id": task, "pageNum": 1, "pageSize": 10}
    known = {parameter.name for parameter in operation.parameters}
    given = {name: value for name, value in query.items() if name in known or name == "_id"}
    given |= {one.name: task for one in operation.parameters if one.required and one.name.endswith("_id")}
    reply = talker.http.request(
        operation.method,
        _path(operation, task),
        params=given if operation.method == "GET" else None,
        json=body if operation.method in ("POST", "PUT") else None,
    )
    raw = reply.json()
    expected = {200}

    if route in ("token/delete", "token/status", "tts/preview/{id}", "userFaceSwapImage/{_id}"):
        expected = {404}  # nothing to delete
    if route == "userVideoTwin/uploadStatus":
        expected = {404}  # the id of a twin, not of an upload

    if operation.segment in ("custom_avatar", "custom_back") and operation.role in ("remove", "rename"):
        expected = {400, 404}
    if operation.role == "retry" or route == "veoVideo/{_id}/1080p":
        expected = {400}  # the task has not failed; the video is not 16:9

    assert reply.status_code in expected, reply.text
    assert ("success" in raw) != ("code" in raw) or reply.status_code != 200 or route in BOTH
    assert not operation.reply_problems(reply.status_code, raw)

    if reply.status_code == 200:
        assert raw.get("code", 0) == 0
        assert raw.get("success", True) is True
        assert "data" in raw

    if operation.role in ("list", "batch"):
        assert isinstance(rows(reply), list)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.route)
def test_every_operation_wants_a_token(talker: Talker, operation: SpecOperation) -> None:
    url = f"{talker.sandbox.url}/api/v1/{_path(operation, 'x')}"
    reply = talker.files.request(operation.method, url)
    assert reply.status_code == 401
    assert reply.json().get("success") is False or reply.json()["code"] == 401


def test_unknown_paths_are_html(talker: Talker) -> None:
    for method, path in (("GET", "nope"), ("POST", "nope/start"), ("GET", "userImage2Video/start/x")):
        reply = talker.http.request(method, path)
        assert reply.status_code == 404
        assert reply.headers["content-type"].startswith("text/html")
        assert f"Cannot {method} /api/v1/{path}" in reply.text
    assert talker.sandbox.ledger.requests["unknown"] == 3


def test_a_family_of_a_newer_document_is_played_without_a_change(tmp_path: Path) -> None:
    newer = {
        "openapi": "3.0.0",
        "paths": {
            "/api/v1/zebraVideo/start": {
                "post": {
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["prompt"],
                                    "properties": {
                                        "prompt": {"type": "string", "maxLength": 20},
                                        "name": {"type": "string"},
                                    },
                                }
                            }
                        },
                    },
                    "responses": {"200": {"description": "OK"}},
                }
            },
            "/api/v1/zebraVideo/list": {
                "get": {
                    "parameters": [
                        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                        {"name": "page_size", "in": "query", "schema": {"type": "integer", "default": 2}},
                    ],
                    "responses": {"200": {"description": "OK"}},
                }
            },
            "/api/v1/zebraVideo/batchDetail": {"post": {"responses": {"200": {"description": "OK"}}}},
            "/api/v1/zebraVideo/{_id}": {
                "get": {"responses": {"200": {"description": "OK"}}},
                "delete": {"responses": {"200": {"description": "OK"}}},
            },
            "/api/v1/zebraVideo/stripes": {
                "get": {
                    "responses": {
                        "200": {
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "type": "object",
                                        "properties": {
                                            "data": {
                                                "type": "object",
                                                "properties": {"count": {"type": "integer", "example": 26}},
                                            }
                                        },
                                    }
                                }
                            }
                        }
                    }
                }
            },
            "/api/v1/stripeImage/start": {"post": {"responses": {"200": {"description": "OK"}}}},
        },
    }
    file = tmp_path / "newer.json"
    file.write_text(json.dumps(newer))

    with talking(document=file) as talker:
        assert talker.post("zebraVideo/start", {}).status_code == 400
        assert talker.post("zebraVideo/start", {"prompt": "x" * 21}).status_code == 400

        ids = [talker.post("zebraVideo/start", {"prompt": "z"}).json()["data"]["_id"] for _ in range(3)]
        assert talker.get(f"zebraVideo/{ids[0]}").json()["data"]["current_status"] == "initialized"

        talker.finish()
        done = talker.get(f"zebraVideo/{ids[0]}").json()["data"]
        assert done["current_status"] == "completed"
        assert talker.files.get(done["result_url"]).status_code == 200
        assert [row["_id"] for row in rows(talker.get("zebraVideo/list", page=1))] == ids[:0:-1]
        assert talker.delete(f"zebraVideo/{ids[2]}").status_code == 200
        assert talker.get(f"zebraVideo/{ids[2]}").status_code == 404
        assert talker.get("zebraVideo/stripes").json()["data"] == {"count": 26}
        assert "image_urls" in talker.post("stripeImage/start", {}).json()["data"]
        assert talker.sandbox.ledger.made("zebra_video") == 3


def test_an_operation_without_security_is_open_only_where_others_have_it(tmp_path: Path) -> None:
    def document(**operation: Any) -> tuple[bool, ...]:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        file.write_text(
            json.dumps({"paths": {"/api/v1/a/x": {"get": {}}, "/api/v1/a/y": {"get": operation}}})
        )
        return tuple(each.needs_token for each in load_document(file).operations)

    assert document() == (True, True)
    assert document(security=[{"bearerAuth": []}]) == (False, True)
    assert document(security=[]) == (False, False)


def test_a_missing_or_invalid_document_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        load_document(tmp_path / "missing.json")
    (tmp_path / "empty.json").write_text("{}")
    with pytest.raises(ValueError, match="paths"):
        load_document(tmp_path / "empty.json")
