"""The one account of a sandbox: its coins, their history, and its API tokens."""

from __future__ import annotations

from typing import Any

import attrs

__all__ = ["Account"]


@attrs.define
class Transaction:
    """One line of the credits history. A negative amount is spending."""

    id: str
    amount: int
    balance: int
    reason: str
    at: float


@attrs.define(eq=False)
class Account:
    """Coins and tokens.

    Attributes:
        user_id: the account's own id, part of the keys of uploads.
        balance: coins left.
        history: every change of the balance, oldest first.
        tokens: API tokens as the API shows them, by their id.
    """

    user_id: str
    balance: int
    history: list[Transaction] = attrs.field(factory=list)
    tokens: dict[str, dict[str, Any]] = attrs.field(factory=dict)

    def book(self, identity: str, amount: int, reason: str, now: float) -> None:
        """Change the balance and write it into the history."""
        self.balance += amount
        self.history.append(Transaction(identity, amount, self.balance, reason, now))

    def knows_token(self, secret: str) -> bool:
        """Whether a bearer token exists and is enabled."""
        return any(record["token"] == secret and record["enabled"] for record in self.tokens.values())
