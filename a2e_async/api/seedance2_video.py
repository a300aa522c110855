"""Seedance 2.x (`seedance2Video`): `a2e.seedance2_video`.

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

__all__ = ["Seedance2Video", "Seedance2VideoRecord"]


@attrs.frozen(kw_only=True)
class Seedance2VideoRecord(TaskRecord):
    """A task of `a2e.seedance2_video` as the service reports it.

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
    "/api/v1/seedance2Video/start",
    one(Seedance2VideoRecord),
    body=(
        Field("name", str),
        Field("mode", str, choices=("text-to-video", "image-to-video", "first-last-frames", "reference")),
        Field("model_version", str, choices=("standard", "mini", "fast", "2.5")),
        Field("omni_reference_task_type", str, choices=("reference", "edit", "extend")),
        Field("prompt", str, required=True),
        Field("image_url", str, media=True),
        Field("first_frame_url", str, media=True),
        Field("last_frame_url", str, media=True),
        Field("reference_urls", list, max_items=30, item=Field("", str, media=True)),
        Field("video_urls", list, max_items=10, item=Field("", str, media=True)),
        Field("audio_urls", list, max_items=10, item=Field("", str, media=True)),
        Field("input_video_duration", float, minimum=2, maximum=45.5),
        Field("duration", int, minimum=4, maximum=30, also=(-1,)),
        Field("aspect_ratio", str, choices=("adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16")),
        Field("resolution", str, choices=("480p", "720p", "1080p", "4k")),
        Field("generate_audio", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"mode": ("image-to-video",)}, all_of=("image_url",)),
        Need({"mode": ("first-last-frames",)}, all_of=("first_frame_url", "last_frame_url")),
        Need({"mode": ("reference",)}, any_of=("reference_urls", "video_urls", "audio_urls")),
        Need(
            {"mode": ("reference",), "model_version": (None, "standard", "mini", "fast")},
            any_of=("reference_urls", "video_urls"),
        ),
        Need(
            {"model_version": (None, "standard", "mini", "fast")},
            most={"duration": 15, "reference_urls": 9, "video_urls": 3, "audio_urls": 3},
        ),
        Need({"model_version": ("mini", "fast")}, only={"resolution": ("480p", "720p")}),
        Need({"model_version": ("2.5",)}, only={"resolution": ("480p", "720p", "1080p")}),
        Need(
            {"omni_reference_task_type": None},
            all_of=("mode", "model_version"),
            only={"mode": ("reference",), "model_version": ("2.5",)},
        ),
        Need(
            {"omni_reference_task_type": ("edit",)},
            all_of=("video_urls", "duration", "aspect_ratio"),
            only={"duration": (-1,), "aspect_ratio": ("adaptive",)},
            most={"video_urls": 1},
        ),
        Need(
            {"omni_reference_task_type": ("extend",)},
            all_of=("aspect_ratio",),
            only={"aspect_ratio": ("adaptive",)},
        ),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/seedance2Video/allRecords",
    many(Seedance2VideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 20, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/seedance2Video/batchDetail",
    many(Seedance2VideoRecord),
    body=(Field("ids", list, required=True, max_items=200, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/seedance2Video/{_id}",
    one(Seedance2VideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

UPDATE = Operation(
    "PUT",
    "/api/v1/seedance2Video/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    body=(Field("name", str, required=True),),
    has_body=True,
    may_be_empty=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/seedance2Video/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class Seedance2Video(Workflow[Seedance2VideoRecord]):
    """Seedance 2.x (`seedance2Video`).

    Every method also takes the options in `CallOptions`.
    """

    name = "seedance2_video"
    record_type = Seedance2VideoRecord
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
        mode: Literal["text-to-video", "image-to-video", "first-last-frames", "reference"]
        | str
        | None = None,
        model_version: Literal["standard", "mini", "fast", "2.5"] | str | None = None,
        omni_reference_task_type: Literal["reference", "edit", "extend"] | str | None = None,
        image_url: Media | None = None,
        first_frame_url: Media | None = None,
        last_frame_url: Media | None = None,
        reference_urls: Sequence[Media] | None = None,
        video_urls: Sequence[Media] | None = None,
        audio_urls: Sequence[Media] | None = None,
        input_video_duration: float | None = None,
        duration: int | None = None,
        aspect_ratio: Literal["adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"] | str | None = None,
        resolution: Literal["480p", "720p", "1080p", "4k"] | str | None = None,
        generate_audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Seedance2VideoRecord]:
        """Start Seedance 2.x video generation.

        Seedance 2.0 (standard/mini/fast) or 2.5. Inputs must be public URLs; asset:// URIs are refused.
        2.0: 15 s, 9 images, 3 videos, 3 audios; 2.5: 30 s, 30/10/10, up to 1080p, audio-only allowed.

        image_url is needed with mode image-to-video. first_frame_url and last_frame_url are needed with
        mode first-last-frames. reference_urls, video_urls or audio_urls is needed with mode reference.
        reference_urls or video_urls is needed with mode reference and model_version standard, mini,
        fast or left out. duration is at most 15, reference_urls is at most 9, video_urls is at most 3
        and audio_urls is at most 3 with model_version standard, mini, fast or left out. resolution can
        only be 480p or 720p with model_version mini or fast. resolution can only be 480p, 720p or 1080p
        with model_version 2.5. mode must be reference and model_version must be 2.5 with
        omni_reference_task_type. video_urls is needed, duration must be -1, aspect_ratio must be
        adaptive and video_urls is at most 1 with omni_reference_task_type edit. aspect_ratio must be
        adaptive with omni_reference_task_type extend.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: Inputs by `mode`: image_url; first_frame_url+last_frame_url; reference_urls/video_urls/audio_urls. Audio alone needs 2.5. One of text-to-video, image-to-video, first-last-frames, reference. Server default: text-to-video.
            model_version: standard/mini/fast are Seedance 2.0 tiers; 2.5 has one tier, higher limits. Server default: standard.
            omni_reference_task_type: 2.5 reference mode. edit: adaptive ratio, duration -1, exactly one video; extend: adaptive ratio.
            image_url: First frame for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_frame_url: Needed for first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url: Needed for first-last-frames; optional for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_urls: Images for reference `mode`: at most 9 on 2.0, 30 on 2.5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            video_urls: mp4/mov. 2.0: 3 clips, 2-15 s each; 2.5: 10 clips, 30 s together. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            audio_urls: mp3/wav. 2.0: 3 clips, 2-15 s each, 15 s together, not alone; 2.5: 10. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds; at most 15 on 2.0, 30 on 2.5; 2.5 edit needs -1. 4 to 30. Server default: 5.
            input_video_duration: Seconds, an estimate; billed on the larger of this and the probed length. 2 to 45.5.
            aspect_ratio: Width to height. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16. Server default: 16:9.
            resolution: 4k: 2.0 standard only; 2.5: up to 1080p; fast/mini: 480p or 720p. Server default: 720p.
            generate_audio: Billing includes audio; send false to turn it off. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance2_video(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "mode": mode,
                "model_version": model_version,
                "omni_reference_task_type": omni_reference_task_type,
                "image_url": image_url,
                "first_frame_url": first_frame_url,
                "last_frame_url": last_frame_url,
                "reference_urls": reference_urls,
                "video_urls": video_urls,
                "audio_urls": audio_urls,
                "input_video_duration": input_video_duration,
                "duration": duration,
                "aspect_ratio": aspect_ratio,
                "resolution": resolution,
                "generate_audio": generate_audio,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Seedance2VideoRecord]:
        """Get all records.

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
    ) -> Sequence[Seedance2VideoRecord]:
        """Batch get task details.

        At most 200 ids per call. Match results by identifier, not order.

        Args:
            ids: The ids of the tasks. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(BATCH_DETAIL, {"ids": ids}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Seedance2VideoRecord:
        """Get task detail.

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
        """Rename task.

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
        """Delete task.

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
