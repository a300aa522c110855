"""MiniMax H3 Video Generation (`minimaxH3Video`): `a2e.minimax_h3_video`.

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

__all__ = ["MinimaxH3Video", "MinimaxH3VideoRecord"]


@attrs.frozen(kw_only=True)
class MinimaxH3VideoRecord(TaskRecord):
    """A task of `a2e.minimax_h3_video` as the service reports it.

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
    "/api/v1/minimaxH3Video/start",
    one(MinimaxH3VideoRecord),
    body=(
        Field("name", str),
        Field("mode", str, choices=("text-to-video", "image-to-video", "reference-to-video")),
        Field("prompt", str, required=True),
        Field("first_frame_url", str, media=True),
        Field("last_frame_url", str, media=True),
        Field("reference_image_urls", list, item=Field("", str, media=True)),
        Field("reference_video_urls", list, item=Field("", str, media=True)),
        Field("reference_audio_urls", list, item=Field("", str, media=True)),
        Field("resolution", str, choices=("768P", "2K")),
        Field("duration", str, choices=("4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15")),
        Field("aspect_ratio", str, choices=("adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16")),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"mode": ("image-to-video",)}, all_of=("first_frame_url",)),
        Need(
            {"mode": ("reference-to-video",)},
            any_of=("reference_image_urls", "reference_video_urls", "reference_audio_urls"),
        ),
        Need(
            {"mode": (None, "text-to-video")},
            only={"aspect_ratio": ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16")},
        ),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/minimaxH3Video/allRecords",
    many(MinimaxH3VideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/minimaxH3Video/batchDetail",
    many(MinimaxH3VideoRecord),
    body=(Field("ids", list, required=True, max_items=200, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/minimaxH3Video/{_id}",
    one(MinimaxH3VideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/minimaxH3Video/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class MinimaxH3Video(Workflow[MinimaxH3VideoRecord]):
    """MiniMax H3 Video Generation (`minimaxH3Video`).

    Every method also takes the options in `CallOptions`.
    """

    name = "minimax_h3_video"
    record_type = MinimaxH3VideoRecord
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
        mode: Literal["text-to-video", "image-to-video", "reference-to-video"] | str | None = None,
        first_frame_url: Media | None = None,
        last_frame_url: Media | None = None,
        reference_image_urls: Sequence[Media] | None = None,
        reference_video_urls: Sequence[Media] | None = None,
        reference_audio_urls: Sequence[Media] | None = None,
        resolution: Literal["768P", "2K"] | str | None = None,
        duration: Literal["4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        aspect_ratio: Literal["adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[MinimaxH3VideoRecord]:
        """Start MiniMax H3 video generation.

        image-to-video needs first_frame_url; reference-to-video needs at least one of the reference
        image, video or audio lists.

        first_frame_url is needed with mode image-to-video. reference_image_urls, reference_video_urls
        or reference_audio_urls is needed with mode reference-to-video. aspect_ratio can only be 21:9,
        16:9, 4:3, 1:1, 3:4 or 9:16 with mode text-to-video or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: From words alone, from an image, or after reference media. One of text-to-video, image-to-video, reference-to-video. Server default: text-to-video.
            first_frame_url: Needed when mode is image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url: Optional; image-to-video only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls: reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_video_urls: reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_audio_urls: reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            resolution: How large the video is: 768 lines, or 2K. One of 768P, 2K. Server default: 2K.
            duration: Seconds. One of 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 12.
            aspect_ratio: adaptive only for reference-to-video, its default; ignored for image-to-video. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.minimax_h3_video(prompt="A cinematic sunrise over snowy mountains")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "mode": mode,
                "first_frame_url": first_frame_url,
                "last_frame_url": last_frame_url,
                "reference_image_urls": reference_image_urls,
                "reference_video_urls": reference_video_urls,
                "reference_audio_urls": reference_audio_urls,
                "resolution": resolution,
                "duration": duration,
                "aspect_ratio": aspect_ratio,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[MinimaxH3VideoRecord]:
        """Get MiniMax H3 Video task list.

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
    ) -> Sequence[MinimaxH3VideoRecord]:
        """Batch query MiniMax H3 Video task details.

        Duplicate ids are dropped; at most 200 ids per call. Match results by identifier, not order.

        Args:
            ids: An empty list gives an empty result. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(BATCH_DETAIL, {"ids": ids}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> MinimaxH3VideoRecord:
        """Get MiniMax H3 Video task detail.

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
        """Delete MiniMax H3 Video task.

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
