"""Text to Image (`userText2Image`): `a2e.text_to_image`.

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
from a2e_async.records import Confirmation, Record, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["Avatar", "TextToImage", "TextToImageRecord"]


@attrs.frozen(kw_only=True)
class TextToImageRecord(TaskRecord):
    """A task of `a2e.text_to_image` as the service reports it.

    A start replies with a list, one record per image.

    Attributes:
        image_urls: The results; empty until it is done.
        prompt: The prompt, as it was given.
        failed_code: A code for the failure; empty without one.
        width: Pixels.
        height: Pixels.
    """

    image_urls: Sequence[str] | None = None
    """The results; empty until it is done."""
    prompt: str | None = None
    """The prompt, as it was given."""
    failed_code: str | None = None
    """A code for the failure; empty without one."""
    width: float | None = None
    """Pixels."""
    height: float | None = None
    """Pixels."""


@attrs.frozen(kw_only=True)
class Avatar(Record):
    """An avatar.

    Attributes:
        id: The `anchor_id` of `a2e.avatar_video`.
        name: Its name.
        type: `custom` for one of your own.
        anchor_type: 0: an avatar of the system, 1: one of your own.
        gender: The gender: female or male.
        lang: Its language, such as en-US.
        video_cover: The URL of a still picture, for previews.
        people_img: The URL of the picture without background.
        base_video: The URL of the video that it is made from.
        image_url: The URL of the picture that it is made from.
        user_video_twin_id: The id of the `a2e.video_twin` that it comes from.
        created_at: When it was made, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """The `anchor_id` of `a2e.avatar_video`."""
    name: str | None = None
    """Its name."""
    type: str | None = None
    """`custom` for one of your own."""
    anchor_type: int | None = None
    """0: an avatar of the system, 1: one of your own."""
    gender: str | None = None
    """The gender: female or male."""
    lang: str | None = None
    """Its language, such as en-US."""
    video_cover: str | None = None
    """The URL of a still picture, for previews."""
    people_img: str | None = None
    """The URL of the picture without background."""
    base_video: str | None = None
    """The URL of the video that it is made from."""
    image_url: str | None = None
    """The URL of the picture that it is made from."""
    user_video_twin_id: str | None = None
    """The id of the `a2e.video_twin` that it comes from."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""


START = Operation(
    "POST",
    "/api/v1/userText2Image/start",
    one(TextToImageRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True),
        Field("width", float),
        Field("height", float),
        Field("model_type", str, choices=("a2e", "seedream", "zimage")),
        Field("input_images", list, max_items=10, item=Field("", str, media=True)),
        Field("skip_face_enhance", bool),
        Field("aspect_ratio", str, choices=("1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9")),
        Field("max_images", int, minimum=1, maximum=8),
        Field("model_version", str, choices=("4.5", "5.0", "5.0-pro")),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(Need({"model_type": (None, "a2e")}, most={"input_images": 2}),),
)

LIST = Operation(
    "GET",
    "/api/v1/userText2Image/allRecords",
    many(TextToImageRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userText2Image/batchDetail",
    many(TextToImageRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userText2Image/{_id}",
    one(TextToImageRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userText2Image/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

QUICK_ADD_AVATAR = Operation(
    "POST",
    "/api/v1/userText2Image/quickAddAvatar",
    likely(Avatar),
    body=(
        Field("id", str, "_id", required=True),
        Field("gender", str, choices=("female", "male")),
    ),
    has_body=True,
)


class TextToImage(Workflow[TextToImageRecord]):
    """Text to Image (`userText2Image`).

    Every method also takes the options in `CallOptions`.
    """

    name = "text_to_image"
    record_type = TextToImageRecord
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("image_urls",)
    )

    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        width: float | None = None,
        height: float | None = None,
        model_type: Literal["a2e", "seedream", "zimage"] | str | None = None,
        input_images: Sequence[Media] | None = None,
        skip_face_enhance: bool | None = None,
        aspect_ratio: Literal["1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9"] | str | None = None,
        max_images: int | None = None,
        model_version: Literal["4.5", "5.0", "5.0-pro"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[TextToImageRecord]:
        """Start text to image generation.

        May create several tasks (one per image, see max_images). webhook_url/webhook_token work for
        API-token callers only, best effort.

        input_images is at most 2 with model_type a2e or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            width: Pixels. Server default: 1024.
            height: Pixels. Server default: 1024.
            model_type: The model. seedream also takes model_version and aspect_ratio. One of a2e, seedream, zimage. Server default: a2e.
            input_images: Reference images: at most 2 for a2e, 10 for Seedream 5.0 Pro. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            skip_face_enhance: a2e image edit only: turns off face-similarity enhancement. Server default: False.
            aspect_ratio: Seedream only. One of 1:1, 4:3, 3:4, 16:9, 9:16, 2:3, 3:2, 21:9.
            max_images: Each image becomes a task of its own. 1 to 8.
            model_version: With model_type seedream. One of 4.5, 5.0, 5.0-pro.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.text_to_image(prompt="A beautiful sunset over mountains")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "prompt": prompt,
                "name": name,
                "width": width,
                "height": height,
                "model_type": model_type,
                "input_images": input_images,
                "skip_face_enhance": skip_face_enhance,
                "aspect_ratio": aspect_ratio,
                "max_images": max_images,
                "model_version": model_version,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[TextToImageRecord]:
        """Get all text to image records.

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
    ) -> Sequence[TextToImageRecord]:
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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> TextToImageRecord:
        """Get text to image record detail.

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

    async def quick_add_avatar(
        self,
        id: str,
        *,
        gender: Literal["female", "male"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Avatar:
        """Quick add avatar from generated image.

        Makes a custom avatar out of a text-to-image result.

        Args:
            id: Id of the text-to-image record.
            gender: The avatar's gender. One of female, male.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(QUICK_ADD_AVATAR, {"id": id, "gender": gender}, options)
