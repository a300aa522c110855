"""The requests for one remote file: for all of it or for the rest, until it is complete."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from a2e_async._files.content_encodings import decoded, is_encoded
from a2e_async._files.file_responses import Received
from a2e_async._files.http import Response, Retry
from a2e_async._files.least_speed import LeastSpeed, watched
from a2e_async.clock import Clock
from a2e_async.errors import DownloadError, TransportError
from a2e_async.tries import Tries

__all__ = ["FileTries", "body_of", "check_complete", "headers_for"]

_PROGRESS_BYTES = 64 << 10  # this much progress starts the count of tries again


class FileTries:
    """Counts the requests for one file. After progress the count starts again.

    Args:
        tries: counts them, and says how long to pause.
        clock: for the pauses.
        url: the file's, for the error.
        received: what there is of the file.
    """

    def __init__(self, tries: Tries, clock: Clock, url: str, received: Received) -> None:
        self._tries = tries
        self._clock = clock
        self._url = url
        self._received = received
        self._furthest = received.offset

    def begin(self) -> None:
        """Note that a request begins."""
        self._tries.begin()

    async def pause_after(self, error: Retry | TransportError) -> None:
        """Pause before the next request.

        Args:
            error: why the last request has not brought the whole file.

        Raises:
            DownloadError: there were too many requests without progress, or another one cannot help.
        """
        if self._received.offset >= self._furthest + _PROGRESS_BYTES:
            self._furthest = self._received.offset
            self._tries.reset()

        pause = self._tries.pause(error, error.retry_after)
        if pause is None:
            message = f"gave up after {self._tries.text} without progress: {error}"
            raise DownloadError(message, url=self._url, status=error.status) from error
        await self._clock.sleep(pause)


def headers_for(received: Received) -> dict[str, str]:
    """The headers of a request: for the rest of the file if its host can prove that it is the same."""
    headers = {"accept-encoding": "identity"}
    if received.offset and received.version.condition is not None:
        headers |= {"range": f"bytes={received.offset}-", "if-range": received.version.condition}
    return headers


def body_of(response: Response, url: str, clock: Clock, slow_after: float) -> AsyncGenerator[bytes, None]:
    """The body of a response as it arrives, without compression.

    Args:
        response: its body is not read yet.
        url: the file's, for the error.
        clock: the clock.
        slow_after: seconds in which less than 1 KiB a second came, after which reading it raises `Retry`.
    """
    pieces = watched(response.aiter_bytes(), clock, LeastSpeed(slow_after))
    return decoded(pieces, response.headers, url) if is_encoded(response.headers) else pieces


def check_complete(received: Received) -> None:
    """Make sure that all bytes of a file have come.

    Raises:
        Retry: some are missing, or there are none at all.
    """
    size = received.version.size
    if size is not None and received.offset != size:
        raise Retry(f"{received.offset} of {size} bytes came")
    if not received.offset:
        raise Retry("the file is empty", status=200)
