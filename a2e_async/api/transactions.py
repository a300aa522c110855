"""Credits (`transactionRecord`): `a2e.transactions`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Unpack

import attrs

from a2e_async._spec.decoders import many
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async.pages import Pages
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["Transaction", "Transactions"]


@attrs.frozen(kw_only=True)
class Transaction(Record):
    """A change of the balance.

    Attributes:
        id: Its id.
        amount: Coins: above zero was granted or bought, below zero was spent.
        created_at: When it was made, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """Its id."""
    amount: float | None = None
    """Coins: above zero was granted or bought, below zero was spent."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""


CREDITS_HISTORY = Operation(
    "GET",
    "/api/v1/transactionRecord/creditsHistory",
    many(Transaction),
    query=(
        Field("page_size", int, "pageSize", minimum=1),
        Field("is_consumption", bool),
        Field("start_date", str, "startDate"),
        Field("end_date", str, "endDate"),
    ),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)


class Transactions(Resource):
    """Credits (`transactionRecord`).

    Every method also takes the options in `CallOptions`.
    """

    name = "transactions"

    def credits_history(
        self,
        *,
        page_size: int | None = None,
        is_consumption: bool | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Transaction]:
        """Get credits history.

        Amounts above zero are grants or purchases, below zero are spending.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            is_consumption: true: only spending; false: only credit income.
            start_date: ISO date-time, inclusive lower bound on created_at.
            end_date: ISO date-time, inclusive upper bound on created_at.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(
            CREDITS_HISTORY,
            {
                "page_size": page_size,
                "is_consumption": is_consumption,
                "start_date": start_date,
                "end_date": end_date,
            },
            options,
        )
