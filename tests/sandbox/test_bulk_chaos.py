"""The short version of `python -m tests.chaos`: every kind of fault, at a high rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import faults

pytestmark = pytest.mark.anyio


# Each kind on one of the loops, in turn; `make chaos` runs all of them on the loop that it is given.
KINDS = [*faults.KINDS, *faults.ODD_KINDS]
TURNS = [pytest.param(kind, ("asyncio", "trio")[turn % 2], id=kind) for turn, kind in enumerate(KINDS)]


@pytest.mark.parametrize(("kind", "anyio_backend"), TURNS, indirect=["anyio_backend"])
async def test_every_job_is_one_task_paid_once_and_delivered_once(kind: str, tmp_path: Path) -> None:
    row = await faults.run(kind, 0.3, 15, tmp_path / "run.db", step=0.5)
    assert row.holds, row


@pytest.mark.parametrize("kind", ["reset before the work", "504, done up to 60 s later"])
async def test_the_same_holds_without_a_journal(kind: str) -> None:
    row = await faults.run(kind, 0.3, 15, step=0.5)
    assert row.holds, row
