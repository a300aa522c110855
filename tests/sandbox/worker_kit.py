"""What the tests of the queue share: a sandbox, an empty database, and what is in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs

from a2e_async import A2E, Job, Lateness
from a2e_async.sandbox import Sandbox
from a2e_async.worker import Status, status, work
from tests.postgres import Database

__all__ = ["QueueStage", "kites", "queue_stage", "until", "working"]


@attrs.frozen
class QueueStage:
    """A sandbox, a client of it, and an empty database.

    Attributes:
        sandbox: the service.
        a2e: a client of its account.
        database: for queue and journal.
    """

    sandbox: Sandbox
    a2e: A2E
    database: Database

    @property
    def url(self) -> str:
        return self.database.url

    def made(self) -> int:
        """Tasks made so far."""
        return self.sandbox.ledger.made()

    async def work(self, **settings: Any) -> None:
        """Carry out what is in the queue."""
        given = {"lease": 2.0, "until_empty": True, "signals": False, **settings}
        await work(self.a2e, journal=self.url, **given)

    async def status(self) -> Status:
        return await status(self.url)

    def messages(self, status: str | None = None) -> list[dict[str, Any]]:
        """The messages of the queue."""
        return self._rows("SELECT * FROM procrastinate_jobs ORDER BY id", status)

    def journal(self, state: str | None = None) -> list[dict[str, Any]]:
        """The entries of the journal."""
        return self._rows("SELECT *, state AS status FROM a2e_jobs ORDER BY number", state)

    def _rows(self, query: str, status: str | None) -> list[dict[str, Any]]:
        from psycopg.rows import dict_row

        with self.database.administrator() as connection:
            rows = connection.cursor(row_factory=dict_row).execute(query).fetchall()
        return [row for row in rows if status in (None, row["status"])]

    def execute(self, query: str) -> None:
        """Change the database behind the back of all."""
        with self.database.administrator() as connection:
            connection.execute(query)


@asynccontextmanager
async def queue_stage(
    database: Database, *, seconds: float = 0.02, **options: Any
) -> AsyncIterator[QueueStage]:
    """Run a sandbox whose tasks take so many seconds."""
    async with (
        Sandbox(durations={"*": (seconds, 0.0)}, odd_files=False, **options) as sandbox,
        A2E(sandbox.token, base_url=sandbox.url, lateness=Lateness(0.05)) as a2e,
    ):
        yield QueueStage(sandbox, a2e, database)


def kites(a2e: A2E, count: int, *, first: int = 0) -> Iterator[Job[Any]]:
    """Jobs with keys."""
    for number in range(first, first + count):
        yield a2e.text_to_image(prompt=f"kite {number}").with_key(f"kite-{number}")


@asynccontextmanager
async def working(on: QueueStage, **settings: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A worker at work while the block runs. It is told to end as a cancelled task is."""
    task = asyncio.create_task(on.work(until_empty=False, **settings))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool | Awaitable[bool]], *, limit: float = 60.0) -> None:
    """Wait until something has come about."""
    async with asyncio.timeout(limit):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.05)
