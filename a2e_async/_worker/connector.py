"""The connections of the queue. While the database is away, what is done with them waits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import anyio
import procrastinate
import psycopg
from procrastinate import exceptions

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.connection import database_error, is_away, settings_of

__all__ = ["PatientConnector", "opened", "translated"]

logger = logging.getLogger("a2e_async")

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds between two tries; doubled with each
_SILENT = 2  # tries that are no news: a connection was cut, and the next one works
_CONNECTIONS = 2
_FOR_ONE = 5.0  # seconds to wait for a connection
_CANCELLED_AGAIN = 1.0  # seconds until what was cancelled and goes on is cancelled again
_FOREVER = 10.0 * 365 * 24 * 3600  # seconds; less than what a clock can hold


class PatientConnector(procrastinate.PsycopgConnector):
    """Connects procrastinate to the database of a journal, and tries again while it cannot be reached.

    Without it a worker of procrastinate ends when its database is restarted. What is done twice because an
    answer was lost does no harm: each job has a key, and messages without a worker are looked for.

    Args:
        url: the database.

    Attributes:
        patient: False if nothing is to be tried again.
        trouble: when the database could not be reached last, in seconds of `time.monotonic`.
    """

    def __init__(self, url: DatabaseURL) -> None:
        super().__init__(
            # Poolers such as PgBouncer may give each transaction another connection of theirs.
            kwargs={**settings_of(url), "prepare_threshold": None},
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_FOR_ONE,
            reconnect_timeout=_FOREVER,
        )
        self._url = url
        self.patient = True
        self.trouble = float("-inf")

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """Execute a query."""
        try:
            await self._patiently(super().execute_query_async, query, arguments)
        except exceptions.ConnectorException as error:
            # That is how procrastinate's functions say that a message is not what it was: another worker has
            # rescued it, or the answer to the first try was lost. And what a worker that ends cannot write
            # is found by the others.
            if self.patient and not isinstance(error.__cause__, psycopg.errors.RaiseException):
                raise
            logger.debug("queue: %s", error.__cause__)

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        """Execute a query that gives a row."""
        return await self._patiently(super().execute_query_one_async, query, arguments)

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        """Execute a query that gives rows."""
        return await self._patiently(super().execute_query_all_async, query, arguments)

    async def listen_notify(self, on_notification: Any, channels: Iterable[str]) -> None:
        """Listen, and listen again after the connection broke. What was missed is found by polling."""
        arguments = {"on_notification": on_notification, "channels": list(channels)}
        try:
            await self._patiently(super().listen_notify, None, arguments)
        except exceptions.ConnectorException as error:
            if self.patient:
                raise
            logger.debug("queue: %s", error.__cause__)  # a worker that ends need not listen

    async def _patiently(self, do: Callable[..., Awaitable[T]], query: Any, arguments: dict[str, Any]) -> T:
        given = () if query is None else (query,)
        tries, pause = 0, _FIRST_PAUSE
        while True:
            try:
                return await _ended(do(*given, **arguments))
            except exceptions.ConnectorException as error:
                cause = error.__cause__ or error
                if not self.patient or not is_away(cause):
                    raise

            self.trouble = time.monotonic()
            tries += 1
            if tries > _SILENT:
                logger.warning(
                    "queue: %s; try %d, again in %.1f s", database_error(self._url, cause), tries, pause
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


async def _ended(work: Awaitable[T]) -> T:
    """Wait for what the driver does. When this task is cancelled, what the driver does ends too.

    psycopg before 3.3.6 and its pool wait with `asyncio.wait_for`. In Python 3.11 that loses a cancellation
    which comes together with what it waits for. So the work is cancelled until it ends. procrastinate before
    3.10 cancels its tasks once only, and waits for their ends.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_CANCELLED_AGAIN)
        if not task.cancelled():
            task.exception()  # or asyncio would say that nobody asked for it
        raise
    return task.result()


@asynccontextmanager
async def opened(app: procrastinate.App, url: DatabaseURL) -> AsyncIterator[None]:
    """Open the connections of an app while the block runs.

    Raises:
        JournalError: the database cannot be reached, or refuses.
    """
    try:
        with translated(url):
            await _ended(app.open_async())
        yield
    finally:
        await app.close_async()


@contextmanager
def translated(url: DatabaseURL | None) -> Iterator[None]:
    """Turn errors of the database and of procrastinate into errors of this package while the block runs."""
    try:
        yield
    except (psycopg.Error, exceptions.ProcrastinateException) as error:
        raise database_error(url or DatabaseURL("of the app"), _cause_of(error)) from error


def _cause_of(error: BaseException) -> BaseException:
    is_wrapped = isinstance(error, exceptions.ConnectorException) and error.__cause__ is not None
    return error.__cause__ or error if is_wrapped else error
