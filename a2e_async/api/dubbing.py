"""AI Dubbing (`userDubbing`): `a2e.dubbing`.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import attrs

from a2e_async._spec.decoders import likely, likely_many, many, one
from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, with_body
from a2e_async._spec.routes import Routes
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import Confirmation, TaskRecord
from a2e_async.resources import Workflow

__all__ = ["Dubbing", "DubbingRecord"]


@attrs.frozen(kw_only=True)
class DubbingRecord(TaskRecord):
    """A task of `a2e.dubbing` as the service reports it.

    Attributes:
        result_url: The result; empty until it is done.
    """

    result_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userDubbing/startDubbing",
    one(DubbingRecord),
    body=(
        Field("webhook_url", str, max_length=2048, pattern="^https://"),
        Field("webhook_token", str, max_length=256),
        Field("name", str),
        Field("source_url", str, media=True),
        Field("source_lang", str),
        Field("target_lang", str),
        Field("num_speakers", int),
        Field("drop_background_audio", bool),
    ),
    has_body=True,
    optional_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userDubbing/allRecords",
    many(DubbingRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)

ALL_PROCESSING = Operation(
    "GET", "/api/v1/userDubbing/allProcessing", likely_many(DubbingRecord), repeatable=True
)

GET = Operation(
    "GET",
    "/api/v1/userDubbing/{_id}",
    one(DubbingRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userDubbing/{_id}",
    likely(Confirmation),
    path_fields=(Field("id", str, "_id", required=True),),
)


class Dubbing(Workflow[DubbingRecord]):
    """AI Dubbing (`userDubbing`).

    Every method also takes the options in `CallOptions`.
    """

    name = "dubbing"
    record_type = DubbingRecord
    routes = Routes(start=START, get=GET, list=LIST, delete=DELETE, outputs=("result_url",))

    def __call__(
        self,
        *,
        name: str | None = None,
        source_url: Media | None = None,
        source_lang: str | None = None,
        target_lang: str | None = None,
        num_speakers: int | None = None,
        drop_background_audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[DubbingRecord]:
        """Start AI dubbing task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            source_url: The video or audio to dub. A URL, a Path, bytes, an `Upload` or a `Result`.
            source_lang: The language that is spoken in it, such as en; auto finds out.
            target_lang: The language to dub into, such as es.
            num_speakers: How many people speak.
            drop_background_audio: Whether the music and noise behind the speech are left out.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            body: Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.dubbing(source_url=Path("clip.mp4"), target_lang="es")
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "name": name,
                "source_url": source_url,
                "source_lang": source_lang,
                "target_lang": target_lang,
                "num_speakers": num_speakers,
                "drop_background_audio": drop_background_audio,
                "webhook_url": webhook_url,
                "webhook_token": webhook_token,
            },
            with_body(body, options),
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[DubbingRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An async iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return self._pages(LIST, {"page_size": page_size}, options)

    async def all_processing(self, **options: Unpack[CallOptions]) -> Sequence[DubbingRecord]:
        """List processing records.

        Args:
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
        return await self._request(ALL_PROCESSING, {}, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> DubbingRecord:
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
        """Delete dubbing task.

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
