"""Wan2.7 Image (`userWan27Image`): `a2e.wan27_image`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

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

__all__ = ["Wan27Image", "Wan27ImageRecord"]


@attrs.frozen(kw_only=True)
class Wan27ImageRecord(TaskRecord):
    """A task of `a2e.wan27_image` as the service reports it.

    Attributes:
        image_urls: The results; empty until it is done.
        result_url: The result; empty until it is done.
    """

    image_urls: Sequence[str] | None = None
    """The results; empty until it is done."""
    result_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userWan27Image/start",
    one(Wan27ImageRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True, max_length=5000),
        Field("model", str, choices=("wan2.7-image", "wan2.7-image-pro")),
        Field("input_images", list, max_items=9, item=Field("", str, media=True)),
        Field("aspect_ratio", str, choices=("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9")),
        Field("bbox_list", list),
        Field("force_generate", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userWan27Image/list",
    many(Wan27ImageRecord),
    query=(Field("page_size", int, minimum=1),),
    paging=Paging("page", "page_size", 20, 100),
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userWan27Image/detail/{id}",
    one(Wan27ImageRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userWan27Image/batchDetail",
    many(Wan27ImageRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userWan27Image/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class Wan27Image(Workflow[Wan27ImageRecord]):
    """Wan2.7 Image (`userWan27Image`).

    Every method also takes the options in `CallOptions`.
    """

    name = "wan27_image"
    record_type = Wan27ImageRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("image_urls", "result_url"),
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model: Literal["wan2.7-image", "wan2.7-image-pro"] | str | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal["1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9"] | str | None = None,
        bbox_list: Sequence[Any] | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Wan27ImageRecord]:
        """Start a new Wan2.7-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt: What is wanted, in words. At most 5000 characters.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model: The model. One of wan2.7-image, wan2.7-image-pro. Server default: wan2.7-image.
            input_images: For editing; 0 to 9 images, each at most 20 MB. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            bbox_list: Boxes for interactive editing.
            force_generate: Generates despite detected NSFW.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan27_image(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "model": model,
                "input_images": input_images,
                "aspect_ratio": aspect_ratio,
                "bbox_list": bbox_list,
                "force_generate": force_generate,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Wan27ImageRecord]:
        """Get task list.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Wan27ImageRecord:
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

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[Wan27ImageRecord]:
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

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Soft delete: the task leaves later lists.

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
