"""The turns in which starts are sent, in virtual time."""

from __future__ import annotations

import anyio
import pytest

from a2e_async._tasks.pace import Pace
from a2e_async.clock import SystemClock
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


async def turns(pace: Pace, count: int) -> list[float]:
    """The seconds from now at which this many starts, all asking at once, get their turns."""
    began = anyio.current_time()
    times: list[float] = []

    async def one() -> None:
        await pace.turn()
        times.append(anyio.current_time() - began)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return times


async def test_without_a_rate_nobody_waits() -> None:
    assert await turns(Pace(SystemClock()), 50) == [0.0] * 50


async def test_a_rate_spaces_the_turns() -> None:
    pace = Pace(SystemClock(), rate=4.0)
    assert await turns(pace, 5) == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    # A later start waits for its turn as well.
    assert await turns(pace, 1) == pytest.approx([0.25])
    await anyio.sleep(10.0)
    assert await turns(pace, 2) == pytest.approx([0.0, 0.25])


async def test_a_hold_holds_everyone_back_and_costs_nobody_a_turn() -> None:
    pace = Pace(SystemClock(), rate=2.0)
    pace.hold(10.0)
    assert await turns(pace, 3) == pytest.approx([10.0, 10.5, 11.0])


async def test_a_hold_that_begins_while_some_wait() -> None:
    pace = Pace(SystemClock(), rate=1.0)
    times: list[float] = []

    async def wait() -> None:
        times.extend(await turns(pace, 3))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(0.5)
        pace.hold(20.0)
    assert times == pytest.approx([0.0, 20.5, 21.5])


async def test_refusals_space_the_turns_and_acceptances_bring_them_together_again() -> None:
    pace = Pace(SystemClock())
    for _ in range(12):
        pace.on_refused(1.0)
        await anyio.sleep(1.0)
    first, second, third = await turns(pace, 3)
    assert first == 0.0
    assert second == pytest.approx(third - second) == pytest.approx(0.05 * 1.5**11)
    for _ in range(80):
        pace.on_accepted()
    await turns(pace, 1)
    assert await turns(pace, 4) == [0.0] * 4


async def test_the_turns_never_come_to_a_standstill() -> None:
    pace = Pace(SystemClock())
    for _ in range(100):
        pace.on_refused(0.1)
        await anyio.sleep(0.2)
    assert await turns(pace, 2) == pytest.approx([0.0, 5.0])


async def test_refusals_of_those_under_way_together_count_once() -> None:
    one, many = Pace(SystemClock()), Pace(SystemClock())
    one.on_refused(1.0)
    for _ in range(40):
        many.on_refused(1.0)
    assert await turns(one, 3) == pytest.approx(list(await turns(many, 3)), abs=1.01)
    assert (await turns(many, 2))[1] < 0.2


async def test_no_acceptance_makes_it_faster_than_the_rate() -> None:
    pace = Pace(SystemClock(), rate=2.0)
    for _ in range(100):
        pace.on_accepted()
    assert await turns(pace, 3) == pytest.approx([0.0, 0.5, 1.0])


async def test_a_start_that_gives_up_waiting_takes_no_turn() -> None:
    pace = Pace(SystemClock(), rate=0.1)
    await pace.turn()
    with anyio.move_on_after(1.0) as scope:
        await pace.turn()
    assert scope.cancelled_caught
    assert await turns(pace, 1) == pytest.approx([9.0])
