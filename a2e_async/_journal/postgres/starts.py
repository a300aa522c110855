"""What a worker writes about a start: it begins, it was accepted, or a person decides about it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from a2e_async._journal.entries import Entry, State
from a2e_async._journal.journal import Superseded
from a2e_async._journal.postgres.rows import is_under_way, sums_of, text_of
from a2e_async._journal.postgres.transaction import Transaction
from a2e_async._journal.uncertain import UncertainStart
from a2e_async._spec.field import checked_id
from a2e_async.errors import BudgetReached, InvalidArgument
from a2e_async.records import JSONObject

__all__ = ["UNMARKED", "accept", "begin", "bind", "keep", "number_of", "owner_of", "release"]

logger = logging.getLogger("a2e_async")

UNMARKED = "workflow = %s AND state = 'starting' AND marker IS NULL"
"""The condition of the unanswered starts that no marker tells apart."""

_SEARCHED_FOR = 600.0  # seconds in which somebody takes up the start of a worker that has died

_ROUNDING = 1e-6  # coins


def begin(transaction: Transaction, entry: Entry, started: Entry) -> bool:
    """Write that a start is about to be sent.

    Args:
        transaction: the transaction.
        entry: the entry, as this worker knows it.
        started: what it is to be.

    Returns:
        False if it must wait; nothing is written then.

    Raises:
        Superseded: another worker has the job now.
        BudgetReached: the start might exceed the limit.
    """
    row = transaction.row(entry)
    if transaction.is_written(row):
        transaction.confirm(started)
        return True
    if not transaction.is_mine(row, entry):
        raise Superseded(entry.key)

    sums, mine = transaction.sums, sums_of(row)
    limit, most = transaction.account["max_coins"], transaction.account["account_concurrency"]
    if limit is not None:
        _check_budget(limit, limit - sums.spent - (sums.set_aside - mine.set_aside), started.reserved)
    if most is not None and sums.in_flight - mine.in_flight >= most:
        return False
    if started.marker is None and _has_lookalike(transaction, entry):
        return False

    started.sent = transaction.now
    transaction.save(started, transaction.worker)
    return True


def _check_budget(limit: float, left: float, reserved: float) -> None:
    if left <= 0 or reserved > left + _ROUNDING:
        costs = f"may cost {reserved:g}" if reserved else "is of unknown cost"
        raise BudgetReached(
            f"{max(0.0, left):g} of {limit:g} coins are left for all workers; the next job {costs}"
        )


def _has_lookalike(transaction: Transaction, entry: Entry) -> bool:
    """Whether the task of an unanswered start without a marker could be taken for that of the entry."""
    body = _body(entry.asked)
    for row in transaction.rows(workflow=entry.workflow, state=State.STARTING, marker=None):
        is_recent = row["owner"] is not None or transaction.now - row["sent"] < _SEARCHED_FOR
        if row["number"] != entry.number and is_recent:
            other = _body(row["asked"])
            if all(body[name] == other[name] for name in body.keys() & other.keys()):
                return True
    return False


def _body(asked: str | None) -> Mapping[str, Any]:
    found = json.loads(asked).get("body") if asked else None
    return found if isinstance(found, Mapping) else {}


def accept(
    transaction: Transaction,
    entry: Entry,
    accepted: Entry,
    records: Sequence[JSONObject],
    coins: float,
    ids: Sequence[str],
) -> bool:
    """Write that a start was accepted, whoever has the job now: that it made these tasks is a fact.

    Args:
        transaction: the transaction.
        entry: the entry, as this worker knows it.
        accepted: what it is to be.
        records: the records of the tasks.
        coins: the coins charged.
        ids: the ids of the tasks.

    Returns:
        Whether this worker still has the job.
    """
    row = transaction.row(entry)
    if transaction.is_written(row):
        transaction.confirm(accepted)
        return bool(row["owner"] == transaction.worker)

    mine = transaction.is_mine(row, entry)
    if mine:
        transaction.save(accepted, transaction.worker)
    elif (row["sent"], row["attempts"]) == (entry.sent, entry.attempts) and row["state"] != State.REPLACED:
        # Others have found no task of this start, or not yet, and have not started the job anew.
        theirs = attrs.evolve(transaction.entry(row), marker=entry.marker, reserved=entry.reserved)
        theirs.accept(records, coins)
        transaction.save(theirs, row["owner"] if is_under_way(row) else None)
    elif row["sent"] != entry.sent and not transaction.knows(entry.workflow, ids):
        theirs = transaction.entry(row)
        theirs.coins += coins
        transaction.save(theirs, row["owner"])
        logger.error(
            "journal: %s: a start that was given up has made %s after all; another start made one too",
            entry.key,
            ", ".join(ids),
        )
    transaction.put_tasks(entry.workflow, ids, entry.number)
    return mine


def keep(entry: Entry, written: Entry) -> None:
    """Make an entry what was written about it."""
    for field in attrs.fields(Entry):
        setattr(entry, field.name, getattr(written, field.name))


def number_of(start: UncertainStart) -> int:
    """The number of an uncertain start's entry.

    Raises:
        InvalidArgument: it is something else.
    """
    if not isinstance(start, UncertainStart):
        raise InvalidArgument("start", f"{start!r} is not one of those that `uncertain` returns")
    return start.number


def owner_of(start: UncertainStart, task_id: str) -> tuple[str, Sequence[Any]]:
    """The query for the job that a task belongs to."""
    checked = checked_id("task_id", task_id)
    return "SELECT job FROM a2e_tasks WHERE workflow = %s AND id = %s", (start.workflow, text_of(checked))


def release(transaction: Transaction, start: UncertainStart) -> None:
    """Write that the start has made no task.

    Raises:
        InvalidArgument: its outcome is known, or a worker searches for it.
    """
    entry = _uncertain(transaction, start)
    if entry is None:
        return
    entry.undo_start()
    transaction.save(entry, None)


def bind(transaction: Transaction, start: UncertainStart, task_id: str) -> None:
    """Write which task the start has made.

    Raises:
        InvalidArgument: its outcome is known, a worker searches for it, or the task is that of another job.
    """
    entry = _uncertain(transaction, start)
    if entry is None:
        return
    if any(row["job"] != start.number for row in transaction.answer):
        raise InvalidArgument("task_id", f"{task_id!r} is the task of another job in the journal")

    entry.accept([{"_id": task_id}], 0.0)
    transaction.save(entry, None)
    transaction.put_tasks(entry.workflow, [task_id], entry.number)


def _uncertain(transaction: Transaction, start: UncertainStart) -> Entry | None:
    """The entry of an uncertain start; None if this step was committed before."""
    rows = transaction.rows(number=start.number, key=start.key)
    if rows and transaction.is_written(rows[0]):
        return None
    if not rows or rows[0]["state"] != State.STARTING or rows[0]["owner"] is not None:
        raise InvalidArgument("start", f"the start of {start.key!r} is not uncertain")
    return transaction.entry(rows[0])
