"""Tests take turns on the event loops, and each runs on one at least."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.loops import taking_turns


def items(*names: str) -> list[Any]:
    return [SimpleNamespace(nodeid=name) for name in names]


def test_of_two_twins_one_runs_and_both_loops_have_their_share() -> None:
    names = [
        f"tests/sandbox/test_a.py::test_{n}[{loop}-x]" for n in range(40) for loop in ("asyncio", "trio")
    ]
    running, left = taking_turns(items(*names))
    assert len(running) == len(left) == 40
    assert {item.nodeid.partition("[")[0] for item in running} == {name.partition("[")[0] for name in names}
    assert 10 < sum("trio" in item.nodeid for item in running) < 30


def test_the_core_and_what_has_no_twin_run() -> None:
    names = [
        "tests/unit/bulk/test_a.py::test_a[asyncio]",
        "tests/unit/bulk/test_a.py::test_a[trio]",
        "tests/sandbox/test_b.py::test_b[trio]",
        "tests/sandbox/test_b.py::test_c",
        "tests/codegen/test_c.py::test_d[asyncio-trio]",
    ]
    running, left = taking_turns(items(*names))
    assert ([item.nodeid for item in running], left) == (names, [])
