"""The state that the jobs of one bulk run share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import anyio
import attrs

from a2e_async._bulk.budget import Budget
from a2e_async._bulk.endings import NotStarted
from a2e_async._bulk.outage import Outage
from a2e_async._bulk.outcomes import Counts
from a2e_async._bulk.places import Places
from a2e_async._bulk.start_rate import StartRate
from a2e_async._journal.entries import Entry
from a2e_async.errors import BudgetReached
from a2e_async.protocols import Client

if TYPE_CHECKING:
    from a2e_async._bulk.downloads import Downloads
    from a2e_async._bulk.settings import BulkSettings
    from a2e_async._journal.journal import Journal
    from a2e_async.jobs import Job
    from a2e_async.quotes import Quote

__all__ = ["BulkClient", "RunState"]


class BulkClient(Client, Protocol):
    """The part of the client that a bulk run uses."""

    @abstractmethod
    async def quote(self, job: Job[Any]) -> Quote:
        """Ask the price of a job; see `A2E.quote`."""


@attrs.define(eq=False)
class RunState:
    """The state that the jobs of one run share.

    Attributes:
        client: the run's client.
        settings: the run's settings.
        journal: the open journal, or None.
        counts: the run in numbers.
        budget: the coins that may still be spent.
        start_rate: gives the starts their turns.
        service: lets starts through, unless the service cannot be reached or refuses everything.
        disk: lets through what reads or writes files, unless there is no room.
        downloads: saves the results; None if they are not downloaded.
        tasks: places for the tasks at the server.
        on_stop: called when the run stops starting jobs.
        repeats: a job may come again in this run.
        shields: the scopes that protect the starts under way from cancellation.
        under_way: the numbers of the entries that this run is working on.
        unanswered: the entries of the starts that were sent and not answered yet.
        quoting: held while a price is asked for.
        reaching, reached: whether the service has been reached, and a lock to find it out.
        stopped: why the run stopped starting jobs; None while it runs normally.
    """

    client: BulkClient
    settings: BulkSettings
    journal: Journal | None
    counts: Counts
    budget: Budget
    start_rate: StartRate
    service: Outage
    disk: Outage
    downloads: Downloads | None
    tasks: Places
    on_stop: Callable[[], None]
    repeats: bool = False
    shields: set[anyio.CancelScope] = attrs.field(factory=set[anyio.CancelScope])
    under_way: set[int] = attrs.field(factory=set[int])
    unanswered: dict[int, Entry] = attrs.field(factory=dict[int, Entry])
    quoting: anyio.Lock = attrs.field(factory=anyio.Lock)
    reaching: anyio.Lock = attrs.field(factory=anyio.Lock)
    reached: bool = False
    stopped: Exception | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other workers may use the same journal."""
        return self.journal is not None and self.journal.is_shared

    def stop(self, error: Exception) -> None:
        """Start no more jobs. Only the first error is kept as the reason."""
        if self.stopped is None:
            self.stopped = error
            self.on_stop()

    def resume(self) -> None:
        """Start jobs again: what stopped the run may have passed."""
        self.stopped = None
        self.service.renew()
        self.disk.renew()
        if self.downloads is not None:
            self.downloads.renew()

    def check(self, *, within_budget: bool = False) -> None:
        """Check that the run still starts jobs.

        Args:
            within_budget: coins are already set aside for the start, so a spent budget does not matter.

        Raises:
            NotStarted: the run has stopped.
        """
        if self.stopped is not None and not (within_budget and isinstance(self.stopped, BudgetReached)):
            raise NotStarted
