"""Wan2.6 Image (`userWan26Image`): `a2e.wan26_image`.

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

__all__ = ["Wan26Image", "Wan26ImageRecord"]


@attrs.frozen(kw_only=True)
class Wan26ImageRecord(TaskRecord):
    """A task of `a2e.wan26_image` as the service reports it.

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
    "/api/v1/userWan26Image/start",
    one(Wan26ImageRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True, max_length=2000),
        Field("input_images", list, max_items=4, item=Field("", str, media=True)),
        Field("aspect_ratio", str, choices=("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9")),
        Field("negative_prompt", str, max_length=500),
        Field("prompt_extend", bool),
        Field("force_generate", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userWan26Image/list",
    many(Wan26ImageRecord),
    query=(Field("page_size", int, minimum=1),),
    paging=Paging("page", "page_size", 20, 100),
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userWan26Image/detail/{id}",
    one(Wan26ImageRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userWan26Image/batchDetail",
    many(Wan26ImageRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userWan26Image/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class Wan26Image(Workflow[Wan26ImageRecord]):
    """Wan2.6 Image (`userWan26Image`).

    Every method also takes the options in `CallOptions`.
    """

    name = "wan26_image"
    record_type = Wan26ImageRecord
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
        aspect_ratio: Literal["1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9"] | str | None = None,
        negative_prompt: str | None = None,
        prompt_extend: bool | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Wan26ImageRecord]:
        """Start a new Wan2.6-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt: What is wanted, in words. At most 2000 characters.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: For editing; 0 to 4 images. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            negative_prompt: What is not wanted, in words. At most 500 characters.
            prompt_extend: Lets the server rewrite the prompt. Server default: True.
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
            job = a2e.wan26_image(prompt="a red kite over the sea")
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
                "negative_prompt": negative_prompt,
                "prompt_extend": prompt_extend,
                "force_generate": force_generate,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Wan26ImageRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Wan26ImageRecord:
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
    ) -> Sequence[Wan26ImageRecord]:
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
