"""Keys that identify the jobs of a bulk run when the run is resumed."""

from __future__ import annotations

from typing import Any

from a2e_async._journal.asked import Asked, read_asked
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job

__all__ = ["checked_key", "key_of"]


async def key_of(job: Job[Any], asked: Asked | None = None) -> str:
    """The job's own key, or one derived from what it asks for.

    Args:
        job: the job.
        asked: what it asks for, if that is known already.

    Raises:
        InvalidArgument: the key cannot be stored, a file cannot be read, or the body is not JSON.
    """
    if job.key is not None:
        return checked_key(job.key)

    asked = asked or await read_asked(job)
    key = asked.derived_key
    if key is None:
        raise asked.problem or InvalidArgument("source", "the file cannot be read")
    return key


def checked_key(key: str) -> str:
    """Return a key that can be stored.

    Raises:
        InvalidArgument: it is not valid Unicode.
    """
    try:
        key.encode()
    except UnicodeEncodeError:
        raise InvalidArgument("key", f"{key!r} is not valid Unicode, so it cannot be stored") from None
    return key
