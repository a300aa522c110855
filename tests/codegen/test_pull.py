"""pull: what is refused leaves the old file alone; what is sound is kept in one spelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from codegen.document import pull as pulling
from codegen.document.pull import DEFAULT_SOURCE, fetch, pull
from codegen.document.tree import MAX_DEPTH, SpecError, canonical, parse
from tests.codegen.documents import document, fields, id_parameter, operation, save

URL = "https://host.example/spec"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A kept document from an earlier pull."""
    return save(tmp_path / "openapi" / "upstream.json", document({"/old": {"get": operation()}}))


def serve(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(handler)


def test_the_default_source_is_https() -> None:
    assert DEFAULT_SOURCE == "https://video.a2e.ai/dev/openapi-spec"


def test_a_file_is_kept_in_canonical_spelling(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "new.json"
    source.write_text(json.dumps(document()))
    line = pull(str(source), target)
    assert "written" in line
    assert "5 operations" in line
    assert target.read_text() == canonical(document())
    assert canonical(parse(target.read_bytes(), "x")) == target.read_text()


def test_an_unchanged_document_touches_nothing(tmp_path: Path, target: Path) -> None:
    before = target.stat().st_mtime_ns, target.read_bytes()
    again = json.loads(target.read_text())
    again["trace_id"] = "differs on every request"
    assert "unchanged" in pull(str(save(tmp_path / "again.json", again)), target)
    assert (target.stat().st_mtime_ns, target.read_bytes()) == before


def test_a_url_is_fetched_without_a_token(target: Path) -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=document())

    assert "written" in pull(URL, target, transport=serve(handler))
    assert [str(request.url) for request in asked] == [URL]
    assert "authorization" not in asked[0].headers


def ref_to_nowhere() -> dict[str, Any]:
    broken = document()
    reply = {"schema": {"$ref": "#/components/schemas/Nowhere"}}
    start = broken["paths"]["/api/v1/userNewThing/start"]["post"]
    start["responses"]["200"]["content"]["application/json"] = reply
    return broken


def with_operation_ids(first: str, second: str) -> dict[str, Any]:
    return document(
        {"/a/list": {"get": operation(operationId=first)}, "/b/list": {"get": operation(operationId=second)}}
    )


PLAIN_ID = {"name": "_id", "in": "path", "required": True, "schema": {"type": "integer"}}
MYSELF = {"$ref": "#/components/schemas/A"}
UNUSABLE: dict[str, tuple[Any, str]] = {
    "no object": ([1], "not a JSON object"),
    "swagger 2": ({"swagger": "2.0", "paths": {"/a": {}}}, "#/swagger: Swagger 2.0"),
    "openapi 4": (document(openapi="4.0.0"), "#/openapi: the version is '4.0.0', not 3.0.x, 3.1.x or 3.2.x"),
    "no version": ({"paths": {"/a": {}}}, "#/openapi: the version is None"),
    "no paths": (document({}), "#/paths: no paths"),
    "no operations": (document({"/a": {}}), "#/paths: no operations"),
    "a path item that is a list": (document({"/a": []}), "#/paths/~1a: not an object"),
    "an operation that is a string": (document({"/a": {"get": "x"}}), "#/paths/~1a/get: not an object"),
    "a path that climbs": (document({"/a/../b": {"get": operation()}}), "#/paths/~1a~1..~1b: the path"),
    "a path with a query": (document({"/a?b=c": {"get": operation()}}), "'/a?b=c'"),
    "a $ref to nowhere": (
        ref_to_nowhere(),
        "#/paths/~1api~1v1~1userNewThing~1start/post/responses/200/content/application~1json/schema: "
        "$ref '#/components/schemas/Nowhere' points to nothing",
    ),
    "a $ref to another file": (
        document(components={"schemas": {"A": {"$ref": "other.json#/A"}}}),
        "#/components/schemas/A: $ref 'other.json#/A' does not point into the document",
    ),
    "a $ref to itself": (
        document(components={"schemas": {"A": MYSELF}}),
        "#/components/schemas/A: $ref '#/components/schemas/A' leads in a circle",
    ),
    "a path parameter that is not declared": (
        document({"/a/{_id}": {"get": operation()}}),
        "#/paths/~1a~1{_id}/get/parameters: the path parameter '_id' is not declared",
    ),
    "a path parameter that the path does not have": (
        document({"/a": {"get": operation(parameters=[id_parameter()])}}),
        "#/paths/~1a/get/parameters: the path has no parameter '_id'",
    ),
    "a parameter that occurs twice": (
        document({"/a/{_id}": {"get": operation(parameters=[id_parameter(), PLAIN_ID])}}),
        "#/paths/~1a~1{_id}/get/parameters: the path parameter '_id' occurs twice",
    ),
    "a schema of no known type": (
        document({"/a": {"post": operation(requestBody=fields(x={"type": "strin"}))}}),
        "#/paths/~1a/post/requestBody/content/application~1json/schema/properties/x/type: 'strin'",
    ),
    "a schema made of itself": (
        document(components={"schemas": {"A": {"not": {"anyOf": [{}, {"$ref": "#/components/schemas/A"}]}}}}),
        "#/components/schemas/A: the schema is made of itself",
    ),
    "components of no sense": (document(components={"schemas": [1]}), "#/components"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_used_leaves_the_old_file_alone(name: str, tmp_path: Path, target: Path) -> None:
    content, reported = UNUSABLE[name]
    before = target.read_bytes()
    with pytest.raises(SpecError) as caught:
        pull(str(save(tmp_path / "new.json", content)), target)
    assert reported in str(caught.value)
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("<html>moved</html>", "not JSON"),
        ("", "not JSON"),
        ('{"openapi": "3.0.0", "paths": {"/a": {}, "/a": {}}}', "#/paths: the key '/a' occurs twice"),
        ('{"openapi": [1, NaN]}', "#/openapi/1: NaN is not JSON"),
        ('{"info": {"title": "\\ud800"}}', "#/info/title: half a surrogate pair"),
        ('{"a", 1}', "line 1 column 5"),
        ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), f"deeper than {MAX_DEPTH}"),
        ("[" * 3_000_000, f"deeper than {MAX_DEPTH}"),
        ('{"openapi": "3.0.0", "paths": {"/a', "not JSON"),
    ],
)
def test_invalid_text_is_refused(text: str, reported: str, tmp_path: Path, target: Path) -> None:
    before = target.read_bytes()
    source = tmp_path / "new.json"
    source.write_text(text)
    with pytest.raises(SpecError, match=r"new\.json") as caught:
        pull(str(source), target)
    assert reported in str(caught.value)
    assert target.read_bytes() == before


