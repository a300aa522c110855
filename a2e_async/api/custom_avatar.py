"""Create Avatars (`custom_avatar`): `a2e.custom_avatar`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from a2e_async._spec.decoders import many, raw
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async.pages import Pages
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["CustomAvatar"]


ADD = Operation("POST", "/api/v1/custom_avatar/add", raw, has_body=True)

LIST = Operation(
    "POST", "/api/v1/custom_avatar/list", many(Record), has_body=True, paging=Paging(), repeatable=True
)

DELETE = Operation("POST", "/api/v1/custom_avatar/del", raw, has_body=True)

ALL_TAGS = Operation("GET", "/api/v1/custom_avatar/all_tags", raw, repeatable=True)

UPDATE = Operation(
    "PUT",
    "/api/v1/custom_avatar/{_id}",
    raw,
    path_fields=(Field("id", str, "_id", required=True),),
    has_body=True,
)


class CustomAvatar(Resource):
    """Create Avatars (`custom_avatar`).

    Every method also takes the options in `CallOptions`.
    """

    name = "custom_avatar"

    async def add(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Add new record.

        Adds a custom avatar to the caller's library.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ADD, {}, with_body(body, options))

    def list(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Pages[Record]:
        """List the custom avatars.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {}, with_body(body, options))

    async def delete(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Delete record.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {}, with_body(body, options))

    async def all_tags(self, **options: Unpack[CallOptions]) -> Any:
        """List all tags.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ALL_TAGS, {}, options)

    async def update(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Any:
        """Update record.

        Args:
            id: The record's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UPDATE, {"id": id}, with_body(body, options))
