"""Bounded fan-out."""

from __future__ import annotations

import anyio
import pytest

from a2e_async.task_groups import map_bounded


@pytest.mark.anyio
async def test_each_keeps_order_and_bound() -> None:
    async def work(index: int, item: int) -> int:
        for _ in range(10 - item):
            await anyio.lowlevel.checkpoint()
        return index * item

    assert await map_bounded(list(range(10)), work, 3) == [n * n for n in range(10)]
