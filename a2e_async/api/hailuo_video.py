"""Hailuo Video Generation (`hailuoVideo`): `a2e.hailuo_video`.

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

__all__ = ["HailuoVideo", "HailuoVideoRecord"]


@attrs.frozen(kw_only=True)
class HailuoVideoRecord(TaskRecord):
    """A task of `a2e.hailuo_video` as the service reports it.

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
    "/api/v1/hailuoVideo/start",
    one(HailuoVideoRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field("image_urls", list, item=Field("", str, media=True)),
        Field("image_url", str, media=True),
        Field("resolution", str, choices=("768P", "1080P")),
        Field("duration", str, choices=("6", "10")),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    any_of=(("image_urls", "image_url"),),
    needs=(Need({"resolution": ("1080P",), "duration": ("10",)}),),
)

LIST = Operation(
    "GET",
    "/api/v1/hailuoVideo/allRecords",
    many(HailuoVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/hailuoVideo/{_id}",
    one(HailuoVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/hailuoVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class HailuoVideo(Workflow[HailuoVideoRecord]):
    """Hailuo Video Generation (`hailuoVideo`).

    Every method also takes the options in `CallOptions`.
    """

    name = "hailuo_video"
    record_type = HailuoVideoRecord
    routes = Routes(
        start=START, get=GET, list=LIST, delete=DELETE, outputs=("result_url", "video_url", "video_output")
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        image_urls: Sequence[Media] | None = None,
        image_url: Media | None = None,
        resolution: Literal["768P", "1080P"] | str | None = None,
        duration: Literal["6", "10"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[HailuoVideoRecord]:
        """Start Hailuo video generation.

        Image-to-video only. prompt and at least one image are needed; 1080P cannot be combined with 10
        s.

        At least one of image_urls and image_url is needed. duration 10 cannot be combined with
        resolution 1080P.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            image_urls: The images to animate; at least one is needed. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url: Single-image alternative to image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution: 1080P is not allowed with duration 10. One of 768P, 1080P. Server default: 768P.
            duration: Seconds. One of 6, 10. Server default: 6.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.hailuo_video(
                prompt="A cat playing with a ball of yarn",
                image_urls=[Path("cat.png")],
            )
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "image_urls": image_urls,
                "image_url": image_url,
                "resolution": resolution,
                "duration": duration,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[HailuoVideoRecord]:
        """Get Hailuo Video task list.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> HailuoVideoRecord:
        """Get Hailuo Video task detail.

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
        """Delete Hailuo Video task.

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
