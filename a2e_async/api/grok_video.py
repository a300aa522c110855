"""Grok Video (`grokVideo`): `a2e.grok_video`.

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

__all__ = ["GrokVideo", "GrokVideoRecord"]


@attrs.frozen(kw_only=True)
class GrokVideoRecord(TaskRecord):
    """A task of `a2e.grok_video` as the service reports it.

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
    "/api/v1/grokVideo/start",
    one(GrokVideoRecord),
    body=(
        Field("name", str),
        Field("model_type", str, choices=("text-to-video", "image-to-video")),
        Field("model_version", str, choices=("legacy", "1.5")),
        Field("prompt", str),
        Field("mode", str, choices=("fun", "normal", "spicy")),
        Field("image_urls", list, item=Field("", str, media=True)),
        Field("image_url", str, media=True),
        Field("aspect_ratio", str, choices=("auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")),
        Field("duration", str, choices=("6", "10", "15")),
        Field("nsfw_checker", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"model_type": (None, "text-to-video")}, all_of=("prompt",)),
        Need({"model_type": ("image-to-video",)}, any_of=("image_urls", "image_url")),
        Need({"model_type": (None, "text-to-video"), "model_version": ("1.5",)}),
        Need(
            {"model_type": (None, "text-to-video"), "model_version": (None, "legacy")},
            only={"aspect_ratio": ("1:1", "16:9", "9:16")},
        ),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/grokVideo/allRecords",
    many(GrokVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/grokVideo/batchDetail",
    many(GrokVideoRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/grokVideo/{_id}",
    one(GrokVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/grokVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class GrokVideo(Workflow[GrokVideoRecord]):
    """Grok Video (`grokVideo`).

    xAI Grok.

    Every method also takes the options in `CallOptions`.
    """

    name = "grok_video"
    record_type = GrokVideoRecord
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
        name: str | None = None,
        model_type: Literal["text-to-video", "image-to-video"] | str | None = None,
        model_version: Literal["legacy", "1.5"] | str | None = None,
        prompt: str | None = None,
        mode: Literal["fun", "normal", "spicy"] | str | None = None,
        image_urls: Sequence[Media] | None = None,
        image_url: Media | None = None,
        aspect_ratio: Literal["auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"] | str | None = None,
        duration: Literal["6", "10", "15"] | str | None = None,
        nsfw_checker: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[GrokVideoRecord]:
        """Start Grok Imagine video generation.

        text-to-video needs prompt; image-to-video needs an image (image_urls or image_url).

        prompt is needed with model_type text-to-video or left out. image_urls or image_url is needed
        with model_type image-to-video. model_version 1.5 cannot be combined with model_type
        text-to-video or left out. aspect_ratio can only be 1:1, 16:9 or 9:16 with model_type
        text-to-video or left out and model_version legacy or left out.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            model_type: From words alone, or from an image. One of text-to-video, image-to-video. Server default: text-to-video.
            model_version: 1.5 works with image-to-video only. One of legacy, 1.5. Server default: legacy.
            prompt: Needed for text-to-video; optional for image-to-video.
            mode: For image-to-video the upstream may turn spicy into normal. One of fun, normal, spicy. Server default: normal.
            image_urls: The images to animate. image-to-video needs at least one. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url: Single-image alternative to image_urls; the server puts it first in image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Legacy text: 1:1/16:9/9:16; legacy image may add 4:3/3:4/3:2/2:3; 1.5 takes all. One of auto, 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3. Server default: 16:9.
            duration: Seconds. One of 6, 10, 15. Server default: 6.
            nsfw_checker: Acts for model_version 1.5. Server default: False.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.grok_video(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "name": name,
                "model_type": model_type,
                "model_version": model_version,
                "prompt": prompt,
                "mode": mode,
                "image_urls": image_urls,
                "image_url": image_url,
                "aspect_ratio": aspect_ratio,
                "duration": duration,
                "nsfw_checker": nsfw_checker,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[GrokVideoRecord]:
        """Get Grok Video task list.

        Newest first by creation time.

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
    ) -> Sequence[GrokVideoRecord]:
        """Batch query task details.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> GrokVideoRecord:
        """Get Grok Video task detail.

        id is a MongoDB ObjectId.

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
        """Delete Grok Video task.

        Takes the task out of normal history; no cancel of an in-progress task is promised.

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
