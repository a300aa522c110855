"""ThinkSound (`thinkSound`): `a2e.think_sound`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

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

__all__ = ["ThinkSound", "ThinkSoundRecord"]


@attrs.frozen(kw_only=True)
class ThinkSoundRecord(TaskRecord):
    """A task of `a2e.think_sound` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        result_video_url: The result; empty until it is done.
        audio_url: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    result_video_url: str | None = None
    """The result; empty until it is done."""
    audio_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/thinkSound/start",
    one(ThinkSoundRecord),
    body=(
        Field("name", str),
        Field("video_url", str, required=True, media=True),
        Field("caption", str),
        Field("cot_description", str),
        Field("seed", float),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/thinkSound/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

GET = Operation(
    "GET",
    "/api/v1/thinkSound/{_id}",
    one(ThinkSoundRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

LIST = Operation(
    "GET",
    "/api/v1/thinkSound/allRecords",
    many(ThinkSoundRecord),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/thinkSound/batchDetail",
    many(ThinkSoundRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)


class ThinkSound(Workflow[ThinkSoundRecord]):
    """ThinkSound (`thinkSound`).

    Every method also takes the options in `CallOptions`.
    """

    name = "think_sound"
    record_type = ThinkSoundRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("result_url", "result_video_url", "audio_url"),
    )

    def __call__(
        self,
        *,
        video_url: Media,
        name: str | None = None,
        caption: str | None = None,
        cot_description: str | None = None,
        seed: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[ThinkSoundRecord]:
        """Start ThinkSound generation.

        Args:
            video_url: Only .mp4, .avi, .mov or .mkv. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            caption: What the sound is of, in words.
            cot_description: Chain-of-thought text.
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
            job = a2e.think_sound(video_url=Path("clip.mp4"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "video_url": video_url,
                "name": name,
                "caption": caption,
                "cot_description": cot_description,
                "seed": seed,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete ThinkSound task.

        Removes the task from the history only; other results stay.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> ThinkSoundRecord:
        """Get ThinkSound task details.

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

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[ThinkSoundRecord]:
        """Get all ThinkSound records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
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
    ) -> Sequence[ThinkSoundRecord]:
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
