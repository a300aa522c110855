"""Values as plain data: JSON of everything, and whatever looks into an object finds its way out again."""

from __future__ import annotations

import inspect
import json
import math
import pprint
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async import (
    A2E,
    Event,
    Lateness,
    Outcome,
    Quote,
    RetryPolicy,
    SavedFile,
    StartPolicy,
    Summary,
    Task,
    UncertainStart,
    Upload,
    WorkflowSummary,
)
from a2e_async.errors import APIError, SubmissionUncertain, WaitTimeout
from a2e_async.plain import as_plain
from a2e_async.records import Record, TaskRecord
from tests.unit.sample import TOKEN, PictureRecord, Pictures, Service, client

RAW = {
    "_id": "a1",
    "current_status": "Completed",
    "image_urls": ["https://cdn.test/a1.png"],
    "coins": 30,
    "createdAt": "2026-01-01",
    "name": "cat",
    "new_field": {"x": [1, None]},
    "webhook_token": "hunter2",
}
WORKFLOW = Pictures(client(Service()))
JOB = WORKFLOW(prompt="a kite", source_url=b"x").with_key("k")
TASK = Task(WORKFLOW, [RAW])
RESULT = TASK.result(elapsed=1.5)
VALUES: list[Any] = [
    PictureRecord.decode(RAW),
    Record.decode(RAW),
    TASK,
    RESULT,
    Outcome(JOB, 0, "k", RESULT, paths=[Path("a.png")], attempts=1),
    Outcome(JOB, 0, error=WaitTimeout("not yet", task=TASK)),
    Upload("https://cdn.test/1.png", "ab", 3, "image/png"),
    Quote(3.0, Record.decode({"coins": 3})),
    SavedFile(Path("a.png"), 3, "image/png"),
    UncertainStart(1, "k", "pictures", None, 1.0, 30.0, {"prompt": "x"}),
    Event("delta", {"text": "a"}),
    RetryPolicy(),
    StartPolicy(),
    Lateness(),
    Summary(1, 1, 0, 0, 0, 0, 0, 0, 30.0, 5, {"pictures": WorkflowSummary(1)}, ValueError("x")),
]
LIVE: list[Any] = [JOB, WORKFLOW, client(Service()), WORKFLOW.list(), client(Service()).bulk([])]


def name_of(value: Any) -> str:
    return type(value).__name__


@pytest.mark.parametrize("value", VALUES, ids=name_of)
def test_every_value_is_json(value: Any) -> None:
    plain = value.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert json.loads(json.dumps(value, default=vars)) == plain
    assert "hunter2" not in str(plain)


def test_a_record_has_its_fields_first_and_loses_nothing() -> None:
    assert PictureRecord.decode(RAW).to_dict() == {
        "id": "a1",
        "name": "cat",
        "status": "completed",
        "coins": 30,
        "created_at": "2026-01-01",
        "failure": None,
        "image_url": None,
        "image_urls": ["https://cdn.test/a1.png"],
        "seed": None,
        "new_field": {"x": [1, None]},
    }

    assert Record.decode({"_id": "a"}).to_dict() == {"_id": "a"}


def test_a_result_as_json() -> None:
    plain = RESULT.to_dict()
    assert plain.pop("records") == [RESULT.record.to_dict()]
    assert plain == {
        "workflow": "pictures",
        "id": "a1",
        "ids": ["a1"],
        "urls": ["https://cdn.test/a1.png"],
        "coins": 30,
        "elapsed": 1.5,
        "failed": [],
    }


def test_an_outcome_as_json() -> None:
    plain = VALUES[5].to_dict()
    assert plain["error"] == {"type": "WaitTimeout", "message": "not yet", "task_id": "a1"}
    assert (plain["workflow"], plain["result"], plain["paths"]) == ("pictures", None, [])
    assert VALUES[4].to_dict()["paths"] == ["a.png"]


def test_errors_as_json() -> None:
    error = APIError("no", status=400, code=7, method="GET", path="/x", body={"a": 1})
    assert as_plain(error)["status"] == 400
    assert "body" not in as_plain(error)
    uncertain = as_plain(SubmissionUncertain("x", job=JOB, marker="a2e-m"))
    assert uncertain == {"type": "SubmissionUncertain", "message": "x", "marker": "a2e-m"}


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (math.nan, None),
        (math.inf, None),
        ("a\ud800", "a?"),
        ({1: (2, {3})}, {"1": [2, [3]]}),
        (Path("a/b"), str(Path("a/b"))),
        (b"abc", "<3 bytes>"),
        (Odd(), "<Odd>"),
        (True, True),
    ],
    ids=name_of,
)
def test_what_json_does_not_have_is_shown(value: Any, plain: Any) -> None:
    assert as_plain(value) == plain


@pytest.mark.parametrize("value", [*VALUES, *LIVE], ids=name_of)
def test_looking_into_an_object_raises_nothing(value: Any) -> None:
    shown = [repr(value), str(vars(value)), pprint.pformat(value), str(inspect.getmembers(value))]
    assert TOKEN not in "".join(shown)
    assert dir(value)
    for name in ("nope", "__array__", "__len__", "_repr_png_", "__rich_repr__", "shape", "dtype"):
        assert not hasattr(value, name)
    assert inspect.getattr_static(value, "__class__", None) is not None


def test_models_of_pydantic_take_every_value() -> None:
    pydantic = pytest.importorskip("pydantic")
    for value in [*VALUES, JOB]:
        model = pydantic.create_model(
            "Reply", value=(type(value), ...), many=(pydantic.conlist(type(value)), [])
        )
        made = model(value=value, many=[value])
        assert made.model_dump()["value"] is value
        assert json.loads(made.model_dump_json()) == {"value": vars(value), "many": [vars(value)]}
        assert model.model_json_schema()["properties"]["value"]["type"] == "object"
        with pytest.raises(pydantic.ValidationError):
            model(value={"id": "a"})


def test_rich_shows_every_value_in_brief() -> None:
    pretty = pytest.importorskip("rich.pretty")
    for value in [*VALUES, *LIVE]:
        text = pretty.pretty_repr(value, max_string=60)
        assert len(text) < 1500
        assert TOKEN not in text


def test_outside_async_code_a_client_has_no_runtime() -> None:
    a2e = client(Service())
    assert not hasattr(a2e, "runtime")

    async def inside() -> bool:
        inspect.getmembers(a2e)
        return hasattr(a2e, "runtime")

    assert anyio.run(inside)


@pytest.mark.parametrize("value", [*VALUES, *LIVE], ids=name_of)
def test_a_repr_is_short(value: Any) -> None:
    assert len(repr(value)) < 400


def test_the_repr_of_long_values_is_cut() -> None:
    record = TaskRecord.decode({"_id": "a", "name": "x" * 10_000, "failed_message": "y" * 10_000})
    assert len(repr(record)) < 400
    assert repr(record).startswith("TaskRecord(id='a', name='xxx")
    assert "raw" not in repr(record)

    job = WORKFLOW(prompt="x" * 2000, extra_body={"webhook_token": "hunter2"}).with_key("k")
    assert len(repr(job)) < 400
    assert repr(job).startswith("Job(pictures, key='k', prompt='xxx")
    assert "hunter2" not in repr(job) + repr(job.call)


def test_a_client_shows_no_token() -> None:
    assert repr(A2E(TOKEN)) == "A2E(base_url='https://video.a2e.ai')"
