"""The connections of the queue, when a task that waits for them is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import procrastinate
import pytest

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._worker import connector
from a2e_async._worker.connector import PatientConnector, opened

pytestmark = pytest.mark.anyio

URL = DatabaseURL("postgresql://localhost/none")


@pytest.fixture
def anyio_backend() -> str:
    """procrastinate runs on asyncio only."""
    return "asyncio"


class Driver:
    """A driver that loses the first cancellation, as `asyncio.wait_for` does in Python 3.11."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answers = 0

    async def answer(self, *_args: Any, **_options: Any) -> list[dict[str, Any]]:
        self.asked.set()
        self.answers += 1
        if self.answers == 1:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return []

    async def listen_notify(self, **_options: Any) -> None:
        await self.answer()
        await asyncio.Event().wait()

    async def refuse(self, *_args: Any, **_options: Any) -> list[dict[str, Any]]:
        await self.answer()
        raise procrastinate.exceptions.ConnectorException

    async def is_lost_on(self, waiting: Awaitable[object]) -> bool:
        """Whether a task that waits goes on after it was cancelled."""
        task = asyncio.ensure_future(waiting)
        await self.asked.wait()
        task.cancel()
        await asyncio.wait({task})
        return not task.cancelled()


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    for name in ("execute_query_async", "execute_query_one_async", "execute_query_all_async", "open_async"):
        monkeypatch.setattr(procrastinate.PsycopgConnector, name, driver.answer)
    monkeypatch.setattr(procrastinate.PsycopgConnector, "listen_notify", driver.listen_notify)
    return driver


@pytest.mark.parametrize(
    "name", ["execute_query_async", "execute_query_one_async", "execute_query_all_async"]
)
async def test_a_cancellation_that_comes_with_an_answer_counts(driver: Driver, name: str) -> None:
    assert not await driver.is_lost_on(getattr(PatientConnector(URL), name)("SELECT 1"))
    assert driver.answers == 1


async def test_a_cancellation_that_comes_with_an_error_counts(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procrastinate.PsycopgConnector, "execute_query_all_async", driver.refuse)
    assert not await driver.is_lost_on(PatientConnector(URL).execute_query_all_async("SELECT 1"))


async def test_a_lost_cancellation_of_who_listens_counts(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "_CANCELLED_AGAIN", 0.0)
    assert not await driver.is_lost_on(PatientConnector(URL).listen_notify(None, ["any"]))


async def test_a_cancellation_that_comes_with_the_first_connection_counts(driver: Driver) -> None:
    entered = []

    async def work() -> None:
        async with opened(procrastinate.App(connector=PatientConnector(URL)), URL):
            entered.append(1)

    assert not await driver.is_lost_on(work())
    assert entered == []


async def test_after_a_cancellation_a_task_may_still_write(driver: Driver) -> None:
    driver.answers = 1
    queue = PatientConnector(URL)

    async def work() -> list[dict[str, Any]]:
        try:
            driver.asked.set()
            await asyncio.Event().wait()
        finally:
            return await queue.execute_query_all_async("SELECT 1")  # noqa: B012

    assert await driver.is_lost_on(work())


async def test_a_worker_that_ends_need_not_listen(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.answers = 1
    monkeypatch.setattr(procrastinate.PsycopgConnector, "listen_notify", driver.refuse)
    ending = PatientConnector(URL)
    with pytest.raises(procrastinate.exceptions.ConnectorException):
        await ending.listen_notify(None, [])

    ending.patient = False
    await ending.listen_notify(None, [])
