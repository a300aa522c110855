"""Sora 2 Pro Video (`soraVideo`): `a2e.sora_video`.

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
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["SoraVideo", "SoraVideoRecord"]


@attrs.frozen(kw_only=True)
class SoraVideoRecord(TaskRecord):
    """A task of `a2e.sora_video` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        video_url: The result; empty until it is done.
        video_output: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    video_url: str | None = None
    """The result; empty until it is done."""
    video_output: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/soraVideo/start",
    one(SoraVideoRecord),
    body=(
        Field("name", str),
        Field("model_type", str, choices=("text-to-video", "image-to-video")),
        Field("prompt", str, required=True),
        Field("image_urls", list, item=Field("", str, media=True)),
        Field("aspect_ratio", str, choices=("portrait", "landscape")),
        Field("duration_seconds", str, choices=("5", "10", "15")),
        Field("quality", str, choices=("standard", "high")),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(Need({"model_type": (None, "image-to-video")}, all_of=("image_urls",)),),
)

LIST = Operation(
    "GET",
    "/api/v1/soraVideo/allRecords",
    many(SoraVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/soraVideo/batchDetail",
    many(SoraVideoRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/soraVideo/{_id}",
    one(SoraVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/soraVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class SoraVideo(Workflow[SoraVideoRecord]):
    """Sora 2 Pro Video (`soraVideo`).

    Every method also takes the options in `CallOptions`.
    """

    name = "sora_video"
    record_type = SoraVideoRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("result_url", "video_url", "video_output"),
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model_type: Literal["text-to-video", "image-to-video"] | str | None = None,
        image_urls: Sequence[Media] | None = None,
        aspect_ratio: Literal["portrait", "landscape"] | str | None = None,
        duration_seconds: Literal["5", "10", "15"] | str | None = None,
        quality: Literal["standard", "high"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[SoraVideoRecord]:
        """Start Sora 2 Pro video generation (powered by Kling 3.0).

        Runs on the official Kling 3.0 API in spite of its name. Text-to-video or image-to-video (the
        default).

        image_urls is needed with model_type image-to-video or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model_type: From words alone, or from images. One of text-to-video, image-to-video. Server default: image-to-video.
            image_urls: Needed when model_type is image-to-video. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of portrait, landscape. Server default: landscape.
            duration_seconds: Seconds. One of 5, 10, 15. Server default: 5.
            quality: The quality of the video. One of standard, high. Server default: standard.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.sora_video(prompt="a red kite over the sea", image_urls=[Path("cat.png")])
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "model_type": model_type,
                "image_urls": image_urls,
                "aspect_ratio": aspect_ratio,
                "duration_seconds": duration_seconds,
                "quality": quality,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[SoraVideoRecord]:
        """List Sora 2 Pro records.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"page_size": page_size}, options)

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[SoraVideoRecord]:
        """Batch get Sora 2 Pro video task details.

        Match results by identifier; response ordering is not guaranteed.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> SoraVideoRecord:
        """Get Sora 2 Pro record detail.

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
        """Delete Sora 2 Pro record.

        Soft delete.

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
