"""Caption Removal (`userCaptionRemoval`): `a2e.caption_removal`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import likely, likely_many, many, one
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async._spec.routes import Routes
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["CaptionRemoval", "CaptionRemovalRecord"]


@attrs.frozen(kw_only=True)
class CaptionRemovalRecord(TaskRecord):
    """A task of `a2e.caption_removal` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userCaptionRemoval/start",
    one(CaptionRemovalRecord),
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
    "/api/v1/userCaptionRemoval/allRecords",
    many(CaptionRemovalRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

ALL_PROCESSING = Operation(
    "GET", "/api/v1/userCaptionRemoval/allProcessing", likely_many(CaptionRemovalRecord), repeatable=True
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userCaptionRemoval/batchDetail",
    many(CaptionRemovalRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userCaptionRemoval/{_id}",
    one(CaptionRemovalRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userCaptionRemoval/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

RETRY = Operation("POST", "/api/v1/userCaptionRemoval/retry", likely(CaptionRemovalRecord), has_body=True)


class CaptionRemoval(Workflow[CaptionRemovalRecord]):
    """Caption Removal (`userCaptionRemoval`).

    Every method also takes the options in `CallOptions`.
    """

    name = "caption_removal"
    record_type = CaptionRemovalRecord
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("result_url",)
    )

    def __call__(
        self,
        *,
        source_url: Media,
        name: str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[CaptionRemovalRecord]:
        """Start caption removal task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url: The video to clean. A URL, a Path, bytes, an `Upload` or a `Result`.
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
            job = a2e.caption_removal(source_url=Path("clip.mp4"))
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

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[CaptionRemovalRecord]:
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

    async def all_processing(self, **options: Unpack[CallOptions]) -> Sequence[CaptionRemovalRecord]:
        """List processing records.

        Args:
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ALL_PROCESSING, {}, options)

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[CaptionRemovalRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> CaptionRemovalRecord:
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
        """Delete caption removal task.

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

    async def retry(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> CaptionRemovalRecord:
        """Retry a failed task.

        Makes a new attempt at a failed task. The reply may carry another id.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(RETRY, {}, with_body(body, options))
