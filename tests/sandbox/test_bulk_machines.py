"""The short version of `python -m tests.chaos --only machines`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import machines


@pytest.mark.slow
def test_two_workers_one_killed_and_one_frozen(tmp_path: Path) -> None:
    plan = machines.Round(
        workers=2,
        jobs=36,
        hurts=["kill", "freeze"],
        lease=1.0,
        asleep=1.2,
        contents=5,
        account_concurrency=16,
    )
    toll = machines.run(tmp_path, plan)
    assert toll.holds, toll
    assert toll.hurts == {"kill": 1, "freeze": 1}
