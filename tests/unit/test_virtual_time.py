"""The virtual time that other tests rest on."""

import anyio
import pytest

from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]


@pytest.mark.anyio
async def test_hours_pass_in_order() -> None:
    began = anyio.current_time()
    order: list[int] = []

    async def wake(hours: int) -> None:
        await anyio.sleep(hours * 3600)
        order.append(hours)

    async with anyio.create_task_group() as group:
        for hours in (3, 1, 2):
            group.start_soon(wake, hours)
    assert order == [1, 2, 3]
    assert anyio.current_time() - began == pytest.approx(3 * 3600, abs=1)
