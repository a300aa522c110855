"""Open what a bulk run needs: its journal, and the state that its jobs share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, cast

from a2e_async._bulk.budget import Budget
from a2e_async._bulk.downloads import Downloads
from a2e_async._bulk.outage import Outage
from a2e_async._bulk.outcomes import Counts
from a2e_async._bulk.places import Places
from a2e_async._bulk.run_state import BulkClient, RunState
from a2e_async._bulk.settings import BulkSettings
from a2e_async._bulk.start_rate import StartRate

if TYPE_CHECKING:
    from a2e_async._journal.journal import Journal
    from a2e_async._journal.postgres.journal import DatabaseJournal
    from a2e_async.runtime import Runtime

__all__ = ["open_state"]

_FIRST_ALONE = 1.0  # seconds


async def open_state(
    client: BulkClient,
    settings: BulkSettings,
    counts: Counts,
    resources: AsyncExitStack,
    *,
    runtime: Runtime,
    on_stop: Callable[[], None],
    repeats: bool,
) -> RunState:
    """Open the journal, if there is one, and make the state that the jobs share.

    Args:
        client: the run's client.
        settings: the run's settings.
        counts: counts what happens in the run.
        resources: closes the journal.
        runtime: the parts of the client that belong to the running event loop.
        on_stop: called each time the run stops starting jobs.
        repeats: a job may come again in this run.

    Raises:
        JournalError: the journal cannot be opened.
    """
    clock = runtime.policies.clock
    journal = await _open_journal(settings, resources, runtime, repeats=repeats)
    shared = journal is not None and journal.is_shared
    budget, start_rate = await _limits(settings, journal, resources, runtime)

    service = Outage(
        clock,
        settings.timeout,
        bounded=runtime.policies.retry.bounded,
        hold=start_rate.hold,
        first_alone=_FIRST_ALONE,
        events=runtime.events,
    )
    disk = Outage(clock, settings.timeout)

    downloads = None
    if settings.download_to is not None:
        downloads = Downloads(settings.download_to, disk, shared=shared)
    places = min(settings.concurrency, settings.account_concurrency or settings.concurrency)

    return RunState(
        client=client,
        settings=settings,
        journal=journal,
        counts=counts,
        budget=budget,
        start_rate=start_rate,
        service=service,
        disk=disk,
        downloads=downloads,
        tasks=Places(places),
        on_stop=on_stop,
        repeats=repeats,
    )


async def _open_journal(
    settings: BulkSettings, resources: AsyncExitStack, runtime: Runtime, *, repeats: bool
) -> Journal | None:
    """Open the run's journal, and share its uploads; None if the run has none."""
    if settings.journal is None:
        return None
    from a2e_async._journal.journal import Terms
    from a2e_async._journal.opening import open_journal

    terms = Terms(
        account=runtime.account,
        max_coins=settings.max_coins,
        account_concurrency=settings.account_concurrency,
        lease=settings.lease,
        patience=settings.timeout,
        remembers=not repeats,
    )
    opened = open_journal(settings.journal, terms, runtime.policies.clock)
    journal = await resources.enter_async_context(opened)
    await resources.enter_async_context(journal.uploads_shared(runtime.uploader))
    return journal


async def _limits(
    settings: BulkSettings, journal: Journal | None, resources: AsyncExitStack, runtime: Runtime
) -> tuple[Budget, StartRate]:
    """Make the limits of coins and of starts: those of this run, or of all that share its journal."""
    clock = runtime.policies.clock
    if journal is None or not journal.is_shared:
        spent, set_aside = (0.0, 0.0) if journal is None else await journal.spent()
        budget = Budget(settings.max_coins, spent=spent, set_aside=set_aside)
        return budget, StartRate(clock, settings.start_rate)
    from a2e_async._bulk.shared_budget import SharedBudget

    database = cast("DatabaseJournal", journal)
    account_pace = database.account_pace()
    await resources.enter_async_context(account_pace.shared_by(runtime.transport.pace))

    turns = None if settings.start_rate is None else account_pace.start_turns(settings.start_rate)
    return SharedBudget(database, clock), StartRate(clock, turns=turns)
