"""What jobs of a kind cost, as all workers have learned it."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from a2e_async._journal.postgres.transaction import Transaction

__all__ = ["Known", "Lesson", "Price", "price_of"]

_SETTLE = """
INSERT INTO a2e_prices (kind, coins, settled) VALUES (%s, %s, true)
ON CONFLICT (kind) DO UPDATE SET
    coins = greatest(a2e_prices.coins, excluded.coins), settled = true, explorer = NULL
"""
_LEAVE = "UPDATE a2e_prices SET explorer = NULL WHERE kind = %s AND explorer = %s"
_EXPLORE = """
INSERT INTO a2e_prices (kind, settled, explorer) VALUES (%s, false, %s)
ON CONFLICT (kind) DO UPDATE SET explorer = excluded.explorer
"""


class Known(enum.Enum):
    """What is known of a price."""

    COINS = "coins"
    UNREPORTED = "unreported"  # the service does not say what it charges
    EXPLORED = "explored"  # another worker is finding out
    YOURS = "yours"  # this worker is to find out, by starting one job


@attrs.frozen
class Price:
    """What is known of the price of a kind of job.

    Attributes:
        known: how it is known.
        coins: the price, if that is known.
    """

    known: Known
    coins: float | None = None


@attrs.frozen
class Lesson:
    """What this worker has found out about a price.

    Attributes:
        kind: the kind of job.
        found: whether a job has shown it; otherwise somebody else may try.
        coins: the price; None if the service does not say.
    """

    kind: str
    found: bool
    coins: float | None = None

    def write(self, transaction: Transaction) -> None:
        """Write it down."""
        if self.found:
            transaction.write(_SETTLE, (self.kind, self.coins))
        else:
            transaction.write(_LEAVE, (self.kind, transaction.worker))


def price_of(transaction: Transaction, kind: str) -> Price:
    """Look a price up. If nobody knows it or finds it out, this worker is to do so."""
    row: dict[str, Any] = transaction.prices.get(kind, {})
    if row.get("settled"):
        return Price(Known.UNREPORTED if row["coins"] is None else Known.COINS, row["coins"])

    # One unknown price is found out at a time: the limit can be exceeded by one job only.
    others = [one for one in transaction.prices.values() if one["explorer"] not in (None, transaction.worker)]
    if others:
        return Price(Known.EXPLORED)
    transaction.prices[kind] = {"kind": kind, "coins": None, "settled": False, "explorer": transaction.worker}
    transaction.write(_EXPLORE, (kind, transaction.worker))
    return Price(Known.YOURS)
