"""TTS and Voice Clone (`userVoice`): `a2e.voice`.

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

__all__ = ["Voice", "VoiceRecord"]


@attrs.frozen(kw_only=True)
class VoiceRecord(TaskRecord):
    """A task of `a2e.voice` as the service reports it.

    Attributes:
        voice_urls: The recordings that were given.
        gender: The gender of the voice.
        model: The model that was trained.
        lang: Internal code that the model uses.
        language: Code as the client sent it.
        speaker_id: Given by the vendor.
        denoise: Whether noise was removed from the recordings.
        enhance_voice_similarity: Whether the voice was brought closer to the recordings.
        tts_rate: Coins per 10 seconds of speech.
        has_refund_coin: True once a failed training has been refunded.
        user_id: The id of the account.
        updated_at: When it last changed, ISO 8601.
        train_mode: How it was trained; a completed voice has it.
    """

    voice_urls: Sequence[str] | None = None
    """The recordings that were given."""
    gender: str | None = None
    """The gender of the voice."""
    model: str | None = None
    """The model that was trained."""
    lang: str | None = None
    """Internal code that the model uses."""
    language: str | None = None
    """Code as the client sent it."""
    speaker_id: str | None = None
    """Given by the vendor."""
    denoise: bool | None = None
    """Whether noise was removed from the recordings."""
    enhance_voice_similarity: bool | None = None
    """Whether the voice was brought closer to the recordings."""
    tts_rate: float | None = attrs.field(default=None, metadata={"key": "ttsRate"})
    """Coins per 10 seconds of speech."""
    has_refund_coin: bool | None = attrs.field(default=None, metadata={"key": "hasRefundCoin"})
    """True once a failed training has been refunded."""
    user_id: str | None = None
    """The id of the account."""
    updated_at: str | None = attrs.field(default=None, metadata={"key": "updatedAt"})
    """When it last changed, ISO 8601."""
    train_mode: str | None = None
    """How it was trained; a completed voice has it."""


START = Operation(
    "POST",
    "/api/v1/userVoice/training",
    one(VoiceRecord),
    body=(
        Field("name", str),
        Field("voice_urls", list, required=True, min_items=1, item=Field("", str, media=True)),
        Field("gender", str, choices=("female", "male")),
        Field("denoise", bool),
        Field("enhance_voice_similarity", bool),
        Field("model", str, choices=("a2e", "cartesia", "minimax", "elevenlabs")),
        Field("language", str),
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
    ),
    has_body=True,
)

TRAINING_RECORD = Operation(
    "GET", "/api/v1/userVoice/trainingRecord", many(VoiceRecord), paging=Paging(), repeatable=True
)

COMPLETED_RECORD = Operation(
    "GET", "/api/v1/userVoice/completedRecord", many(VoiceRecord), paging=Paging(), repeatable=True
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userVoice/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)

GET = Operation(
    "GET",
    "/api/v1/userVoice/{_id}",
    one(VoiceRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

UPDATE = Operation(
    "PUT",
    "/api/v1/userVoice/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
    body=(Field("name", str, required=True),),
    has_body=True,
    may_be_empty=True,
)


class Voice(Workflow[VoiceRecord]):
    """TTS and Voice Clone (`userVoice`).

    Every method also takes the options in `CallOptions`.
    """

    name = "voice"
    record_type = VoiceRecord
    routes = Routes(start=START, get=GET, list=TRAINING_RECORD, delete=DELETE, makes_file=False)

    def __call__(
        self,
        *,
        voice_urls: Sequence[Media],
        name: str | None = None,
        gender: Literal["female", "male"] | str | None = None,
        denoise: bool | None = None,
        enhance_voice_similarity: bool | None = None,
        model: Literal["a2e", "cartesia", "minimax", "elevenlabs"] | str | None = None,
        language: str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[VoiceRecord]:
        """Start voice training.

        One training submission at a time per user; concurrent ones are refused. Coins depend on model;
        a failed creation is refunded. Body needs name and voice_urls.

        Args:
            voice_urls: Recordings of the voice. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 1 item.
            name: The task's name, to find it again. Without one, the SDK names the task.
            gender: The gender of the voice. One of female, male. Server default: female.
            denoise: Whether noise is removed from the recordings.
            enhance_voice_similarity: Whether the voice is brought closer to the recordings.
            model: The model that is trained; the price depends on it. One of a2e, cartesia, minimax, elevenlabs. Server default: a2e.
            language: When left out, the server infers it from the request headers.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.voice(voice_urls=[Path("speech.mp3")])
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "voice_urls": voice_urls,
                "name": name,
                "gender": gender,
                "denoise": denoise,
                "enhance_voice_similarity": enhance_voice_similarity,
                "model": model,
                "language": language,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            options,
        )

    def training_record(self, **options: Unpack[CallOptions]) -> Pages[VoiceRecord]:
        """Get voice training records.

        Newest first by created_at. status: sent, pendding, processing, completed, failed.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(TRAINING_RECORD, {}, options)

    def completed_record(self, **options: Unpack[CallOptions]) -> Pages[VoiceRecord]:
        """Get completed voice training records.

        Only status=completed, newest first by created_at.

        Args:
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(COMPLETED_RECORD, {}, options)

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete voice training record.

        Soft delete: sets deleted=true.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> VoiceRecord:
        """Get voice training record detail.

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

    async def update(self, id: str, *, name: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Update voice training record name.

        Changes the name only. Body needs name.

        Args:
            id: The task's id.
            name: The task's name, to find it again.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(UPDATE, {"id": id, "name": name}, options)
