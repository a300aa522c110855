"""Coins: what a Job would cost, and what the account has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from a2e_async._files.body_files import File, map_files
from a2e_async._spec.features import BALANCE, QUOTE
from a2e_async._spec.media import Upload
from a2e_async.checks import price_in, shown
from a2e_async.display import Displayed
from a2e_async.errors import InvalidArgument
from a2e_async.features import operation_of, values_of
from a2e_async.jobs import Job
from a2e_async.plain import Plain
from a2e_async.records import Record

if TYPE_CHECKING:
    from a2e_async.api.account import Balance
    from a2e_async.protocols import Client

__all__ = ["Quote", "balance", "quote"]

# The service publishes none of these names; the first one with a number is used.
_PRICE_KEYS = (
    "coins",
    "totalCoins",
    "total_coins",
    "credits",
    "totalCredits",
    "cost",
    "price",
    "total",
    "amount",
)
_PLACEHOLDER = "https://files.invalid/not-yet-uploaded"


@attrs.frozen(repr=False)
class Quote(Plain, Displayed):
    """What a Job would cost.

    Attributes:
        coins: the price in coins, None if the reply names no price.
        record: the reply.
    """

    coins: float | None
    record: Record


async def balance(client: Client) -> Balance:
    """See `A2E.balance`."""
    operation = operation_of(BALANCE)
    runtime = client.runtime
    async with runtime.session():
        found: Balance = await runtime.transport.request(operation, operation.call({}, {}))
    return found


async def quote(client: Client, job: Job[Any]) -> Quote:
    """See `A2E.quote`."""
    if not isinstance(job, Job):
        raise InvalidArgument("job", f"{shown(job)} is not a Job; ask for each Job by itself")
    operation = operation_of(QUOTE)
    body = {"endpoint": job.operation.path, "requestBody": map_files(job.body, _placeholder)}
    call = operation.call(values_of(operation, body), {})

    runtime = client.runtime
    async with runtime.session():
        reply = await runtime.transport.request(operation, call)
    record = reply if isinstance(reply, Record) else Record(raw=reply if isinstance(reply, dict) else {})
    return Quote(_price(record.raw), record)


def _price(raw: Mapping[str, Any]) -> float | None:
    for key in _PRICE_KEYS:
        price = price_in(raw.get(key))
        if price is not None:
            return price
    nested = (value for value in raw.values() if isinstance(value, Mapping))
    return next((price for value in nested if (price := _price(value)) is not None), None)


def _placeholder(file: File) -> str:
    return file.url if isinstance(file, Upload) else _PLACEHOLDER
