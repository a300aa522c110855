"""Records: whatever the server sends inside an object, decoding never raises and nothing is lost."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async import records
from a2e_async.records import Record, TaskRecord, decode_many, task_id_of, task_status_of


@attrs.frozen(kw_only=True)
class Point(Record):
    x: float | None = None
    y: float | None = None


@attrs.frozen(kw_only=True)
class Everything(TaskRecord):
    title: str | None = None
    number: int | None = None
    share: float | None = None
    flag: bool | None = None
    anything: Any = None
    names: list[str] | None = None
    urls: Sequence[str] | None = None
    point: Point | None = None
    points: Sequence[Point] | None = None
    extra: Mapping[str, Any] | None = None
    either: str | int | None = None
    cover_url: str | None = attrs.field(default=None, metadata={"key": "coverUrl"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    [field.name for field in attrs.fields(Everything)]
    + ["_id", "id", "task_id", "current_status", "status", "state", "coverUrl", "createdAt", "coins"]
    + ["failed_message", "faild_message", "fail_reason", "raw", "__class__", "self"]
)
objects = st.dictionaries(keys | st.text(max_size=6), json_values)


@given(objects)
def test_any_object_decodes_to_values_of_the_declared_types(raw: dict[str, Any]) -> None:
    record = Everything.decode(raw)
    assert record.raw is raw
    for name in ("id", "name", "status", "created_at", "failure", "title", "cover_url"):
        assert isinstance(getattr(record, name), str | None), name
    assert type(record.number) in (int, type(None))
    assert type(record.share) in (int, float, type(None))
    assert type(record.coins) in (int, float, type(None))
    assert type(record.flag) in (bool, type(None))
    assert type(record.either) in (str, int, type(None))
    assert isinstance(record.point, Point | None)
    assert record.names is None or all(isinstance(name, str) for name in record.names)
    assert record.points is None or all(isinstance(point, Point) for point in record.points)
    assert isinstance(record.extra, dict | None)


@given(objects)
def test_what_fits_is_taken(raw: dict[str, Any]) -> None:
    raw |= {"title": "t", "number": 3, "share": 2, "flag": False, "names": ["a", 1, "b"], "coverUrl": "u"}
    raw |= {"point": {"x": 1, "y": "no"}, "points": [{"x": 2.5}, 7], "either": 4, "anything": [None]}
    record = Everything.decode(raw)
    assert (record.title, record.number, record.share, record.flag) == ("t", 3, 2, False)
    assert record.names == ["a", "b"]
    assert record.cover_url == "u"
    assert record.point == Point(raw=raw["point"], x=1)
    assert record.points == [Point(raw={"x": 2.5}, x=2.5)]
    assert record.either == 4
    assert record.anything == [None]


@pytest.mark.parametrize(
    ("value", "number", "share", "flag"),
    [(True, None, None, True), (1, 1, 1, None), (1.0, None, 1.0, None), ("1", None, None, None)],
)
def test_true_is_no_number_and_one_is_no_truth(
    value: Any, number: int | None, share: float | None, flag: bool | None
) -> None:
    record = Everything.decode({"number": value, "share": value, "flag": value})
    assert (record.number, record.share, record.flag) == (number, share, flag)


@pytest.mark.parametrize(
    ("raw", "id"),
    [
        ({"_id": "a", "id": "b", "task_id": "c"}, "a"),
        ({"_id": "", "id": "b"}, "b"),
        ({"_id": None, "task_id": "c"}, "c"),
        ({"id": 7}, "7"),
        ({"id": 0}, None),
        ({"id": True}, None),
        ({"id": 1.5}, None),
        ({"taskId": "d"}, "d"),
        ({"_id": {"$oid": "a"}}, None),
        ({}, None),
    ],
)
def test_the_id_whatever_the_family_calls_it(raw: dict[str, Any], id: str | None) -> None:
    assert task_id_of(raw) == id
    assert TaskRecord.decode(raw).id == id


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ({"current_status": "Completed", "status": "failed"}, "completed"),
        ({"current_status": "", "status": "SUCCESS"}, "success"),
        ({"state": "done"}, "done"),
        ({"status": 1}, None),
        ({"status": None}, None),
        ({}, None),
    ],
)
def test_the_status_whatever_the_family_calls_it(raw: dict[str, Any], status: str | None) -> None:
    assert task_status_of(raw) == status
    assert TaskRecord.decode(raw).status == status


@pytest.mark.parametrize("key", ["failed_message", "faild_message", "fail_reason"])
def test_the_failure_in_its_three_spellings(key: str) -> None:
    assert TaskRecord.decode({key: "why"}).failure == "why"
    assert TaskRecord.decode({key: ""}).failure is None


@pytest.mark.parametrize(
    ("coins", "decoded"), [(30, 30), (2.5, 2.5), ("30", None), (True, None), (None, None)]
)
def test_coins(coins: Any, decoded: float | None) -> None:
    assert TaskRecord.decode({"coins": coins}).coins == decoded


def test_a_record_does_not_print_its_raw_json() -> None:
    assert "secret" not in repr(TaskRecord.decode({"_id": "a", "unknown": "secret"}))


def test_what_is_no_object_in_a_list_is_passed_over() -> None:
    assert [record.id for record in decode_many(TaskRecord, [{"_id": "a"}, None, "x", [], {"_id": "b"}])] == [
        "a",
        "b",
    ]


def test_a_type_that_no_converter_knows_is_the_programmers_mistake() -> None:
    @attrs.frozen(kw_only=True)
    class Wrong(Record):
        value: Literal["a"] | None = None

    with pytest.raises(TypeError, match="no converter"):
        Wrong.decode({"value": "a"})


@attrs.frozen(kw_only=True)
class Usual(TaskRecord):
    result_url: str | None = None
    prompt: str | None = None
    video_time: int | None = None


def test_a_record_is_decoded_in_few_steps() -> None:
    """What keeps a batch within twice the time of parsing it: no call for a field of the declared type."""
    raw = {"_id": "1", "current_status": "sent", "coins": 1.5, "createdAt": "", "failed_message": ""}
    raw |= {"name": "", "result_url": "", "prompt": "", "video_time": 5}
    calls = 0

    def count(frame: types.FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename == records.__file__

    decode_many(Usual, [raw])
    sys.setprofile(count)
    try:
        decode_many(Usual, [raw] * 100)
    finally:
        sys.setprofile(None)
    assert calls <= 100 * 6 + 2
