"""The summary is complete: what the interface does not show of a change is told from the document."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.changes.operations import operation_changes
from codegen.changes.report import Compared, Report, report_of
from codegen.changes.schemas import differences
from tests.codegen.diff_cases import (
    KITE,
    START,
    base,
    body_of,
    interface,
    keyword,
    operation_at,
    reply_with,
)
from tests.codegen.documents import family, fields, operation
from tests.codegen.summary_cases import CASES, Mutation, rich

Document = dict[str, Any]


def compared(made: Document) -> Compared:
    found = interface(made)  # completes the document too
    return Compared(made, found)


@pytest.fixture(scope="module")
def before() -> Compared:
    return compared(rich())


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_change_is_in_the_summary(name: str, before: Compared) -> None:
    mutate, line, breaking = CASES[name]
    report = reported(mutate, before)
    lines = [one for one in report.text().partition("For CHANGELOG")[0].splitlines() if line in one]
    assert lines, report.text()
    assert any(one.startswith("  !") for one in lines) == breaking, lines
    assert line.replace("`", "") in report.changelog().replace("`", "")


def test_no_change_has_no_verdict(before: Compared) -> None:
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
