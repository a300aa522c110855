"""Wan Image to Video (`userWanSpicy`): `a2e.wan_spicy`.

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

__all__ = ["WanSpicy", "WanSpicyRecord"]


@attrs.frozen(kw_only=True)
class WanSpicyRecord(TaskRecord):
    """A task of `a2e.wan_spicy` as the service reports it.

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
    "/api/v1/userWanSpicy/start",
    one(WanSpicyRecord),
    body=(
        Field("model", str, choices=("wan2.7-i2v-spicy", "wan2.2-i2v-spicy")),
        Field("name", str),
        Field("prompt", str, required=True),
        Field("negative_prompt", str),
        Field("image_url", str, required=True, media=True),
        Field("audio_url", str, media=True),
        Field("resolution", str, required=True, choices=("480p", "720p", "1080p")),
        Field("duration", float, required=True, minimum=2, maximum=15),
        Field("prompt_extend", bool),
        Field("seed", int),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"model": (None, "wan2.7-i2v-spicy")}, only={"resolution": ("720p", "1080p")}),
        Need({"model": ("wan2.2-i2v-spicy",)}, only={"resolution": ("480p", "720p"), "duration": (5, 8)}),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/userWanSpicy/allRecords",
    many(WanSpicyRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userWanSpicy/batchDetail",
    many(WanSpicyRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userWanSpicy/{_id}",
    one(WanSpicyRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userWanSpicy/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class WanSpicy(Workflow[WanSpicyRecord]):
    """Wan Image to Video (`userWanSpicy`).

    Wan 2.5 / 2.6 per the tag text; Wan3.0 also lives here.

    Every method also takes the options in `CallOptions`.
    """

    name = "wan_spicy"
    record_type = WanSpicyRecord
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
        image_url: Media,
        resolution: Literal["480p", "720p", "1080p"] | str,
        duration: float,
        model: Literal["wan2.7-i2v-spicy", "wan2.2-i2v-spicy"] | str | None = None,
        name: str | None = None,
        negative_prompt: str | None = None,
        audio_url: Media | None = None,
        prompt_extend: bool | None = None,
        seed: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[WanSpicyRecord]:
        """Start Wan Spicy image-to-video generation.

        Run through a third party (mulerouter.ai/carrothub). wan2.7: audio, 720p/1080p, 2-15 s; wan2.2:
        no audio, 480p/720p, 5 or 8 s.

        resolution can only be 720p or 1080p with model wan2.7-i2v-spicy or left out. resolution can
        only be 480p or 720p and duration can only be 5 or 8 with model wan2.2-i2v-spicy.

        Args:
            prompt: What is wanted, in words.
            image_url: Https only. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution: wan2.7: 720p or 1080p; wan2.2: 480p or 720p.
            duration: Seconds; wan2.7: 2-15; wan2.2: 5 or 8.
            model: Only 2.7 has audio. One of wan2.7-i2v-spicy, wan2.2-i2v-spicy. Server default: wan2.7-i2v-spicy.
            name: The task's name, to find it again. Without one, the SDK names the task.
            negative_prompt: Only with wan2.7-i2v-spicy.
            audio_url: Only with wan2.7-i2v-spicy; https, .wav or .mp3. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt_extend: Whether the prompt is extended automatically. Server default: True.
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
            job = a2e.wan_spicy(
                prompt="a red kite over the sea",
                image_url=Path("cat.png"),
                resolution="720p",
                duration=2,
            )
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "image_url": image_url,
                "resolution": resolution,
                "duration": duration,
                "model": model,
                "name": name,
                "negative_prompt": negative_prompt,
                "audio_url": audio_url,
                "prompt_extend": prompt_extend,
                "seed": seed,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[WanSpicyRecord]:
        """Get all Wan Spicy tasks.

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
    ) -> Sequence[WanSpicyRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> WanSpicyRecord:
        """Get Wan Spicy task details.

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
        """Delete a Wan Spicy task.

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
