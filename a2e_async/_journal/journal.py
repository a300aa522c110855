"""The journal of a bulk run: what is known of each job, so that no job is paid for twice.

An entry is written before a start is sent, when it is accepted, when its tasks have ended and when their
files are downloaded. Each write is on disk before the job takes its next step. What a job asks for is written
down to be compared. The journal holds no token, no address that results are sent to, and no media.

It has two homes: a SQLite file for one machine (`sqlite`), and a PostgreSQL database that several machines
share (`postgres`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

if TYPE_CHECKING:
    from a2e_async._files.uploads import Uploader
    from a2e_async._journal.asked import Asked
    from a2e_async._journal.entries import Entry
    from a2e_async._journal.uncertain import UncertainStart
    from a2e_async.records import JSONObject

__all__ = ["Journal", "LeaseExpired", "Superseded", "Terms"]


class Superseded(Exception):
    """Another worker has taken the job over. What this one was about to write does not count."""


class LeaseExpired(Exception):
    """This worker has shown no sign of life for so long that others may take its jobs. Nothing was sent."""


@attrs.frozen
class Terms:
    """What holds for all workers that share a journal. A file has one worker.

    Attributes:
        account: which account the jobs are paid by; None if nothing is started.
        max_coins: the most coins to spend; None for no limit.
        account_concurrency: the most tasks at once; None for no limit.
        lease: seconds after which a worker that shows no sign of life loses its jobs.
        patience: seconds for which a database that cannot be reached is waited for.
        remembers: whether a job without a key of its own may come several times in one run, each time as
            another job. The run then remembers the keys that it has seen.
    """

    account: str | None = None
    max_coins: float | None = None
    account_concurrency: int | None = None
    lease: float = 30.0
    patience: float = 600.0
    remembers: bool = True


class Journal(Protocol):
    """An open journal.

    Every method raises `JournalError` if the journal cannot be read or written, or if what it holds is
    damaged. One that writes about an entry raises `Superseded` if another worker has the job now.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The file, or the address of the database without its password."""

    @property
    @abstractmethod
    def is_shared(self) -> bool:
        """Whether other workers may use the journal at the same time."""

    @property
    @abstractmethod
    def has_old(self) -> bool:
        """Whether an older version wrote some of the entries, without what was asked for."""

    @abstractmethod
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
        """Take the entry of the next job with this key; create one if none is left.

        If another worker has the job, the entry `is_held`: wait with `until_free`, and take it again.

        Args:
            key: the key of the job.
            workflow: the name of the job's workflow.
            unique: the key belongs to a single job. Otherwise each job with the key in one run has an entry
                of its own.
            asked: what the job asks for; without it nothing is compared.
            changed: what to do if the key belongs to a job that asked for something else.
            repeats: a key may come again in this run; its entry is then returned once more.
            again: the entry that was taken for this job before.

        Raises:
            InvalidArgument: the key belongs to a job that asked for something else; or a file that is needed
                cannot be read.
        """

    @abstractmethod
    async def take_by_path(self, asked: Asked, *, repeats: bool = False, again: Entry | None = None) -> Entry:
        """Take the entry of a job without a key whose file cannot be read, if it does not need the file.

        The job is recognised by the paths of its files and what else was asked.

        Raises:
            InvalidArgument: there is no such entry, or several whose files had different contents.
        """

    @abstractmethod
    async def until_free(self, entry: Entry) -> bool:
        """Wait until the worker that holds the entry has ended the job or died, or for about a second.

        Returns:
            Whether the entry may be free.
        """

    @abstractmethod
    async def give_up(self, entry: Entry) -> None:
        """Let other workers take the entry: this one does nothing more for it, nor for its files."""

    @abstractmethod
    async def spent(self) -> tuple[float, float]:
        """The coins charged so far, and the coins that unanswered starts may have cost.

        Where no record shows what a task cost, what it was expected to cost counts.
        """

    @abstractmethod
    def require_lease(self, entry: Entry) -> None:
        """Make sure that no other worker can have taken the job since its start was recorded.

        Raises:
            LeaseExpired: one may have.
        """

    @abstractmethod
    async def record_start(self, entry: Entry, marker: str | None, reserved: float) -> bool:
        """Record that a start is about to be sent.

        Args:
            entry: the entry of its job.
            marker: the marker in the task's name; None where the workflow takes no name.
            reserved: coins that the start may cost.

        Returns:
            False if it must wait, because as many tasks run as the account may have, or another worker is
            starting a look-alike without a marker. Nothing is written then.

        Raises:
            BudgetReached: the start might exceed the limit of all workers.
        """

    @abstractmethod
    async def record_accepted(self, entry: Entry, records: Sequence[JSONObject], coins: float) -> None:
        """Record that a start was accepted.

        Args:
            entry: the entry of its job.
            records: the records of the tasks that it made.
            coins: the coins charged.
        """

    @abstractmethod
    async def record_end(
        self, entry: Entry, records: Sequence[JSONObject], error: Exception | None, coins: float = 0.0
    ) -> None:
        """Record that the tasks have ended, or that there will be none.

        Args:
            entry: the entry of the job.
            records: the last records of its tasks.
            error: why the job failed; None if it did not.
            coins: coins that only the last records show.
        """

    @abstractmethod
    async def undo_start(self, entry: Entry) -> None:
        """Put the entry back into its earlier state: the start provably made no task."""

    @abstractmethod
    async def record_files(self, entry: Entry, files: Sequence[Mapping[str, Any]]) -> None:
        """Record the downloaded files, each with ``path`` and ``size``."""

    @abstractmethod
    async def known_among(self, workflow: str, ids: Collection[str], entry: Entry) -> Collection[str]:
        """Which of these tasks of a workflow belong to other jobs than that of the entry."""

    @abstractmethod
    def uploads_shared(self, uploader: Uploader) -> AbstractAsyncContextManager[None]:
        """Use the uploads of earlier runs and of other workers while the block runs, and record new ones."""

    @abstractmethod
    async def unfinished(self) -> int:
        """The number of jobs that were started and that no run has under way or has taken."""

    @abstractmethod
    async def uncertain(self, under_way: Collection[int] = ()) -> Sequence[UncertainStart]:
        """The starts whose outcome is not known.

        Args:
            under_way: the numbers of the entries whose start is going on now.
        """

    @abstractmethod
    async def release(self, start: UncertainStart) -> None:
        """Let the next run start the job again; see `BulkRun.release`."""

    @abstractmethod
    async def bind(self, start: UncertainStart, task_id: str) -> None:
        """Record which task the start has made; see `BulkRun.bind`."""

    @abstractmethod
    def close_now(self) -> None:
        """Close the journal without an event loop, after its own was closed."""
