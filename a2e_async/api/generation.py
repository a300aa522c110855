"""Credits (`generation`): `a2e.generation`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import one
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["Generation", "Quote"]


@attrs.frozen(kw_only=True)
class Quote(Record):
    """An estimate. The price fields are not known. Look into `raw`.

    Attributes:
        generation_request_validated: False: only the pricing inputs were looked at.
    """

    generation_request_validated: bool | None = attrs.field(
        default=None, metadata={"key": "generationRequestValidated"}
    )
    """False: only the pricing inputs were looked at."""


QUOTE = Operation(
    "POST",
    "/api/v1/generation/quote",
    one(Quote),
    body=(
        Field("endpoint", str, required=True),
        Field("request_body", dict, "requestBody", required=True),
    ),
    has_body=True,
    repeatable=True,
)


class Generation(Resource):
    """Credits (`generation`).

    Every method also takes the options in `CallOptions`.
    """

    name = "generation"

    async def quote(
        self, *, endpoint: str, request_body: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> Quote:
        """Estimate generation credit consumption.

        Estimates credits only: no task, no charge. Only the fields that determine the price are read,
        so a quote does not mean that the whole request is valid.

        Args:
            endpoint: Route path of the generation call; a leading "POST " is tolerated.
            request_body: The generation call's JSON body, unchanged.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(QUOTE, {"endpoint": endpoint, "request_body": request_body}, options)
