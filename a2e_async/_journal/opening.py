"""Open a journal, wherever it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from a2e_async._journal.journal import Journal, Terms
from a2e_async.clock import Clock

if TYPE_CHECKING:
    from a2e_async._journal.database_url import DatabaseURL

__all__ = ["open_journal"]


@asynccontextmanager
async def open_journal(place: Path | DatabaseURL, terms: Terms, clock: Clock) -> AsyncIterator[Journal]:
    """Open a journal; create it if there is none.

    Args:
        place: the file, whose folder must exist, or the database.
        terms: what holds for all its workers.
        clock: measures the pauses.

    Raises:
        JournalError: it cannot be opened or read, is in use, damaged, or from a newer version.
        InvalidArgument: it belongs to another account, or other workers use it on other terms.
    """
    if isinstance(place, Path):
        from a2e_async._journal.sqlite.journal import FileJournal

        async with FileJournal.open(place, terms.account) as file:
            yield file
        return

    from a2e_async._journal.postgres.journal import DatabaseJournal

    async with DatabaseJournal.open(place, terms, clock) as database:
        yield database