def test_brackets_inside_strings_are_not_nesting() -> None:
    assert parse(json.dumps({"a": '["{\\"' * 500}).encode(), "x") == {"a": '["{\\"' * 500}


def test_fifty_megabytes_of_nesting_are_refused_by_size(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "huge.json"
    with source.open("wb") as file:
        file.write(b"[" * 1024)
        file.truncate(50 * 1024 * 1024)
    with pytest.raises(SpecError, match="larger than"):
        pull(str(source), target)


def test_a_body_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "MAX_BYTES", 1000)
    with pytest.raises(SpecError, match="larger than 1000 bytes"):
        fetch(URL, timeout=5, transport=serve(lambda request: httpx.Response(200, content=b"x" * 1001)))


def test_a_missing_file_is_named(target: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"missing\.json: No such file"):
        pull(str(tmp_path / "missing.json"), target)


@pytest.mark.parametrize(
    ("response", "reported"),
    [
        (httpx.Response(302, headers={"location": "http://elsewhere.example/"}), "moved to http://elsewhere"),
        (httpx.Response(404, text="<html>"), "HTTP 404"),
        (httpx.Response(200, text="<html>"), "not JSON"),
    ],
)
def test_answers_that_are_no_document(response: httpx.Response, reported: str, target: Path) -> None:
    before = target.read_bytes()
    with pytest.raises(SpecError, match=reported):
        pull(URL, target, transport=serve(lambda request: response))
    assert target.read_bytes() == before


def test_a_broken_connection_is_reported_with_the_url(target: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(SpecError, match=f"{URL}: ConnectError: refused"):
        pull(URL, target, transport=serve(handler))


def test_a_slow_download_is_aborted(target: Path) -> None:
    with pytest.raises(SpecError, match="not complete after 0 seconds"):
        fetch(URL, timeout=0, transport=serve(lambda request: httpx.Response(200, json=document())))


@pytest.mark.parametrize(
    "url", ["http://host.example/spec", "ftp://host.example/spec", "file:///etc/passwd", "https://"]
)
def test_only_https_is_fetched(url: str, target: Path) -> None:
    with pytest.raises(SpecError, match="only https"):
        pull(url, target)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_plain_http_is_for_loopback(host: str, target: Path) -> None:
    answer = serve(lambda request: httpx.Response(200, json=document()))
    assert "written" in pull(f"http://{host}/spec", target, transport=answer)


def test_a_write_that_fails_leaves_no_scrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = save(tmp_path / "openapi" / "upstream.json", document({"/old": {"get": operation()}}))
    before = target.read_bytes()

    def fail(self: Path, other: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        pull(str(save(tmp_path / "new.json", document())), target)
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_declared_parameter_is_accepted(tmp_path: Path, target: Path) -> None:
    sound = document({"/a/{_id}": {"get": operation(parameters=[id_parameter()])}})
    assert "written" in pull(str(save(tmp_path / "new.json", sound)), target)
