"""TTS and Voice Clone (`video`): `a2e.tts`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from typing import Literal, Unpack

import attrs

from a2e_async._spec.decoders import likely, many, text
from a2e_async._spec.field import Field
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async._spec.rules import Need
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, Record
from a2e_async.resources import Resource

__all__ = ["SpeechPreview", "Tts"]


@attrs.frozen(kw_only=True)
class SpeechPreview(Record):
    """A speech of the last 24 hours. Only its id is known. Look into `raw` for others.

    Attributes:
        id: For `a2e.tts.preview_delete()`.
        created_at: When it was made, ISO 8601.
    """

    id: str | None = attrs.field(default=None, metadata={"key": "_id"})
    """For `a2e.tts.preview_delete()`."""
    created_at: str | None = attrs.field(default=None, metadata={"key": "createdAt"})
    """When it was made, ISO 8601."""


SEND_TTS = Operation(
    "POST",
    "/api/v1/video/send_tts",
    text,
    body=(
        Field("msg", str, required=True, min_length=1, max_length=1000),
        Field("tts_id", str),
        Field("user_voice_id", str),
        Field("country", str),
        Field("region", str),
        Field("speech_rate", float, "speechRate", minimum=0.5, maximum=2),
        Field("type", str, choices=("turnstile", "aliyun_captcha")),
        Field("turnstile_token", str),
        Field("captcha_verify_param", str, "captchaVerifyParam"),
    ),
    has_body=True,
    any_of=(("tts_id", "user_voice_id"),),
    needs=(
        Need({"type": ("turnstile",)}, all_of=("turnstile_token",)),
        Need({"type": ("aliyun_captcha",)}, all_of=("captcha_verify_param",)),
    ),
)

PREVIEW_LIST = Operation(
    "GET",
    "/api/v1/tts/preview/list",
    many(SpeechPreview),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("current", "pageSize", 20, 100),
    repeatable=True,
)

PREVIEW_DELETE = Operation(
    "DELETE", "/api/v1/tts/preview/{id}", likely(Confirmation), path_fields=(Field("id", str, required=True),)
)


class Tts(Resource):
    """TTS and Voice Clone (`video`).

    Every method also takes the options in `CallOptions`.
    """

    name = "tts"

    async def send_tts(
        self,
        *,
        msg: str,
        tts_id: str | None = None,
        user_voice_id: str | None = None,
        country: str | None = None,
        region: str | None = None,
        speech_rate: float | None = None,
        type: Literal["turnstile", "aliyun_captcha"] | str | None = None,
        turnstile_token: str | None = None,
        captcha_verify_param: str | None = None,
        **options: Unpack[CallOptions],
    ) -> str:
        """Generate text-to-speech audio.

        Needs `tts_id` (over 400 system voices) or user_voice_id. API-token callers: 1000 Unicode
        characters per call and no captcha; web callers: 3000, and a captcha after frequent use.

        At least one of tts_id and user_voice_id is needed. turnstile_token is needed with type
        turnstile. captcha_verify_param is needed with type aliyun_captcha.

        Args:
            msg: The text to speak. 1 to 1000 characters.
            tts_id: System voice (ObjectId); one of tts_id or user_voice_id is needed.
            user_voice_id: Cloned voice (ObjectId); one of tts_id or user_voice_id is needed.
            country: Locale language part, from anchor/language_list top-level value; used with user_voice_id. Server default: en.
            region: Locale region part, from anchor/language_list child value; used with user_voice_id. Server default: US.
            speech_rate: How fast it is spoken; 1 is normal. 0.5 to 2. Server default: 1.
            type: Captcha kind; needed only when a captcha is demanded. One of turnstile, aliyun_captcha.
            turnstile_token: Needed when type is turnstile.
            captcha_verify_param: Needed when type is aliyun_captcha.
            options: See `CallOptions`.

        Returns:
            The audio's URL.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(
            SEND_TTS,
            {
                "msg": msg,
                "tts_id": tts_id,
                "user_voice_id": user_voice_id,
                "country": country,
                "region": region,
                "speech_rate": speech_rate,
                "type": type,
                "turnstile_token": turnstile_token,
                "captcha_verify_param": captcha_verify_param,
            },
            options,
        )

    def preview_list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[SpeechPreview]:
        """Get TTS preview list.

        The caller's own preview records of the last 24 hours that are not deleted, recent-playback
        order.

        Args:
            page_size: Records per page. 1 to 100. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(PREVIEW_LIST, {"page_size": page_size}, options)

    async def preview_delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete TTS preview record.

        Soft delete; the audio object itself stays in storage.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(PREVIEW_DELETE, {"id": id}, options)
