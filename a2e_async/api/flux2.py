"""Flux 2 (`userFlux2`): `a2e.flux2`.

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

__all__ = ["Flux2", "Flux2Record"]


@attrs.frozen(kw_only=True)
class Flux2Record(TaskRecord):
    """A task of `a2e.flux2` as the service reports it.

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
    "/api/v1/userFlux2/start",
    one(Flux2Record),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field("input_images", list, max_items=8, item=Field("", str, media=True)),
        Field(
            "aspect_ratio",
            str,
            choices=("1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "custom", "match_input_image"),
        ),
        Field("resolution", str, choices=("1K", "2K")),
        Field("force_generate", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userFlux2/list",
    many(Flux2Record),
    query=(
        Field("page_size", int, minimum=1, maximum=100),
        Field("status", str, choices=("initialized", "processing", "completed", "failed")),
    ),
    paging=Paging("page", "page_size", 20, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userFlux2/batchDetail",
    many(Flux2Record),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userFlux2/detail/{id}",
    one(Flux2Record),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE", "/api/v1/userFlux2/{id}", likely(Confirmation), path_fields=(Field("id", str, required=True),)
)


class Flux2(Workflow[Flux2Record]):
    """Flux 2 (`userFlux2`).

    Flux 2 Pro model.

    Every method also takes the options in `CallOptions`.
    """

    name = "flux2"
    record_type = Flux2Record
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
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal[
            "1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "custom", "match_input_image"
        ]
        | str
        | None = None,
        resolution: Literal["1K", "2K"] | str | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Flux2Record]:
        """Start Flux 2 Pro image generation or editing.

        Text-to-image, or image-to-image with up to 8 reference images. Usually 20-60 seconds. Images
        expire after 7 days. A 200 may instead report detected NSFW content. 402 when credits are short.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: Reference images. With any, the picture is made from them. Each a URL, a Path, bytes, an `Upload` or a `Result`. At most 8 items.
            aspect_ratio: Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, custom, match_input_image. Server default: 9:16.
            resolution: 1K is about 1 megapixel, 2K about 2. Server default: 1K.
            force_generate: Generates despite NSFW detection; default true for API callers, false for web. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.flux2(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "input_images": input_images,
                "aspect_ratio": aspect_ratio,
                "resolution": resolution,
                "force_generate": force_generate,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self,
        *,
        page_size: int | None = None,
        status: Literal["initialized", "processing", "completed", "failed"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Flux2Record]:
        """Get Flux 2 Pro task list.

        Newest first; only tasks within the 7-day retention.

        Args:
            page_size: Records per page. 1 to 100. Server default: 20.
            status: Only records of this status. One of initialized, processing, completed, failed.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"page_size": page_size, "status": status}, options)

    async def batch_detail(self, ids: Sequence[str], **options: Unpack[CallOptions]) -> Sequence[Flux2Record]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Flux2Record:
        """Get task details.

        Gives generation status, image URL and processing time.

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
        """Delete Flux 2 Pro task.

        Soft delete: the record is kept but left out of normal lists.

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
