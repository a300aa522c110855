"""What the tests of open runs share: an open run of a small service, and many callers at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from a2e_async import A2E, A2EError
from a2e_async.policies import StartPolicy
from tests.unit.sample import Pictures, Service, client

__all__ = ["gathered", "journal", "opened", "picture", "until"]


@pytest.fixture(params=["memory", "journal"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """With and without a journal."""
    return tmp_path / "run.db" if request.param == "journal" else None


def picture(a2e: A2E, prompt: str = "a", key: str | None = None, **body: Any) -> Any:
    """A job, with a key if one is given."""
    job = Pictures(a2e)(prompt=prompt, **body)
    return job if key is None else job.with_key(key)


async def gathered(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What each of the calls returned or raised, all at the same time."""
    ends: list[Any] = [None] * len(calls)

    async def note(index: int, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            ends[index] = await call()
        except A2EError as error:
            ends[index] = error

    async with anyio.create_task_group() as group:
        for index, call in enumerate(calls):
            group.start_soon(note, index, call)
    return ends


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds, which nothing tells."""
    for _ in range(100_000):
        if condition():
            return
        await anyio.sleep(0.01)
    raise AssertionError("it has not come about")


@asynccontextmanager
async def opened(service: Service, journal: Path | None = None, **settings: Any) -> AsyncIterator[Any]:
    """A client of the service, which soon gives up its search for lost starts, and an open run of it."""
    a2e = client(service, start=StartPolicy(window=10))
    async with a2e.bulk(journal=journal, **settings) as bulk:
        yield a2e, bulk
