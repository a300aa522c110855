"""Generate Avatar Videos (`video`): `a2e.avatar_video`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

import attrs

from a2e_async._spec.decoders import many, one, raw
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async._spec.routes import Routes
from a2e_async._spec.rules import Need
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import TaskRecord
from a2e_async.resources import Workflow

__all__ = ["AvatarVideo", "AvatarVideoRecord", "CaptionAlign", "GpModel"]


class GpModel(TypedDict, total=False):
    """Members of `gp_model`.

    compose_mode: How the avatar is laid over the background, such as overlay.
    compose_ratio: How strongly, such as 0.8.
    """

    compose_mode: str
    """How the avatar is laid over the background, such as overlay."""
    compose_ratio: float
    """How strongly, such as 0.8."""


class CaptionAlign(TypedDict, total=False):
    """Members of `caption_align`.

    language: The language of the captions, such as en.
    PrimaryColour: RGBA.
    title: The title above the captions.
    TitleBoxColour: RGBA.
    FontName: The font, such as Arial.
    Fontsize: Pixels.
    subtitle_position: Vertical place, 0 to 1.
    OutlineColour: RGBA.
    BackColour: RGBA.
    """

    language: str
    """The language of the captions, such as en."""
    PrimaryColour: str
    """RGBA."""
    title: str
    """The title above the captions."""
    TitleBoxColour: str
    """RGBA."""
    FontName: str
    """The font, such as Arial."""
    Fontsize: int
    """Pixels."""
    subtitle_position: float
    """Vertical place, 0 to 1."""
    OutlineColour: str
    """RGBA."""
    BackColour: str
    """RGBA."""


@attrs.frozen(kw_only=True)
class AvatarVideoRecord(TaskRecord):
    """A task of `a2e.avatar_video` as the service reports it.

    The status is init, start, pending, process, copy, success or fail.

    Attributes:
        process: Percent done.
        result: The video's URL; empty until it is done.
        msg: What the service says about it, such as the reason of a failure.
        anchor_id: The id of the avatar.
        anchor_type: 0: an avatar of the system, 1: one of your own.
        web_bg_width: Width of the canvas, in pixels.
        web_bg_height: Height of the canvas, in pixels.
        color: The colour of the background, RGBA.
        replace_bg_id: The id of the background of the system.
        custom_backs_id: The id of a background of your own.
        result_people_url: A part of the video: the avatar alone.
        result_bg_url: A part of the video: the background.
        diff_s: Seconds.
        current_date: The time of the reply.
    """

    process: int | None = None
    """Percent done."""
    result: str | None = None
    """The video's URL; empty until it is done."""
    msg: str | None = None
    """What the service says about it, such as the reason of a failure."""
    anchor_id: str | None = None
    """The id of the avatar."""
    anchor_type: str | None = None
    """0: an avatar of the system, 1: one of your own."""
    web_bg_width: int | None = None
    """Width of the canvas, in pixels."""
    web_bg_height: int | None = None
    """Height of the canvas, in pixels."""
    color: str | None = None
    """The colour of the background, RGBA."""
    replace_bg_id: str | None = None
    """The id of the background of the system."""
    custom_backs_id: str | None = None
    """The id of a background of your own."""
    result_people_url: str | None = None
    """A part of the video: the avatar alone."""
    result_bg_url: str | None = None
    """A part of the video: the background."""
    diff_s: int | None = None
    """Seconds."""
    current_date: str | None = None
    """The time of the reply."""


