"""Generate Avatar Videos (`anchor`): `a2e.anchor`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import attrs

from a2e_async._spec.decoders import many, raw
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async.pages import Pages
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["Anchor", "LanguageGroup", "LanguageRegion", "VoiceGroup", "VoiceOption"]


@attrs.frozen(kw_only=True)
class LanguageGroup(Record):
    """A language and its regions.

    Attributes:
        value: The `country` of `a2e.tts.send_tts()`.
    """

    value: str | None = None
    children: Sequence[LanguageRegion] | None = None


@attrs.frozen(kw_only=True)
class LanguageRegion(Record):
    """One region of a language.

    Attributes:
        value: The `region` of `a2e.tts.send_tts()`.
    """

    value: str | None = None


@attrs.frozen(kw_only=True)
class VoiceGroup(Record):
    """Voices by gender."""

    label: str | None = None
    value: str | None = None
    children: Sequence[VoiceOption] | None = None


@attrs.frozen(kw_only=True)
class VoiceOption(Record):
    """One system voice.

    Attributes:
        value: The `tts_id` of `a2e.tts.send_tts()`.
    """

    label: str | None = None
    value: str | None = None
    tts_rate: Any = attrs.field(default=None, metadata={"key": "ttsRate"})


LIST = Operation(
    "POST",
    "/api/v1/anchor/list",
    many(Record),
    body=(Field("web_type", str, choices=("a2e", "tyzn")),),
    has_body=True,
    optional_body=True,
    paging=Paging(),
    repeatable=True,
)

TTS_LIST = Operation("POST", "/api/v1/anchor/tts_list", raw, has_body=True, repeatable=True)

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


class Anchor(Resource):
    """Generate Avatar Videos (`anchor`).

    Every method also takes the options in `CallOptions`.
    """

    name = "anchor"

    def list(
        self, *, web_type: Literal["a2e", "tyzn"] | str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Record]:
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

    async def tts_list(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """List system voices (TTS presets).

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

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
            country: Language code; server default en.
            region: Server default US.
            voice_map_type: Server default en-US.
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
            country: Server default: en.
            region: Server default: US.
            voice_map_type: Server default: en-US.
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
