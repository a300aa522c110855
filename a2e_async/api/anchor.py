"""Generate Avatar Videos (`anchor`): `a2e.anchor`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import attrs

from a2e_async._spec.decoders import likely_many, many
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async.pages import Pages
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["Anchor", "Avatar", "LanguageGroup", "LanguageRegion", "SystemVoice", "VoiceGroup", "VoiceOption"]


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


@attrs.frozen(kw_only=True)
class SystemVoice(Record):
    """A system voice, or a group of them by gender. It has either shape.

    Attributes:
        id: The `tts_id` of `a2e.tts.send_tts()`.
        name: Its name.
        gender: The gender: female or male.
        language: Its language, such as en-US.
        label: Of a group: the gender, to show.
        value: Of a group: female or male.
        children: Of a group: the voices.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """The `tts_id` of `a2e.tts.send_tts()`."""
    name: str | None = None
    """Its name."""
    gender: str | None = None
    """The gender: female or male."""
    language: str | None = None
    """Its language, such as en-US."""
    label: str | None = None
    """Of a group: the gender, to show."""
    value: str | None = None
    """Of a group: female or male."""
    children: Sequence[VoiceOption] | None = None
    """Of a group: the voices."""


@attrs.frozen(kw_only=True)
class VoiceOption(Record):
    """One system voice.

    Attributes:
        label: The name, to show.
        value: The `tts_id` of `a2e.tts.send_tts()`.
        tts_rate: Coins per 10 seconds of speech.
    """

    label: str | None = None
    """The name, to show."""
    value: str | None = None
    """The `tts_id` of `a2e.tts.send_tts()`."""
    tts_rate: float | None = attrs.field(default=None, metadata={"key": "ttsRate"})
    """Coins per 10 seconds of speech."""


@attrs.frozen(kw_only=True)
class LanguageGroup(Record):
    """A language and its regions.

    Attributes:
        label: The name, to show.
        value: The `country` of `a2e.tts.send_tts()`.
        children: Where it is spoken.
    """

    label: str | None = None
    """The name, to show."""
    value: str | None = None
    """The `country` of `a2e.tts.send_tts()`."""
    children: Sequence[LanguageRegion] | None = None
    """Where it is spoken."""


@attrs.frozen(kw_only=True)
class LanguageRegion(Record):
    """One region of a language.

    Attributes:
        label: The name, to show.
        value: The `region` of `a2e.tts.send_tts()`.
    """

    label: str | None = None
    """The name, to show."""
    value: str | None = None
    """The `region` of `a2e.tts.send_tts()`."""


@attrs.frozen(kw_only=True)
class VoiceGroup(Record):
    """Voices by gender.

    Attributes:
        label: The gender, to show.
        value: The gender: female or male.
        children: The voices.
    """

    label: str | None = None
    """The gender, to show."""
    value: str | None = None
    """The gender: female or male."""
    children: Sequence[VoiceOption] | None = None
    """The voices."""


LIST = Operation(
    "POST",
    "/api/v1/anchor/list",
    many(Avatar),
    body=(Field("web_type", str, choices=("a2e", "tyzn")),),
    has_body=True,
    optional_body=True,
    paging=Paging(),
    repeatable=True,
)

TTS_LIST = Operation(
    "POST", "/api/v1/anchor/tts_list", likely_many(SystemVoice), has_body=True, repeatable=True
)

LANGUAGE_LIST = Operation(
    "POST",
    "/api/v1/anchor/language_list",
    many(LanguageGroup),
    body=(Field("voice_map_type", str),),
    has_body=True,
    optional_body=True,
    repeatable=True,
)

POST_VOICE_LIST = Operation(
    "POST",
    "/api/v1/anchor/voice_list",
    many(VoiceGroup),
    body=(
        Field("country", str),
        Field("region", str),
        Field("voice_map_type", str),
    ),
    has_body=True,
    optional_body=True,
    repeatable=True,
)

VOICE_LIST = Operation(
    "GET",
    "/api/v1/anchor/voice_list",
    many(VoiceGroup),
    query=(
        Field("country", str),
        Field("region", str),
        Field("voice_map_type", str),
    ),
    repeatable=True,
)

CHARACTER_LIST = Operation(
    "GET",
    "/api/v1/anchor/character_list",
    many(Avatar),
    query=(
        Field("type", str),
        Field("user_video_twin_id", str),
    ),
    repeatable=True,
)


class Anchor(Resource):
    """Generate Avatar Videos (`anchor`).

    Every method also takes the options in `CallOptions`.
    """

    name = "anchor"

    def list(
        self, *, web_type: Literal["a2e", "tyzn"] | str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Avatar]:
        """List available avatars.

        System avatars and the caller's own.

        Args:
            web_type: Send a2e or tyzn to get the default system avatars too.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"web_type": web_type}, options)

    async def tts_list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[SystemVoice]:
        """List system voices (TTS presets).

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(TTS_LIST, {}, with_body(body, options))

    async def language_list(
        self, *, voice_map_type: str | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[LanguageGroup]:
        """List supported languages/regions for voices.

        Args:
            voice_map_type: Filter by locale mapping.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(LANGUAGE_LIST, {"voice_map_type": voice_map_type}, options)

    async def post_voice_list(
        self,
        *,
        country: str | None = None,
        region: str | None = None,
        voice_map_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[VoiceGroup]:
        """List available voices by country/region.

        Args:
            country: The language of the voices: a `value` of `a2e.anchor.language_list()`.
            region: The region of the language: a `value` of its children.
            voice_map_type: Language and region in one, such as es-MX.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            POST_VOICE_LIST, {"country": country, "region": region, "voice_map_type": voice_map_type}, options
        )

    async def voice_list(
        self,
        *,
        country: str | None = None,
        region: str | None = None,
        voice_map_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[VoiceGroup]:
        """List available voices (GET).

        Args:
            country: The language of the voices: a `value` of `a2e.anchor.language_list()`. Server default: en.
            region: The region of the language: a `value` of its children. Server default: US.
            voice_map_type: Language and region in one, such as es-MX. Server default: en-US.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            VOICE_LIST, {"country": country, "region": region, "voice_map_type": voice_map_type}, options
        )

    async def character_list(
        self,
        *,
        type: str | None = None,
        user_video_twin_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[Avatar]:
        """List the avatars of the older interface.

        Those of the system and your own; `list()` is the newer one.

        Args:
            type: `custom` for only your own.
            user_video_twin_id: Only the avatars of this `a2e.video_twin`.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            CHARACTER_LIST, {"type": type, "user_video_twin_id": user_video_twin_id}, options
        )
