"""Qwen Image (`userQwen2Image`): `a2e.qwen2_image`.

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
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["Qwen2Image", "Qwen2ImageRecord"]


@attrs.frozen(kw_only=True)
class Qwen2ImageRecord(TaskRecord):
    """A task of `a2e.qwen2_image` as the service reports it.

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
    "/api/v1/userQwen2Image/start",
    one(Qwen2ImageRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field(
            "model",
            str,
            choices=("qwen-image-2.0", "qwen-image-2.0-pro", "qwen-image-3.0", "qwen-image-3.0-pro"),
        ),
        Field("input_images", list, item=Field("", str, media=True)),
        Field(
            "size",
            str,
            choices=(
                "1024*1024",
                "1328*880",
                "880*1328",
                "1152*864",
                "864*1152",
                "1280*720",
                "720*1280",
                "1512*648",
                "2048*2048",
                "2048*1365",
                "1365*2048",
                "2048*1536",
                "1536*2048",
                "2048*1152",
                "1152*2048",
            ),
        ),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(
        Need(
            {"model": (None, "qwen-image-2.0", "qwen-image-2.0-pro", "qwen-image-3.0")},
            only={
                "size": (
                    "1024*1024",
                    "1328*880",
                    "880*1328",
                    "1152*864",
                    "864*1152",
                    "1280*720",
                    "720*1280",
                    "1512*648",
                )
            },
        ),
    ),
)

LIST = Operation(
    "GET", "/api/v1/userQwen2Image/list", many(Qwen2ImageRecord), paging=Paging(), repeatable=True
)

GET = Operation(
    "GET",
    "/api/v1/userQwen2Image/detail/{id}",
    one(Qwen2ImageRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userQwen2Image/batchDetail",
    many(Qwen2ImageRecord),
    body=(Field("ids", list, required=True, max_items=200, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userQwen2Image/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class Qwen2Image(Workflow[Qwen2ImageRecord]):
    """Qwen Image (`userQwen2Image`).

    Every method also takes the options in `CallOptions`.
    """

    name = "qwen2_image"
    record_type = Qwen2ImageRecord
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
        model: Literal["qwen-image-2.0", "qwen-image-2.0-pro", "qwen-image-3.0", "qwen-image-3.0-pro"]
        | str
        | None = None,
        input_images: Sequence[Media] | None = None,
        size: Literal[
            "1024*1024",
            "1328*880",
            "880*1328",
            "1152*864",
            "864*1152",
            "1280*720",
            "720*1280",
            "1512*648",
            "2048*2048",
            "2048*1365",
            "1365*2048",
            "2048*1536",
            "1536*2048",
            "2048*1152",
            "1152*2048",
        ]
        | str
        | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[Qwen2ImageRecord]:
        """Start a new Qwen2 image generation/edit task.

        Text-to-image or image editing. webhook_url/webhook_token work for API-token callers only, best
        effort.

        size can only be 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280 or
        1512*648 with model qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0 or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model: The model. Only qwen-image-3.0-pro makes the sizes with 2048. One of qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0, qwen-image-3.0-pro. Server default: qwen-image-2.0.
            input_images: Reference images; the URLs must be public. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            size: The 2K sizes (with 2048) need qwen-image-3.0-pro; the others suit every model. One of 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280, 1512*648, 2048*2048, 2048*1365, 1365*2048, 2048*1536, 1536*2048, 2048*1152, 1152*2048. Server default: 1024*1024.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.qwen2_image(prompt="a red kite over the sea")
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
                "size": size,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, **options: Unpack[CallOptions]) -> Pages[Qwen2ImageRecord]:
        """List Qwen2 image tasks.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> Qwen2ImageRecord:
        """Get Qwen2 image task details.

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
    ) -> Sequence[Qwen2ImageRecord]:
        """Batch get Qwen2 image task details.

        Gives at most 200 of the caller's tasks; match them by id.

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

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a Qwen2 image task.

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
