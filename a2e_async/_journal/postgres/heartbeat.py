"""The heartbeat of a worker: its signs of life, and what it learns when it gives them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.kept_connection import KeptConnection
from a2e_async._journal.postgres.leases import ALIVE, Lease, beat_interval
from a2e_async._journal.postgres.rows import UNDER_WAY
from a2e_async.event_loops import start_in_background

__all__ = ["DEAD", "Heartbeat"]

logger = logging.getLogger("a2e_async")

_WHILE_WAITING = 0.5  # seconds between two signs of life, while jobs wait for other workers
_LOOKED_UP = 4000  # jobs that are looked up in a second
_CLOSING = 2.0  # seconds

# After a restart of the database nobody has been able to show a sign of life for a while.
DEAD = f"""
    (state = ANY(%s) OR saving) AND owner <> %s AND NOT EXISTS (
        SELECT FROM a2e_workers
        WHERE id = owner AND (
            {ALIVE}
            OR pg_postmaster_start_time() > clock_timestamp() - make_interval(secs => lease)
        )
    )
"""
"""The jobs of workers that are dead; takes the states under way, and this worker's id."""

_BEAT = f"""
WITH beat AS (UPDATE a2e_workers SET beat = clock_timestamp() WHERE id = %s RETURNING id)
SELECT
    EXISTS (SELECT FROM beat) AS known,
    EXISTS (SELECT FROM a2e_jobs WHERE {DEAD}) AS dead,
    ARRAY(
        SELECT number FROM a2e_jobs
        WHERE number = ANY(%s) AND NOT ((state = ANY(%s) OR saving) AND owner IS NOT NULL AND owner <> %s)
    ) AS free
"""  # noqa: S608 - made of constants; values are parameters


class Heartbeat:
    """Shows signs of life of a worker, and looks after the jobs that other workers have.

    Args:
        url: the database.
        worker: the id of the worker.
        lease: renewed with each sign of life.
        bury: frees the jobs of dead workers.
        join: makes this worker known again.
    """

    def __init__(
        self,
        url: DatabaseURL,
        worker: str,
        lease: Lease,
        bury: Callable[[], Awaitable[None]],
        join: Callable[[], Awaitable[None]],
    ) -> None:
        self._worker = worker
        self._lease = lease
        self._bury = bury
        self._join = join
        self._connection = KeptConnection(url)
        self._thread = anyio.CapacityLimiter(1)

        # The jobs that wait for other workers, each with how many wait for it.
        self._awaited: dict[int, int] = {}
        self._free: set[int] = set()
        self._beaten = anyio.Event()
        self._wanted = anyio.Event()
        self._left = anyio.Event()
        self._ended: anyio.Event | None = None  # until it begins

    @property
    def began(self) -> bool:
        """Whether it was started."""
        return self._ended is not None

    def start(self) -> None:
        """Begin, in a task of its own."""
        self._ended = ended = anyio.Event()
        start_in_background(partial(self._run, ended), "a2e_async signs of life")

    async def stop(self) -> None:
        """End, and wait for that."""
        self._left.set()
        self._wanted.set()
        if self._ended is not None:
            with anyio.move_on_after(_CLOSING, shield=True):
                await self._ended.wait()

    async def until_free(self, number: int) -> bool:
        """Wait until a job may be free, or for about a second. Returns whether it may be."""
        self._awaited[number] = self._awaited.get(number, 0) + 1
        self._free.discard(number)
        self._wanted.set()

        try:
            with anyio.move_on_after(2 * _WHILE_WAITING):
                while number not in self._free:
                    await self._beaten.wait()
            return number in self._free

        finally:
            self._awaited[number] -= 1
            if not self._awaited[number]:
                del self._awaited[number]

    async def _run(self, ended: anyio.Event) -> None:
        try:
            await self._beat()
            while not self._left.is_set():
                await self._pause()
                await self._beat()
        finally:
            # There may be no thread any more. An open connection ends with the process.
            with anyio.CancelScope(shield=True), suppress(Exception):
                await anyio.to_thread.run_sync(self._connection.close, limiter=self._thread)
            ended.set()

    async def _pause(self) -> None:
        longest = beat_interval(self._lease.seconds)
        waiting = bool(self._awaited)
        self._wanted = anyio.Event()
        shorter = max(_WHILE_WAITING, len(self._awaited) / _LOOKED_UP)
        with anyio.move_on_after(min(longest, shorter) if waiting else longest):
            # A job that begins to wait now must not wait for a long pause.
            await (self._left if waiting else self._wanted).wait()
        if not waiting and self._awaited and not self._left.is_set():
            with anyio.move_on_after(_WHILE_WAITING):
                await self._left.wait()

    async def _beat(self) -> None:
        """Show a sign of life. What goes wrong here costs time only: each write checks for itself."""
        try:
            seen = await anyio.to_thread.run_sync(self._ask, tuple(self._awaited), limiter=self._thread)
            if not seen["known"]:
                self._lease.lose()
                await self._join()
            if seen["dead"]:
                await self._bury()
        except Exception as error:
            logger.debug("journal: no sign of life: %s: %s", type(error).__name__, error)
            seen = {"free": ()}

        self._free = set(seen["free"])
        self._beaten.set()
        self._beaten = anyio.Event()

    def _ask(self, awaited: tuple[int, ...]) -> dict[str, Any]:
        began = self._lease.now()
        states = list(UNDER_WAY)
        values = (self._worker, states, self._worker, list(awaited), states, self._worker)
        with self._connection.used() as connection:
            row = connection.execute(_BEAT, values).fetchone()

        if row is not None and row["known"]:
            self._lease.renew(began)
        return row or {}
