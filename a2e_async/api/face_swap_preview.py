"""Face Swap (`userFaceSwapPreview`): `a2e.face_swap_preview`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Unpack

import attrs

from a2e_async._spec.decoders import one
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation
from a2e_async._spec.routes import Routes
from a2e_async.jobs import Job
from a2e_async.records import TaskRecord
from a2e_async.resources import Workflow

__all__ = ["FaceSwapPreview", "FaceSwapPreviewRecord"]


@attrs.frozen(kw_only=True)
class FaceSwapPreviewRecord(TaskRecord):
    """A task of `a2e.face_swap_preview` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        video_url: The video that was given.
        face_url: The picture of the face.
        user_id: The id of the account.
        error_code: "0" or null when all is well.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    video_url: str | None = None
    """The video that was given."""
    face_url: str | None = None
    """The picture of the face."""
    user_id: str | None = None
    """The id of the account."""
    error_code: str | int | None = None
    """"0" or null when all is well."""


START = Operation(
    "POST",
    "/api/v1/userFaceSwapPreview/add",
    one(FaceSwapPreviewRecord),
    body=(
        Field("video_url", str, required=True, media=True),
        Field("face_url", str, required=True, media=True),
    ),
    has_body=True,
)

STATUS = Operation(
    "GET",
    "/api/v1/userFaceSwapPreview/status",
    one(FaceSwapPreviewRecord),
    query=(Field("id", str, "_id", required=True),),
    repeatable=True,
)


class FaceSwapPreview(Workflow[FaceSwapPreviewRecord]):
    """Face Swap (`userFaceSwapPreview`).

    Image or video targets.

    Every method also takes the options in `CallOptions`.
    """

    name = "face_swap_preview"
    record_type = FaceSwapPreviewRecord
    routes = Routes(start=START, get=STATUS, outputs=("result_url",))

    def __call__(
        self, *, video_url: Media, face_url: Media, **options: Unpack[CallOptions]
    ) -> Job[FaceSwapPreviewRecord]:
        """Create a new face swap preview task.

        Args:
            video_url: The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url: A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_preview(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = await job.run()
            ```
        """
        return self._job(START, {"video_url": video_url, "face_url": face_url}, options)

    async def status(self, id: str, **options: Unpack[CallOptions]) -> FaceSwapPreviewRecord:
        """Get face swap preview status.

        Args:
            id: Preview task id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(STATUS, {"id": id}, options)
