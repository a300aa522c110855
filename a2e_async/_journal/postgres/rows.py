"""The row of a job in PostgreSQL, and what it contributes to the sums of the account. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.values import read_entry, values_of

__all__ = ["UNDER_WAY", "Sums", "entry_from", "is_under_way", "job_values", "sums_of", "text_of"]

UNDER_WAY = (State.NEW, State.STARTING, State.ACCEPTED)
"""The states in which a worker owns a job."""


@attrs.define
class Sums:
    """What jobs add up to.

    Attributes:
        spent: coins charged; where no record shows what a task cost, what it was expected to cost.
        set_aside: coins that unanswered starts may have cost.
        in_flight: tasks that a worker starts or waits for.
    """

    spent: float = 0.0
    set_aside: float = 0.0
    in_flight: int = 0

    def change(self, before: Sums, after: Sums) -> None:
        """Take the change of one job into account."""
        self.spent += after.spent - before.spent
        self.set_aside += after.set_aside - before.set_aside
        self.in_flight += after.in_flight - before.in_flight


def sums_of(row: Mapping[str, Any]) -> Sums:
    """What one job contributes."""
    state = row["state"]
    is_starting = state == State.STARTING
    hides_price = state not in (State.NEW, State.STARTING) and not _shows_price(row["records"])
    return Sums(
        spent=row["coins"] + (row["reserved"] if hides_price else 0.0),
        set_aside=row["reserved"] if is_starting else 0.0,
        in_flight=int(row["owner"] is not None and (is_starting or state == State.ACCEPTED)),
    )


def _shows_price(records: str) -> bool:
    """Whether records show what a task cost, or there are none. They are as `dump` writes them."""
    return records == "[]" or ('"coins": ' in records and '"coins": null' not in records)


def entry_from(row: Mapping[str, Any], now: float) -> Entry:
    """Read the entry of a job.

    Args:
        row: the row.
        now: the database's time, in seconds since the epoch.

    Raises:
        JournalError: a value is not one that a journal writes.
    """
    entry = read_entry(row)
    entry.age, entry.version = max(0.0, now - entry.sent), row["version"]
    entry.saving = row["saving"]
    return entry


def is_under_way(row: Mapping[str, Any]) -> bool:
    """Whether a worker that owns a job is still at work on it."""
    return row["state"] in UNDER_WAY or bool(row["saving"])


def text_of(text: str) -> str:
    """A text as a database stores it: as JSON, if it has a NUL character or a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)
    return json.dumps(text) if "\0" in text else text


def job_values(entry: Entry, owner: str | None, version: int, stamp: str) -> dict[str, Any]:
    """The row of an entry."""
    return {
        **values_of(entry),
        "owner": owner,
        "saving": entry.saving,
        "version": version,
        "stamp": stamp,
    }
