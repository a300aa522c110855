"""HappyHorse Video (`userHappyhorseVideo`): `a2e.happyhorse_video`.

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

__all__ = ["HappyhorseVideo", "HappyhorseVideoRecord"]


@attrs.frozen(kw_only=True)
class HappyhorseVideoRecord(TaskRecord):
    """A task of `a2e.happyhorse_video` as the service reports it.

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
    "/api/v1/userHappyhorseVideo/start",
    one(HappyhorseVideoRecord),
    body=(
        Field("mode", str, required=True, choices=("t2v", "i2v", "r2v", "video-edit")),
        Field("name", str),
        Field("model_version", str, choices=("1.0", "1.1")),
        Field("prompt", str),
        Field("image_url", str, media=True),
        Field("reference_image_urls", list, max_items=9, item=Field("", str, media=True)),
        Field("edit_video_url", str, media=True),
        Field("input_video_seconds", float),
        Field(
            "duration", str, choices=("3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15")
        ),
        Field("resolution", str, choices=("480P", "720P", "1080P")),
        Field("ratio", str, choices=("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9")),
        Field("audio_setting", str, choices=("auto", "origin")),
        Field("seed", int, minimum=0, maximum=2147483647),
        Field("watermark", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"mode": ("t2v", "r2v", "video-edit")}, all_of=("prompt",)),
        Need({"mode": ("i2v",)}, all_of=("image_url",)),
        Need({"mode": ("r2v",)}, all_of=("reference_image_urls",)),
        Need({"mode": ("video-edit",)}, all_of=("edit_video_url",)),
        Need(
            {"mode": ("video-edit",)},
            only={"resolution": ("720P", "1080P")},
            most={"reference_image_urls": 5},
        ),
        Need(
            {"mode": ("t2v", "i2v", "r2v"), "model_version": (None, "1.0")},
            only={"duration": ("5", "10", "15"), "resolution": ("720P", "1080P")},
        ),
        Need(
            {"mode": ("t2v", "r2v"), "model_version": (None, "1.0")},
            only={"ratio": ("16:9", "9:16", "1:1", "4:3", "3:4")},
        ),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/userHappyhorseVideo/allRecords",
    many(HappyhorseVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userHappyhorseVideo/batchDetail",
    many(HappyhorseVideoRecord),
    body=(Field("ids", list, required=True, max_items=200, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userHappyhorseVideo/{_id}",
    one(HappyhorseVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userHappyhorseVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class HappyhorseVideo(Workflow[HappyhorseVideoRecord]):
    """HappyHorse Video (`userHappyhorseVideo`).

    Asynchronous, on Alibaba DashScope. 1.0 and 1.1 do text, image and reference to video at 480P (1.1
    only), 720P or 1080P; video-edit is 1.0 only, 720P or 1080P.

    Every method also takes the options in `CallOptions`.
    """

    name = "happyhorse_video"
    record_type = HappyhorseVideoRecord
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
        mode: Literal["t2v", "i2v", "r2v", "video-edit"] | str,
        name: str | None = None,
        model_version: Literal["1.0", "1.1"] | str | None = None,
        prompt: str | None = None,
        image_url: Media | None = None,
        reference_image_urls: Sequence[Media] | None = None,
        edit_video_url: Media | None = None,
        input_video_seconds: float | None = None,
        duration: Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        resolution: Literal["480P", "720P", "1080P"] | str | None = None,
        ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9"] | str | None = None,
        audio_setting: Literal["auto", "origin"] | str | None = None,
        seed: int | None = None,
        watermark: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[HappyhorseVideoRecord]:
        """Start HappyHorse video generation task (T2V / I2V / R2V / Video-Edit).

        HappyHorse on Alibaba DashScope. Without `model_version` version 1.0 is used. Modes t2v, i2v,
        r2v exist in 1.0 and 1.1, video-edit only in 1.0; models are named like happyhorse-1.1-t2v.

        prompt is needed with mode t2v, r2v or video-edit. image_url is needed with mode i2v.
        reference_image_urls is needed with mode r2v. edit_video_url is needed with mode video-edit.
        resolution can only be 720P or 1080P and reference_image_urls is at most 5 with mode video-edit.
        duration can only be 5, 10 or 15 and resolution can only be 720P or 1080P with mode t2v, i2v or
        r2v and model_version 1.0 or left out. ratio can only be 16:9, 9:16, 1:1, 4:3 or 3:4 with mode
        t2v or r2v and model_version 1.0 or left out.

        Args:
            mode: Text (t2v), image (i2v) or reference (r2v) to video, or editing of a video (video-edit).
            name: The task's name, to find it again. Without one, the SDK names the task.
            model_version: video-edit always runs 1.0; 1.1 allows more durations, ratios and 480P. Server default: 1.0.
            prompt: Needed for t2v, r2v and video-edit; optional for i2v.
            image_url: First frame; i2v only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls: r2v needs 1-9; video-edit takes 0-5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url: video-edit only. A URL, a Path, bytes, an `Upload` or a `Result`.
            input_video_seconds: Seconds of the input video as the client measured; estimates video-edit cost.
            duration: Seconds; 1.0: 5, 10 or 15; 1.1: 3-15; ignored for video-edit. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution: 480P only with 1.1 in t2v, i2v, r2v. One of 480P, 720P, 1080P. Server default: 720P.
            ratio: t2v and r2v only; 4:5, 5:4, 9:21, 21:9 need 1.1. One of 16:9, 9:16, 1:1, 4:3, 3:4, 4:5, 5:4, 9:21, 21:9. Server default: 16:9.
            audio_setting: video-edit only; auto: model decides; origin: input audio kept. Server default: auto.
            seed: Range 0 to 2147483647.
            watermark: DashScope watermark. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.happyhorse_video(mode="t2v", prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "mode": mode,
                "name": name,
                "model_version": model_version,
                "prompt": prompt,
                "image_url": image_url,
                "reference_image_urls": reference_image_urls,
                "edit_video_url": edit_video_url,
                "input_video_seconds": input_video_seconds,
                "duration": duration,
                "resolution": resolution,
                "ratio": ratio,
                "audio_setting": audio_setting,
                "seed": seed,
                "watermark": watermark,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[HappyhorseVideoRecord]:
        """List HappyHorse tasks.

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
    ) -> Sequence[HappyhorseVideoRecord]:
        """Batch query task details.

        At most 200 tasks.

        Args:
            ids: The tasks' ids. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(BATCH_DETAIL, {"ids": ids}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> HappyhorseVideoRecord:
        """Get HappyHorse task details.

        Includes the mode, current status and video output fields.

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
        """Delete a HappyHorse task.

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
