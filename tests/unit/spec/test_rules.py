"""Rules between keywords, values outside the limits, and free-form bodies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, raw, with_body
from a2e_async._spec.rules import Need, check_rules
from a2e_async.errors import InvalidArgument

FIELDS = (
    Field("mode", str),
    Field("a", str),
    Field("b", str, "bWire"),
    Field("c", str),
    Field("n", list),
    Field("d", int),
)
ANYWAY = "; give it in extra_body to send it all the same"
MANY = f"n: ['x', 'x', 'x'] is more than 2 with mode='m'{ANYWAY}"


def call(values: dict[str, Any], extra: dict[str, Any] | None = None, **rules: Any) -> Any:
    operation = Operation("POST", "/x", raw, body=FIELDS, has_body=True, **rules)
    return operation.call(values, {"extra_body": extra} if extra else {}).body


def refused(values: dict[str, Any], extra: dict[str, Any] | None = None, **rules: Any) -> str:
    with pytest.raises(InvalidArgument) as caught:
        call(values, extra, **rules)
    return str(caught.value)


def test_one_of_a_group_is_needed() -> None:
    rules: dict[str, Any] = {"any_of": (("a", "b"),)}
    assert refused({}, **rules) == "a: one of a, b is required"
    assert refused({"c": "x", "a": None}, **rules) == "a: one of a, b is required"
    assert call({"b": "x"}, **rules) == {"bWire": "x"}
    assert call({"a": "x", "b": "y"}, **rules) == {"a": "x", "bWire": "y"}


def test_of_an_exclusive_group_only_one_may_be_given() -> None:
    rules: dict[str, Any] = {"exclusive": (("a", "b", "c"),)}
    assert refused({"b": "x", "c": "y"}, **rules) == "c: cannot be given together with b"
    assert call({}, **rules) == {}
    assert call({"c": "y", "a": None}, **rules) == {"c": "y"}


@pytest.mark.parametrize(
    ("need", "values", "told"),
    [
        (Need({"mode": ("m",)}, all_of=("a", "b")), {"mode": "m", "a": "x"}, "b: is required with mode='m'"),
        (Need({"mode": (None, "m")}, all_of=("a",)), {}, "a: is required without mode"),
        (Need({"mode": None}, any_of=("a", "b")), {"mode": "z"}, "a: one of a, b is required with mode"),
        (Need({"mode": ("m",)}, any_of=("a",)), {"mode": "m"}, "a: a is required with mode='m'"),
        (
            Need({"mode": ("m",), "a": ("x",)}),
            {"mode": "m", "a": "x"},
            f"a: 'x' cannot be combined with mode='m'{ANYWAY}",
        ),
        (
            Need({"mode": ("m",), "a": (None,)}, all_of=("c",)),
            {"mode": "m"},
            "c: is required with mode='m' and without a",
        ),
        (Need({"mode": ("m",)}, all_of=("a",)), {"mode": "m", "a": ""}, "a: is required with mode='m'"),
        (
            Need({"mode": ("m",)}, any_of=("a", "n")),
            {"mode": "m", "a": "", "n": []},
            "a: one of a, n is required with mode='m'",
        ),
        (
            Need({"mode": (None, "m")}, only={"a": ("x", "y")}),
            {"a": "z"},
            f"a: 'z' is not one of 'x', 'y' without mode{ANYWAY}",
        ),
        (Need({"mode": ("m",)}, most={"n": 2}), {"mode": "m", "n": ["x"] * 3}, MANY),
        (
            Need({"mode": ("m",)}, most={"d": 15}),
            {"mode": "m", "d": 16},
            f"d: 16 is more than 15 with mode='m'{ANYWAY}",
        ),
    ],
)
def test_a_need_that_is_not_met(need: Need, values: dict[str, Any], told: str) -> None:
    assert refused(values, needs=(need,)) == told


@pytest.mark.parametrize(
    ("need", "values"),
    [
        (Need({"mode": ("m",)}, all_of=("a",)), {}),
        (Need({"mode": ("m",)}, all_of=("a",)), {"mode": "n"}),
        (Need({"mode": ("m",)}, all_of=("a",)), {"mode": "m", "a": "x"}),
        (Need({"mode": None}, any_of=("a", "b")), {"mode": "m", "b": "x"}),
        (Need({"mode": ("m",), "a": ("x",)}), {"mode": "m", "a": "y"}),
        (Need({"mode": (None,)}, all_of=("a",)), {"mode": "m"}),
        (Need({"mode": ("m",)}, only={"a": ("x", "y")}), {"mode": "m", "a": "y"}),
        (Need({"mode": ("m",)}, only={"a": ("x", "y")}), {"mode": "m"}),
        (Need({"mode": ("m",)}, only={"a": ("x", "y")}), {"mode": "n", "a": "z"}),
        (Need({"mode": ("m",)}, most={"n": 2, "d": 15}), {"mode": "m", "n": ["x", "x"], "d": -1}),
        (Need({"mode": ("m",)}, most={"n": 2, "a": 1}), {"mode": "m", "a": "a text has no size"}),
    ],
)
def test_a_need_that_is_met_or_does_not_apply(need: Need, values: dict[str, Any]) -> None:
    assert call(values, needs=(need,)) is not None


def test_what_stands_in_extra_body_counts() -> None:
    assert call({}, {"a": "x"}, any_of=(("a", "b"),)) == {"a": "x"}
    assert call({}, {"bWire": "x"}, any_of=(("a", "b"),)) == {"bWire": "x"}
    assert (
        refused({"a": "x"}, {"bWire": "y"}, exclusive=(("a", "b"),)) == "b: cannot be given together with a"
    )


@pytest.mark.parametrize(
    ("need", "values", "extra"),
    [
        (Need({"mode": ("m",)}, only={"a": ("x",)}), {"mode": "m"}, {"a": "newer"}),
        (Need({"mode": ("m",)}, most={"d": 15}), {"mode": "m"}, {"d": 20}),
        (Need({"mode": ("m",)}, most={"n": 1}), {"mode": "m"}, {"n": [1, 2]}),
        (Need({"mode": ("m",), "b": ("x",)}), {"mode": "m"}, {"bWire": "x"}),
    ],
)
def test_a_rule_lets_a_value_in_extra_body_pass(
    need: Need, values: dict[str, Any], extra: dict[str, Any]
) -> None:
    assert call(values, extra, needs=(need,)) == {**values, **extra}


def test_a_rule_knows_nothing_about_values_that_are_newer_than_it_is() -> None:
    fields = (Field("mode", str), Field("size", str, choices=("small", "large")))
    need = Need({"mode": (None, "m")}, only={"size": ("small",)})
    operation = Operation("POST", "/x", raw, body=fields, has_body=True, needs=(need,))
    assert operation.call({"size": "huge"}, {}).body == {"size": "huge"}
    with pytest.raises(InvalidArgument, match="is not one of 'small'"):
        operation.call({"size": "large"}, {})


def test_what_is_never_sent_is_refused_wherever_it_comes_from() -> None:
    assert refused({}, {"minor_suspected_skip": True}).startswith("minor_suspected_skip: ")
    assert refused({}, {"minor_suspected_skip": False}).startswith("minor_suspected_skip: ")
    with pytest.raises(InvalidArgument):
        Operation("POST", "/x", raw, has_body=True).call({}, with_body({"minor_suspected_skip": True}, {}))


@given(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from([None, 1, "x"])),
    st.lists(st.lists(st.sampled_from("abcd"), min_size=1, unique=True), max_size=3),
    st.lists(st.lists(st.sampled_from("abcd"), min_size=1, unique=True), max_size=3),
)
def test_groups_hold_for_any_values(
    values: dict[str, Any], any_of: list[list[str]], exclusive: list[list[str]]
) -> None:
    counts_any = [sum(values.get(name) is not None for name in group) for group in any_of]
    counts_exclusive = [sum(values.get(name) is not None for name in group) for group in exclusive]
    sound = all(counts_any) and all(count < 2 for count in counts_exclusive)
    if sound:
        check_rules(values, any_of, exclusive, ())
    else:
        with pytest.raises(InvalidArgument):
            check_rules(values, any_of, exclusive, ())


def test_values_that_are_allowed_besides_the_limits() -> None:
    field = Field("duration", int, minimum=4, maximum=30, also=(-1,))
    for value in (-1, 4, 30):
        field.check(value)
    for wrong in (-2, 0, 3, 31, True, "5", 4.5):
        with pytest.raises(InvalidArgument, match="duration"):
            field.check(wrong)


def test_a_free_form_body_and_what_wins_over_it() -> None:
    assert with_body(None, {"request_timeout": 1}) == {"request_timeout": 1}
    assert with_body({"a": 1, "b": 1}, {"extra_body": {"b": 2}}) == {"extra_body": {"a": 1, "b": 2}}
    operation = Operation("POST", "/x", raw, has_body=True)
    assert operation.call({}, with_body({"a": {"b": [1]}}, {})).body == {"a": {"b": [1]}}
    assert operation.call({}, with_body({}, {})).body == {}
    for wrong in ("text", [1], 5):
        with pytest.raises(InvalidArgument, match="body"):
            with_body(wrong, {})  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(InvalidArgument, match="extra_body"):
        operation.call({}, with_body({"a": 1}, {"extra_body": "x"}))  # type: ignore[typeddict-item]  # the same
