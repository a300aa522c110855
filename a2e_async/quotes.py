"""What a Job would cost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from a2e_async.operations import Upload
from a2e_async.records import Record

if TYPE_CHECKING:
    from a2e_async.api import Api
    from a2e_async.jobs import Job

__all__ = ["Quote", "quote"]

# None of these names is published; the first one that holds a number is taken (L).
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


@attrs.frozen
class Quote:
    """What a Job would cost.

    Attributes:
        coins: the price, None where the reply names none that is understood.
        record: the reply.
    """

    coins: float | None
    record: Record


async def quote(client: Api, job: Job[Any]) -> Quote:
    """See `A2E.quote`."""
    record = await client.generation.quote(endpoint=job.operation.path, request_body=_without_files(job.body))
    return Quote(_price(record.raw), record)


def _price(raw: Mapping[str, Any]) -> float | None:
    for key in _PRICE_KEYS:
        value = raw.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    nested = (value for value in raw.values() if isinstance(value, Mapping))
    return next((price for value in nested if (price := _price(value)) is not None), None)


def _without_files(value: Any) -> Any:
    if isinstance(value, Upload):
        return value.url
    if isinstance(value, os.PathLike | bytes):
        return _PLACEHOLDER
    if isinstance(value, Mapping):
        return {key: _without_files(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without_files(item) for item in value]
    return value
