"""The pace of a client's requests against services that limit them in different ways, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from a2e_async._transport.pace import Pace
from a2e_async._transport.turns import LocalTurns
from a2e_async.clock import SystemClock
from tests.unit.transport.limiters import Bucket, Limiter, work
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def shared(workers: int) -> Sequence[Pace]:
    """The paces of several workers that share their turns."""
    clock = SystemClock()
    requests, starts = LocalTurns(clock), LocalTurns(clock)
    return [Pace(clock, requests, starts) for _ in range(workers)]


LIMITERS = {
    "bucket": lambda rate: Bucket(rate, rate),
    "bucket, retry after a second": lambda rate: Bucket(rate, 2 * rate, least=1),
}


@pytest.mark.parametrize("rate", [5.0, 20.0, 100.0])
@pytest.mark.parametrize("name", LIMITERS)
async def test_it_uses_the_limit_and_few_requests_are_refused(name: str, rate: float) -> None:
    limiter: Limiter = LIMITERS[name](rate)
    log = await work(lambda now: limiter, 60.0)
    assert log.rate(10, 60) >= 0.9 * rate
    assert log.refused(10, 60) <= 0.02
