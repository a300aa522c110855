"""Miscellaneous (`user`): `a2e.account`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import one, raw
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["Account", "Balance"]


@attrs.frozen(kw_only=True)
class Balance(Record):
    """What the account has.

    Attributes:
        coins: Coins to spend.
        diamonds: Diamonds.
    """

    coins: float | None = None
    """Coins to spend."""
    diamonds: float | None = None
    """Diamonds."""


ADD = Operation(
    "POST",
    "/api/v1/user/add",
    raw,
    body=(
        Field("username", str, required=True),
        Field("password", str, required=True),
    ),
    has_body=True,
)

REMAINING_COINS = Operation("GET", "/api/v1/user/remainingCoins", one(Balance), repeatable=True)


class Account(Resource):
    """Miscellaneous (`user`).

    Every method also takes the options in `CallOptions`.
    """

    name = "account"

    async def add(self, *, username: str, password: str, **options: Unpack[CallOptions]) -> Any:
        """Add a user.

        Args:
            username: The new user's name.
            password: The new user's password.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ADD, {"username": username, "password": password}, options)

    async def remaining_coins(self, **options: Unpack[CallOptions]) -> Balance:
        """Get the balance.

        Args:
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(REMAINING_COINS, {}, options)
