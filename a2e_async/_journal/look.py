"""A look into a journal, also while a run is using it. Nothing is written, and no run has to wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from a2e_async._journal.uncertain import UncertainStart
from a2e_async.jobs import Job

if TYPE_CHECKING:
    from a2e_async._journal.database_url import DatabaseURL

__all__ = ["Look", "WorkerLook", "look_into", "needs_files"]


@attrs.frozen
class WorkerLook:
    """What one worker of a shared journal has done.

    Attributes:
        name: the machine, the process and a number.
        seen: seconds since its last sign of life; None if it has left or died.
        states: the number of entries in each state that it has worked on last.
        coins: the coins that these have cost.
    """

    name: str
    seen: float | None
    states: Mapping[str, int]
    coins: float


@attrs.frozen
class Look:
    """What a journal holds.

    Attributes:
        states: the number of entries in each state.
        coins: the coins charged so far.
        uncertain: the starts whose outcome is not known. While a run goes on, those under way are among them.
        damaged: the keys of entries that cannot be read.
        running: a run is using the journal.
        workers: those that use a shared journal.
        started: starts in the last minute, in a shared journal.
    """

    states: Mapping[str, int]
    coins: float
    uncertain: Sequence[UncertainStart]
    damaged: Sequence[str]
    running: bool
    workers: Sequence[WorkerLook] = ()
    started: int = 0


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