START = Operation(
    "POST",
    "/api/v1/video/generate",
    one(AvatarVideoRecord),
    body=(
        Field("title", str, max_length=40),
        Field("audio_src", str, "audioSrc", media=True),
        Field("custom_voice", str, media=True),
        Field("anchor_id", str, required=True, pattern="^[a-fA-F0-9]{24}$"),
        Field("anchor_type", float, required=True),
        Field("anchor_background_img", str, media=True),
        Field("anchor_background_color", str),
        Field("back_id", str, pattern="^[a-fA-F0-9]{24}$"),
        Field("face_swap_id", str, pattern="^[a-fA-F0-9]{24}$"),
        Field("custom_back_id", str, pattern="^[a-fA-F0-9]{24}$"),
        Field("color", str),
        Field("wl_model", str),
        Field("is_skip_rs", bool, "isSkipRs"),
        Field("web_bg_width", float),
        Field("web_bg_height", float),
        Field("web_people_width", float),
        Field("web_people_height", float),
        Field("web_people_x", float),
        Field("web_people_y", float),
        Field("web_dist_bg_width", float),
        Field("web_dist_bg_height", float),
        Field("web_dist_bg_x", float),
        Field("web_dist_bg_y", float),
        Field("resolution", float),
        Field("msg", str),
        Field("erode_factor", float),
        Field("is_skip_gp", bool, "isSkipGp"),
        Field("is_caption_enabled", bool, "isCaptionEnabled"),
        Field(
            "gp_model",
            dict,
            fields=(
                Field("compose_mode", str),
                Field("compose_ratio", float),
            ),
        ),
        Field("is_to_public_pool", bool, "isToPublicPool"),
        Field("lip_model", str),
        Field(
            "caption_align",
            dict,
            "captionAlign",
            fields=(
                Field("language", str),
                Field("PrimaryColour", str),
                Field("title", str),
                Field("TitleBoxColour", str),
                Field("FontName", str),
                Field("Fontsize", int),
                Field("subtitle_position", float),
                Field("OutlineColour", str),
                Field("BackColour", str),
            ),
        ),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
    any_of=(("audio_src", "custom_voice"),),
    exclusive=(("back_id", "custom_back_id"),),
    needs=(
        Need(
            {"back_id": None},
            all_of=("web_bg_width", "web_bg_height", "web_people_width", "web_people_height"),
        ),
        Need(
            {"custom_back_id": None},
            all_of=("web_bg_width", "web_bg_height", "web_people_width", "web_people_height"),
        ),
        Need(
            {"color": None}, all_of=("web_bg_width", "web_bg_height", "web_people_width", "web_people_height")
        ),
    ),
)

GET = Operation(
    "GET",
    "/api/v1/video/detail",
    one(AvatarVideoRecord),
    query=(Field("id", str, "video_id", required=True),),
    repeatable=True,
)

LIST = Operation(
    "POST", "/api/v1/video/list", many(AvatarVideoRecord), has_body=True, paging=Paging(), repeatable=True
)

GENERATE_PUBLIC_ACCESS_TOKEN = Operation(
    "POST",
    "/api/v1/video/generatePublicAccessToken",
    raw,
    body=(
        Field("video_id", str, required=True),
        Field("expire_minutes"),
    ),
    has_body=True,
)


class AvatarVideo(Workflow[AvatarVideoRecord]):
    """Generate Avatar Videos (`video`).

    Every method also takes the options in `CallOptions`.
    """

    name = "avatar_video"
    record_type = AvatarVideoRecord
    routes = Routes(start=START, get=GET, outputs=("result",))

    def __call__(
        self,
        *,
        anchor_id: str,
        anchor_type: float,
        title: str | None = None,
        audio_src: Media | None = None,
        custom_voice: Media | None = None,
        anchor_background_img: Media | None = None,
        anchor_background_color: str | None = None,
        back_id: str | None = None,
        face_swap_id: str | None = None,
        custom_back_id: str | None = None,
        color: str | None = None,
        wl_model: str | None = None,
        is_skip_rs: bool | None = None,
        web_bg_width: float | None = None,
        web_bg_height: float | None = None,
        web_people_width: float | None = None,
        web_people_height: float | None = None,
        web_people_x: float | None = None,
        web_people_y: float | None = None,
        web_dist_bg_width: float | None = None,
        web_dist_bg_height: float | None = None,
        web_dist_bg_x: float | None = None,
        web_dist_bg_y: float | None = None,
        resolution: float | None = None,
        msg: str | None = None,
        erode_factor: float | None = None,
        is_skip_gp: bool | None = None,
        is_caption_enabled: bool | None = None,
        gp_model: GpModel | None = None,
        is_to_public_pool: bool | None = None,
        lip_model: str | None = None,
        caption_align: CaptionAlign | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[AvatarVideoRecord]:
        """Generate AI video with avatar.

        One of audio_src or custom_voice is needed. Background replacement needs an original background
        stored on the avatar, or anchor_background_img / anchor_background_color in the request.

        At least one of audio_src and custom_voice is needed. Only one of back_id and custom_back_id may
        be given. web_bg_width, web_bg_height, web_people_width and web_people_height are needed with
        back_id, custom_back_id or color.

        Args:
            anchor_id: The avatar's id.
            anchor_type: 0 system avatar, 1 custom avatar.
            title: The title of the video, to find it again. At most 40 characters.
            audio_src: Audio URL; needed when custom_voice is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            custom_voice: Audio URL; needed when audio_src is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            anchor_background_img: URL; needed to replace a background when the avatar stores no original one. A URL, a Path, bytes, an `Upload` or a `Result`.
            color: RGBA.
            anchor_background_color: RGBA; needed to replace a background when the avatar stores no original one.
            back_id: System background; not together with `custom_back_id` (error 30005).
            face_swap_id: The id of a face swap.
            custom_back_id: From custom_back/add; not together with `back_id` (error 30005).
            wl_model: Watermark/logo setting.
            is_skip_rs: Skips resolution scaling.
            web_bg_width: Output canvas width. Needed with back_id, custom_back_id or color. Server default: 0.
            web_bg_height: Output canvas height. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_width: Avatar width in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_height: Avatar height in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_x: Pixels from the left edge of the canvas to the avatar. Server default: 0.
            web_people_y: Pixels from the top edge of the canvas to the avatar. Server default: 0.
            web_dist_bg_width: Width of the background on the canvas, in pixels. -1 is its own width. Server default: -1.
            web_dist_bg_height: Height of the background on the canvas, in pixels. -1 is its own height. Server default: -1.
            web_dist_bg_x: Pixels from the left edge of the canvas to the background. Server default: 0.
            web_dist_bg_y: Pixels from the top edge of the canvas to the background. Server default: 0.
            resolution: Height in pixels. Server default: 1080.
            msg: The text that is spoken, as clients send it. It is not turned into speech here.
            erode_factor: How much is cut off along the avatar's outline when its background is replaced.
            is_skip_gp: Skips green-screen processing.
            is_caption_enabled: Whether captions are shown.
            gp_model: Green-screen settings.
            is_to_public_pool: Whether the video may be shown to others.
            lip_model: Lip-sync model.
            caption_align: Style and position of the captions.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.avatar_video(
                anchor_id="507f1f77bcf86cd799439011",
                anchor_type=0,
                audio_src=Path("speech.mp3"),
            )
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "anchor_id": anchor_id,
                "anchor_type": anchor_type,
                "title": title,
                "audio_src": audio_src,
                "custom_voice": custom_voice,
                "anchor_background_img": anchor_background_img,
                "anchor_background_color": anchor_background_color,
                "back_id": back_id,
                "face_swap_id": face_swap_id,
                "custom_back_id": custom_back_id,
                "color": color,
                "wl_model": wl_model,
                "is_skip_rs": is_skip_rs,
                "web_bg_width": web_bg_width,
                "web_bg_height": web_bg_height,
                "web_people_width": web_people_width,
                "web_people_height": web_people_height,
                "web_people_x": web_people_x,
                "web_people_y": web_people_y,
                "web_dist_bg_width": web_dist_bg_width,
                "web_dist_bg_height": web_dist_bg_height,
                "web_dist_bg_x": web_dist_bg_x,
                "web_dist_bg_y": web_dist_bg_y,
                "resolution": resolution,
                "msg": msg,
                "erode_factor": erode_factor,
                "is_skip_gp": is_skip_gp,
                "is_caption_enabled": is_caption_enabled,
                "gp_model": gp_model,
                "is_to_public_pool": is_to_public_pool,
                "lip_model": lip_model,
                "caption_align": caption_align,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    async def get(self, id: str, **options: Unpack[CallOptions]) -> AvatarVideoRecord:
        """Get record details.

        Args:
            id: Task id that video/generate returned.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(GET, {"id": id}, options)

    def list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Pages[AvatarVideoRecord]:
        """List avatar videos.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {}, with_body(body, options))

    async def generate_public_access_token(
        self, *, video_id: str, expire_minutes: Any | None = None, **options: Unpack[CallOptions]
    ) -> Any:
        """Generate public access token.

        Args:
            video_id: The video's id.
            expire_minutes: Minutes.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            GENERATE_PUBLIC_ACCESS_TOKEN, {"video_id": video_id, "expire_minutes": expire_minutes}, options
        )
