"""Image to Video (`userImage2Video`): `a2e.image_to_video`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

import attrs

from a2e_async._spec.decoders import likely, many, one, raw
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async._spec.routes import Routes
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

if TYPE_CHECKING:
    from a2e_async.events import Events

__all__ = ["ImageToVideo", "ImageToVideoRecord"]


@attrs.frozen(kw_only=True)
class ImageToVideoRecord(TaskRecord):
    """A task of `a2e.image_to_video` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
        image_url: The picture that was given.
        prompt: The prompt, as it was given.
        negative_prompt: The negative prompt, as it was given.
        failed_code: A code for the failure; empty without one.
    """

    result_url: str | None = None
    """The result; empty until it is done."""
    image_url: str | None = None
    """The picture that was given."""
    prompt: str | None = None
    """The prompt, as it was given."""
    negative_prompt: str | None = None
    """The negative prompt, as it was given."""
    failed_code: str | None = None
    """A code for the failure; empty without one."""


START = Operation(
    "POST",
    "/api/v1/userImage2Video/start",
    one(ImageToVideoRecord),
    body=(
        Field("name", str),
        Field("image_url", str, required=True, media=True),
        Field("prompt", str),
        Field("negative_prompt", str),
        Field("lora", str),
        Field("model_type", str, choices=("GENERAL", "FLF2V")),
        Field("model_version", str, choices=("a2e", "a2e-v2", "a2e-v2-flash")),
        Field("end_image_url", str, media=True),
        Field("extend_prompt", bool),
        Field("number_of_images", int, minimum=1, maximum=8),
        Field("video_time", int, choices=(5, 10, 15, 20)),
        Field("video_length", int, minimum=1, maximum=1000),
        Field("skip_face_enhance", bool),
        Field("mask_face", bool),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    needs=(Need({"model_type": ("FLF2V",)}, all_of=("end_image_url",)),),
)

LIST = Operation(
    "GET",
    "/api/v1/userImage2Video/allRecords",
    many(ImageToVideoRecord),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userImage2Video/batchDetail",
    many(ImageToVideoRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

AVG_PROCESSING_TIME = Operation("GET", "/api/v1/userImage2Video/avgProcessingTime", raw, repeatable=True)

UNLIMITED_QUEUE_LEVEL = Operation("GET", "/api/v1/userImage2Video/unlimitedQueueLevel", raw, repeatable=True)

MARK_SHARED = Operation(
    "POST",
    "/api/v1/userImage2Video/{_id}/markShared",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    has_body=True,
    may_be_empty=True,
)

MARK_DOWNLOADED = Operation(
    "POST",
    "/api/v1/userImage2Video/{_id}/markDownloaded",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    has_body=True,
    may_be_empty=True,
)

MARK_COPIED = Operation(
    "POST",
    "/api/v1/userImage2Video/{_id}/markCopied",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    has_body=True,
    may_be_empty=True,
)

GET = Operation(
    "GET",
    "/api/v1/userImage2Video/{_id}",
    one(ImageToVideoRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userImage2Video/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

PROMPT_EXTENSION = Operation(
    "POST",
    "/api/v1/userImage2Video/prompt_extension",
    raw,
    body=(
        Field("reference_id", str, required=True),
        Field("image_url", str, required=True, media=True),
        Field("prompt", str, required=True),
        Field("negative_prompt", str, required=True),
        Field("lang", str),
        Field("max_length", int),
        Field("stream", bool),
        Field("template", str, choices=("default", "cinematic")),
        Field("shot_count", int),
        Field("with_audio", bool),
    ),
    has_body=True,
)

FLF2V_PROMPT_EXTENSION = Operation(
    "POST",
    "/api/v1/userImage2Video/flf2v_prompt_extension",
    raw,
    body=(
        Field("reference_id", str, required=True),
        Field("image_url", str, required=True, media=True),
        Field("end_image_url", str, required=True, media=True),
        Field("prompt", str, required=True),
        Field("negative_prompt", str, required=True),
        Field("lang", str),
        Field("max_length", int),
        Field("stream", bool),
    ),
    has_body=True,
)


class ImageToVideo(Workflow[ImageToVideoRecord]):
    """Image to Video (`userImage2Video`).

    Every method also takes the options in `CallOptions`.
    """

    name = "image_to_video"
    record_type = ImageToVideoRecord
    routes = Routes(
        start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE, outputs=("result_url",)
    )

    def __call__(
        self,
        *,
        image_url: Media,
        name: str | None = None,
        prompt: str | None = None,
        negative_prompt: str | None = None,
        lora: str | None = None,
        model_type: Literal["GENERAL", "FLF2V"] | str | None = None,
        model_version: Literal["a2e", "a2e-v2", "a2e-v2-flash"] | str | None = None,
        end_image_url: Media | None = None,
        extend_prompt: bool | None = None,
        number_of_images: int | None = None,
        video_time: Literal[5, 10, 15, 20] | int | None = None,
        video_length: int | None = None,
        skip_face_enhance: bool | None = None,
        mask_face: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[ImageToVideoRecord]:
        """Start image to video conversion.

        The V2 models make their own audio (auto_add_audio is ignored) and are not covered by plan
        waivers; a2e-v2 costs more per second.

        end_image_url is needed with model_type FLF2V.

        Args:
            image_url: The picture to animate; it is the first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lora: Lora ID; its preset replaces prompt and negative_prompt, which may then be omitted.
            model_type: From one picture (GENERAL), or from a first and a last frame (FLF2V). Server default: GENERAL.
            model_version: The model. Server default: a2e-v2 for Ultra users, a2e otherwise. a2e-v2 costs more per second; a2e-v2-flash costs the same as a2e.
            end_image_url: Needed when model_type is FLF2V. A URL, a Path, bytes, an `Upload` or a `Result`.
            extend_prompt: Whether the prompt is extended automatically. Server default: True.
            number_of_images: How many videos are made. 1 to 8. Server default: 1.
            video_time: Seconds. One of 5, 10, 15, 20. Server default: 5.
            video_length: Deprecated, frames; use video_time. 1 to 1000.
            skip_face_enhance: False enhances face similarity. Server default: False.
            mask_face: Web NSFW preflight; true only once the user agreed to face masking.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_to_video(image_url=Path("cat.png"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "image_url": image_url,
                "name": name,
                "prompt": prompt,
                "negative_prompt": negative_prompt,
                "lora": lora,
                "model_type": model_type,
                "model_version": model_version,
                "end_image_url": end_image_url,
                "extend_prompt": extend_prompt,
                "number_of_images": number_of_images,
                "video_time": video_time,
                "video_length": video_length,
                "skip_face_enhance": skip_face_enhance,
                "mask_face": mask_face,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[ImageToVideoRecord]:
        """List image to video tasks.

        Only records that have not expired.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
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
    ) -> Sequence[ImageToVideoRecord]:
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

    async def avg_processing_time(self, **options: Unpack[CallOptions]) -> Any:
        """Get average processing time.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(AVG_PROCESSING_TIME, {}, options)

    async def unlimited_queue_level(self, **options: Unpack[CallOptions]) -> Any:
        """Get the level of the unlimited queue.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UNLIMITED_QUEUE_LEVEL, {}, options)

    async def mark_shared(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Mark record as shared.

        Only records the interaction; the task's media stay as they are.

        Args:
            id: The task's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(MARK_SHARED, {"id": id}, with_body(body, options))

    async def mark_downloaded(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Mark record as downloaded.

        Only records the interaction; the task's media stay as they are.

        Args:
            id: The task's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(MARK_DOWNLOADED, {"id": id}, with_body(body, options))

    async def mark_copied(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Mark record as copied.

        Only records the interaction; the task's media stay as they are.

        Args:
            id: The task's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(MARK_COPIED, {"id": id}, with_body(body, options))

    async def get(self, id: str, **options: Unpack[CallOptions]) -> ImageToVideoRecord:
        """Get image to video task detail.

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
        """Delete an image to video task.

        Only tasks that are initialized, completed or failed can be deleted; an initialized one is
        refunded.

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

    @overload
    def prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[True],
        template: Literal["default", "cinematic"] | str | None = None,
        shot_count: int | None = None,
        with_audio: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Events: ...
    @overload
    def prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[False] | None = None,
        template: Literal["default", "cinematic"] | str | None = None,
        shot_count: int | None = None,
        with_audio: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Coroutine[Any, Any, Any]: ...
    def prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: bool | None = None,
        template: Literal["default", "cinematic"] | str | None = None,
        shot_count: int | None = None,
        with_audio: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Events | Coroutine[Any, Any, Any]:
        """Extend prompt for image to video.

        An LLM rewrites prompt and negative prompt, for general image-to-video. With `stream` the 200 is
        Server-Sent Events.

        Args:
            reference_id: An id of your own for the request, such as that of a task.
            image_url: The picture to animate. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lang: Language of the new prompts, such as en. Server default: en.
            max_length: Hard cap in characters on the generated prompts, not a target.
            stream: True answers with Server-Sent Events: delta, result, done, error.
            template: default: one shot; cinematic: scene bible, SHOT 1..N and Audio section. Server default: default.
            shot_count: Cinematic only; server clamps to 1-4. Server default: 2.
            with_audio: Cinematic only: adds an Audio section. Server default: True.
            options: See `CallOptions`.

        Returns:
            The decoded JSON. With stream=True, an async iterator over the events.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        values = {
            "reference_id": reference_id,
            "image_url": image_url,
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "lang": lang,
            "max_length": max_length,
            "stream": stream,
            "template": template,
            "shot_count": shot_count,
            "with_audio": with_audio,
        }
        if stream:
            return self._stream(PROMPT_EXTENSION, values, options)
        return self._request(PROMPT_EXTENSION, values, options)

    @overload
    def flf2v_prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        end_image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[True],
        **options: Unpack[CallOptions],
    ) -> Events: ...
    @overload
    def flf2v_prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        end_image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[False] | None = None,
        **options: Unpack[CallOptions],
    ) -> Coroutine[Any, Any, Any]: ...
    def flf2v_prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        end_image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Events | Coroutine[Any, Any, Any]:
        """Extend prompt for FLF2V image to video.

        An LLM rewrites prompt and negative prompt for FLF2V, which needs `end_image_url`. With `stream`
        the 200 is Server-Sent Events.

        Args:
            reference_id: An id of your own for the request, such as that of a task.
            image_url: The first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url: The last frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lang: Language of the new prompts, such as en. Server default: en.
            max_length: Hard cap in characters on the generated prompts, not a target.
            stream: True answers with Server-Sent Events: delta, result, done, error.
            options: See `CallOptions`.

        Returns:
            The decoded JSON. With stream=True, an async iterator over the events.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        values = {
            "reference_id": reference_id,
            "image_url": image_url,
            "end_image_url": end_image_url,
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "lang": lang,
            "max_length": max_length,
            "stream": stream,
        }
        if stream:
            return self._stream(FLF2V_PROMPT_EXTENSION, values, options)
        return self._request(FLF2V_PROMPT_EXTENSION, values, options)
