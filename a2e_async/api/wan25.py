"""Wan Image to Video (`userWan25`): `a2e.wan25`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Required, TypedDict, Unpack

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

__all__ = ["ReferenceMedia", "Wan25", "Wan25Record"]


class ReferenceMedia(TypedDict, total=False):
    """Members of `reference_media`.

    type: What the file is. One of reference_image, reference_video.
    url: The file. A URL, a Path, bytes, an `Upload` or a `Result`.
    duration: Seconds, of a reference video; server probes it if omitted.
    """

    type: Required[Literal["reference_image", "reference_video"] | str]
    """What the file is. One of reference_image, reference_video."""
    url: Required[Media]
    """The file. A URL, a Path, bytes, an `Upload` or a `Result`."""
    duration: float
    """Seconds, of a reference video; server probes it if omitted."""


@attrs.frozen(kw_only=True)
class Wan25Record(TaskRecord):
    """A task of `a2e.wan25` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userWan25/start",
    one(Wan25Record),
    body=(
        Field("name", str),
        Field("image_url", str, media=True),
        Field("prompt", str, required=True),
        Field("negative_prompt", str),
        Field(
            "duration",
            str,
            choices=("2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"),
        ),
        Field("resolution", str, choices=("480p", "720p", "1080p")),
        Field("ratio", str, choices=("16:9", "9:16", "1:1", "4:3", "3:4")),
        Field("enable_prompt_expansion", bool),
        Field("multi_shots", bool),
        Field("model", str, choices=("wan2.5-i2v-preview", "wan2.6-i2v", "wan2.6-i2v-flash", "wan2.7-i2v")),
        Field(
            "task_type",
            str,
            choices=(
                "text_to_video",
                "first_frame",
                "first_last_frame",
                "reference_image",
                "video_extend",
                "video_edit",
            ),
        ),
        Field("last_frame_url", str, media=True),
        Field("first_clip_url", str, media=True),
        Field("edit_video_url", str, media=True),
        Field("reference_image_urls", list, item=Field("", str, media=True)),
        Field(
            "reference_media",
            list,
            min_items=1,
            max_items=5,
            item=Field(
                "",
                dict,
                fields=(
                    Field("type", str, required=True, choices=("reference_image", "reference_video")),
                    Field("url", str, required=True, media=True),
                    Field("duration", float),
                ),
            ),
        ),
        Field("seed", float, minimum=0, maximum=2147483647),
        Field("audio", bool),
        Field("audio_url", str, media=True),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need(
            {"model": (None, "wan2.5-i2v-preview", "wan2.6-i2v", "wan2.6-i2v-flash")}, all_of=("image_url",)
        ),
        Need(
            {"model": ("wan2.7-i2v",), "task_type": (None, "first_frame", "first_last_frame")},
            all_of=("image_url",),
        ),
        Need({"model": ("wan2.7-i2v",), "task_type": ("first_last_frame",)}, all_of=("last_frame_url",)),
        Need({"model": ("wan2.7-i2v",), "task_type": ("video_extend",)}, all_of=("first_clip_url",)),
        Need({"model": ("wan2.7-i2v",), "task_type": ("video_edit",)}, all_of=("edit_video_url",)),
        Need(
            {"model": ("wan2.7-i2v",), "task_type": ("reference_image",)},
            any_of=("reference_media", "reference_image_urls"),
        ),
        Need(
            {"model": (None, "wan2.5-i2v-preview")},
            only={"task_type": ("first_frame",), "duration": ("5", "10")},
        ),
        Need(
            {"model": ("wan2.6-i2v", "wan2.6-i2v-flash")},
            only={"task_type": ("first_frame",), "duration": ("5", "10", "15")},
        ),
        Need(
            {
                "model": ("wan2.7-i2v",),
                "task_type": (None, "text_to_video", "first_frame", "first_last_frame", "video_extend"),
            },
            only={"duration": ("5", "10", "15")},
        ),
        Need(
            {"model": ("wan2.7-i2v",), "task_type": ("video_edit",)},
            only={"duration": ("5", "6", "7", "8", "9", "10")},
            most={"reference_image_urls": 3},
        ),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/userWan25/allRecords",
    many(Wan25Record),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userWan25/batchDetail",
    many(Wan25Record),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userWan25/{_id}",
    one(Wan25Record),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userWan25/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class Wan25(Workflow[Wan25Record]):
    """Wan Image to Video (`userWan25`).

    Wan 2.5 / 2.6 per the tag text; Wan3.0 also lives here.

    Every method also takes the options in `CallOptions`.
    """

    name = "wan25"
    record_type = Wan25Record
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("result_url",)
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        image_url: Media | None = None,
        negative_prompt: str | None = None,
        duration: Literal["2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        resolution: Literal["480p", "720p", "1080p"] | str | None = None,
        ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4"] | str | None = None,
        enable_prompt_expansion: bool | None = None,
        multi_shots: bool | None = None,
        model: Literal["wan2.5-i2v-preview", "wan2.6-i2v", "wan2.6-i2v-flash", "wan2.7-i2v"]
        | str
        | None = None,
        task_type: Literal[
            "text_to_video",
            "first_frame",
            "first_last_frame",
            "reference_image",
            "video_extend",
            "video_edit",
        ]
        | str
        | None = None,
        last_frame_url: Media | None = None,
        first_clip_url: Media | None = None,
        edit_video_url: Media | None = None,
        reference_image_urls: Sequence[Media] | None = None,
        reference_media: Sequence[ReferenceMedia] | None = None,
        seed: float | None = None,
        audio: bool | None = None,
        audio_url: Media | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Wan25Record]:
        """Start Wan video generation.

        Wan 2.5, 2.6 and 2.7. Modes other than first_frame need model=wan2.7-i2v. text_to_video takes no
        media; reference_image needs 1-5 ordered `reference_media` (or legacy `reference_image_urls`);
        see the URL fields for the rest.

        image_url is needed with model wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash or left out, or
        with model wan2.7-i2v and task_type first_frame, first_last_frame or left out. last_frame_url is
        needed with model wan2.7-i2v and task_type first_last_frame. first_clip_url is needed with model
        wan2.7-i2v and task_type video_extend. edit_video_url is needed with model wan2.7-i2v and
        task_type video_edit. reference_media or reference_image_urls is needed with model wan2.7-i2v
        and task_type reference_image. task_type can only be first_frame and duration can only be 5 or
        10 with model wan2.5-i2v-preview or left out. task_type can only be first_frame and duration can
        only be 5, 10 or 15 with model wan2.6-i2v or wan2.6-i2v-flash. duration can only be 5, 10 or 15
        with model wan2.7-i2v and task_type text_to_video, first_frame, first_last_frame, video_extend
        or left out. duration can only be 5, 6, 7, 8, 9 or 10 and reference_image_urls is at most 3 with
        model wan2.7-i2v and task_type video_edit.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            image_url: Needed for task_type first_frame and first_last_frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            negative_prompt: What is not wanted, in words.
            duration: Seconds; choices depend on model and task_type; reference video caps reference_image at 10. One of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution: How large the video is. One of 480p, 720p, 1080p. Server default: 720p.
            ratio: Used only by Wan 2.7 text_to_video and reference_image. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            enable_prompt_expansion: An LLM rewrites the prompt. Server default: False.
            multi_shots: Acts only if enable_prompt_expansion is true. Server default: False.
            model: wan2.6-i2v and wan2.7-i2v need a VIP/Max user; wan2.6-i2v-flash is for all. One of wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash, wan2.7-i2v. Server default: wan2.5-i2v-preview.
            task_type: Used only if model is wan2.7-i2v. One of text_to_video, first_frame, first_last_frame, reference_image, video_extend, video_edit. Server default: first_frame.
            last_frame_url: Needed for first_last_frame, optional for video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_clip_url: Needed for Wan 2.7 video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url: Needed for Wan 2.7 video_edit. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls: Wan 2.7: legacy image-only reference_image input; video_edit takes at most 3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_media: Ordered; input videos are billed with the output duration, 5-second input cap. 1 to 5 items.
            seed: Server picks one at random if omitted. 0 to 2147483647.
            audio: Whether the video gets generated audio. Server default: True.
            audio_url: first-frame modes; WAV/MP3, 3-30 s, 15 MB at most; cut to video length. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan25(prompt="a red kite over the sea", image_url=Path("cat.png"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "image_url": image_url,
                "negative_prompt": negative_prompt,
                "duration": duration,
                "resolution": resolution,
                "ratio": ratio,
                "enable_prompt_expansion": enable_prompt_expansion,
                "multi_shots": multi_shots,
                "model": model,
                "task_type": task_type,
                "last_frame_url": last_frame_url,
                "first_clip_url": first_clip_url,
                "edit_video_url": edit_video_url,
                "reference_image_urls": reference_image_urls,
                "reference_media": reference_media,
                "seed": seed,
                "audio": audio,
                "audio_url": audio_url,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[Wan25Record]:
        """Get all Wan 2.5 tasks.

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

    async def batch_detail(self, ids: Sequence[str], **options: Unpack[CallOptions]) -> Sequence[Wan25Record]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Wan25Record:
        """Get Wan 2.5 task details.

        Includes the generation settings, current status and available video output.

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
        """Delete a Wan 2.5 task.

        Takes the task out of the normal history.

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
