"""GPT Image (`userGptImage`): `a2e.gpt_image`.

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
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["GptImage", "GptImageRecord"]


@attrs.frozen(kw_only=True)
class GptImageRecord(TaskRecord):
    """A task of `a2e.gpt_image` as the service reports it.

    The status may contain nsfw or nfsw. A 200 without an id means that NSFW content was detected.

    Attributes:
        image_urls: The results; empty until it is done.
        image_url: The same picture as the first of image_urls.
    """

    image_urls: Sequence[str] | None = None
    """The results; empty until it is done."""
    image_url: str | None = None
    """The same picture as the first of image_urls."""


START = Operation(
    "POST",
    "/api/v1/userGptImage/start",
    one(GptImageRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True, max_length=3000),
        Field("input_images", list, max_items=16, item=Field("", str, media=True)),
        Field(
            "model",
            str,
            choices=("gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare"),
        ),
        Field(
            "aspect_ratio", str, choices=("auto", "1:1", "9:16", "21:9", "16:9", "4:3", "3:2", "3:4", "2:3")
        ),
        Field("quality", str, choices=("medium", "high")),
        Field("resolution", str, choices=("1K", "2K", "4K")),
        Field("force_generate", bool),
        Field("save_as_png"),
        Field("background"),
        Field("creation_mode"),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(Need({"model": ("gpt-image-2",), "aspect_ratio": ("1:1",), "resolution": ("4K",)}),),
)

LIST = Operation(
    "GET",
    "/api/v1/userGptImage/list",
    many(GptImageRecord),
    query=(Field("page_size", int, minimum=1),),
    paging=Paging("page", "page_size", 20, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userGptImage/batchDetail",
    many(GptImageRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userGptImage/detail/{id}",
    one(GptImageRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userGptImage/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class GptImage(Workflow[GptImageRecord]):
    """GPT Image (`userGptImage`).

    OpenAI GPT-4o image generation and editing.

    Every method also takes the options in `CallOptions`.
    """

    name = "gpt_image"
    record_type = GptImageRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("image_urls", "image_url"),
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        input_images: Sequence[Media] | None = None,
        model: Literal["gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare"]
        | str
        | None = None,
        aspect_ratio: Literal["auto", "1:1", "9:16", "21:9", "16:9", "4:3", "3:2", "3:4", "2:3"]
        | str
        | None = None,
        quality: Literal["medium", "high"] | str | None = None,
        resolution: Literal["1K", "2K", "4K"] | str | None = None,
        force_generate: bool | None = None,
        save_as_png: Any | None = None,
        background: Any | None = None,
        creation_mode: Any | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[GptImageRecord]:
        """Start GPT Image generation or editing.

        Text-to-image, or editing of up to 16 images. Results expire after 3 days.
        webhook_url/webhook_token work for API-token callers only, best effort.

        resolution 4K cannot be combined with model gpt-image-2 and aspect_ratio 1:1.

        Args:
            prompt: What is wanted, in words. At most 3000 characters.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: Image URLs for editing; at most 16 (gpt-image-1.5). Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model: 1.5: 20/35 coins; 2: per image 25 (1K), 35 (2K), 45 (4K), quality fixed medium. One of gpt-image-1.5, gpt-image-2, gpt-image-2.5-sunburst, gpt-image-2.5-flare. Server default: gpt-image-1.5.
            aspect_ratio: gpt-image-1.5: only 1:1, 3:2, 2:3, others become 1:1; gpt-image-2: all nine. One of auto, 1:1, 9:16, 21:9, 16:9, 4:3, 3:2, 3:4, 2:3. Server default: 1:1.
            quality: gpt-image-1.5 only. One of medium, high. Server default: medium.
            resolution: gpt-image-2 only; 1:1 excludes 4K; aspect_ratio auto or omitted: 1K only. One of 1K, 2K, 4K. Server default: 1K.
            force_generate: Generates despite detected NSFW.
            save_as_png: Whether the picture is a PNG.
            background: The background of the picture.
            creation_mode: How the picture is made.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.gpt_image(prompt="a red kite over the sea")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "input_images": input_images,
                "model": model,
                "aspect_ratio": aspect_ratio,
                "quality": quality,
                "resolution": resolution,
                "force_generate": force_generate,
                "save_as_png": save_as_png,
                "background": background,
                "creation_mode": creation_mode,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[GptImageRecord]:
        """Get GPT Image task list.

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

    async def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[GptImageRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> GptImageRecord:
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
        """Delete GPT Image task.

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
