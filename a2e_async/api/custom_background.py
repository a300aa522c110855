"""Background Matting (`custom_back`): `a2e.custom_background`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import likely, many
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, Record
from a2e_async.resources import Resource

__all__ = ["Background", "CustomBackground"]


@attrs.frozen(kw_only=True)
class Background(Record):
    """A background of an avatar video.

    Attributes:
        id: The `custom_back_id` or `back_id` of `a2e.avatar_video`.
        type: `custom` for one of your own.
        img_url: The picture.
        created_at: When it was made, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """The `custom_back_id` or `back_id` of `a2e.avatar_video`."""
    type: str | None = None
    """`custom` for one of your own."""
    img_url: str | None = None
    """The picture."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""


ADD = Operation(
    "POST",
    "/api/v1/custom_back/add",
    likely(Background),
    body=(Field("img_url", str, required=True, media=True),),
    has_body=True,
)

LIST = Operation(
    "POST", "/api/v1/custom_back/list", many(Background), has_body=True, paging=Paging(), repeatable=True
)

DELETE = Operation(
    "POST",
    "/api/v1/custom_back/del",
    likely(Confirmation),
    body=(Field("id", str, "_id"),),
    has_body=True,
    optional_body=True,
    may_be_empty=True,
)

ALL_BACKGROUND = Operation(
    "POST", "/api/v1/custom_back/allBackground", many(Background), has_body=True, repeatable=True
)

RANDOM_BACKGROUND = Operation(
    "POST", "/api/v1/custom_back/randomBackground", likely(Background), has_body=True, repeatable=True
)


class CustomBackground(Resource):
    """Background Matting (`custom_back`).

    Images and videos.

    Every method also takes the options in `CallOptions`.
    """

    name = "custom_background"

    async def add(self, *, img_url: Media, **options: Unpack[CallOptions]) -> Background:
        """Add new custom background.

        Args:
            img_url: The picture of the background. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ADD, {"img_url": img_url}, options)

    def list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Background]:
        """List the custom backgrounds.

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

    async def delete(
        self, *, id: str | None = None, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Delete record.

        Args:
            id: The id of the background.
            body: Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {"id": id}, with_body(body, options))

    async def all_background(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[Background]:
        """List all backgrounds.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ALL_BACKGROUND, {}, with_body(body, options))

    async def random_background(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Background:
        """Get a random background.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(RANDOM_BACKGROUND, {}, with_body(body, options))
