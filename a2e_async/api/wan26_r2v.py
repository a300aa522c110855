"""Wan 2.6 R2V Flash (`userWan26R2V`): `a2e.wan26_r2v`.

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

__all__ = ["Wan26R2v", "Wan26R2vRecord"]


@attrs.frozen(kw_only=True)
class Wan26R2vRecord(TaskRecord):
    """A task of `a2e.wan26_r2v` as the service reports it.

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
    "/api/v1/userWan26R2V/start",
    one(Wan26R2vRecord),
    body=(
        Field("model", str, choices=("wan2.6-r2v-flash", "wan2.6-r2v")),
        Field("name", str),
        Field("reference_urls", list, required=True, max_items=5, item=Field("", str, media=True)),
        Field("prompt", str, required=True),
        Field("duration", str, choices=("5", "10")),
        Field("resolution", str, choices=("720p", "1080p")),
        Field("aspect_ratio", str, choices=("16:9", "9:16", "1:1", "4:3", "3:4")),
        Field("shot_type", str, choices=("single", "multi")),
        Field("audio", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userWan26R2V/allRecords",
    many(Wan26R2vRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userWan26R2V/batchDetail",
    many(Wan26R2vRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userWan26R2V/{_id}",
    one(Wan26R2vRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userWan26R2V/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class Wan26R2v(Workflow[Wan26R2vRecord]):
    """Wan 2.6 R2V Flash (`userWan26R2V`).

    Every method also takes the options in `CallOptions`.
    """

    name = "wan26_r2v"
    record_type = Wan26R2vRecord
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
        reference_urls: Sequence[Media],
        prompt: str,
        model: Literal["wan2.6-r2v-flash", "wan2.6-r2v"] | str | None = None,
        name: str | None = None,
        duration: Literal["5", "10"] | str | None = None,
        resolution: Literal["720p", "1080p"] | str | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4"] | str | None = None,
        shot_type: Literal["single", "multi"] | str | None = None,
        audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Wan26R2vRecord]:
        """Start reference-to-video generation.

        Makes a video from reference images or videos.

        Args:
            reference_urls: Images or videos, at most 5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: Name the inputs as character1, character2 ...
            model: flash: faster and cheaper; standard: higher quality, audio only. One of wan2.6-r2v-flash, wan2.6-r2v. Server default: wan2.6-r2v-flash.
            name: The task's name, to find it again. Without one, the SDK names the task.
            duration: Seconds. One of 5, 10. Server default: 5.
            resolution: Tier; with aspect_ratio sets the actual size. One of 720p, 1080p. Server default: 720p.
            aspect_ratio: Width to height. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            shot_type: One shot, or several. One of single, multi. Server default: single.
            audio: Whether the video has sound. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_r2v(reference_urls=[Path("cat.png")], prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "reference_urls": reference_urls,
                "prompt": prompt,
                "model": model,
                "name": name,
                "duration": duration,
                "resolution": resolution,
                "aspect_ratio": aspect_ratio,
                "shot_type": shot_type,
                "audio": audio,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[Wan26R2vRecord]:
        """Get all R2V tasks.

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
    ) -> Sequence[Wan26R2vRecord]:
        """Batch query task details.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Wan26R2vRecord:
        """Get R2V task details.

        Includes the current status and the video output fields.

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
        """Delete a R2V task.

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
