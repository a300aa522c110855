"""How a worker joins the others, leaves them, and is buried."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import attrs

from a2e_async._journal.journal import Terms
from a2e_async._journal.ownership import check_owner
from a2e_async._journal.postgres.heartbeat import DEAD
from a2e_async._journal.postgres.leases import ALIVE
from a2e_async._journal.postgres.rows import UNDER_WAY, is_under_way
from a2e_async._journal.postgres.transaction import Transaction
from a2e_async.errors import InvalidArgument, JournalError

__all__ = ["OTHERS", "bury", "jobs_of", "jobs_of_the_dead", "join", "leave"]

OTHERS = f"SELECT count(*) AS others FROM a2e_workers WHERE id <> %s AND {ALIVE}"  # noqa: S608 - made of constants; values are parameters
"""How many other workers live."""

_ACCOUNT = """
UPDATE a2e_account SET
    account = %(account)s, max_coins = %(max_coins)s, account_concurrency = %(account_concurrency)s
"""
_DEAD = """
DELETE FROM a2e_workers
WHERE id <> %s
    AND greatest(beat, pg_postmaster_start_time()) <= clock_timestamp() - make_interval(secs => lease)
"""
_LEAVE = "DELETE FROM a2e_workers WHERE id = %s"
_GIVE_UP_PRICES = "UPDATE a2e_prices SET explorer = NULL WHERE explorer = %s"
_ORPHANED_PRICES = """
UPDATE a2e_prices SET explorer = NULL
WHERE explorer IS NOT NULL AND NOT EXISTS (SELECT FROM a2e_workers WHERE id = explorer)
"""
_TERMS = ("max_coins", "account_concurrency")


def join(transaction: Transaction, terms: Terms) -> None:
    """Agree with the other workers on the terms. Those who name none take what holds.

    Raises:
        InvalidArgument: the journal belongs to another account, or others work on other terms.
    """
    row, others = transaction.account, transaction.answer[0]["others"]
    check_owner(row["account"], terms.account)

    agreed: dict[str, Any] = {}
    for name in _TERMS:
        mine, theirs = getattr(terms, name), row[name]
        if others and None not in (mine, theirs) and mine != theirs:
            raise InvalidArgument(
                name,
                f"{mine:g}: {_run(others)} with {theirs:g}; give the same, or leave it out to join them",
            )
        agreed[name] = theirs if mine is None and others else mine

    agreed["account"] = terms.account or row["account"]
    if any(row[name] != value for name, value in agreed.items()):
        row.update(agreed)
        transaction.write(_ACCOUNT, agreed)


def _run(others: int) -> str:
    if others == 1:
        return "another worker of this journal runs"
    return f"{others} other workers of this journal run"


def jobs_of(worker: str) -> tuple[str, Sequence[Any]]:
    """The condition of the jobs that a worker has under way."""
    return "owner = %s AND (state = ANY(%s) OR saving)", (worker, list(UNDER_WAY))


def jobs_of_the_dead(worker: str) -> tuple[str, Sequence[Any]]:
    """The condition of the jobs whose workers are dead, as another worker sees it."""
    return DEAD, (list(UNDER_WAY), worker)


def leave(transaction: Transaction) -> None:
    """Leave the others; the jobs under way are free."""
    _free(transaction, transaction.rows(owner=transaction.worker))
    transaction.write(_LEAVE, (transaction.worker,))
    transaction.write(_GIVE_UP_PRICES, (transaction.worker,))


def bury(transaction: Transaction) -> None:
    """Free the jobs of dead workers."""
    _free(transaction, [row for row in transaction.found if row["owner"] != transaction.worker])
    transaction.write(_DEAD, (transaction.worker,))
    transaction.write(_ORPHANED_PRICES, ())


def _free(transaction: Transaction, rows: Sequence[Any]) -> None:
    for row in rows:
        if is_under_way(row):
            with suppress(JournalError):  # a damaged row stays as it is
                transaction.save(attrs.evolve(transaction.entry(row), saving=False), None)
