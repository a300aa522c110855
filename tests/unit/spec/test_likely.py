"""Replies that nobody has seen: whatever they are, nothing is refused and nothing is lost."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest

from a2e_async import Confirmation
from a2e_async._spec.decoders import likely, likely_many
from a2e_async.records import Record


@attrs.frozen(kw_only=True)
class Kite(Record):
    """A kite."""

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})


ANYTHING: tuple[Any, ...] = (
    None,
    {},
    [],
    "",
    "done",
    0,
    1.5,
    True,
    ["a", "b"],
    [{"_id": "k1"}, {"_id": "k2"}],
    {"x": [1]},
)
K1 = [{"_id": "k1"}]


@pytest.mark.parametrize("data", ANYTHING, ids=repr)
def test_any_data_is_one_record_with_everything_in_raw(data: Any) -> None:
    record = likely(Kite)(data)
    if data is None:
        assert record.raw == {}
    elif isinstance(data, dict):
        assert record.raw == data
    else:
        assert record.raw == {"data": data}


def test_an_object_is_read_alone_or_in_a_list() -> None:
    assert likely(Kite)({"_id": "k1", "wind": 4}) == Kite(id="k1", raw={"_id": "k1", "wind": 4})
    assert likely(Kite)(K1).id == "k1"


@pytest.mark.parametrize("data", ANYTHING, ids=repr)
def test_any_data_is_a_list_with_everything_in_raw(data: Any) -> None:
    kept = [record.raw for record in likely_many(Kite)(data)]
    if isinstance(data, list):
        assert [one if isinstance(one, dict) else {"data": one} for one in data] == kept
    else:
        assert kept in ([], [data], [{"data": data}], [{"data": 1}])
        assert kept or not data


@pytest.mark.parametrize("data", [K1, {"rows": K1}, {"list": K1}, {"data": {"rows": K1}}], ids=repr)
def test_a_list_is_read_wherever_lists_are(data: Any) -> None:
    assert [record.id for record in likely_many(Kite)(data)] == ["k1"]


def test_elements_of_another_shape_are_kept() -> None:
    first, second = likely_many(Kite)(["k1", {"_id": "k2"}])
    assert (first.raw, second.id) == ({"data": "k1"}, "k2")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, None),
        ({}, None),
        ({"message": "Deleted."}, "Deleted."),
        ({"msg": "ok"}, "ok"),
        ("Deleted.", "Deleted."),
        ({"deletedCount": 1}, None),
        (True, None),
    ],
    ids=repr,
)
def test_a_confirmation_says_what_the_service_said(data: Any, message: str | None) -> None:
    made = likely(Confirmation)(data)
    assert made.message == message
    assert made.to_dict() == {"message": message} | dict(made.raw)


def test_a_confirmation_travels() -> None:
    made = likely(Confirmation)({"message": "Deleted.", "count": 1})
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    assert repr(made) == "Confirmation(message='Deleted.')"
