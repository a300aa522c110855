"""Nano Banana (`userNanoBanana`): `a2e.nano_banana`.

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

__all__ = ["NanoBanana", "NanoBananaRecord"]


@attrs.frozen(kw_only=True)
class NanoBananaRecord(TaskRecord):
    """A task of `a2e.nano_banana` as the service reports it.

    A 200 without an id means that NSFW content was detected.

    Attributes:
        image_urls: The results; empty until it is done.
    """

    image_urls: Sequence[str] | None = None
    """The results; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userNanoBanana/start",
    one(NanoBananaRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field(
            "model", str, choices=("nano-banana", "nano-banana-pro", "nano-banana-2", "nano-banana-2-lite")
        ),
        Field("input_images", list, item=Field("", str, media=True)),
        Field(
            "aspect_ratio",
            str,
            choices=("auto", "16:9", "1:1", "9:16", "4:3", "3:4", "2:3", "3:2", "4:5", "5:4", "21:9"),
        ),
        Field("image_size", str, choices=("1K", "2K", "4K")),
        Field("google_search", bool),
        Field("force_generate", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userNanoBanana/allRecords",
    many(NanoBananaRecord),
    query=(
        Field("page_size", int, "pageSize", minimum=1, maximum=100),
        Field("status", str, choices=("initialized", "processing", "completed", "failed")),
    ),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userNanoBanana/batchDetail",
    many(NanoBananaRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userNanoBanana/detail/{id}",
    one(NanoBananaRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userNanoBanana/delete/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class NanoBanana(Workflow[NanoBananaRecord]):
    """Nano Banana (`userNanoBanana`).

    Google Gemini image model; text, or text with up to four reference images.

    Every method also takes the options in `CallOptions`.
    """

    name = "nano_banana"
    record_type = NanoBananaRecord
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("image_urls",)
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model: Literal["nano-banana", "nano-banana-pro", "nano-banana-2", "nano-banana-2-lite"]
        | str
        | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal["auto", "16:9", "1:1", "9:16", "4:3", "3:4", "2:3", "3:2", "4:5", "5:4", "21:9"]
        | str
        | None = None,
        image_size: Literal["1K", "2K", "4K"] | str | None = None,
        google_search: bool | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[NanoBananaRecord]:
        """Start Nano Banana image generation.

        NSFW is checked before generating. webhook_url/webhook_token work for API-token callers only,
        best effort.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model: nano-banana has no resolution control (edits when given images); lite is 1K only. One of nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite. Server default: nano-banana-pro.
            input_images: Image URLs, for editing and composition. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of auto, 16:9, 1:1, 9:16, 4:3, 3:4, 2:3, 3:2, 4:5, 5:4, 21:9. Server default: auto.
            image_size: Only nano-banana-pro and nano-banana-2; nano-banana-2-lite is always 1K. One of 1K, 2K, 4K. Server default: 1K.
            google_search: Grounding by web search; nano-banana-2 only. Server default: False.
            force_generate: Generates despite detected NSFW; default true for API callers, false on the web. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.nano_banana(prompt="a red kite over the sea")
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
                "image_size": image_size,
                "google_search": google_search,
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
    ) -> Pages[NanoBananaRecord]:
        """Get Nano Banana task list.

        Args:
            page_size: Records per page. 1 to 100.
            status: Only records of this status. One of initialized, processing, completed, failed.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"page_size": page_size, "status": status}, options)

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[NanoBananaRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> NanoBananaRecord:
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

        Soft delete: the record is kept but leaves the normal lists.

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
