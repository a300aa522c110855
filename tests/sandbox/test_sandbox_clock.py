"""The clocks, on asyncio and trio, and in several threads at once."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import anyio
import pytest

from a2e_async.sandbox import ScaledClock, VirtualClock, silence
from a2e_async.sandbox.silence import SilenceDetector
from tests.sandbox.kit import STARTS, talking

pytestmark = pytest.mark.anyio


async def asleep(clock: VirtualClock, number: int) -> None:
    """Wait until a number of sleepers sleep."""
    with anyio.fail_after(5):
        while clock.sleepers < number:
            await anyio.lowlevel.checkpoint()


async def test_it_does_not_move_by_itself() -> None:
    clock = VirtualClock(start=5.0)
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(clock.now())

    async with anyio.create_task_group() as tasks:
        for seconds in (3.0, 1.0, 2.0):
            tasks.start_soon(sleeper, seconds)
        await asleep(clock, 3)
        assert clock.now() == 5.0
        assert clock.advance(1.5) == 6.5
        await anyio.wait_all_tasks_blocked()
        assert woken == [6.5]
        clock.advance(10)
    assert woken == [6.5, 16.5, 16.5]


async def test_elapse_gives_everyone_their_turn() -> None:
    clock = VirtualClock()
    ticks: list[float] = []

    async def ticker() -> None:
        while True:
            await clock.sleep(1)
            ticks.append(clock.now())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ticker)
        assert await clock.elapse(3.5) == 3.5
        assert ticks == [1.0, 2.0, 3.0]
        tasks.cancel_scope.cancel()


async def test_a_sleep_can_be_cancelled() -> None:
    clock = VirtualClock()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.sleep, 10)
        await asleep(clock, 1)
        tasks.cancel_scope.cancel()
    clock.advance(20)
    assert clock.waking == 0


@pytest.mark.parametrize("seconds", [0, -1])
async def test_no_time_at_all(seconds: float) -> None:
    clock = VirtualClock()
    await clock.sleep(seconds)
    with clock.move_on_after(seconds) as scope:
        await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_a_deadline_ends_its_body() -> None:
    clock = VirtualClock(auto=True)
    with clock:
        with clock.move_on_after(5) as scope:
            await clock.sleep(100)
        assert scope.cancelled_caught
        assert clock.now() == 5.0

        with clock.move_on_after(5) as scope:
            await clock.sleep(1)
        assert not scope.cancelled_caught

        with clock.move_on_after(math.inf) as scope:
            await clock.sleep(1)
        assert not scope.cancel_called

    clock.advance(100)
    await anyio.lowlevel.checkpoint()
    assert not scope.cancel_called


async def test_a_deadline_that_comes_too_late_does_nothing() -> None:
    clock = VirtualClock()
    with clock.move_on_after(5) as scope:
        clock.advance(5)  # posts the cancellation to this loop, which runs it only after the body
    for _ in range(3):
        await anyio.lowlevel.checkpoint()
    assert not scope.cancel_called


async def test_it_jumps_when_nothing_happens() -> None:
    clock = VirtualClock(auto=True)
    with clock:
        started = time.monotonic()
        for _ in range(10):
            await clock.sleep(3600)
        assert clock.now() == 36_000.0
        assert time.monotonic() - started < 5
        with clock.move_on_after(3):
            await clock.sleep(math.inf)
        assert clock.now() == 36_003.0


async def test_a_jump_may_lump_deadlines_together() -> None:
    clock = VirtualClock(auto=True, step=1.0)
    with clock:
        async with anyio.create_task_group() as tasks:
            for hundredth in range(100):
                tasks.start_soon(clock.sleep, 10 + hundredth / 100)
        assert clock.now() == 11.0


async def test_it_does_not_jump_while_a_request_is_served() -> None:
    clock = VirtualClock(auto=True)
    with clock:
        clock.enter()
        with anyio.move_on_after(0.05):
            await clock.sleep(1)
        assert clock.now() == 0.0
        clock.leave()
        await clock.sleep(1)
        assert clock.now() == 1.0


async def test_what_happens_at_the_last_moment_puts_a_jump_off(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(auto=True)
    wait_for_silence = clock._wait_for_silence
    times: list[float] = []

    def and_then_a_request_comes(ended: Callable[[], bool]) -> int:
        seen = wait_for_silence(ended)
        times.append(clock.now())
        if len(times) == 1:
            clock.enter()
            clock.leave()
        return seen

    monkeypatch.setattr(clock, "_wait_for_silence", and_then_a_request_comes)
    with clock:
        await clock.sleep(5)
    assert times[:2] == [0, 0]


async def test_slow_work_does_not_run_into_a_far_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may be slow between two requests, when nothing but its time limit waits for the clock."""
    clock = VirtualClock(auto=True, grace=0.0005)
    looked_again = threading.Event()
    lasts = SilenceDetector.lasts

    def noted(self: SilenceDetector, seen: int, grace: float, ended: Callable[[], bool]) -> bool:
        if grace > clock.grace:
            looked_again.set()
        return lasts(self, seen, grace, ended)

    monkeypatch.setattr(SilenceDetector, "lasts", noted)
    with clock, clock.move_on_after(900) as limit:
        await anyio.to_thread.run_sync(looked_again.wait, 5)
        await clock.sleep(1)
    assert not limit.cancelled_caught
    assert clock.now() == 1.0


