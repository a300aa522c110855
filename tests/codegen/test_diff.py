"""diff: every change of the generated interface is reported, once, and nothing else is."""

from __future__ import annotations

import pytest

from codegen.changes.compare import compare
from codegen.changes.verdict import verdict
from codegen.interface.model import Interface
from tests.codegen.diff_cases import CASES, Entry, base, entries, interface, operation_at


@pytest.fixture(scope="module")
def before() -> Interface:
    return interface(base())


@pytest.mark.parametrize("name", CASES)
def test_each_change_is_reported_once(name: str, before: Interface) -> None:
    mutate, expected = CASES[name]
    new = base()
    mutate(new)
    after = interface(new)
    changes = compare(before, after)
    assert sorted(entries(changes)) == sorted(expected)
    assert bool(compare(after, before)) == bool(expected)
    for one in changes:
        assert verdict(one).text.isprintable()


def test_whether_a_body_without_keywords_may_be_left_out_changes_nothing() -> None:
    """The generated code is the same: what is not given is not sent."""
    bodies = {"content": {"application/json": {"schema": {"type": "object"}}}}
    made = []
    for required in (True, False):
        new = base()
        operation_at(new, "/api/v1/anchor/voices", "get")["requestBody"] = {**bodies, "required": required}
        made.append(interface(new))

    assert compare(*made) == compare(*reversed(made)) == []


def test_changes_of_several_kinds_are_all_there(before: Interface) -> None:
    """Changes of different things add up."""
    new, expected = base(), list[Entry]()

    for name in (
        "a new choice",
        "a wider limit",
        "a rule",
        "a new method",
        "a new attribute",
        "a new family",
    ):
        mutate, reported = CASES[name]
        mutate(new)
        expected += reported

    assert sorted(entries(compare(before, interface(new)))) == sorted(expected)
