"""One transaction of a worker: what it reads, what its steps decide, what it writes.

A transaction begins by locking the one row of `a2e_account`. So the transactions of all workers follow one
another, as they do in a SQLite file, and what a step has read cannot change before it has written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import attrs

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.journal import Superseded
from a2e_async._journal.postgres.rows import Sums, entry_from, job_values, sums_of, text_of
from a2e_async._journal.postgres.schema import JOB_COLUMNS
from a2e_async._journal.step_queue import QueuedStep

if TYPE_CHECKING:
    import psycopg

__all__ = ["Needs", "Step", "Transaction"]

T = TypeVar("T")

_COLUMNS = ", ".join(JOB_COLUMNS)
_PLACES = ", ".join(f"%({name})s" for name in JOB_COLUMNS)
_INSERT = f"INSERT INTO a2e_jobs ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608 - columns of our own tables; values are parameters
_UPDATE = (
    f"UPDATE a2e_jobs SET {', '.join(f'{name} = %({name})s' for name in JOB_COLUMNS[1:])} "  # noqa: S608 - columns of our own tables; values are parameters
    "WHERE number = %(number)s"
)
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
# A worker that is stopped in the middle of a transaction must not stop all others. The second limit, which
# PostgreSQL has from version 17 on, counts from where it is set, and holds while a message is half sent too.
_NO_IDLING = "SET LOCAL idle_in_transaction_session_timeout = 5000"
_NO_DAWDLING = "SET LOCAL transaction_timeout = 15000"
_HAS_NO_DAWDLING = 170000
_ACCOUNT = "SELECT *, extract(epoch FROM clock_timestamp())::float8 AS now FROM a2e_account FOR UPDATE"
_BEAT = "UPDATE a2e_workers SET beat = clock_timestamp() WHERE id = %s RETURNING id"
_JOIN = "INSERT INTO a2e_workers (id, lease) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING"
_PRICES = "SELECT * FROM a2e_prices WHERE kind = ANY(%s) OR explorer IS NOT NULL"
_SUMS = "UPDATE a2e_account SET last_number = %s, spent = %s, set_aside = %s, in_flight = %s"


class Needs(TypedDict, total=False):
    """What a step reads; see `Step`."""

    numbers: Sequence[int]
    keys: Sequence[str]
    paths: Sequence[str]
    jobs: tuple[str, Sequence[Any]] | None
    query: tuple[str, Sequence[Any] | Mapping[str, Any]] | None
    kinds: Sequence[str]


@attrs.define(eq=False)
class Step(QueuedStep[T]):
    """One job's part of a transaction, and how it ended.

    Doing a step again must do no harm: when a connection breaks, nobody knows whether the database has
    committed. So each row says which step wrote it last.

    Attributes:
        work: decides and writes; it raises before it has written anything.
        stamp: names the step.
        numbers, keys, paths: the jobs that it reads, by a column.
        jobs: a condition of further jobs that it reads, with its values.
        query: something else that it reads, with its values.
        kinds: the kinds of job whose prices it reads.
    """

    work: Callable[[Transaction], T]
    stamp: str
    numbers: Sequence[int] = ()
    keys: Sequence[str] = ()
    paths: Sequence[str] = ()
    jobs: tuple[str, Sequence[Any]] | None = None
    query: tuple[str, Sequence[Any] | Mapping[str, Any]] | None = None
    kinds: Sequence[str] = ()


class Transaction:
    """What the steps of one transaction see and write.

    Args:
        connection: the connection, in pipeline mode.
        worker: the id of this worker.
        lease: seconds after which it counts as dead.
        began: when the transaction began, in seconds of the lease's clock.

    Attributes:
        worker: the id of this worker.
        began: when the transaction began, in seconds of the lease's clock.
        stamp: that of the step whose turn it is.
        account: the row of the account.
        now: the database's time, in seconds since the epoch.
        answer: the rows of the query of the step whose turn it is.
        found: the jobs that met the condition of that step when the transaction began.
        prices: the rows of the prices that were asked for, and of those that are being found out, by kind.
    """

    def __init__(
        self, connection: psycopg.Connection[dict[str, Any]], worker: str, lease: float, began: float
    ) -> None:
        self.worker = worker
        self.began = began
        self.stamp = ""
        self.account: dict[str, Any] = {}
        self.now = 0.0
        self.prices: dict[str, dict[str, Any]] = {}
        self.answer: Sequence[Mapping[str, Any]] = ()
        self.found: Sequence[Mapping[str, Any]] = ()

        self._connection = connection
        self._lease = lease
        self._sums = Sums()
        self._last_number = 0

        self._rows: dict[int, Mapping[str, Any]] = {}
        self._writes: list[tuple[str, Any]] = []
        self._saved: list[tuple[Entry, int]] = []
        self._answers: dict[Step[Any], Sequence[Mapping[str, Any]]] = {}
        self._found: dict[Step[Any], Sequence[Mapping[str, Any]]] = {}

    def begin(self, steps: Sequence[Step[Any]], pipeline: psycopg.Pipeline) -> None:
        """Lock the account, and read what the steps need. One round trip."""
        execute = self._connection.execute
        execute(_BEGIN)
        execute(_NO_IDLING)
        account = execute(_ACCOUNT)
        if self._connection.info.server_version >= _HAS_NO_DAWDLING:
            execute(_NO_DAWDLING)
        beat = execute(_BEAT, (self.worker,))

        jobs: list[Iterable[Mapping[str, Any]]] = [
            execute(f"SELECT {_COLUMNS} FROM a2e_jobs WHERE {column} = ANY(%s)".encode(), (sorted(values),))  # noqa: S608 - columns of our own tables; values are parameters
            for column, values in (
                ("number", {number for step in steps for number in step.numbers}),
                ("key", {key for step in steps for key in step.keys}),
                ("path_digest", {path for step in steps for path in step.paths}),
            )
            if values
        ]
        found = [
            (step, execute(f"SELECT {_COLUMNS} FROM a2e_jobs WHERE {step.jobs[0]}".encode(), step.jobs[1]))  # noqa: S608 - the conditions are ours
            for step in steps
            if step.jobs is not None
        ]
        kinds = {kind for step in steps for kind in step.kinds}
        prices = execute(_PRICES, (list(kinds),)) if kinds else ()
        answers = [
            (step, execute(step.query[0].encode(), step.query[1])) for step in steps if step.query is not None
        ]
        # Between two of these, the database does not take a connection for idle, whatever it waits for.
        pipeline.sync()

        self.account = account.fetchone() or {}
        self.now = self.account["now"]
        self._sums = Sums(*(self.account[name] for name in ("spent", "set_aside", "in_flight")))
        self._last_number = self.account["last_number"]
        if beat.fetchone() is None:
            self.write(_JOIN, (self.worker, self._lease))
        self._found = {step: cursor.fetchall() for step, cursor in found}
        self._rows = {row["number"]: row for rows in (*jobs, *self._found.values()) for row in rows}
        self.prices = {row["kind"]: dict(row) for row in prices}
        self._answers = {step: cursor.fetchall() for step, cursor in answers}

    def turn(self, step: Step[Any]) -> None:
        """Begin with the work of a step."""
        self.stamp = step.stamp
        self.answer = self._answers.get(step, ())
        # As the steps before it have left them.
        self.found = [self._rows[row["number"]] for row in self._found.get(step, ())]

    def finish(self) -> None:
        """Send what was written and commit. The caller leaves the pipeline, which shows whether it worked."""
        for query, values in self._writes:
            self._connection.execute(query.encode(), values)
        sums = self._sums
        given = tuple(self.account[name] for name in ("last_number", "spent", "set_aside", "in_flight"))
        wanted = (self._last_number, sums.spent, sums.set_aside, sums.in_flight)
        if wanted != given:
            self._connection.execute(_SUMS, wanted)
        self._connection.execute("COMMIT")

    def settle(self) -> None:
        """Give the entries their new versions: the transaction is committed."""
        for entry, version in self._saved:
            entry.version = version

    @property
    def sums(self) -> Sums:
        """What all jobs add up to now."""
        return self._sums

    def rows(self, **wanted: Any) -> list[Mapping[str, Any]]:
        """The jobs that the steps asked for with these values in their columns, the oldest first."""
        found = [
            row for row in self._rows.values() if all(row[name] == value for name, value in wanted.items())
        ]
        return sorted(found, key=lambda row: row["number"])

    def keyed(self, **wanted: Any) -> list[Mapping[str, Any]]:
        """The same, without the jobs whose key was given to another one."""
        return [row for row in self.rows(**wanted) if row["state"] != State.REPLACED]

    def row(self, entry: Entry) -> Mapping[str, Any]:
        """The row of an entry as it is now.

        Raises:
            Superseded: it is gone.
        """
        row = self._rows.get(entry.number)
        if row is None:
            raise Superseded(entry.key)
        return row

    def entry(self, row: Mapping[str, Any]) -> Entry:
        """Read the entry of a row."""
        return entry_from(row, self.now)

    def is_mine(self, row: Mapping[str, Any], entry: Entry) -> bool:
        """Whether nobody else has written about an entry since this worker did."""
        return bool(row["version"] == entry.version)

    def is_written(self, row: Mapping[str, Any]) -> bool:
        """Whether this step has been committed before."""
        return bool(row["stamp"] == self.stamp)

    def insert(self, entry: Entry, owner: str | None) -> None:
        """Write a new entry, and give it its number."""
        self._last_number += 1
        entry.number = self._last_number
        row = job_values(entry, owner, 1, self.stamp)
        self._sums.change(Sums(), sums_of(row))
        self._keep(entry, row, _INSERT)

    def save(self, entry: Entry, owner: str | None) -> None:
        """Write an entry, whoever wrote about it last."""
        before = self._rows[entry.number]
        row = job_values(entry, owner, before["version"] + 1, self.stamp)
        self._sums.change(sums_of(before), sums_of(row))
        self._keep(entry, row, _UPDATE)

    def confirm(self, entry: Entry) -> None:
        """Take what this step has committed before for what is written."""
        row = self._rows[entry.number]
        entry.sent = row["sent"]
        self._saved.append((entry, row["version"]))

    def _keep(self, entry: Entry, row: Mapping[str, Any], query: str) -> None:
        self._rows[entry.number] = row
        self._saved.append((entry, row["version"]))
        self.write(query, row)

    def knows(self, workflow: str, ids: Sequence[str]) -> bool:
        """Whether one of these tasks was written down by an earlier transaction. A round trip."""
        query = "SELECT FROM a2e_tasks WHERE workflow = %s AND id = ANY(%s)"
        values = (workflow, [text_of(task_id) for task_id in ids])
        return self._connection.execute(query, values).fetchone() is not None

    def put_tasks(self, workflow: str, ids: Iterable[str], job: int) -> None:
        """Write down which tasks a job has made."""
        for task_id in ids:
            self.write(
                "INSERT INTO a2e_tasks (workflow, id, job) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (workflow, text_of(task_id), job),
            )

    def write(self, query: str, values: Any) -> None:
        """Write something else at the end of the transaction."""
        self._writes.append((query, values))
