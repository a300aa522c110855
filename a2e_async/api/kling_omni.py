"""Kling Omni (`klingOmni`): `a2e.kling_omni`.

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

__all__ = ["KlingOmni", "KlingOmniRecord", "MultiPrompt"]


class MultiPrompt(TypedDict, total=False):
    """Members of `multi_prompt`.

    prompt: What the shot shows, in words. At most 512 characters.
    duration: Seconds.
    """

    prompt: Required[str]
    """What the shot shows, in words. At most 512 characters."""
    duration: Required[str]
    """Seconds."""


@attrs.frozen(kw_only=True)
class KlingOmniRecord(TaskRecord):
    """A task of `a2e.kling_omni` as the service reports it.

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
    "/api/v1/klingOmni/start",
    one(KlingOmniRecord),
    body=(
        Field("name", str),
        Field("prompt", str),
        Field("image_list", list, max_items=7, item=Field("", str, media=True)),
        Field("mode", str, choices=("std", "pro")),
        Field(
            "duration", str, choices=("3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15")
        ),
        Field("aspect_ratio", str, choices=("16:9", "9:16", "1:1")),
        Field("sound", bool),
        Field("multi_shot", bool),
        Field("shot_type", str, choices=("intelligence", "customize")),
        Field(
            "multi_prompt",
            list,
            min_items=1,
            max_items=6,
            item=Field(
                "",
                dict,
                fields=(
                    Field("prompt", str, required=True, max_length=512),
                    Field("duration", str, required=True),
                ),
            ),
        ),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need({"multi_shot": (None, False)}, all_of=("prompt",)),
        Need({"multi_shot": (True,)}, all_of=("shot_type",)),
        Need({"shot_type": ("intelligence",)}, all_of=("prompt",)),
        Need({"shot_type": ("customize",)}, all_of=("multi_prompt",)),
    ),
)

LIST = Operation(
    "GET",
    "/api/v1/klingOmni/allRecords",
    many(KlingOmniRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 20, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/klingOmni/batchDetail",
    many(KlingOmniRecord),
    body=(Field("ids", list, required=True, max_items=200, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/klingOmni/{_id}",
    one(KlingOmniRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

UPDATE = Operation(
    "PUT",
    "/api/v1/klingOmni/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    body=(Field("name", str, required=True),),
    has_body=True,
    may_be_empty=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/klingOmni/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class KlingOmni(Workflow[KlingOmniRecord]):
    """Kling Omni (`klingOmni`).

    Every method also takes the options in `CallOptions`.
    """

    name = "kling_omni"
    record_type = KlingOmniRecord
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
        name: str | None = None,
        prompt: str | None = None,
        image_list: Sequence[Media] | None = None,
        mode: Literal["std", "pro"] | str | None = None,
        duration: Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | None = None,
        sound: bool | None = None,
        multi_shot: bool | None = None,
        shot_type: Literal["intelligence", "customize"] | str | None = None,
        multi_prompt: Sequence[MultiPrompt] | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[KlingOmniRecord]:
        """Start Kling Omni video generation.

        Model kling-v3-omni. Up to 7 reference images, 3-15 s. Server turns plain URLs, boolean sound
        and unindexed multi_prompt into the official Kling forms.

        prompt is needed with multi_shot False or left out, or with shot_type intelligence. shot_type is
        needed with multi_shot True. multi_prompt is needed with shot_type customize.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: Needed when multi_shot is false or shot_type is intelligence; refer to images as <<<image_N>>>.
            image_list: Up to 7 image URLs; jpg/jpeg/png, 10 MB each at most. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            mode: std gives 720p, pro gives 1080p. Server default: std.
            duration: Seconds, 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            aspect_ratio: Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound: Whether the video has sound. Server default: False.
            multi_shot: Whether the video has several shots. Server default: False.
            shot_type: Needed when multi_shot is true. One of intelligence, customize.
            multi_prompt: Needed when shot_type is customize; 1 to 6 shots whose durations sum to duration.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_omni(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "name": name,
                "prompt": prompt,
                "image_list": image_list,
                "mode": mode,
                "duration": duration,
                "aspect_ratio": aspect_ratio,
                "sound": sound,
                "multi_shot": multi_shot,
                "shot_type": shot_type,
                "multi_prompt": multi_prompt,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[KlingOmniRecord]:
        """Get all Kling Omni video records.

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
    ) -> Sequence[KlingOmniRecord]:
        """Batch get Kling Omni video details.

        At most 200 ids per call. Match results by identifier, not order.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> KlingOmniRecord:
        """Get Kling Omni video detail.

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
        """Update Kling Omni video name.

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
        """Delete Kling Omni video.

        Soft delete: the record is kept but left out of normal lists.

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
