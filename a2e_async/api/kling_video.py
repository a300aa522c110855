"""Kling Video (`klingVideo`): `a2e.kling_video`.

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

__all__ = ["KlingVideo", "KlingVideoRecord"]


@attrs.frozen(kw_only=True)
class KlingVideoRecord(TaskRecord):
    """A task of `a2e.kling_video` as the service reports it.

    The name of the status is not known. Look into `raw`.

    Attributes:
        result_url: The result; empty until it is done.
        result_video_url: The result; empty until it is done.
        video_output: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    result_video_url: str | None = None
    """The result; empty until it is done."""
    video_output: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/klingVideo/start",
    one(KlingVideoRecord),
    body=(
        Field("name", str),
        Field("mode", str, required=True, choices=("text-to-video", "image-to-video", "motion-control")),
        Field("prompt", str, required=True),
        Field("version", str, choices=("2.6", "3.0")),
        Field("model_version", str, choices=("standard", "fast")),
        Field("resolution", str, choices=("720p", "1080p")),
        Field("quality_mode", str, choices=("std", "pro", "4k")),
        Field(
            "duration", str, choices=("3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15")
        ),
        Field("image_url", str, media=True),
        Field("video_url", str, media=True),
        Field("aspect_ratio", str, choices=("16:9", "9:16", "1:1")),
        Field("sound", bool),
        Field("end_image_url", str, media=True),
        Field("character_orientation", str, choices=("video", "image")),
        Field("negative_prompt", str),
        Field("seed", float),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"mode": ("image-to-video", "motion-control")}, all_of=("image_url",)),
        Need({"mode": ("motion-control",)}, all_of=("video_url",)),
        Need(
            {"mode": ("text-to-video", "image-to-video"), "version": (None, "2.6")},
            only={"duration": ("5", "10")},
        ),
        Need(
            {"version": (None, "2.6")}, only={"model_version": ("standard",), "quality_mode": ("std", "pro")}
        ),
        Need(
            {"mode": ("motion-control",)},
            only={"model_version": ("standard",), "quality_mode": ("std", "pro")},
        ),
        Need({"end_image_url": None}, only={"mode": ("image-to-video",)}),
        Need(
            {"end_image_url": None, "model_version": (None, "standard")},
            all_of=("quality_mode",),
            only={"quality_mode": ("pro",)},
        ),
        Need(
            {"version": (None, "2.6"), "sound": (True,)},
            all_of=("quality_mode",),
            only={"quality_mode": ("pro",)},
        ),
        Need({"version": (None, "2.6"), "end_image_url": None, "sound": (True,)}),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/klingVideo/allRecords",
    many(KlingVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 20, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/klingVideo/batchDetail",
    many(KlingVideoRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/klingVideo/{_id}",
    one(KlingVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

UPDATE = Operation(
    "PUT",
    "/api/v1/klingVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    body=(Field("name", str, required=True),),
    has_body=True,
    may_be_empty=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/klingVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class KlingVideo(Workflow[KlingVideoRecord]):
    """Kling Video (`klingVideo`).

    Every method also takes the options in `CallOptions`.
    """

    name = "kling_video"
    record_type = KlingVideoRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("result_url", "result_video_url", "video_output"),
    )

    def __call__(
        self,
        *,
        mode: Literal["text-to-video", "image-to-video", "motion-control"] | str,
        prompt: str,
        name: str | None = None,
        version: Literal["2.6", "3.0"] | str | None = None,
        model_version: Literal["standard", "fast"] | str | None = None,
        resolution: Literal["720p", "1080p"] | str | None = None,
        quality_mode: Literal["std", "pro", "4k"] | str | None = None,
        duration: Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        image_url: Media | None = None,
        video_url: Media | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | None = None,
        sound: bool | None = None,
        end_image_url: Media | None = None,
        character_orientation: Literal["video", "image"] | str | None = None,
        negative_prompt: str | None = None,
        seed: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[KlingVideoRecord]:
        """Start Kling video generation.

        motion-control moves a video's motion onto an image. Version 2.6: 5 or 10 s; 3.0 (standard or
        fast): 3-15 s. End frame needs pro. 4k: version 3.0 text or image video only.

        image_url is needed with mode image-to-video or motion-control. video_url is needed with mode
        motion-control. duration can only be 5 or 10 with mode text-to-video or image-to-video and
        version 2.6 or left out. model_version can only be standard and quality_mode can only be std or
        pro with version 2.6 or left out, or with mode motion-control. mode can only be image-to-video
        with end_image_url. quality_mode must be pro with end_image_url and model_version standard or
        left out, or with version 2.6 or left out and sound True. sound True cannot be combined with
        version 2.6 or left out and end_image_url.

        Args:
            mode: Text or image to video, or the motion of a video moved onto an image. One of text-to-video, image-to-video, motion-control.
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            version: 2.6: 5 or 10 s; 3.0: 5, 10 or 15 s (but see duration). Server default: 2.6.
            model_version: fast: version 3.0 only, text/image-to-video, 3-15 s, takes resolution instead of quality_mode 4k. One of standard, fast. Server default: standard.
            resolution: For model_version fast. One of 720p, 1080p. Server default: 720p.
            quality_mode: 4k: only Kling 3.0 text-to-video and image-to-video. One of std, pro, 4k. Server default: std.
            duration: Seconds. Version 2.6: 5 or 10; version 3.0: 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            image_url: Needed when mode is image-to-video or motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: Needed when mode is motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Only for text-to-video. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound: Version 2.6: pro only; version 3.0: std or pro. 4k is a separate price tier. Server default: False.
            end_image_url: End frame; image-to-video with pro only; in version 2.6 not together with sound. A URL, a Path, bytes, an `Upload` or a `Result`.
            character_orientation: For motion-control. image: 3-10 s; video: 3-30 s. Server default: video.
            negative_prompt: What is not wanted, in words.
            seed: Seed of the random generator.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_video(mode="text-to-video", prompt="A beautiful sunset over the ocean")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "mode": mode,
                "prompt": prompt,
                "name": name,
                "version": version,
                "model_version": model_version,
                "resolution": resolution,
                "quality_mode": quality_mode,
                "duration": duration,
                "image_url": image_url,
                "video_url": video_url,
                "aspect_ratio": aspect_ratio,
                "sound": sound,
                "end_image_url": end_image_url,
                "character_orientation": character_orientation,
                "negative_prompt": negative_prompt,
                "seed": seed,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[KlingVideoRecord]:
        """Get all Kling video records.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
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
    ) -> Sequence[KlingVideoRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> KlingVideoRecord:
        """Get Kling video detail.

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

    async def update(self, id: str, *, name: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Update Kling video name.

        Renames only; settings, status and output media stay as they were.

        Args:
            id: The task's id.
            name: The task's name, to find it again.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UPDATE, {"id": id, "name": name}, options)

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Kling video.

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
