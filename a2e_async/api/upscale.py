"""Upscale (`userUpscale`): `a2e.upscale`.

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

__all__ = ["Upscale", "UpscaleRecord"]


@attrs.frozen(kw_only=True)
class UpscaleRecord(TaskRecord):
    """A task of `a2e.upscale` as the service reports it.

    It may echo `source_url`, which is not the result.

    Attributes:
        result_url: The result; empty until it is done.
        result_image_url: The result; empty until it is done.
        result_video_url: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    result_image_url: str | None = None
    """The result; empty until it is done."""
    result_video_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userUpscale/start",
    one(UpscaleRecord),
    body=(
        Field("name", str),
        Field("source_url", str, required=True, media=True),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userUpscale/allRecords",
    many(UpscaleRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userUpscale/batchDetail",
    many(UpscaleRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userUpscale/{_id}",
    one(UpscaleRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userUpscale/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class Upscale(Workflow[UpscaleRecord]):
    """Upscale (`userUpscale`).

    Images and videos.

    Every method also takes the options in `CallOptions`.
    """

    name = "upscale"
    record_type = UpscaleRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("result_url", "result_image_url", "result_video_url"),
    )

    def __call__(
        self,
        *,
        source_url: Media,
        name: str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[UpscaleRecord]:
        """Start upscale task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url: Source may be an image or a video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.upscale(source_url=Path("clip.mp4"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "source_url": source_url,
                "name": name,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[UpscaleRecord]:
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
    ) -> Sequence[UpscaleRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> UpscaleRecord:
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

        Removes the task from the history.

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
