"""What the generator makes of rules between keywords, and of answers that are not ready yet."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from a2e_async.errors import InvalidArgument
from a2e_async.pages import Pages
from codegen.document.tree import SpecError
from tests.codegen.documents import document, family, fields, id_parameter, import_text, modules, operation

START = "/api/v1/things/start"


def made(root: Path, paths: dict[str, Any]) -> Any:
    """The module that is generated for these paths."""
    return import_text(modules(root, document(paths))["things.py"], "generated_things")


def start(*needs: dict[str, Any]) -> dict[str, Any]:
    """A start with some keywords and these rules."""
    body = fields(
        mode={"type": "string", "enum": ["one", "two"]},
        secondsLong={"type": "integer"},
        size={"type": "string", "enum": ["small", "large"]},
        pictures={"type": "array", "items": {"type": "string"}},
    )
    return operation(requestBody=body, **{"x-a2e-needs": list(needs)})


RULES: tuple[dict[str, Any], ...] = (
    {"when": {"mode": [None, "one"]}, "only": {"size": ["large"], "secondsLong": [5, 10]}},
    {
        "when": {"mode": ["two"]},
        "all": ["size"],
        "only": {"size": ["small"]},
        "most": {"pictures": 2, "secondsLong": 9},
    },
)


def test_limits_under_a_condition(tmp_path: Path) -> None:
    things = made(tmp_path, {START: {"post": start(*RULES)}}).Things(client=None)

    accepted: tuple[dict[str, Any], ...] = (
        {},
        {"size": "large", "seconds_long": 10},
        {"mode": "two", "size": "small", "seconds_long": 9, "pictures": ["x", "y"]},
    )
    for values in accepted:
        assert things(**values)

    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"size": "small"}, "size: 'small' is not one of 'large' without mode"),
        ({"mode": "one", "seconds_long": 7}, "seconds_long: 7 is not one of 5, 10 with mode='one'"),
        ({"mode": "two"}, "size: is required with mode='two'"),
        (
            {"mode": "two", "size": "small", "seconds_long": 10},
            "seconds_long: 10 is more than 9 with mode='two'",
        ),
        ({"mode": "two", "size": "small", "pictures": ["x"] * 3}, "is more than 2 with mode='two'"),
    )
    for values, reported in refused:
        with pytest.raises(InvalidArgument) as caught:
            things(**values)
        assert reported in str(caught.value)

    words = " ".join((inspect.getdoc(things.__call__) or "").split())
    assert "size can only be large and seconds_long can only be 5 or 10 with mode one or left out." in words
    assert "size must be small, pictures is at most 2 and seconds_long is at most 9 with mode two." in words


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"mode": ["one"]}, "most": {"secondsLong": "9}); print('x'"}},
        {"when": {"mode": ["one"]}, "most": {"secondsLong": True}},
        {"when": {"mode": ["one"]}, "least": {"secondsLong": 9}},
        {"only": {"size": ["large"]}},
    ],
)
def test_an_invalid_rule_is_refused(rule: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a rule"):
        made(tmp_path, {START: {"post": start(rule)}})


def test_values_of_a_rule_are_data(tmp_path: Path) -> None:
    odd = "\"]}); raise SystemExit('''"
    things = made(tmp_path, {START: {"post": start({"when": {"mode": [odd]}, "only": {"size": [odd]}})}})
    assert things.START.needs[0].only == {"size": (odd,)}


@pytest.mark.parametrize("part", ["when", "all", "any", "only", "most"])
def test_a_rule_about_a_member_that_is_not_there(part: str, tmp_path: Path) -> None:
    rule: dict[str, Any] = {"when": {"mode": ["one"]}}
    rule[part] = {"when": {"gone": ["x"]}, "only": {"gone": ["x"]}, "most": {"gone": 1}}.get(part, ["gone"])
    with pytest.raises(SpecError, match="'gone'"):
        made(tmp_path, {START: {"post": start(rule)}})


def test_what_is_answered_with_202_gives_a_result_in_time(tmp_path: Path) -> None:
    later = operation(parameters=[id_parameter()])
    later["responses"]["202"] = {"description": "Not ready."}
    module = made(tmp_path, {**family("things"), "/api/v1/things/{_id}/large": {"get": later}})
    method = module.Things.large
    timeout = inspect.signature(method).parameters["timeout"]
    assert (timeout.kind, timeout.default) == (inspect.Parameter.KEYWORD_ONLY, None)
    assert inspect.signature(method).return_annotation == "Result[ThingsRecord]"
    assert "NotReady" in (inspect.getdoc(method) or "")
    assert "timeout" not in inspect.signature(module.Things.get).parameters


@pytest.mark.parametrize(
    ("segment", "method"), [("trainingRecord", "training_record"), ("userRecords", "user_records")]
)
def test_lists_of_records_are_iterators_without_paging_too(segment: str, method: str, tmp_path: Path) -> None:
    module = made(tmp_path, {**family("things"), f"/api/v1/things/{segment}": {"get": operation()}})
    assert isinstance(getattr(module.Things(client=None), method)(), Pages)
