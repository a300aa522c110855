"""Actor Swap (`actorSwap`): `a2e.actor_swap`.

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

__all__ = ["ActorSwap", "ActorSwapRecord"]


@attrs.frozen(kw_only=True)
class ActorSwapRecord(TaskRecord):
    """A task of `a2e.actor_swap` as the service reports it.

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
    "/api/v1/actorSwap/start",
    one(ActorSwapRecord),
    body=(
        Field("name", str),
        Field("image_url", str, required=True, media=True),
        Field("video_url", str, required=True, media=True),
        Field("prompt", str),
        Field("negative_prompt", str),
        Field("timeout", int),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/actorSwap/allRecords",
    many(ActorSwapRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/actorSwap/batchDetail",
    many(ActorSwapRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/actorSwap/{_id}",
    one(ActorSwapRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/actorSwap/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class ActorSwap(Workflow[ActorSwapRecord]):
    """Actor Swap (`actorSwap`).

    Every method also takes the options in `CallOptions`.
    """

    name = "actor_swap"
    record_type = ActorSwapRecord
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
        image_url: Media,
        video_url: Media,
        name: str | None = None,
        prompt: str | None = None,
        negative_prompt: str | None = None,
        timeout: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[ActorSwapRecord]:
        """Start actor swap task.

        Args:
            image_url: Reference actor. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: Control video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            timeout: Seconds. Server default: 300.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.actor_swap(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "image_url": image_url,
                "video_url": video_url,
                "name": name,
                "prompt": prompt,
                "negative_prompt": negative_prompt,
                "timeout": timeout,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[ActorSwapRecord]:
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
    ) -> Sequence[ActorSwapRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> ActorSwapRecord:
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
