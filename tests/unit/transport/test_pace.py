"""The pace of a client's requests against services that limit them in different ways, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import anyio
import pytest

from a2e_async._transport.pace import Kind, Pace
from a2e_async.clock import SystemClock
from tests.unit.transport.limiters import (
    AtRandom,
    Bucket,
    FixedWindow,
    Limiter,
    SlidingWindow,
    StartsOnly,
    work,
)
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

# Trio runs tasks in random order, and the figures differ a little each time.
SAME_EACH_TIME = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)


LIMITERS: Mapping[str, Callable[[float], Limiter]] = {
    "bucket": lambda rate: Bucket(rate, rate),
    "window of a second": lambda rate: FixedWindow(rate, 1.0),
    "sliding window of a second": lambda rate: SlidingWindow(rate, 1.0),
    "bucket of five": lambda rate: Bucket(rate, 5.0),
    "bucket, retry after a second": lambda rate: Bucket(rate, 2 * rate, least=1),
}


def most(name: str) -> float:
    """The share of the limit that must be used."""
    return 0.85 if "window" in name else 0.9


@SAME_EACH_TIME
@pytest.mark.parametrize("rate", [5.0, 20.0])
@pytest.mark.parametrize("name", LIMITERS)
async def test_it_uses_the_limit_and_few_requests_are_refused(name: str, rate: float) -> None:
    limiter = LIMITERS[name](rate)
    log = await work(lambda now: limiter, 60.0)
    assert log.rate(10, 60) >= most(name) * rate
    # A refusal in ten seconds is two in a hundred at 5 requests a second.
    assert log.refused(10, 60) <= (0.02 if rate > 5 else 0.04)


@SAME_EACH_TIME
@pytest.mark.parametrize("workers", [2, 8])
async def test_several_workers_share_a_limit_fairly(workers: int) -> None:
    limiter = Bucket(20.0, 20.0)
    log = await work(lambda now: limiter, 60.0, workers=workers)
    assert log.rate(10, 60) >= 18.0
    assert log.refused(10, 60) <= 0.02
    parts = log.by_worker(10, 60)
    assert min(parts.values()) >= 0.7 * 20 * 50 / workers
    assert len(parts) == workers


@SAME_EACH_TIME
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("name", LIMITERS)
async def test_workers_that_stand_still_from_time_to_time_are_no_overload(name: str, workers: int) -> None:
    limiter = LIMITERS[name](20.0)
    log = await work(lambda now: limiter, 60.0, workers=workers, stalls=True)
    assert log.rate(10, 60) >= 0.8 * 20
    assert log.refused(10, 60) <= 0.02


@SAME_EACH_TIME
@pytest.mark.parametrize("says", [0.0, 1.0])
async def test_refusals_that_no_pace_prevents_do_not_bring_it_down(says: float) -> None:
    limiter = AtRandom(0.02, says)
    log = await work(lambda now: limiter, 300.0, clients=16)
    assert log.rate(250, 300) >= 0.4 * log.rate(0, 5)


@SAME_EACH_TIME
async def test_it_follows_a_limit_that_changes() -> None:
    limits = Bucket(20.0, 20.0), Bucket(5.0, 5.0), Bucket(40.0, 40.0)
    log = await work(lambda now: limits[int(now // 60)], 180.0)
    assert log.rate(70, 120) >= 0.9 * 5
    assert log.refused(70, 120) <= 0.06
    assert log.rate(170, 180) >= 0.9 * 40


@SAME_EACH_TIME
@pytest.mark.parametrize("window", [10.0, 30.0])
async def test_it_finds_the_mean_rate_of_a_long_window(window: float) -> None:
    limiter = FixedWindow(20.0, window)
    log = await work(lambda now: limiter, 4 * window)
    assert log.rate(2 * window, 4 * window) >= 0.85 * 20
    assert log.refused(2 * window, 4 * window) <= 0.04


@SAME_EACH_TIME
async def test_it_finds_the_mean_rate_of_a_long_sliding_window() -> None:
    limiter = SlidingWindow(20.0, 10.0)
    log = await work(lambda now: limiter, 120.0)
    assert log.rate(60, 120) >= 0.8 * 20
    assert log.refused(60, 120) <= 0.03


@SAME_EACH_TIME
async def test_a_limit_of_starts_alone_does_not_slow_down_reads() -> None:
    limiter = StartsOnly(Bucket(5.0, 5.0, least=1))
    log = await work(lambda now: limiter, 60.0)
    assert log.rate(10, 60, Kind.START) >= 0.9 * 5


async def test_reads_need_no_turn_once_it_is_clear_that_only_starts_are_limited() -> None:
    pace = Pace(SystemClock())
    for _ in range(3):
        pace.accepted(Kind.START, pace.epoch, 0.0)
    await pace.refused(Kind.START, pace.epoch, 0.0)
    assert await pace.turn(Kind.POLL) is not None
    for _ in range(3):
        pace.accepted(Kind.POLL, pace.epoch, anyio.current_time())
    assert await pace.turn(Kind.POLL) is None
    assert await pace.turn(Kind.START) is not None

    await pace.refused(Kind.POLL, pace.epoch, 0.0)
    assert await pace.turn(Kind.POLL) is not None


async def test_a_pause_that_the_service_asks_for_holds_back_everything() -> None:
    pace = Pace(SystemClock())
    await pace.refused(Kind.START, pace.epoch, 30.0)
    began = anyio.current_time()
    for kind in Kind:
        assert pace.limited
        await pace.turn(kind)
        assert anyio.current_time() - began >= 30.0


async def test_as_long_as_nothing_is_refused_nobody_waits() -> None:
    pace = Pace(SystemClock())
    for _ in range(1000):
        assert not pace.limited
        pace.accepted(Kind.POLL, pace.epoch, anyio.current_time())


async def test_a_limit_that_nobody_meets_is_forgotten() -> None:
    pace = Pace(SystemClock())
    await pace.refused(Kind.POLL, pace.epoch, 0.0)
    assert pace.limited
    await anyio.sleep(700.0)
    await pace.turn(Kind.POLL)
    assert not pace.limited
