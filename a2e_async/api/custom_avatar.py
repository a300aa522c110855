"""Create Avatars (`custom_avatar`): `a2e.custom_avatar`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import likely, many, raw
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, Record
from a2e_async.resources import Resource

__all__ = ["Avatar", "CustomAvatar"]


@attrs.frozen(kw_only=True)
class Avatar(Record):
    """An avatar.

    Attributes:
        id: The `anchor_id` of `a2e.avatar_video`.
        name: Its name.
        type: `custom` for one of your own.
        anchor_type: 0: an avatar of the system, 1: one of your own.
        gender: The gender: female or male.
        lang: Its language, such as en-US.
        video_cover: The URL of a still picture, for previews.
        people_img: The URL of the picture without background.
        base_video: The URL of the video that it is made from.
        image_url: The URL of the picture that it is made from.
        user_video_twin_id: The id of the `a2e.video_twin` that it comes from.
        created_at: When it was made, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """The `anchor_id` of `a2e.avatar_video`."""
    name: str | None = None
    """Its name."""
    type: str | None = None
    """`custom` for one of your own."""
    anchor_type: int | None = None
    """0: an avatar of the system, 1: one of your own."""
    gender: str | None = None
    """The gender: female or male."""
    lang: str | None = None
    """Its language, such as en-US."""
    video_cover: str | None = None
    """The URL of a still picture, for previews."""
    people_img: str | None = None
    """The URL of the picture without background."""
    base_video: str | None = None
    """The URL of the video that it is made from."""
    image_url: str | None = None
    """The URL of the picture that it is made from."""
    user_video_twin_id: str | None = None
    """The id of the `a2e.video_twin` that it comes from."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""


ADD = Operation("POST", "/api/v1/custom_avatar/add", likely(Avatar), has_body=True)

LIST = Operation(
    "POST", "/api/v1/custom_avatar/list", many(Avatar), has_body=True, paging=Paging(), repeatable=True
)

DELETE = Operation(
    "POST",
    "/api/v1/custom_avatar/del",
    likely(Confirmation),
    body=(Field("id", str, "_id"),),
    has_body=True,
    optional_body=True,
    may_be_empty=True,
)

ALL_TAGS = Operation("GET", "/api/v1/custom_avatar/all_tags", raw, repeatable=True)

UPDATE = Operation(
    "PUT",
    "/api/v1/custom_avatar/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    has_body=True,
    may_be_empty=True,
)


class CustomAvatar(Resource):
    """Create Avatars (`custom_avatar`).

    Every method also takes the options in `CallOptions`.
    """

    name = "custom_avatar"

    async def add(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Avatar:
        """Add new record.

        Adds a custom avatar to the caller's library.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ADD, {}, with_body(body, options))

    def list(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Pages[Avatar]:
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

    async def delete(
        self, *, id: str | None = None, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Delete record.

        Args:
            id: The id of the avatar.
            body: Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {"id": id}, with_body(body, options))

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
    ) -> Confirmation:
        """Update record.

        Args:
            id: The record's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UPDATE, {"id": id}, with_body(body, options))
