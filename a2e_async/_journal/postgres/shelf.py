"""The uploads of all workers, so that the same content is uploaded once among them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import attrs

from a2e_async._files.upload_cache import ContentKey
from a2e_async._journal.postgres.leases import ALIVE
from a2e_async._journal.postgres.transaction import Transaction
from a2e_async._spec.media import Upload

__all__ = ["DatabaseShelf"]

_PAUSE = 0.5  # seconds between two questions whether another worker has uploaded a content
_WHERE = "WHERE sha256 = %(sha256)s AND content_type = %(content_type)s AND size = %(size)s"
_FIND = f"""
SELECT url, extract(epoch FROM clock_timestamp() - made)::float8 AS age,
    claimed_by <> %(worker)s AND EXISTS (
        SELECT FROM a2e_workers WHERE id = claimed_by AND {ALIVE}
    ) AS is_claimed
FROM a2e_uploads {_WHERE}
"""  # noqa: S608 - made of constants; values are parameters
_CLAIM = """
INSERT INTO a2e_uploads (sha256, content_type, size, claimed_by)
VALUES (%(sha256)s, %(content_type)s, %(size)s, %(worker)s)
ON CONFLICT (sha256, content_type, size) DO UPDATE SET claimed_by = excluded.claimed_by
"""
_KEEP = """
INSERT INTO a2e_uploads (sha256, content_type, size, url)
VALUES (%(sha256)s, %(content_type)s, %(size)s, %(url)s)
ON CONFLICT (sha256, content_type, size) DO UPDATE SET
    url = excluded.url, made = clock_timestamp(), claimed_by = NULL
"""
_GIVE_UP = f"UPDATE a2e_uploads SET claimed_by = NULL {_WHERE} AND claimed_by = %(worker)s"  # noqa: S608 - made of constants; values are parameters


class DatabaseShelf:
    """The uploads in the database; an `UploadShelf`.

    Args:
        worker: the id of this worker.
        transact: does work in a transaction of the journal.
    """

    def __init__(self, worker: str, transact: Callable[..., Awaitable[Any]]) -> None:
        self._worker = worker
        self._transact = transact

    async def find(self, key: ContentKey, *, max_age: float) -> tuple[Upload, float] | None:
        """Find the upload of a content, or take its place; see `UploadShelf.find`."""
        values = {**attrs.asdict(key), "worker": self._worker}

        def work(transaction: Transaction) -> Mapping[str, Any] | None:
            row = transaction.answer[0] if transaction.answer else None
            is_there = row is not None and row["url"] is not None and row["age"] <= max_age
            if row is None or not (is_there or row["is_claimed"]):
                transaction.write(_CLAIM, values)
                return None
            return row

        while True:
            row = await self._transact(work, query=(_FIND, values))
            if row is None:
                return None
            if row["url"] is not None and row["age"] <= max_age:
                upload = Upload(row["url"], key.sha256, key.size, key.content_type)
                return upload, max(0.0, row["age"])
            await anyio.sleep(_PAUSE)

    async def keep(self, upload: Upload) -> None:
        """Put an upload of this worker on the shelf; see `UploadShelf.keep`."""
        values = {
            "sha256": upload.sha256,
            "content_type": upload.content_type,
            "size": upload.size,
            "url": upload.url,
        }
        await self._transact(lambda transaction: transaction.write(_KEEP, values))

    async def give_up(self, key: ContentKey) -> None:
        """Note that this worker does not upload the content; see `UploadShelf.give_up`."""
        values = {**attrs.asdict(key), "worker": self._worker}
        await self._transact(lambda transaction: transaction.write(_GIVE_UP, values))
