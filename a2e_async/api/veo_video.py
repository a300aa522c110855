"""Veo Video (`veoVideo`): `a2e.veo_video`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

import attrs

from a2e_async._spec.decoders import likely, many, one, raw
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async._spec.routes import Routes
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow
from a2e_async.tasks import Result

__all__ = ["VeoVideo", "VeoVideoRecord"]


@attrs.frozen(kw_only=True)
class VeoVideoRecord(TaskRecord):
    """A task of `a2e.veo_video` as the service reports it.

    The service has named the status state or current_status.

    Attributes:
        video_output: The result; empty until it is done.
        video_url: The result; empty until it is done.
        result_url: The result; empty until it is done.
    """

    video_output: str | None = None
    """The result; empty until it is done."""
    video_url: str | None = None
    """The result; empty until it is done."""
    result_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/veoVideo/start",
    one(VeoVideoRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field(
            "generation_type",
            str,
            "generationType",
            choices=("TEXT_2_VIDEO", "FIRST_AND_LAST_FRAMES_2_VIDEO", "REFERENCE_2_VIDEO"),
        ),
        Field("image_urls", list, "imageUrls", max_items=3, item=Field("", str, media=True)),
        Field("model", str, choices=("veo3", "veo3_fast")),
        Field("aspect_ratio", str, "aspectRatio", choices=("16:9", "9:16", "Auto")),
        Field("watermark", str),
        Field("seeds", float, minimum=10000, maximum=99999),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need(
            {"generation_type": ("FIRST_AND_LAST_FRAMES_2_VIDEO", "REFERENCE_2_VIDEO")},
            all_of=("image_urls",),
        ),
        Need({"generation_type": ("FIRST_AND_LAST_FRAMES_2_VIDEO",)}, most={"image_urls": 2}),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/veoVideo/allRecords",
    many(VeoVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/veoVideo/batchDetail",
    many(VeoVideoRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/veoVideo/{_id}",
    one(VeoVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/veoVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

GET_1080P = Operation(
    "GET",
    "/api/v1/veoVideo/{_id}/1080p",
    raw,
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)


class VeoVideo(Workflow[VeoVideoRecord]):
    """Veo Video (`veoVideo`).

    Google DeepMind Veo; text, or a reference image.

    Every method also takes the options in `CallOptions`.
    """

    name = "veo_video"
    record_type = VeoVideoRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("video_output", "video_url", "result_url"),
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        generation_type: Literal["TEXT_2_VIDEO", "FIRST_AND_LAST_FRAMES_2_VIDEO", "REFERENCE_2_VIDEO"]
        | str
        | None = None,
        image_urls: Sequence[Media] | None = None,
        model: Literal["veo3", "veo3_fast"] | str | None = None,
        aspect_ratio: Literal["16:9", "9:16", "Auto"] | str | None = None,
        watermark: str | None = None,
        seeds: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[VeoVideoRecord]:
        """Start Veo 3.1 video generation.

        Text, image-frame and reference-image input (see generation_type).

        image_urls is needed with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO or REFERENCE_2_VIDEO.
        image_urls is at most 2 with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO.

        Args:
            prompt: May be an empty string: the server then uses a placeholder text.
            name: Optional; the server makes one when left out. Without one, the SDK names the task.
            generation_type: Text only, start/end frame images, or reference images. One of TEXT_2_VIDEO, FIRST_AND_LAST_FRAMES_2_VIDEO, REFERENCE_2_VIDEO. Server default: TEXT_2_VIDEO.
            image_urls: FIRST_AND_LAST_FRAMES_2_VIDEO: 1-2 (start, end); REFERENCE_2_VIDEO: 1-3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model: veo3 for quality, veo3_fast for speed. Server default: veo3_fast.
            aspect_ratio: Auto: the server decides. One of 16:9, 9:16, Auto. Server default: Auto.
            watermark: Optional watermark text.
            seeds: Optional; 10000 to 99999.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.veo_video(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "generation_type": generation_type,
                "image_urls": image_urls,
                "model": model,
                "aspect_ratio": aspect_ratio,
                "watermark": watermark,
                "seeds": seeds,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[VeoVideoRecord]:
        """Get all Veo video records.

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
    ) -> Sequence[VeoVideoRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> VeoVideoRecord:
        """Get Veo video detail.

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
        """Delete Veo video record.

        Soft delete: the record is kept but left out of lists.

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

    async def get_1080p(
        self, id: str, *, timeout: float | None = None, **options: Unpack[CallOptions]
    ) -> Result[VeoVideoRecord]:
        """Get 1080P HD video.

        Only for videos with the aspect ratio 16:9.

        Args:
            id: The task's id.
            timeout: Seconds to wait until it is ready. Without it, one request is sent.
            options: See `CallOptions`.

        Returns:
            The Result. The whole reply is in `record.raw`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
            NotReady: it is not ready yet, and no timeout was given.
            WaitTimeout: it was not ready within the timeout.
        """
        return await self._wait_until_ready(GET_1080P, {"id": id}, options, timeout=timeout)
