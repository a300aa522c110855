"""Video Twin (`userVideoTwin`): `a2e.video_twin`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import attrs

from a2e_async._spec.decoders import likely, many, one, raw
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async._spec.routes import Routes
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["VideoTwin", "VideoTwinRecord"]


@attrs.frozen(kw_only=True)
class VideoTwinRecord(TaskRecord):
    """A task of `a2e.video_twin` as the service reports it.

    The status is pending, processing, completed or failed.

    Attributes:
        anchor_id: For `a2e.avatar_video`, with anchor_type 1.
        gender: The gender that was given: female or male.
        image_url: The picture that was given.
        preview_result_url: A preview of the avatar; not always there.
    """

    anchor_id: str | None = None
    """For `a2e.avatar_video`, with anchor_type 1."""
    gender: str | None = None
    """The gender that was given: female or male."""
    image_url: str | None = None
    """The picture that was given."""
    preview_result_url: str | None = None
    """A preview of the avatar; not always there."""


START = Operation(
    "POST",
    "/api/v1/userVideoTwin/startTraining",
    one(VideoTwinRecord),
    body=(
        Field("name", str),
        Field("image_url", str, media=True),
        Field("video_url", str, media=True),
        Field("video_background_image", str),
        Field("video_background_color", str),
        Field("gender", str, choices=("female", "male")),
    ),
    has_body=True,
    optional_body=True,
    any_of=(("image_url", "video_url"),),
)

UPLOAD = Operation("POST", "/api/v1/userVideoTwin/upload", raw, has_body=True)

TRAINING = Operation("POST", "/api/v1/userVideoTwin/training", likely(VideoTwinRecord), has_body=True)

UPLOAD_STATUS = Operation("GET", "/api/v1/userVideoTwin/uploadStatus", raw, repeatable=True)

USER_RECORDS = Operation(
    "GET", "/api/v1/userVideoTwin/userRecords", many(VideoTwinRecord), paging=Paging(), repeatable=True
)

REMOVE = Operation(
    "POST",
    "/api/v1/userVideoTwin/remove",
    likely(Confirmation),
    body=(Field("id", str, "_id", required=True),),
    has_body=True,
    may_be_empty=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userVideoTwin/records",
    many(VideoTwinRecord),
    query=(
        Field("page_size", int, "pageSize", minimum=1, maximum=100),
        Field("status", str, choices=("pending", "processing", "completed", "failed")),
    ),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

CONTINUE_TRAINING = Operation(
    "POST",
    "/api/v1/userVideoTwin/continueTraining",
    one(VideoTwinRecord),
    body=(Field("id", str, "_id", required=True),),
    has_body=True,
)

TRAINING_RECORDS = Operation(
    "GET", "/api/v1/userVideoTwin/trainingRecords", many(VideoTwinRecord), paging=Paging(), repeatable=True
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userVideoTwin/batchDetail",
    many(VideoTwinRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userVideoTwin/{_id}",
    one(VideoTwinRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

RETRY = Operation("POST", "/api/v1/userVideoTwin/retry", likely(VideoTwinRecord), has_body=True)

EYE_CONTACT = Operation(
    "POST",
    "/api/v1/userVideoTwin/eyeContact",
    one(VideoTwinRecord),
    body=(Field("id", str, "_id"),),
    has_body=True,
    optional_body=True,
)


class VideoTwin(Workflow[VideoTwinRecord]):
    """Video Twin (`userVideoTwin`).

    Every method also takes the options in `CallOptions`.
    """

    name = "video_twin"
    record_type = VideoTwinRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=REMOVE,
        outputs=("preview_result_url",),
        makes_file=False,
    )

    def __call__(
        self,
        *,
        name: str | None = None,
        image_url: Media | None = None,
        video_url: Media | None = None,
        video_background_image: str | None = None,
        video_background_color: str | None = None,
        gender: Literal["female", "male"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[VideoTwinRecord]:
        """Start video twin training.

        Trains from an image or a video source.

        At least one of image_url and video_url is needed.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            image_url: A picture of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: A video of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_background_image: The background of the avatar.
            video_background_color: RGBA.
            gender: The avatar's gender. One of female, male.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.video_twin(image_url=Path("cat.png"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "name": name,
                "image_url": image_url,
                "video_url": video_url,
                "video_background_image": video_background_image,
                "video_background_color": video_background_color,
                "gender": gender,
            },
            options,
        )

    async def upload(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Upload file.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UPLOAD, {}, with_body(body, options))

    async def training(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> VideoTwinRecord:
        """Start training.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(TRAINING, {}, with_body(body, options))

    async def upload_status(self, **options: Unpack[CallOptions]) -> Any:
        """Get video twin upload status.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UPLOAD_STATUS, {}, options)

    def user_records(self, **options: Unpack[CallOptions]) -> Pages[VideoTwinRecord]:
        """Get user video twin records.

        All of the caller's video-twin records with training state and result data; no paging.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(USER_RECORDS, {}, options)

    async def remove(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Remove video twin.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(REMOVE, {"id": id}, options)

    def list(
        self,
        *,
        page_size: int | None = None,
        status: Literal["pending", "processing", "completed", "failed"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[VideoTwinRecord]:
        """Get video twin records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            status: Only records of this status. One of pending, processing, completed, failed.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"page_size": page_size, "status": status}, options)

    def continue_training(self, id: str, **options: Unpack[CallOptions]) -> Job[VideoTwinRecord]:
        """Continue video twin training.

        Resumes a twin whose training was paused.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
        """
        return self._job(CONTINUE_TRAINING, {"id": id}, options)

    def training_records(self, **options: Unpack[CallOptions]) -> Pages[VideoTwinRecord]:
        """Get training records.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(TRAINING_RECORDS, {}, options)

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[VideoTwinRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> VideoTwinRecord:
        """Get record details.

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

    async def retry(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> VideoTwinRecord:
        """Retry a failed task.

        Makes a new attempt at a failed task.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(RETRY, {}, with_body(body, options))

    def eye_contact(self, *, id: str | None = None, **options: Unpack[CallOptions]) -> Job[VideoTwinRecord]:
        """Start eye contact enhancement.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
        """
        return self._job(EYE_CONTACT, {"id": id}, options)
