"""A look into a journal, also while a run is using it. Nothing is written, and no run has to wait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2e_async._journal.contents import Look
from a2e_async.jobs import Job

if TYPE_CHECKING:
    from a2e_async._journal.database_url import DatabaseURL

__all__ = ["look_into", "needs_files"]


def look_into(place: Path | DatabaseURL) -> Look:
    """Look into a journal.

    Raises:
        JournalError: there is none, or it cannot be read.
    """
    if isinstance(place, Path):
        from a2e_async._journal.sqlite.look import look_into as look_into_file

        return look_into_file(place)

    from a2e_async._journal.postgres.look import look_into as look_into_database

    return look_into_database(place)


def needs_files(place: Path | DatabaseURL, job: Job[Any]) -> bool:
    """Whether a job whose files are gone has to be started, so that it needs them.

    Raises:
        JournalError: the journal cannot be read.
    """
    if isinstance(place, Path):
        from a2e_async._journal.sqlite.look import needs_files as file_needs

        return file_needs(place, job)

    from a2e_async._journal.postgres.look import needs_files as database_needs

    return database_needs(place, job)
