"""Photobook (`userPhotobook`): `a2e.photobook`.

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

__all__ = ["Photobook", "PhotobookRecord"]


@attrs.frozen(kw_only=True)
class PhotobookRecord(TaskRecord):
    """A task of `a2e.photobook` as the service reports it.

    Attributes:
        image_urls: The results; empty until it is done.
        result_urls: The results; empty until it is done.
        result_url: The result; empty until it is done.
    """

    image_urls: Sequence[str] | None = None
    """The results; empty until it is done."""
    result_urls: Sequence[str] | None = None
    """The results; empty until it is done."""
    result_url: str | None = None
    """The result; empty until it is done."""


START = Operation(
    "POST",
    "/api/v1/userPhotobook/start",
    one(PhotobookRecord),
    body=(
        Field("name", str),
        Field("face_image_url", str, required=True, media=True),
        Field("location", str),
        Field("clothing", str),
        Field("total_count", int, choices=(4, 8, 12, 16)),
    ),
    has_body=True,
)

LIST = Operation(
    "GET",
    "/api/v1/userPhotobook/allRecords",
    many(PhotobookRecord),
    query=(Field("page_size", int, "pageSize", minimum=1),),
    paging=Paging("pageNum", "pageSize", 20, 100),
    repeatable=True,
)

BATCH_DETAIL = Operation(
    "POST",
    "/api/v1/userPhotobook/batchDetail",
    many(PhotobookRecord),
    body=(Field("ids", list, required=True, item=Field("", str)),),
    has_body=True,
    repeatable=True,
)

GET = Operation(
    "GET",
    "/api/v1/userPhotobook/{id}",
    one(PhotobookRecord),
    path_fields=(Field("id", str, required=True),),
    repeatable=True,
)

DELETE = Operation(
    "DELETE",
    "/api/v1/userPhotobook/{id}",
    likely(Confirmation),
    path_fields=(Field("id", str, required=True),),
)


class Photobook(Workflow[PhotobookRecord]):
    """Photobook (`userPhotobook`).

    Every method also takes the options in `CallOptions`.
    """

    name = "photobook"
    record_type = PhotobookRecord
    routes = Routes(
        start=START,
        get=GET,
        batch_detail=BATCH_DETAIL,
        list=LIST,
        delete=DELETE,
        outputs=("image_urls", "result_urls", "result_url"),
    )

    def __call__(
        self,
        *,
        face_image_url: Media,
        name: str | None = None,
        location: str | None = None,
        clothing: str | None = None,
        total_count: Literal[4, 8, 12, 16] | int | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[PhotobookRecord]:
        """Start photobook generation.

        Creates a photobook task that yields `total_count` (4, 8, 12 or 16) photos from one face image.
        No webhook input here.

        Args:
            face_image_url: One face image, used for every photo. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            location: Where the photos are set, in words.
            clothing: Applied in the image-edit step.
            total_count: How many photos are made. One of 4, 8, 12, 16. Server default: 4.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.photobook(face_image_url=Path("cat.png"))
            result = await job.run()
            ```
        """
        return self._job(
            START,
            {
                "face_image_url": face_image_url,
                "name": name,
                "location": location,
                "clothing": clothing,
                "total_count": total_count,
            },
            options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[PhotobookRecord]:
        """Get photobook records.

        Newest first.

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
    ) -> Sequence[PhotobookRecord]:
        """Batch query task details.

        Gives only the records that the caller owns.

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

    async def get(self, id: str, **options: Unpack[CallOptions]) -> PhotobookRecord:
        """Get photobook record detail.

        Also syncs the latest pipeline status before it answers.

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
        """Delete photobook record.

        Owner only. A record still processing cannot be deleted (400).

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
