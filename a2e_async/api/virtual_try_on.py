"""Virtual Try-On (`virtualTryOn`): `a2e.virtual_try_on`.

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

__all__ = ["VirtualTryOn", "VirtualTryOnRecord"]


@attrs.frozen(kw_only=True)
class VirtualTryOnRecord(TaskRecord):
    """A task of `a2e.virtual_try_on` as the service reports it.

    Attributes:
        result_image_url: The result; empty until it is done.
    """

    result_image_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/virtualTryOn/start",
    one(VirtualTryOnRecord),
    body=(
        Field("name", str),
        Field("image_urls", list, required=True, min_items=2, max_items=4, item=Field("", str, media=True)),
        Field("timeout", float),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/virtualTryOn/allRecords",
    many(VirtualTryOnRecord),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/virtualTryOn/batchDetail",
    many(VirtualTryOnRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/virtualTryOn/{_id}",
    one(VirtualTryOnRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/virtualTryOn/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class VirtualTryOn(Workflow[VirtualTryOnRecord]):
    """Virtual Try-On (`virtualTryOn`).

    Every method also takes the options in `CallOptions`.
    """

    name = "virtual_try_on"
    record_type = VirtualTryOnRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("result_image_url",),
    )

    def __call__(
        self,
        *,
        image_urls: Sequence[Media],
        name: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[VirtualTryOnRecord]:
        """Start virtual try-on task.

        Args:
            image_urls: Index 0 is the person, index 1 the clothing (two images described). Each a URL, a Path, bytes, an `Upload` or a `Result`. 2 to 4 items.
            name: The task's name, to find it again. Without one, the SDK names the task.
            timeout: Seconds. Server default: 120.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.virtual_try_on(image_urls=[Path("cat.png"), Path("cat.png")])
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "image_urls": image_urls,
                "name": name,
                "timeout": timeout,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[VirtualTryOnRecord]:
        """Get all virtual try-on records.

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
    ) -> Sequence[VirtualTryOnRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> VirtualTryOnRecord:
        """Get virtual try-on task detail.

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
        """Delete virtual try-on task.

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
