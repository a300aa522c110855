"""The journal in a PostgreSQL database: several workers run the jobs of one account together.

Each job that is under way has an owner, the worker that runs it. A worker that shows no sign of life for the
time of its lease is dead: its jobs have no owner then, and whoever takes such a job next goes on with it.
Each write about a job checks that no other worker has written about it since.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any, Literal, TypeVar, Unpack

import anyio
import anyio.to_thread
import attrs

from a2e_async._files.uploads import Uploader
from a2e_async._journal.asked import Asked
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.journal import Superseded, Terms
from a2e_async._journal.postgres import joining, starts, taking
from a2e_async._journal.postgres.commits import Commits
from a2e_async._journal.postgres.connection import database_error
from a2e_async._journal.postgres.heartbeat import Heartbeat
from a2e_async._journal.postgres.leases import Lease
from a2e_async._journal.postgres.pace import AccountPace
from a2e_async._journal.postgres.prices import Lesson, Price, price_of
from a2e_async._journal.postgres.rows import UNDER_WAY, text_of
from a2e_async._journal.postgres.schema import bring_up_to_date
from a2e_async._journal.postgres.shelf import DatabaseShelf
from a2e_async._journal.postgres.transaction import Needs, Transaction
from a2e_async._journal.uncertain import UncertainStart
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, InvalidArgument
from a2e_async.records import JSONObject, task_id_of

__all__ = ["DatabaseJournal"]

logger = logging.getLogger("a2e_async")

T = TypeVar("T")

_CLOSING = 5.0  # seconds
_KNOWN = "SELECT id FROM a2e_tasks WHERE workflow = %s AND job <> %s AND id = ANY(%s)"
_LEFT = "SELECT count(*) AS left FROM a2e_jobs WHERE state IN ('starting', 'accepted') AND owner IS NULL"
_UNCERTAIN = "SELECT * FROM a2e_jobs WHERE state = 'starting' AND owner IS NULL ORDER BY number"


class DatabaseJournal:
    """An open journal in a PostgreSQL database; see `Journal`.

    Args:
        url: the database.
        terms: what holds for all workers.
        clock: measures the pauses while the database is away.

    Attributes:
        worker: the id of this worker: the machine, the process and a random number.
        max_coins: the most coins that all workers may spend together; None for no limit.
    """

    is_shared = True
    has_old = False

    def __init__(self, url: DatabaseURL, terms: Terms, clock: Clock) -> None:
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.max_coins = terms.max_coins
        self._url = url
        self._clock = clock
        self._terms = terms
        self._lease = Lease(terms.lease)
        self._commits = Commits(url, self.worker, terms, clock, self._lease)
        self._heartbeat = Heartbeat(url, self.worker, self._lease, self._bury, self._join)
        self._seen: Counter[bytes] = Counter()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: DatabaseURL, terms: Terms, clock: Clock) -> AsyncIterator[DatabaseJournal]:
        """Open a journal; create it if there is none.

        Args:
            url: the database.
            terms: what holds for all workers.
            clock: measures the pauses while the database is away.

        Raises:
            JournalError: the database cannot be reached, refuses, or is from a newer version.
            InvalidArgument: it belongs to another account, or other workers use it on other terms.
        """
        journal = cls(url, terms, clock)
        try:
            await anyio.to_thread.run_sync(
                journal._commits.open, lambda connection: bring_up_to_date(connection, url)
            )
        except A2EError:
            raise
        except Exception as error:  # the driver's own, or there is no thread
            raise database_error(url, error) from error

        try:
            await journal._join()
            journal._heartbeat.start()
            yield journal
        finally:
            with anyio.CancelScope(shield=True):
                await journal._close()

    def account_pace(self) -> AccountPace:
        """The pace of the account, which all its workers share."""
        return AccountPace(self._url, self._clock)

    @property
    def name(self) -> str:
        """The address of the database, without its password."""
        return str(self._url)

    @property
    def commits(self) -> int:
        """Transactions committed so far."""
        return self._commits.commits

    async def take(
        self,
        key: str,
        workflow: str,
        *,
        unique: bool,
        asked: Asked | None = None,
        changed: Literal["raise", "restart"] = "raise",
        repeats: bool = False,
        again: Entry | None = None,
    ) -> Entry:
        """Take the entry of the next job with this key; see `Journal.take`."""
        if text_of(key) != key:
            raise InvalidArgument("key", f"{key!r} has a character that a database does not store")
        place = again.place if again is not None else self._place(key)
        repeated = unique and again is None and place > 0 and not repeats
        if unique:
            place = 0

        def work(transaction: Transaction) -> Entry:
            return taking.take(
                transaction,
                key,
                workflow,
                unique=unique,
                asked=asked,
                changed=changed,
                place=place,
                repeated=repeated,
            )

        return await self._transact(work, keys=[key])

    async def take_by_path(self, asked: Asked, *, repeats: bool = False, again: Entry | None = None) -> Entry:
        """Take the entry of a job whose file cannot be read; see `Journal.take_by_path`."""
        place = again.place if again is not None else self._place(f"path {asked.path_digest}")

        return await self._transact(
            lambda transaction: taking.take_by_path(transaction, asked, place=place),
            paths=[asked.path_digest],
        )

    def _place(self, key: str) -> int:
        """How many jobs with this key the run has seen before; counts one more."""
        if not self._terms.remembers:
            return 0
        digest = blake2b(key.encode(), digest_size=8).digest()
        self._seen[digest] += 1
        return self._seen[digest] - 1

    async def until_free(self, entry: Entry) -> bool:
        """Wait until the worker that has the job has ended it or died; see `Journal.until_free`."""
        return await self._heartbeat.until_free(entry.number)

    async def give_up(self, entry: Entry) -> None:
        """Let other workers take the entry; see `Journal.give_up`."""
        left = attrs.evolve(entry, saving=False)

        def work(transaction: Transaction) -> None:
            row = transaction.row(entry)
            if transaction.is_mine(row, entry) and row["owner"] == self.worker:
                transaction.save(left, None if left.state in UNDER_WAY else self.worker)

        await self._transact(work, numbers=[entry.number])
        starts.keep(entry, left)

    async def spent(self) -> tuple[float, float]:
        """The coins charged so far, and those that unanswered starts may have cost."""
        return await self._transact(lambda transaction: (transaction.sums.spent, transaction.sums.set_aside))

    def require_lease(self, entry: Entry) -> None:
        """Make sure that no other worker can have taken the job; see `Journal.require_lease`."""
        self._lease.require(entry.leased)

    async def price(self, kind: str) -> Price:
        """What is known of the price of a kind of job. If nobody finds it out, this worker is to do so."""
        stored = text_of(kind)
        return await self._transact(lambda transaction: price_of(transaction, stored), kinds=[stored])

    def learn(self, lesson: Lesson) -> None:
        """Write down what was found out about a price, with the next transaction."""
        stored = attrs.evolve(lesson, kind=text_of(lesson.kind))
        self._commits.add(stored.write, secrets.token_hex(8))

    async def record_start(self, entry: Entry, marker: str | None, reserved: float) -> bool:
        """Record that a start is about to be sent; see `Journal.record_start`."""
        started = attrs.evolve(entry, state=State.STARTING, marker=marker, reserved=reserved)
        lookalikes = (starts.UNMARKED, [entry.workflow]) if marker is None else None

        def work(transaction: Transaction) -> bool:
            started.leased = transaction.began
            return starts.begin(transaction, entry, started)

        if not await self._transact(work, numbers=[entry.number], jobs=lookalikes):
            return False
        starts.keep(entry, started)
        return True

    async def record_accepted(self, entry: Entry, records: Sequence[JSONObject], coins: float) -> None:
        """Record that a start was accepted; see `Journal.record_accepted`."""
        accepted = attrs.evolve(entry)
        accepted.accept(records, coins)
        ids = [str(task_id) for record in records if (task_id := task_id_of(record))]

        def work(transaction: Transaction) -> bool:
            return starts.accept(transaction, entry, accepted, records, coins, ids)

        mine = await self._transact(work, numbers=[entry.number])
        if not mine:
            raise Superseded(entry.key)
        starts.keep(entry, accepted)

    async def record_end(
        self, entry: Entry, records: Sequence[JSONObject], error: Exception | None, coins: float = 0.0
    ) -> None:
        """Record that the tasks have ended; see `Journal.record_end`."""
        ended = attrs.evolve(entry)
        ended.end(records, error, coins)
        await self._save(entry, ended)

    async def undo_start(self, entry: Entry) -> None:
        """Put the entry back into its earlier state: the start provably made no task."""
        before = attrs.evolve(entry)
        before.undo_start()
        await self._save(entry, before)

    async def record_files(self, entry: Entry, files: Sequence[Mapping[str, Any]]) -> None:
        """Record the downloaded files, each with ``path`` and ``size``."""
        await self._save(entry, attrs.evolve(entry, files=files, saving=False))

    async def known_among(self, workflow: str, ids: Collection[str], entry: Entry) -> Collection[str]:
        """Which of these tasks belong to other jobs; see `Journal.known_among`."""
        if not ids:
            return ()
        stored = {text_of(task_id): task_id for task_id in ids}
        return await self._transact(
            lambda transaction: {stored[row["id"]] for row in transaction.answer},
            query=(_KNOWN, (workflow, entry.number, list(stored))),
        )

    @asynccontextmanager
    async def uploads_shared(self, uploader: Uploader) -> AsyncIterator[None]:
        """Upload the same content once among all workers; see `Journal.uploads_shared`."""
        shelf = DatabaseShelf(self.worker, self._transact)
        uploader.shelves.append(shelf)
        try:
            yield
        finally:
            uploader.shelves.remove(shelf)

    async def unfinished(self) -> int:
        """The number of jobs that were started and that no worker has under way."""
        rows = await self._transact(lambda transaction: transaction.answer, query=(_LEFT, ()))
        return int(rows[0]["left"])

    async def uncertain(self, under_way: Collection[int] = ()) -> Sequence[UncertainStart]:
        """The starts whose outcome is not known; see `Journal.uncertain`."""
        return await self._transact(
            lambda transaction: [UncertainStart.of(transaction.entry(row)) for row in transaction.answer],
            query=(_UNCERTAIN, ()),
        )

    async def release(self, start: UncertainStart) -> None:
        """Let the next run start the job again; see `BulkRun.release`."""
        await self._transact(
            lambda transaction: starts.release(transaction, start), numbers=[starts.number_of(start)]
        )

    async def bind(self, start: UncertainStart, task_id: str) -> None:
        """Record which task the start has made; see `BulkRun.bind`."""
        number, query = starts.number_of(start), starts.owner_of(start, task_id)
        await self._transact(
            lambda transaction: starts.bind(transaction, start, task_id), numbers=[number], query=query
        )

    def close_now(self) -> None:
        """Close the journal without an event loop, after its own was closed."""
        self._commits.close()

    async def _save(self, entry: Entry, changed: Entry) -> None:
        def work(transaction: Transaction) -> None:
            row = transaction.row(entry)
            if transaction.is_written(row):
                transaction.confirm(changed)
            elif transaction.is_mine(row, entry):
                transaction.save(changed, self.worker)
            else:
                raise Superseded(entry.key)

        await self._transact(work, numbers=[entry.number])
        starts.keep(entry, changed)

    async def _transact(self, work: Callable[[Transaction], T], **needs: Unpack[Needs]) -> T:
        def with_limit(transaction: Transaction) -> T:
            self.max_coins = transaction.account["max_coins"]
            return work(transaction)

        return await self._commits.transact(with_limit, secrets.token_hex(8), **needs)

    async def _join(self) -> None:
        """Make this worker known, or find out why it cannot work here."""
        await self._transact(
            lambda transaction: joining.join(transaction, self._terms), query=(joining.OTHERS, (self.worker,))
        )

    async def _bury(self) -> None:
        """Free the jobs of dead workers."""
        await self._transact(joining.bury, jobs=joining.jobs_of_the_dead(self.worker))

    async def _close(self) -> None:
        """Leave: the jobs that have not ended are free for others."""
        await self._heartbeat.stop()
        with anyio.move_on_after(_CLOSING):
            try:
                await self._transact(joining.leave, jobs=joining.jobs_of(self.worker))
            except A2EError as error:
                # If it could not even be opened, that is being said already.
                logger.log(logging.WARNING if self._heartbeat.began else logging.DEBUG, "journal: %s", error)
        try:
            await anyio.to_thread.run_sync(self._commits.close)
        except RuntimeError:  # there is no thread
            self._commits.close()
