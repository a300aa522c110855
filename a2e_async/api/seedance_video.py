"""Seedance 1.5 Pro (`seedanceVideo`): `a2e.seedance_video`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Literal, Unpack

import attrs

from a2e_async._spec.decoders import many, one
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async._spec.routes import Routes
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import TaskRecord
from a2e_async.resources import Workflow

__all__ = ["SeedanceVideo", "SeedanceVideoRecord"]


@attrs.frozen(kw_only=True)
class SeedanceVideoRecord(TaskRecord):
    """A task of `a2e.seedance_video` as the service reports it.

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
    "/api/v1/seedanceVideo/start",
    one(SeedanceVideoRecord),
    body=(
        Field("name", str),
        Field("mode", str, choices=("text-to-video", "image-to-video")),
        Field("prompt", str, required=True),
        Field("image_url", str, media=True),
        Field("end_image_url", str, media=True),
        Field("duration", str, choices=("5", "10")),
        Field("aspect_ratio", str, choices=("16:9", "9:16", "1:1")),
        Field("resolution", str, choices=("480p", "720p")),
        Field("camera_fixed", bool),
        Field("generate_audio", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(Need({"mode": ("image-to-video",)}, all_of=("image_url",)),),
)

LIST = Operation(
    "GET",
    "/api/v1/seedanceVideo/allRecords",
    many(SeedanceVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 20, 100),
    repeatable=True,
)


class SeedanceVideo(Workflow[SeedanceVideoRecord]):
    """Seedance 1.5 Pro (`seedanceVideo`).

    Every method also takes the options in `CallOptions`.
    """

    name = "seedance_video"
    record_type = SeedanceVideoRecord
    routes = Routes(start=START, list=LIST, outputs=("result_url", "video_url", "video_output"))

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        mode: Literal["text-to-video", "image-to-video"] | str | None = None,
        image_url: Media | None = None,
        end_image_url: Media | None = None,
        duration: Literal["5", "10"] | str | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | None = None,
        resolution: Literal["480p", "720p"] | str | None = None,
        camera_fixed: bool | None = None,
        generate_audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[SeedanceVideoRecord]:
        """Start Seedance 1.5 Pro video generation.

        Asynchronous, on BytePlus ModelArk Seedance 1.5 Pro. Three uses: text, image, first and last
        frames (inferred from the two image URLs).

        image_url is needed with mode image-to-video.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: First-last-frames: send image-to-video with image_url and end_image_url. One of text-to-video, image-to-video. Server default: text-to-video.
            image_url: Needed for image-to-video; is the first frame when end_image_url is given. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url: Last frame; together with image_url switches to first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds. One of 5, 10. Server default: 5.
            aspect_ratio: Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            resolution: How large the video is. One of 480p, 720p. Server default: 720p.
            camera_fixed: Whether the camera does not move. Server default: False.
            generate_audio: Whether the video has sound. Server default: False.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance_video(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "mode": mode,
                "image_url": image_url,
                "end_image_url": end_image_url,
                "duration": duration,
                "aspect_ratio": aspect_ratio,
                "resolution": resolution,
                "camera_fixed": camera_fixed,
                "generate_audio": generate_audio,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[SeedanceVideoRecord]:
        """Get all Seedance video records.

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
