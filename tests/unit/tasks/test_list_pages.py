"""What a list reply without tasks means: empty, or unreadable for now."""

from __future__ import annotations

from typing import Any

import pytest

from a2e_async._tasks.list_pages import says_nothing


@pytest.mark.parametrize(
    "data",
    [
        None,
        "",
        [],
        {},
        {"rows": [], "count": 0},
        {"data": [], "message": "busy"},
        {"message": "No records found"},
        {"msg": "success"},
        {"message": "暂无数据"},
        {"message": ""},
    ],
)
def test_an_empty_list(data: Any) -> None:
    assert says_nothing(data)


@pytest.mark.parametrize(
    "data",
    [
        {"message": "busy"},
        {"message": "system is upgrading, please wait"},
        {"msg": {"text": "no"}},
        {"rows": [{"name": "x"}]},
        {"name": "x"},
        "busy",
        [1],
    ],
)
def test_what_is_no_proof_that_a_list_is_empty(data: Any) -> None:
    assert not says_nothing(data)