@pytest.fixture
def looked_often(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a clock has looked ten times whether something happens."""
    often, looks = threading.Event(), count(1)
    is_idle = SilenceDetector.idle

    def noted(self: SilenceDetector) -> bool:
        if next(looks) == 10:
            often.set()
        return bool(is_idle.__get__(self))

    monkeypatch.setattr(SilenceDetector, "idle", property(noted))
    return often


async def test_it_does_not_jump_while_a_client_works_in_a_thread(looked_often: threading.Event) -> None:
    clock = VirtualClock(auto=True, grace=0.0)
    with clock, clock.move_on_after(5) as limit:
        await anyio.to_thread.run_sync(looked_often.wait, 5)
        assert clock.now() == 0.0
    assert not limit.cancelled_caught


async def test_a_client_need_not_sleep_to_be_waited_for(looked_often: threading.Event) -> None:
    clock = VirtualClock(auto=True, grace=0.0)
    with clock:
        assert clock.now() == 0.0
        sleeper = threading.Thread(target=anyio.run, args=(clock.sleep, 5))
        sleeper.start()
        await anyio.to_thread.run_sync(looked_often.wait, 5)
        assert clock.now() == 0.0
        while sleeper.is_alive():
            await anyio.lowlevel.checkpoint()
    assert clock.now() == 5.0


async def test_it_does_not_wait_for_ever_for_a_thread_that_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(silence, "_PATIENCE", 0.01)
    passed = threading.Event()

    async def let_time_pass() -> None:
        await clock.sleep(5)
        passed.set()

    clock = VirtualClock(auto=True)
    with clock:
        async with anyio.create_task_group() as group:
            group.start_soon(let_time_pass)
            assert await anyio.to_thread.run_sync(passed.wait, 5)


def test_event_loops_of_several_threads_share_it() -> None:
    clock = VirtualClock(auto=True)
    ends: dict[str, float] = {}

    def run(backend: str, pause: float) -> None:
        async def main() -> None:
            for _ in range(10):
                await clock.sleep(pause)
            ends[f"{backend} {pause}"] = clock.now()

        anyio.run(main, backend=backend)

    with clock:
        clock.enter()
        threads = [
            threading.Thread(target=run, args=(backend, pause))
            for backend in ("asyncio", "trio")
            for pause in (1.0, 1.5)
        ]
        for thread in threads:
            thread.start()
        while clock.sleepers < 4:
            time.sleep(0.001)
        clock.leave()
        for thread in threads:
            thread.join()
    assert ends == {"asyncio 1.0": 10.0, "trio 1.0": 10.0, "asyncio 1.5": 15.0, "trio 1.5": 15.0}


def test_it_outlives_event_loops() -> None:
    clock = VirtualClock(auto=True)
    with clock:
        for backend in ("asyncio", "trio", "asyncio"):
            anyio.run(clock.sleep, 7, backend=backend)
        assert clock.now() == 21.0
    assert not clock.running


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="negative"):
        VirtualClock().advance(-1)
    with VirtualClock(auto=True) as clock, pytest.raises(RuntimeError, match="automatically"):
        clock.run_for(1)
    for speed in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="speed"):
            ScaledClock(speed)


async def test_real_time_scaled() -> None:
    clock = ScaledClock(1000)
    started = time.monotonic()
    await clock.sleep(5)
    assert clock.now() >= 5
    with clock.move_on_after(5) as scope:
        await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert time.monotonic() - started < 5
    before = clock.now()
    clock.speed = 1
    assert before <= clock.now() < before + 1000


async def test_client_and_sandbox_live_by_one_clock(anyio_backend: Any) -> None:
    import httpx

    clock = VirtualClock(auto=True)
    with talking(clock=clock, durations={"*": 3600.0}) as talker:
        headers = {"authorization": f"Bearer {talker.sandbox.token}"}
        async with httpx.AsyncClient(base_url=f"{talker.sandbox.url}/api/v1/", headers=headers) as http:
            reply = await http.post("userImage2Video/start", json=STARTS["userImage2Video/start"])
            identity = reply.json()["data"]["_id"]
            polls = 0
            while True:
                await clock.sleep(60)
                polls += 1
                record = (await http.get(f"userImage2Video/{identity}")).json()["data"]
                if record["current_status"] == "completed":
                    break
        assert polls == 60
        assert talker.sandbox.ledger.lateness() == [0.0]
