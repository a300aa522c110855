"""Kling Image (`userKlingImage`): `a2e.kling_image`.

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

__all__ = ["KlingImage", "KlingImageRecord"]


@attrs.frozen(kw_only=True)
class KlingImageRecord(TaskRecord):
    """A task of `a2e.kling_image` as the service reports it.

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
    "/api/v1/userKlingImage/start",
    one(KlingImageRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field("input_images", list, item=Field("", str, media=True)),
        Field("aspect_ratio", str, choices=("1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "21:9")),
        Field("resolution", str, choices=("1k", "2k")),
        Field("n", int, minimum=1, maximum=9),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

LIST = Operation(
    "GET", "/api/v1/userKlingImage/list", many(KlingImageRecord), paging=Paging(), repeatable=True
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userKlingImage/batchDetail",
    many(KlingImageRecord),
    body=(Field("ids", list, required=True, max_items=200, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userKlingImage/detail/{id}",
    one(KlingImageRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userKlingImage/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class KlingImage(Workflow[KlingImageRecord]):
    """Kling Image (`userKlingImage`).

    Every method also takes the options in `CallOptions`.
    """

    name = "kling_image"
    record_type = KlingImageRecord
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
        aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "21:9"] | str | None = None,
        resolution: Literal["1k", "2k"] | str | None = None,
        n: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[KlingImageRecord]:
        """Start Kling 3.0 image generation.

        Creates one or more tasks, as many as `n` says.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: Reference image URLs, publicly reachable. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, 21:9. Server default: 9:16.
            n: How many pictures are made; each is a task. 1 to 9.
            resolution: How large the pictures are. One of 1k, 2k. Server default: 1k.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_image(prompt="a red kite over the sea")
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
                "n": n,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, **options: Unpack[CallOptions]) -> Pages[KlingImageRecord]:
        """List Kling image tasks.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {}, options)

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[KlingImageRecord]:
        """Batch get Kling image task details.

        At most 200 tasks.

        Args:
            ids: The tasks' ids. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(BATCH_DETAIL, {"ids": ids}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> KlingImageRecord:
        """Get Kling image task details.

        Includes the current status and the generated image fields.

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
        """Delete a Kling image task.

        Soft delete: left out of later list results.

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
