"""Talking Video (`talkingVideo`): `a2e.talking_video`.

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

__all__ = ["TalkingVideo", "TalkingVideoRecord"]


@attrs.frozen(kw_only=True)
class TalkingVideoRecord(TaskRecord):
    """A task of `a2e.talking_video` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        cover_url: A still picture of the result, for previews.
        video_url: The video that was given.
        audio_url: The speech that was given.
        duration: Seconds.
        prompt: The prompt, as it was given.
        negative_prompt: The negative prompt, as it was given.
        failed_code: A code for the failure; empty without one.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    cover_url: str | None = None
    """A still picture of the result, for previews."""
    video_url: str | None = None
    """The video that was given."""
    audio_url: str | None = None
    """The speech that was given."""
    duration: int | None = None
    """Seconds."""
    prompt: str | None = None
    """The prompt, as it was given."""
    negative_prompt: str | None = None
    """The negative prompt, as it was given."""
    failed_code: str | None = None
    """A code for the failure; empty without one."""


START = Operation(
    "POST",
    "/api/v1/talkingVideo/start",
    one(TalkingVideoRecord),
    body=(
        Field("name", str),
        Field("video_url", str, required=True, media=True),
        Field("audio_url", str, media=True),
        Field("duration", int, minimum=1, maximum=20),
        Field("prompt", str, required=True),
        Field("negative_prompt", str, required=True),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/talkingVideo/allRecords",
    many(TalkingVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/talkingVideo/batchDetail",
    many(TalkingVideoRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/talkingVideo/{_id}",
    one(TalkingVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/talkingVideo/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class TalkingVideo(Workflow[TalkingVideoRecord]):
    """Talking Video (`talkingVideo`).

    Every method also takes the options in `CallOptions`.
    """

    name = "talking_video"
    record_type = TalkingVideoRecord
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("result_url",)
    )

    def __call__(
        self,
        *,
        video_url: Media,
        prompt: str,
        negative_prompt: str,
        name: str | None = None,
        audio_url: Media | None = None,
        duration: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[TalkingVideoRecord]:
        """Start talking video generation.

        Args:
            video_url: A video of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            audio_url: What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds. 1 to 20. Server default: 3.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_video(
                video_url=Path("clip.mp4"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "video_url": video_url,
                "prompt": prompt,
                "negative_prompt": negative_prompt,
                "name": name,
                "audio_url": audio_url,
                "duration": duration,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[TalkingVideoRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
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
    ) -> Sequence[TalkingVideoRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> TalkingVideoRecord:
        """Get task details.

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
        """Delete task.

        Removes the task from the history only; other videos stay.

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
