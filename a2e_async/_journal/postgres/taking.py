"""Which row of a database belongs to a job: found, created, or refused, and who owns it then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async._journal import taking
from a2e_async._journal.asked import Asked
from a2e_async._journal.entries import Entry
from a2e_async._journal.postgres.rows import UNDER_WAY, is_under_way
from a2e_async._journal.postgres.transaction import Transaction
from a2e_async.errors import InvalidArgument

__all__ = ["take", "take_by_path"]


def take(
    transaction: Transaction,
    key: str,
    workflow: str,
    *,
    unique: bool,
    asked: Asked | None,
    changed: str,
    place: int,
    repeated: bool,
) -> Entry:
    """Take the entry of a job; see `Journal.take`.

    Args:
        transaction: the transaction; it reads the jobs with this key.
        key: the key of the job.
        workflow: the name of its workflow.
        unique: the key belongs to a single job.
        asked: what the job asks for; without it nothing is compared.
        changed: what to do if the key belongs to a job that asked for something else.
        place: which of the jobs with the key it is, from 0.
        repeated: an earlier job of this run has the same key.
    """
    rows = transaction.keyed(key=key)
    if len(rows) <= place:
        return _insert(transaction, key, workflow, asked, place)

    row, entry = rows[place], transaction.entry(rows[place])
    entry.place, entry.repeated = place, repeated
    if transaction.is_written(row) or repeated:
        return entry
    entry.is_held = _is_held(transaction, row)

    if asked is not None and (problem := taking.mismatch(entry, workflow, asked, unique)):
        if changed != "restart":
            raise InvalidArgument("key", problem)
        if entry.is_held:
            return entry
        taking.new_entry(key, workflow, asked)  # raises if a file cannot be read
        taking.retire(entry)
        transaction.save(entry, None)
        return _insert(transaction, key, workflow, asked, place)

    return _own(transaction, row, entry, key, asked, unique)


def take_by_path(transaction: Transaction, asked: Asked, *, place: int) -> Entry:
    """Take the entry of a job whose file cannot be read; see `Journal.take_by_path`.

    Args:
        transaction: the transaction; it reads the jobs with these paths.
        asked: what the job asks for.
        place: which of the jobs with the same paths it is, from 0.
    """
    rows = transaction.keyed(path_digest=asked.path_digest)
    found = [(index >= place, transaction.entry(row)) for index, row in enumerate(rows)]
    entry = taking.entry_by_path(asked, found)

    entry.place = place
    row = transaction.row(entry)
    entry.is_held = _is_held(transaction, row)
    return _own(transaction, row, entry, entry.key, None, False)


def _insert(transaction: Transaction, key: str, workflow: str, asked: Asked | None, place: int) -> Entry:
    entry = taking.new_entry(key, workflow, asked)
    entry.place = place
    transaction.insert(entry, transaction.worker)
    return entry


def _own(
    transaction: Transaction,
    row: Mapping[str, Any],
    entry: Entry,
    key: str,
    asked: Asked | None,
    unique: bool,
) -> Entry:
    """Become the owner of an entry that nobody has."""
    if entry.is_held or row["state"] not in UNDER_WAY:
        return entry

    before = attrs.evolve(entry)
    if asked is not None:
        taking.adopt(entry, key, asked, unique)
    if row["owner"] != transaction.worker or entry != before:
        transaction.save(entry, transaction.worker)
    return entry


def _is_held(transaction: Transaction, row: Mapping[str, Any]) -> bool:
    """Whether another worker is at work on a job."""
    return row["owner"] not in (None, transaction.worker) and is_under_way(row)
