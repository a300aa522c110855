"""Bulk runs in virtual time: lazy reading, bounds, failures of single jobs, and leaving early."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._bulk.outcomes import Outcome
from a2e_async.client import A2E
from a2e_async.errors import InvalidArgument, TaskFailed
from a2e_async.jobs import Job
from tests.unit.sample import PictureRecord, Pictures, Service, client
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

AHEAD = 8  # jobs that may be read beyond those that run, for downloads and for Outcomes not yet taken


class Reader:
    """An iterable of jobs that counts how many were read."""

    def __init__(self, a2e: A2E, count: int | None, *, bad: range = range(0)) -> None:
        self.read = 0
        self._pictures = Pictures(a2e)
        self._count = count
        self._bad = bad

    def __iter__(self) -> Iterator[Job[PictureRecord]]:
        for number in itertools.count() if self._count is None else range(self._count):
            self.read += 1
            yield self._pictures(prompt=f"{'FAIL ' if number in self._bad else ''}{number}")


async def outcomes_of(a2e: A2E, jobs: Any, **options: Any) -> list[Outcome]:
    async with a2e.bulk(jobs, **options) as bulk:
        return [outcome async for outcome in bulk]


async def test_every_job_has_its_own_outcome() -> None:
    service = Service(duration=20.0, delay=0.05)
    a2e = client(service)
    outcomes = await outcomes_of(a2e, Reader(a2e, 100), concurrency=64)
    assert sorted(outcome.index for outcome in outcomes) == list(range(100))
    for outcome in outcomes:
        assert outcome.error is None
        assert outcome.result is not None
        assert outcome.result.record.raw["prompt"] == str(outcome.index) == outcome.job.body["prompt"]
    assert (service.starts, len(service.tasks)) == (100, 100)
    assert service.counted("batchDetail") < 100


async def test_a_million_jobs_are_read_as_they_are_needed() -> None:
    service = Service(duration=5.0)
    a2e = client(service)
    reader = Reader(a2e, None)
    taken = 0

    async with a2e.bulk(reader, concurrency=10) as bulk:
        async for _ in bulk:
            taken += 1
            assert reader.read <= taken + 10 + AHEAD + 1
            if taken == 40:
                break

    assert service.under_way == 0
    assert len(service.tasks) <= 40 + 10 + AHEAD + 1


async def test_a_slow_consumer_holds_the_tasks_back() -> None:
    service = Service(duration=1.0)
    a2e = client(service)
    reader = Reader(a2e, 30)
    taken = 0
    async with a2e.bulk(reader, concurrency=5) as bulk:
        async for _ in bulk:
            taken += 1
            await anyio.sleep(30)
            assert reader.read <= taken + 5 + AHEAD + 1
    assert taken == 30


async def test_one_job_that_fails_does_not_end_the_others() -> None:
    service = Service()
    a2e = client(service)
    outcomes = await outcomes_of(a2e, Reader(a2e, 30, bad=range(3, 6)))
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    assert sorted(outcome.index for outcome in failed) == [3, 4, 5]
    assert all(isinstance(outcome.error, TaskFailed) for outcome in failed)
    assert len(outcomes) == 30


async def test_jobs_from_an_async_iterable() -> None:
    service = Service()
    a2e = client(service)
    read = 0

    async def jobs() -> AsyncIterator[Job[PictureRecord]]:
        nonlocal read
        for number in range(30):
            await anyio.sleep(1)
            read += 1
            yield Pictures(a2e)(prompt=str(number))

    seen = []
    async with a2e.bulk(jobs(), concurrency=4) as bulk:
        async for outcome in bulk:
            seen.append(outcome.index)
            assert read <= len(seen) + 4 + AHEAD + 1
    assert sorted(seen) == list(range(30))


async def test_an_error_of_the_iterable_comes_after_the_outcomes_of_its_jobs() -> None:
    service = Service()
    a2e = client(service)

    def jobs() -> Iterator[Job[PictureRecord]]:
        yield from Reader(a2e, 5)
        raise KeyError("broken")

    seen: set[int] = set()

    async def take() -> None:
        async with a2e.bulk(jobs()) as bulk:
            async for outcome in bulk:
                seen.add(outcome.index)

    with pytest.raises(KeyError, match="broken"):
        await take()
    assert seen == set(range(5))
    assert service.under_way == 0


@pytest.mark.parametrize("jobs", [7, "ab", [None], [7]])
async def test_what_is_not_a_job_is_refused(jobs: Any) -> None:
    service = Service()
    with pytest.raises(InvalidArgument, match="jobs"):
        await outcomes_of(client(service), jobs)
    assert service.requests == []


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=15)
@given(
    count=st.integers(0, 25),
    concurrency=st.integers(1, 8),
    leaves=st.none() | st.integers(1, 25),
    deadline=st.none() | st.floats(0.1, 40),
    delay=st.sampled_from([0.0, 0.5]),
)
def test_leaving_at_any_point_leaves_nothing_behind(
    backend: str, count: int, concurrency: int, leaves: int | None, deadline: float | None, delay: float
) -> None:
    service = Service(duration=5.0, delay=delay)
    taken: list[int] = []

    async def main() -> None:
        a2e = client(service)

        with anyio.move_on_after(600.0 if deadline is None else deadline):
            async with a2e.bulk(Reader(a2e, count), concurrency=concurrency) as bulk:
                async for outcome in bulk:
                    taken.append(outcome.index)
                    if len(taken) == leaves:
                        break

        assert service.under_way == 0
        assert a2e.runtime.http.closed
        assert a2e.runtime.poller(Pictures(a2e)).idle

        # Nothing goes on afterwards.
        before = len(service.requests)
        await anyio.sleep(100)
        assert len(service.requests) == before

    run(backend, main)
    assert len(taken) == len(set(taken))
    assert len(service.tasks) == service.starts
    if leaves is None and deadline is None:
        assert sorted(taken) == list(range(count))
