"""What the response to the GET of a file means: the file, the rest of it, a refusal, or an error page."""

from __future__ import annotations

import re
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Protocol

from a2e_async._files.content_encodings import is_encoded
from a2e_async._files.http import RETRIED_STATUSES, Response, Retry
from a2e_async._files.media_types import HEAD_BYTES, sniff
from a2e_async._files.part_origin import Version
from a2e_async._files.sizes import size_text
from a2e_async.errors import DownloadError
from a2e_async.policies import retry_after_seconds

__all__ = ["Received", "check_head", "check_status", "read_head", "too_large"]

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_EXPIRED = "; result URLs expire, usually after 3 days"
_HINTS = {
    **dict.fromkeys((401, 404, 410), _EXPIRED),
    403: f"{_EXPIRED}; or the host turns away the User-Agent of this client: try A2E(user_agent=...)",
}


class Received(Protocol):
    """What there is of a file, such as a `PartFile`."""

    version: Version

    @property
    @abstractmethod
    def offset(self) -> int:
        """Its bytes."""


def check_status(url: str, response: Response, part: Received, max_bytes: int) -> Version | None:
    """Look at the status and headers of a response.

    Args:
        url: the file's, for the error.
        response: its body is not read yet.
        part: what there is of the file.
        max_bytes: larger files are refused.

    Returns:
        The version of the file, if all of it is sent; None if the response continues the part. An
        error has a version too, for its body is looked at next.

    Raises:
        Retry: another request may succeed.
        DownloadError: the file is too large.
    """
    status, headers = response.status, response.headers
    if status in (206, 416) and part.offset and part.version.condition is not None:
        if status == 206 and _continues_part(headers, part):
            return None
        part.version = Version()  # so that the next request is for the whole file
        raise Retry("the host sent another range than was requested", status=status)

    if is_encoded(headers):
        return Version()  # ranges and ETags are about the compressed bytes
    length = headers.get("content-length", "")
    size = int(length) if length.isdecimal() and len(length) < 19 else None
    if size is not None and size > max_bytes:
        raise too_large(url, size_text(size), max_bytes)
    return Version(headers.get("etag"), headers.get("last-modified"), size)


async def read_head(pieces: AsyncGenerator[bytes, None]) -> bytes:
    """Read the first pieces of a body: at least `HEAD_BYTES`, unless it has no more."""
    head: list[bytes] = []
    size = 0
    async for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size >= HEAD_BYTES:
            break
    return b"".join(head)


def check_head(url: str, response: Response, head: bytes, names: Iterable[str]) -> None:
    """Look at the first bytes of a body that should be the file.

    Args:
        url: the file's, for the error.
        response: the response.
        head: the first bytes of its body.
        names: file names that promise a kind of file, the caller's first.

    Raises:
        Retry: they are an error page.
        DownloadError: the host refused.
    """
    status, header = response.status, response.headers.get("content-type")
    complete = status in (200, 203) or (status == 206 and _is_whole(response.headers))
    if complete and (not head or sniff(head) is not None):
        return

    from a2e_async._files.error_pages import describe_page, first_words

    if complete:
        page = describe_page(head, header, names)
        if page:
            raise Retry(f"HTTP {status} with {page}", status=status)
        return

    words = first_words(head)
    message = f"HTTP {status}{f': {words!r}' if words else ''}{_HINTS.get(status, '')}"
    if status in RETRIED_STATUSES:
        after = retry_after_seconds(response.headers.get("retry-after"), time.time())
        raise Retry(message, status=status, retry_after=after)
    if 200 <= status < 300 or (words and "expired" not in words.lower()):
        raise Retry(message, status=status)
    raise DownloadError(message, url=url, status=status)


def _is_whole(headers: Mapping[str, str]) -> bool:
    """Whether a 206 response that was not requested holds the whole file."""
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    return match is not None and int(match[1]) == 0 and match[3] == str(int(match[2]) + 1)


def _continues_part(headers: Mapping[str, str], part: Received) -> bool:
    """Whether the headers of a 206 response announce exactly the rest of the part."""
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    return (
        match is not None
        and not is_encoded(headers)
        and int(match[1]) == part.offset
        and (match[3] == "*" or part.version.size in (None, int(match[3])))
        and headers.get("etag", part.version.etag) == part.version.etag
    )


def too_large(url: str, shown: str, max_bytes: int) -> DownloadError:
    """Make the error for a file that is too large."""
    return DownloadError(f"the file has {shown}; at most {size_text(max_bytes)} are allowed", url=url)
