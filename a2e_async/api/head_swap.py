"""Head Swap (`headSwap`): `a2e.head_swap`.

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

__all__ = ["HeadSwap", "HeadSwapRecord"]


@attrs.frozen(kw_only=True)
class HeadSwapRecord(TaskRecord):
    """A task of `a2e.head_swap` as the service reports it.

    An image target gives an image, a video target a video.

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
    "/api/v1/headSwap/start",
    one(HeadSwapRecord),
    body=(
        Field("image_url", str, required=True, media=True),
        Field("target_image_url", str, required=True, media=True),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/headSwap/allRecords",
    many(HeadSwapRecord),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/headSwap/batchDetail",
    many(HeadSwapRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/headSwap/{_id}",
    one(HeadSwapRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/headSwap/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class HeadSwap(Workflow[HeadSwapRecord]):
    """Head Swap (`headSwap`).

    Images.

    Every method also takes the options in `CallOptions`.
    """

    name = "head_swap"
    record_type = HeadSwapRecord
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
        image_url: Media,
        target_image_url: Media,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[HeadSwapRecord]:
        """Start head swap generation.

        An image target gives an image, a video target (at most 15 s) a video. A detected age under 15
        is refused (codes 1003 and 1004). The status is initialized, sent, processing, completed or
        failed.

        Args:
            image_url: The head to transplant. A URL, a Path, bytes, an `Upload` or a `Result`.
            target_image_url: Body image or video (video at most 15 seconds); decides the output kind. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.head_swap(image_url=Path("cat.png"), target_image_url=Path("clip.mp4"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "image_url": image_url,
                "target_image_url": target_image_url,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[HeadSwapRecord]:
        """Get all head swap records.

        Newest first; expired records are left out.

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
    ) -> Sequence[HeadSwapRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> HeadSwapRecord:
        """Get head swap task detail.

        Args:
            id: A MongoDB ObjectId.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(GET, {"id": id}, options)

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete head swap task.

        By status: initialized is deleted with a coin refund; sent, pending or processing is refused
        with 400; completed or failed is deleted without refund.

        Args:
            id: A MongoDB ObjectId.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(DELETE, {"id": id}, options)
