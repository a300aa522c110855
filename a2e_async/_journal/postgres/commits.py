"""The steps of many jobs, written to the database together; again, if the connection breaks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import anyio
import anyio.to_thread

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.journal import Terms
from a2e_async._journal.postgres.connection import database_error, is_away
from a2e_async._journal.postgres.kept_connection import KeptConnection
from a2e_async._journal.postgres.leases import Lease
from a2e_async._journal.postgres.transaction import Needs, Step, Transaction
from a2e_async._journal.step_queue import StepQueue
from a2e_async.clock import Clock
from a2e_async.errors import A2EError

if TYPE_CHECKING:
    import psycopg

__all__ = ["Commits"]

logger = logging.getLogger("a2e_async")

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds between two tries; doubled with each
_TOGETHER = 500  # steps in one transaction


class Commits:
    """Commits the steps of one worker.

    Args:
        url: the database.
        worker: the id of the worker.
        terms: the lease, and for how long a database that is away is waited for.
        clock: measures the pauses.
        lease: renewed with each transaction.

    Attributes:
        commits: transactions committed so far.
    """

    def __init__(self, url: DatabaseURL, worker: str, terms: Terms, clock: Clock, lease: Lease) -> None:
        self.commits = 0
        self._url = url
        self._worker = worker
        self._terms = terms
        self._clock = clock
        self._lease = lease

        self._queue = StepQueue[Step[Any]](self._commit_in_thread, self._pause)
        self._thread = anyio.CapacityLimiter(1)
        self._connection = KeptConnection(url)
        self._away: BaseException | None = None
        self._away_since: float | None = None
        self._tries = 0

    async def transact(self, work: Callable[[Transaction], T], stamp: str, **needs: Unpack[Needs]) -> T:
        """Do some work in a transaction. The transaction is committed when this returns.

        Args:
            work: called in a worker thread; see `Step`.
            stamp: names the step.
            needs: what it reads; see `Step`.

        Raises:
            JournalError: the database refuses, or was away for too long.
            Superseded: another worker has the job now.
        """
        step: Step[T] = Step(work, stamp, **needs)
        await self._queue.commit(step)
        return step.outcome()

    def add(self, work: Callable[[Transaction], None], stamp: str) -> None:
        """Do some work in the next transaction, before what is asked for from now on."""
        self._queue.put(Step(work, stamp))

    def open(self, prepare: Callable[[psycopg.Connection[dict[str, Any]]], None]) -> None:
        """Connect, and prepare the database. Blocks."""
        with self._connection.used() as connection:
            prepare(connection)

    def close(self) -> None:
        """Close the connection, after any write that is still going on. Blocks."""
        self._connection.close()

    async def _commit_in_thread(self, steps: Sequence[Step[Any]]) -> None:
        self._away = None

        for start in range(0, len(steps), _TOGETHER):
            part = steps[start : start + _TOGETHER]
            try:
                await anyio.to_thread.run_sync(self._commit, part, limiter=self._thread)
            except Exception as error:  # there may be no thread
                _end(part, database_error(self._url, error))
            if self._is_away:
                self._give_up_after_patience(steps)
                return

        if self._away_since is not None:
            logger.warning(
                "journal %s: it works again after %.0f s", self._url, self._clock.now() - self._away_since
            )
        self._away_since, self._tries = None, 0

    def _commit(self, steps: Sequence[Step[Any]]) -> None:
        """Do the steps in one transaction. Steps stay undone if the database is away."""
        try:
            with self._connection.used() as connection:
                began = self._lease.now()
                self._do(connection, steps, began)
                self._lease.renew(began)
                self.commits += 1

        except Exception as error:
            if is_away(error):
                self._away = error
            elif len(steps) == 1:
                _end(steps, error if isinstance(error, A2EError) else database_error(self._url, error))
            else:
                logger.debug("journal: %s; each step by itself", type(error).__name__)
                self._commit_one_by_one(steps)

    def _commit_one_by_one(self, steps: Sequence[Step[Any]]) -> None:
        """Do each step in a transaction of its own: one of them is refused, and the others need not be."""
        for step in steps:
            if not self._is_away:
                self._commit([step])

    def _do(
        self, connection: psycopg.Connection[dict[str, Any]], steps: Sequence[Step[Any]], began: float
    ) -> None:
        transaction = Transaction(connection, self._worker, self._terms.lease, began)
        with _pipeline(connection) as pipeline:
            transaction.begin(steps, pipeline)
            for step in steps:
                transaction.turn(step)
                step.failure = None
                try:
                    step.value = step.work(transaction)
                except Exception as error:
                    step.failure = error
            transaction.finish()

        transaction.settle()
        for step in steps:
            step.done = True

    @property
    def _is_away(self) -> bool:
        """Whether the database was away when something was last committed."""
        return self._away is not None

    def _give_up_after_patience(self, steps: Sequence[Step[Any]]) -> None:
        """Fail what is not done, if the database has been away for too long."""
        now = self._clock.now()
        if self._away_since is None:
            self._away_since, self._tries = now, 0
        self._tries += 1
        if self._away is not None and now - self._away_since > self._terms.patience:
            _end([step for step in steps if not step.done], database_error(self._url, self._away))

    async def _pause(self) -> None:
        """Wait before the steps are tried again."""
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._tries - 1, 10))
        if self._away is not None:
            logger.warning(
                "%s; try %d, again in %.1f s; all jobs wait",
                database_error(self._url, self._away),
                self._tries,
                pause,
            )
        await self._clock.sleep(pause)


@contextmanager
def _pipeline(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[psycopg.Pipeline]:
    """Open a pipeline that does not see an error of the block: the driver would write it to the log."""
    problem: Exception | None = None
    try:
        with connection.pipeline() as pipeline:
            try:
                yield pipeline
            except Exception as error:
                problem = error
    except Exception as error:
        raise problem or error from None
    if problem is not None:
        raise problem


def _end(steps: Sequence[Step[Any]], failure: Exception) -> None:
    for step in steps:
        step.done, step.failure = True, step.failure or failure
