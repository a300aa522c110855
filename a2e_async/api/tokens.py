"""Miscellaneous (`token`): `a2e.tokens`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import likely, many
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, Record
from a2e_async.resources import Resource

__all__ = ["ApiToken", "Tokens"]


@attrs.frozen(kw_only=True)
class ApiToken(Record):
    """An API token. The member that has the token itself is not known. Look into `raw`.

    Attributes:
        id: For `a2e.tokens.delete()` and `status()`.
        alias: Its name.
        enabled: Whether it is on.
        created_at: When it was made, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """For `a2e.tokens.delete()` and `status()`."""
    alias: str | None = None
    """Its name."""
    enabled: bool | None = None
    """Whether it is on."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""


GENERATE = Operation(
    "POST",
    "/api/v1/token/generate",
    likely(ApiToken),
    body=(Field("alias", str, required=True),),
    has_body=True,
)

DELETE = Operation(
    "POST",
    "/api/v1/token/delete",
    likely(Confirmation),
    body=(Field("id", str, "_id", required=True),),
    has_body=True,
    may_be_empty=True,
)

LIST = Operation("GET", "/api/v1/token/list", many(ApiToken), paging=Paging(), repeatable=True)

STATUS = Operation(
    "POST",
    "/api/v1/token/status",
    likely(Confirmation),
    body=(
        Field("id", str, "_id", required=True),
        Field("enabled", required=True),
    ),
    has_body=True,
    may_be_empty=True,
)


class Tokens(Resource):
    """Miscellaneous (`token`).

    Every method also takes the options in `CallOptions`.
    """

    name = "tokens"

    async def generate(self, *, alias: str, **options: Unpack[CallOptions]) -> ApiToken:
        """Generate API token.

        Args:
            alias: A name for the token, to find it again.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(GENERATE, {"alias": alias}, options)

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete API token.

        Args:
            id: The token's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {"id": id}, options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[ApiToken]:
        """List API tokens.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {}, options)

    async def status(self, *, id: str, enabled: Any, **options: Unpack[CallOptions]) -> Confirmation:
        """Switch an API token on or off.

        Args:
            id: The token's id.
            enabled: Whether the token is on.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(STATUS, {"id": id, "enabled": enabled}, options)
