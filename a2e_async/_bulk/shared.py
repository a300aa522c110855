"""What the jobs of one bulk run share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import anyio
import attrs

from a2e_async._bulk.budget import Budget
from a2e_async._bulk.outcomes import Counts
from a2e_async._tasks.pace import Pace
from a2e_async.errors import BudgetReached
from a2e_async.resources import Client

if TYPE_CHECKING:
    from a2e_async._bulk.journal import Journal
    from a2e_async._bulk.settings import BulkSettings
    from a2e_async.jobs import Job
    from a2e_async.quotes import Quote

__all__ = ["BulkClient", "NotStarted", "Shared"]


class BulkClient(Client, Protocol):
    """What a bulk run needs of the client."""

    @abstractmethod
    async def quote(self, job: Job[Any]) -> Quote:
        """See `A2E.quote`."""


class NotStarted(Exception):
    """The run has stopped, and this job was not started. Never leaves the run."""


@attrs.define(eq=False)
class Shared:
    """What the jobs of one run share.

    Attributes:
        tasks: places for tasks at the server.
        downloads: places for downloads.
        rate: the turns of the run's own start rate.
        shields: the scopes in which starts are kept from being cut off.
        quoting: held while a price is asked for.
        claimed: workflows whose known tasks have been told to their starters.
        stopping: called once, when the run stops.
        stopped: why no more jobs are started.
    """

    client: BulkClient
    settings: BulkSettings
    journal: Journal | None
    counts: Counts
    budget: Budget
    rate: Pace
    tasks: anyio.Semaphore
    downloads: anyio.Semaphore
    stopping: Callable[[], None]
    shields: set[anyio.CancelScope] = attrs.field(factory=set[anyio.CancelScope])
    quoting: anyio.Lock = attrs.field(factory=anyio.Lock)
    claimed: set[str] = attrs.field(factory=set[str])
    stopped: Exception | None = None

    def stop(self, error: Exception) -> None:
        """Start no more jobs; the first reason is the one that is told."""
        if self.stopped is None:
            self.stopped = error
            self.stopping()

    def check(self, *, within_budget: bool = False) -> None:
        """Called before each start.

        Args:
            within_budget: coins are set aside for it, so that the end of the budget does not concern it.

        Raises:
            NotStarted: the run has stopped.
        """
        if self.stopped is not None and not (within_budget and isinstance(self.stopped, BudgetReached)):
            raise NotStarted
