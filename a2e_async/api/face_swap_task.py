"""Face Swap (`userFaceSwapTask`): `a2e.face_swap_task`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

import attrs

from a2e_async._spec.decoders import likely, many, one
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async._spec.routes import Routes
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["FaceSwapTask", "FaceSwapTaskRecord"]


@attrs.frozen(kw_only=True)
class FaceSwapTaskRecord(TaskRecord):
    """A task of `a2e.face_swap_task` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        video_url: The video that was given.
        face_url: The picture of the face.
        duration: Seconds.
        error_code: "0" or null when all is well.
        updated_at: When it last changed, ISO 8601.
        initialized_time: When it was accepted, ISO 8601.
        processing_time: When work on it began, ISO 8601.
        completed_time: When it was done, ISO 8601.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    video_url: str | None = None
    """The video that was given."""
    face_url: str | None = None
    """The picture of the face."""
    duration: int | None = None
    """Seconds."""
    error_code: str | int | None = None
    """"0" or null when all is well."""
    updated_at: str | None = attrs.field(default=None, metadata={"key": "updatedAt"})
    """When it last changed, ISO 8601."""
    initialized_time: str | None = None
    """When it was accepted, ISO 8601."""
    processing_time: str | None = None
    """When work on it began, ISO 8601."""
    completed_time: str | None = None
    """When it was done, ISO 8601."""


START = Operation(
    "POST",
    "/api/v1/userFaceSwapTask/add",
    one(FaceSwapTaskRecord),
    body=(
        Field("name", str),
        Field("video_url", str, required=True, media=True),
        Field("face_url", str, required=True, media=True),
        Field("cover_url", str, media=True),
        Field("model_version", str, choices=("v1", "v2")),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userFaceSwapTask/records",
    many(FaceSwapTaskRecord),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

STATUS = Operation("GET", "/api/v1/userFaceSwapTask/status", many(FaceSwapTaskRecord), repeatable=True)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userFaceSwapTask/batchDetail",
    many(FaceSwapTaskRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userFaceSwapTask/{_id}",
    one(FaceSwapTaskRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userFaceSwapTask/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

RETRY = Operation("GET", "/api/v1/userFaceSwapTask/retry", likely(FaceSwapTaskRecord))


class FaceSwapTask(Workflow[FaceSwapTaskRecord]):
    """Face Swap (`userFaceSwapTask`).

    Image or video targets.

    Every method also takes the options in `CallOptions`.
    """

    name = "face_swap_task"
    record_type = FaceSwapTaskRecord
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("result_url",)
    )

    def __call__(
        self,
        *,
        video_url: Media,
        face_url: Media,
        name: str | None = None,
        cover_url: Media | None = None,
        model_version: Literal["v1", "v2"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[FaceSwapTaskRecord]:
        """Create a new face swap task.

        Args:
            video_url: The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url: A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            cover_url: Cover image URL. A URL, a Path, bytes, an `Upload` or a `Result`.
            model_version: v1 is the default (JAH pipeline); v2 (ComfyUI) handles images only.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_task(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "video_url": video_url,
                "face_url": face_url,
                "name": name,
                "cover_url": cover_url,
                "model_version": model_version,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[FaceSwapTaskRecord]:
        """Get user's face swap task records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"page_size": page_size}, options)

    async def status(self, **options: Unpack[CallOptions]) -> Sequence[FaceSwapTaskRecord]:
        """Get user's face swap task status.

        Overall status over all of the caller's face-swap tasks; takes no task id.

        Args:
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(STATUS, {}, options)

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[FaceSwapTaskRecord]:
        """Batch query task details.

        Several records in one call; match results by id, not by order.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(BATCH_DETAIL, {"ids": ids}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> FaceSwapTaskRecord:
        """Get face swap task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(GET, {"id": id}, options)

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete face swap task.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {"id": id}, options)

    async def retry(self, **options: Unpack[CallOptions]) -> FaceSwapTaskRecord:
        """Retry face swap task.

        Args:
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(RETRY, {}, options)
