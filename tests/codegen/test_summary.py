"""The summary is complete: what the interface does not show of a change is told from the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from codegen.changes.operations import operation_changes
from codegen.changes.report import Compared, Report, report_of
from codegen.changes.schemas import differences
from tests.codegen.diff_cases import (
    DETAIL,
    KITE,
    LIST,
    START,
    base,
    body_of,
    interface,
    keyword,
    operation_at,
    reply_with,
)
from tests.codegen.documents import family, fields, id_parameter, operation

Document = dict[str, Any]
Mutation = Callable[[Document], Any]


def compared(made: Document) -> Compared:
    found = interface(made)  # completes the document too
    return Compared(made, found)


@pytest.fixture(scope="module")
def before() -> Compared:
    return compared(rich())


def rich() -> Document:
    """The document of the other tests, with what OpenAPI has besides."""
    made = base()
    frame = keyword(made, "frame")
    frame["additionalProperties"] = True
    frame["properties"]["top"]["description"] = "At most 9 pixels."

    data = {"type": "object", "properties": {"_id": {"type": "string"}, "n": {"type": "integer"}}}
    reply_with(made, START, data)
    replies = operation_at(made, START)["responses"]
    replies |= {"400": {"description": "Bad"}, "429": {"description": "Slow down"}}
    replies["200"]["headers"] = {"X-Left": {"schema": {"type": "integer"}}}
    return made


def schemes(made: Document) -> Document:
    found: Document = made["components"]["securitySchemes"]
    return found


def moved_parameter(made: Document) -> None:
    """The path parameter of the detail route gets another name."""
    item = made["paths"].pop(DETAIL)
    for one in item.values():
        one["parameters"] = [id_parameter("kiteId")]
    made["paths"][DETAIL.replace("_id", "kiteId")] = item


def everywhere(made: Document) -> None:
    for item in made["paths"].values():
        for one in item.values():
            one["security"] = [{"bearerAuth": []}, {"key": []}]
    schemes(made)["key"] = {"type": "apiKey", "in": "header", "name": "X-Key"}


def page(made: Document) -> Document:
    """The parameter of the page number."""
    found: Document = operation_at(made, LIST, "get")["parameters"][0]
    return found


CASES: dict[str, tuple[Mutation, str, bool]] = {
    "another server": (
        lambda d: d.update(servers=[{"url": "https://api.a2e.example"}]),
        'every operation: servers: servers is ["https://api.a2e.example"] instead of ["https://video.a2e.ai"]',
        True,
    ),
    "a second server": (
        lambda d: d["servers"].append({"url": "https://api.a2e.example"}),
        "every operation: servers: servers is",
        False,
    ),
    "another security scheme": (
        lambda d: schemes(d).update(bearerAuth={"type": "apiKey", "in": "header", "name": "X-Key"}),
        "every operation: security scheme bearerAuth: scheme is",
        True,
    ),
    "another scheme of one operation": (
        lambda d: (
            schemes(d).update(key={"type": "apiKey", "in": "header", "name": "X-Key"}),
            operation_at(d, START).update(security=[{"key": []}]),
        ),
        'a2e.kite(): security is [["key"]] instead of [["bearerAuth"]]',
        True,
    ),
    "no security": (
        lambda d: operation_at(d, START).update(security=[]),
        'a2e.kite(): security is [] instead of [["bearerAuth"]]',
        False,
    ),
    "a second scheme everywhere": (everywhere, "operations (a2e.kite(), a2e.kite.list(), ", False),
    "a deprecated operation": (
        lambda d: operation_at(d, START).update(deprecated=True),
        "a2e.kite() is deprecated",
        False,
    ),
    "a deprecated parameter": (
        lambda d: page(d).update(deprecated=True),
        "a2e.kite.list(): query parameter pageNum is deprecated",
        False,
    ),
    "a number that became a text": (
        lambda d: page(d)["schema"].update(type="string", default="1"),
        "a2e.kite.list(): is no longer read page by page, because pageNum does not count pages any more",
        True,
    ),
    "another first page": (
        lambda d: page(d)["schema"].update(default=0),
        "a2e.kite.list(): query parameter pageNum: default is 0 instead of 1",
        False,
    ),
    "another path parameter": (moved_parameter, "a2e.kite.get(): the path changed from", False),
    "a limit inside a member": (
        lambda d: keyword(d, "frame")["properties"]["top"].update(maximum=8),
        "a2e.kite(): keyword frame.top: the greatest value is 8 instead of 9",
        True,
    ),
    "no additional members": (
        lambda d: keyword(d, "frame").update(additionalProperties=False),
        "a2e.kite(): body: frame: additionalProperties is false instead of true",
        True,
    ),
    "another format": (
        lambda d: keyword(d, "prompt").update(format="uuid"),
        'a2e.kite(): body: prompt: format is "uuid" instead of not set',
        True,
    ),
    "a value that may be null": (
        lambda d: keyword(d, "prompt").update(nullable=True),
        "a2e.kite(): body: prompt: nullable is true instead of not set",
        False,
    ),
    "a body that may be left out": (
        lambda d: operation_at(d, START)["requestBody"].update(required=False),
        "a2e.kite(): body is no longer required",
        False,
    ),
    "a reply that is new": (
        lambda d: operation_at(d, START)["responses"].update({"402": {"description": "No coins"}}),
        "a2e.kite(): reply 402 is new",
        False,
    ),
    "an error that went": (
        lambda d: operation_at(d, START)["responses"].pop("429"),
        "a2e.kite(): reply 429 is gone",
        False,
    ),
    "a success that is 201": (
        lambda d: operation_at(d, START)["responses"].update(
            {"201": operation_at(d, START)["responses"].pop("200")}
        ),
        "a2e.kite(): reply 201 is new",
        False,
    ),
    "a header of a reply": (
        lambda d: operation_at(d, START)["responses"]["200"]["headers"].pop("X-Left"),
        "a2e.kite(): reply 200: header X-Left: header is not set instead of",
        False,
    ),
    "another reply of an error": (
        lambda d: operation_at(d, START)["responses"]["400"].update(
            content={"application/json": {"schema": {"type": "object"}}}
        ),
        'a2e.kite(): reply 400: content is ["application/json"] instead of []',
        False,
    ),
    "a description with another number": (
        lambda d: keyword(d, "frame")["properties"]["top"].update(description="At most 8 pixels."),
        'a2e.kite(): body: frame.top: upstream now says: "At most 8 pixels."',
        False,
    ),
    "a callback": (
        lambda d: operation_at(d, START).update(callbacks={"done": {"{$request.body#/url}": {}}}),
        "a2e.kite(): callbacks is",
        False,
    ),
    "another style of a parameter": (
        lambda d: operation_at(d, LIST, "get")["parameters"][1].update(style="form", explode=False),
        "a2e.kite.list(): query parameter pageSize: explode is false instead of not set",
        True,
    ),
    "a family in another spelling": (
        lambda d: d.update(paths={p.replace("userKite", "userKites"): i for p, i in d["paths"].items()}),
        "a2e.kite is now a2e.kites",
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_change_is_in_the_summary(name: str, before: Compared) -> None:
    mutate, line, breaking = CASES[name]
    report = reported(mutate, before)
    lines = [one for one in report.text().partition("For CHANGELOG")[0].splitlines() if line in one]
    assert lines, report.text()
    assert any(one.startswith("  !") for one in lines) == breaking, lines
    assert line.replace("`", "") in report.changelog().replace("`", "")
    assert reported(lambda made: None, before).verdicts == []


def reported(mutate: Mutation, before: Compared) -> Report:
    made = rich()
    mutate(made)
    return report_of(before, compared(made), "1.2.3")


PROMPT, IMAGE, URLS = ({"required": [name]} for name in ("prompt", "image_url", "urls"))
LOW, HIGH = {"type": "string", "title": "Low"}, {"type": "integer", "title": "High"}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"anyOf": [PROMPT, IMAGE]}, {"anyOf": [PROMPT]}, [("", "anyOf", True)]),
        ({"anyOf": [PROMPT]}, {"anyOf": [IMAGE, PROMPT, URLS]}, [("", "anyOf", False)]),
        ({"anyOf": [PROMPT, IMAGE]}, {"anyOf": [IMAGE, PROMPT]}, []),
        ({"anyOf": [PROMPT]}, {"anyOf": [IMAGE]}, [("|1.image_url", "required", True),
                                                   ("|1.prompt", "required", False)]),
        ({}, {"anyOf": [PROMPT]}, [("", "anyOf", True)]),
        ({"oneOf": [PROMPT]}, {}, [("", "oneOf", False)]),
        ({"oneOf": [LOW, HIGH]}, {"oneOf": [LOW, {**HIGH, "maximum": 3}]}, [("|High", "maximum", True)]),
        ({"allOf": [PROMPT, {"maxProperties": 3}]}, {**PROMPT, "maxProperties": 3}, []),
        ({"additionalProperties": LOW}, {"additionalProperties": HIGH}, [("*", "type", True)]),
        ({"items": {"items": {"maximum": 3}}}, {"items": {"items": {"maximum": 4}}},
         [("[][]", "maximum", False)]),
        ({"not": {"type": "null"}}, {}, [("", "not", False)]),
        ({"exclusiveMinimum": True}, {"exclusiveMinimum": False}, [("", "exclusiveMinimum", False)]),
    ],
)  # fmt: skip
def test_conditions_and_nested_facts_are_compared(
    old: Document, new: Document, found: list[tuple[str, str, bool]]
) -> None:
    made = differences({}, {}, old, new, "request")
    assert sorted((one.place, one.fact, one.breaking) for one in made) == found


def test_schemas_that_contain_themselves_are_compared() -> None:
    def tree(kind: str) -> Document:
        node = {"properties": {"value": {"type": kind}, "next": {"$ref": "#/components/schemas/Node"}}}
        return {"components": {"schemas": {"Node": node}}}

    ref = {"$ref": "#/components/schemas/Node"}
    made = differences(tree("string"), tree("integer"), ref, ref, "reply")
    assert [(one.place, one.fact) for one in made] == [("value", "type")]


def test_content_types_are_compared() -> None:
    old, new = rich(), rich()
    operation_at(new, START)["requestBody"]["content"] = {"multipart/form-data": {"schema": {}}}
    (change,) = operation_changes(old, new)
    assert (change.where, change.found.fact, change.found.breaking) == ("body", "content", True)
    assert (change.found.old, change.found.new) == (["application/json"], ["multipart/form-data"])


def test_words_alone_are_no_change(before: Compared) -> None:
    def other_words(made: Document) -> None:
        operation_at(made, START).update(summary="Other", description="In other words.", tags=["Others"])
        keyword(made, "frame")["properties"]["top"].update(description="Pixels: at most 9.", example=3)

    assert reported(other_words, before).verdicts == []


def test_a_change_is_told_once(before: Compared) -> None:
    """What the interface says is not said again from the document."""

    def change(made: Document) -> None:
        properties = body_of(made)["properties"]
        properties["size"].update(maximum=7, default=3)
        properties["mode"]["enum"].append("mid")
        properties["urls"]["items"]["maxLength"] = 9
        properties["colour"] = {"type": "object", "properties": {"red": {"type": "number", "maximum": 1}}}
        properties["frame"] = {"type": "string"}
        del properties["anything"]
        body_of(made)["required"].append("size")
        made["components"]["schemas"]["KiteRecord"]["properties"]["cover"] = {"type": "string"}

    report = reported(change, before)
    assert [one for one in report.verdicts if one.change.kind == "document"] == []
    assert len({one.text for one in report.verdicts}) == len(report.verdicts) == 9


def test_the_name_of_a_task_is_nobodys_concern(before: Compared) -> None:
    """The SDK writes it."""
    report = reported(lambda made: body_of(made)["required"].append("name"), before)
    assert [(one.breaking, one.change.name) for one in report.verdicts] == [(False, "body name")]


def test_a_family_that_is_new_is_one_line(before: Compared) -> None:
    report = reported(lambda made: made["paths"].update(family("userTrain")), before)
    assert [one.text for one in report.verdicts] == ["workflow `a2e.train` is new"]


def test_a_path_that_is_new_has_its_own_line(before: Compared) -> None:
    path = f"{KITE}/more"
    report = reported(lambda made: made["paths"].update({path: family("x")["/api/v1/x/start"]}), before)
    assert [one.text for one in report.verdicts] == ["`a2e.kite.more()` is new"]


# ── Features that hang on one route ──────────────────────────────────────────────────────────────

QUOTING = "/api/v1/generation/quote"
PRESIGN = "/api/v1/r2/upload-presigned-url"
QUOTE_NEEDS = "a2e.quote() fails with a ConfigurationError: "
UPLOAD_NEEDS = "a2e.upload() fails with a ConfigurationError: "
CDN = {"type": "object", "properties": {"cdnUrl": {"type": "string"}}}


@pytest.mark.parametrize(
    ("mutate", "line"),
    [
        (lambda d: d["paths"].pop(QUOTING), f"{QUOTE_NEEDS}it needs POST {QUOTING}, which is gone"),
        (
            lambda d: body_of(d, QUOTING)["properties"].pop("endpoint"),
            f"{QUOTE_NEEDS}the body of POST {QUOTING} lost endpoint",
        ),
        (
            lambda d: body_of(d, QUOTING).update(properties={"region": {}}, required=["region"]),
            f"{QUOTE_NEEDS}the body of POST {QUOTING} lost endpoint, requestBody",
        ),
        (
            lambda d: (
                body_of(d, QUOTING)["properties"].update(region={"type": "string"}),
                body_of(d, QUOTING).update(required=["region"]),
            ),
            f"{QUOTE_NEEDS}the body of POST {QUOTING} requires region",
        ),
        (
            lambda d: body_of(d, QUOTING)["properties"]["endpoint"].update(maxLength=9),
            "keyword endpoint: the greatest number of characters is 9 (a2e.quote() uses it)",
        ),
        (
            lambda d: reply_with(d, PRESIGN, CDN),
            f"{UPLOAD_NEEDS}the reply of POST {PRESIGN} has none of uploadUrl",
        ),
    ],
)
def test_a_change_of_a_route_names_the_feature_that_uses_it(mutate: Mutation, line: str) -> None:
    old, new = with_features(), with_features()
    mutate(new)
    report = report_of(compared(old), compared(new), "1.2.3")
    told = [one for one in report.text().partition("For CHANGELOG")[0].splitlines() if line in one]
    assert len(told) == 1, report.text()
    assert told[0].startswith("  !")


def with_features() -> Document:
    """A document with the routes of the quote and of the upload."""
    made = base()
    texts = {name: {"type": "string"} for name in ("endpoint", "key", "contentType", "contentLength")}
    quote = fields(endpoint=texts["endpoint"], requestBody={"type": "object"})
    made["paths"][QUOTING] = {"post": operation(requestBody=quote)}

    del texts["endpoint"]
    made["paths"][PRESIGN] = {"post": operation(requestBody=fields(["key"], **texts))}
    reply_with(made, PRESIGN, {"type": "object", "properties": {"uploadUrl": {"type": "string"}}})
    return made
