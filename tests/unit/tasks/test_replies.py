"""Ids and records, wherever a reply has them; and what must not be taken for an id."""

from __future__ import annotations

from typing import Any

import pytest

from a2e_async._tasks.replies import by_id, records_in, tasks_in
from a2e_async.records import task_id_of

ID, OTHER = "65f0c0ffee00000000000001", "65f0c0ffee00000000000002"

ONE: list[Any] = [
    ID,
    [ID],
    {"_id": ID},
    {"id": ID},
    {"taskId": ID},
    {"task_id": ID},
    [{"_id": ID}],
    {"0": {"_id": ID}},
    {"0": ID},
    {"ids": [ID]},
    *({key: {"_id": ID}} for key in ("task", "record", "result", "data", "rows", "list")),
    *({key: [{"taskId": ID}]} for key in ("task", "record", "result", "tasks", "rows", "list")),
    {"task": ID},
    {"list": [ID]},
    {"rows": [{"_id": ID}], "count": 1},
    {"data": {"task": {"id": ID}}},
]


@pytest.mark.parametrize("data", ONE)
def test_the_id_of_a_start(data: Any) -> None:
    assert [task_id_of(task) for task in tasks_in(data)] == [ID]
    assert [task_id_of(task) for task in tasks_in({"code": 0, "message": "Task created", "data": data})] == [
        ID
    ]


@pytest.mark.parametrize("empty", [None, {}, [], ""])
@pytest.mark.parametrize("key", ["_id", "id", "taskId", "task_id"])
def test_an_id_on_top_of_the_envelope(key: str, empty: Any) -> None:
    assert [task_id_of(task) for task in tasks_in({"code": 0, "data": empty, key: ID})] == [ID]


def test_numbers_and_several() -> None:
    assert tasks_in(987654) == [{"_id": "987654"}]
    assert [task_id_of(task) for task in tasks_in({"id": 7})] == ["7"]
    for data in ([ID, OTHER], {"0": {"_id": ID}, "1": {"_id": OTHER}}, {"rows": [{"id": ID}, {"id": OTHER}]}):
        assert [task_id_of(task) for task in tasks_in(data)] == [ID, OTHER]
    assert tasks_in([{"_id": ID}, {"_id": ID}]) == [{"_id": ID}]


@pytest.mark.parametrize(
    "data",
    [
        *(None, "", {}, [], True, 0, 3, {"count": 3}, {"coins": 4000}, {"result": 4000}, {"result": True}),
        *("success", "failed", "NSFW content detected", "error404", "E1003", "user_123", "涉及版权"),
        {"user_id": ID},
        {"user": {"_id": ID}},
        {"_id": ID, "email": "a@b.test"},
        {"id": "the image is too large"},
        {"message": "busy", "trace_id": ID},
        {"result": "https://cdn.test/1.png"},
    ],
)
def test_what_is_no_id(data: Any) -> None:
    assert tasks_in(data) == []
    assert tasks_in({"code": 0, "data": data, "message": "ok", "trace_id": ID}) == []


ROW = {"_id": ID, "current_status": "sent"}


@pytest.mark.parametrize(
    "data",
    [
        [ROW],
        ROW,
        *(
            {key: [ROW], "count": 1}
            for key in ("rows", "list", "data", "records", "items", "results", "tasks")
        ),
        {"data": {"rows": [ROW]}},
        {"record": ROW},
        {ID: {"current_status": "sent"}},
        {"0": ROW},
    ],
)
def test_the_records_of_a_list(data: Any) -> None:
    assert records_in(data) == [ROW]


def test_a_record_without_an_id_and_nothing_at_all() -> None:
    bare = {"current_status": "done", "meta": {"a": 1}}
    assert records_in(bare) == [bare]
    nothing: list[Any] = [None, [], {}, {"rows": []}, {"message": "none"}, {"count": 0, "list": []}]
    for data in nothing:
        assert records_in(data) == []


def test_a_record_is_found_by_each_of_its_ids() -> None:
    record = {"_id": ID, "task_id": OTHER}
    assert by_id([record, {"name": "x"}]) == {ID: record, OTHER: record}
    assert by_id([record, {"_id": OTHER}])[OTHER] == {"_id": OTHER}
