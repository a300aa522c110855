"""The README is short, its first program can be pasted, and its numbers are those of the bench.

Its snippets run in test_snippets.py.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_its_first_programs_are_programs() -> None:
    first, second, *_ = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    compile(first, "first", "exec")
    compile(second, "second", "exec")
    assert "asyncio.run(main())" in first
    assert "a2e_async.sync" in second


def test_it_names_what_is_needed_before_them() -> None:
    before = README.partition("```python")[0]
    for words in ("pip install a2e-async ", "export A2E_API_TOKEN=", "paid plan", "docs/run.svg"):
        assert words in before


def test_its_benchmarks_are_those_of_the_report() -> None:
    report = (ROOT / "tests/bench/results/report.md").read_text("utf-8")
    measured = report.partition("### 200 jobs, 60s")[2].partition("###")[0]
    number = r" \**([\d.]+)\** \|"
    rows = re.findall(rf"^\| .+? \|{number * 3}$", README, re.MULTILINE)
    assert len(rows) > 5

    cells = [[cell.split(" ")[0] for cell in re.split(r" *\| *", line)] for line in measured.splitlines()]
    # The columns: client, returned, requests, of naive, late, late p95, CPU.
    known = [(row[3], row[5], row[7]) for row in cells if len(row) > 8]
    for requests, late, cpu in rows:
        assert any(
            requests == theirs[0] and late == theirs[1] and abs(float(cpu) / float(theirs[2]) - 1) < 0.02
            for theirs in known
            if theirs[2][:1].isdigit()
        ), (requests, late, cpu)
