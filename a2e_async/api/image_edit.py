"""Image Edit (`userImageEdit`): `a2e.image_edit`.

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
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["ImageEdit", "ImageEditRecord"]


@attrs.frozen(kw_only=True)
class ImageEditRecord(TaskRecord):
    """A task of `a2e.image_edit` as the service reports it.

    Attributes:
        result_image_url: The result; empty until it is done.
        result_url: The result; empty until it is done.
        result_urls: The results; empty until it is done.
    """

    result_image_url: str | None = None
    """The result; empty until it is done."""
    result_url: str | None = None
    """The result; empty until it is done."""
    result_urls: Sequence[str] | None = None
    """The results; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userImageEdit/start",
    one(ImageEditRecord),
    body=(
        Field("name", str),
        Field("edit_type", str, required=True, choices=("clothing", "product")),
        Field("image_urls", list, required=True, min_items=2, item=Field("", str, media=True)),
        Field("timeout", float),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userImageEdit/allRecords",
    many(ImageEditRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userImageEdit/batchDetail",
    many(ImageEditRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userImageEdit/{_id}",
    one(ImageEditRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userImageEdit/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class ImageEdit(Workflow[ImageEditRecord]):
    """Image Edit (`userImageEdit`).

    Every method also takes the options in `CallOptions`.
    """

    name = "image_edit"
    record_type = ImageEditRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("result_image_url", "result_url", "result_urls"),
    )

    def __call__(
        self,
        *,
        edit_type: Literal["clothing", "product"] | str,
        image_urls: Sequence[Media],
        name: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[ImageEditRecord]:
        """Start image editing task.

        Args:
            edit_type: What is edited: what a person wears, or a product. One of clothing, product.
            image_urls: The picture to edit first, then those of the clothing or product. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 2 items.
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
            job = a2e.image_edit(edit_type="clothing", image_urls=[Path("cat.png"), Path("cat.png")])
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "edit_type": edit_type,
                "image_urls": image_urls,
                "name": name,
                "timeout": timeout,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[ImageEditRecord]:
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
    ) -> Sequence[ImageEditRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> ImageEditRecord:
        """Get task details.

        Includes the processing status and the generated image fields.

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
