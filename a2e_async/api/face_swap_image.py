"""Face Swap (`userFaceSwapImage`): `a2e.face_swap_image`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import attrs

from a2e_async._spec.decoders import likely, many
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, Record
from a2e_async.resources import Resource

__all__ = ["FaceImage", "FaceSwapImage"]


@attrs.frozen(kw_only=True)
class FaceImage(Record):
    """A face kept for swapping.

    Attributes:
        id: For `a2e.face_swap_image.delete()`.
        face_url: The picture of the face.
        created_at: When it was made, ISO 8601.
        updated_at: When it last changed, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """For `a2e.face_swap_image.delete()`."""
    face_url: str | None = None
    """The picture of the face."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""
    updated_at: str | None = attrs.field(default=None, metadata={"key": "updatedAt"})
    """When it last changed, ISO 8601."""


ADD = Operation(
    "POST",
    "/api/v1/userFaceSwapImage/add",
    many(FaceImage),
    body=(Field("face_url", str, required=True, media=True),),
    has_body=True,
)

LIST = Operation(
    "GET", "/api/v1/userFaceSwapImage/records", many(FaceImage), paging=Paging(), repeatable=True
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userFaceSwapImage/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class FaceSwapImage(Resource):
    """Face Swap (`userFaceSwapImage`).

    Image or video targets.

    Every method also takes the options in `CallOptions`.
    """

    name = "face_swap_image"

    async def add(self, *, face_url: Media, **options: Unpack[CallOptions]) -> Sequence[FaceImage]:
        """Add a new face image for face swapping.

        Args:
            face_url: A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ADD, {"face_url": face_url}, options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[FaceImage]:
        """Get user's face swap image records.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {}, options)

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Remove a face swap image.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {"id": id}, options)
