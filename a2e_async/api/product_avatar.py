"""Product Avatar (`productAvatar`): `a2e.product_avatar`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict, Unpack

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

__all__ = ["ProductAvatar", "ProductAvatarRecord", "ProductRect"]


class ProductRect(TypedDict, total=False):
    """Members of `product_rect`.

    x: Pixels from the left edge to the product.
    y: Pixels from the top edge to the product.
    width: Pixels.
    height: Pixels.
    rotation: Degrees.
    scale: Its size; 1 is its own.
    """

    x: Required[float]
    """Pixels from the left edge to the product."""
    y: Required[float]
    """Pixels from the top edge to the product."""
    width: Required[float]
    """Pixels."""
    height: Required[float]
    """Pixels."""
    rotation: Required[float]
    """Degrees."""
    scale: Required[float]
    """Its size; 1 is its own."""


@attrs.frozen(kw_only=True)
class ProductAvatarRecord(TaskRecord):
    """A task of `a2e.product_avatar` as the service reports it.

    Attributes:
        result_image_url: The result; empty until it is done.
    """

    result_image_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/productAvatar/start",
    one(ProductAvatarRecord),
    body=(
        Field("name", str),
        Field("image_urls", list, required=True, min_items=2, max_items=2, item=Field("", str, media=True)),
        Field(
            "product_rect",
            dict,
            required=True,
            fields=(
                Field("x", float, required=True),
                Field("y", float, required=True),
                Field("width", float, required=True),
                Field("height", float, required=True),
                Field("rotation", float, required=True),
                Field("scale", float, required=True),
            ),
        ),
        Field("prompt", str),
        Field("timeout", float),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/productAvatar/allRecords",
    many(ProductAvatarRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/productAvatar/batchDetail",
    many(ProductAvatarRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/productAvatar/{_id}",
    one(ProductAvatarRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/productAvatar/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class ProductAvatar(Workflow[ProductAvatarRecord]):
    """Product Avatar (`productAvatar`).

    Every method also takes the options in `CallOptions`.
    """

    name = "product_avatar"
    record_type = ProductAvatarRecord
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
        product_rect: ProductRect,
        name: str | None = None,
        prompt: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[ProductAvatarRecord]:
        """Generate product avatar with AI (Async).

        Statuses: initialized, sent, pending, processing, then completed (result_image_url) or failed
        (failure). Tasks fail after 2 hours; credits come back on timeout or failure.

        Args:
            image_urls: Index 0 is the product, index 1 the person. Each a URL, a Path, bytes, an `Upload` or a `Result`. Exactly 2 items.
            product_rect: Position and size of the product.
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: What is wanted, in words.
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
            job = a2e.product_avatar(
                image_urls=[Path("cat.png"), Path("cat.png")],
                product_rect={"x": 100, "y": 150, "width": 200, "height": 300, "rotation": 0, "scale": 1},
            )
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "image_urls": image_urls,
                "product_rect": product_rect,
                "name": name,
                "prompt": prompt,
                "timeout": timeout,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[ProductAvatarRecord]:
        """List all product avatar tasks.

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
    ) -> Sequence[ProductAvatarRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> ProductAvatarRecord:
        """Query task status and get result.

        id is the one that start returned.

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
        """Delete a product avatar task.

        Soft delete: the record is marked deleted but stays in the database.

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
