"""Tell listeners how one upload or download comes along. Made only if somebody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from a2e_async._files.destination import SavedFile
from a2e_async._files.progress import report
from a2e_async._spec.media import Upload
from a2e_async.announcer import Announcer, next_number, tell_failed
from a2e_async.client_events import Downloaded, Downloading, Uploaded, Uploading

__all__ = ["DownloadEvents", "UploadEvents", "telling_failure"]


class UploadEvents:
    """One upload.

    Args:
        events: tells the listeners.
        name: the file's name, None if it has none.
        size: bytes.
        progress: the caller's own callback.
    """

    def __init__(
        self, events: Announcer, name: str | None, size: int, progress: Callable[[int, int], Any] | None
    ) -> None:
        self.number = next_number()
        self._events = events
        self._name = name
        self._progress = progress
        self._tell(0, size)

    async def progress(self, sent: int, size: int) -> None:
        """Tell the listeners and the caller how many bytes were sent."""
        self._tell(sent, size)
        await report(self._progress, sent, size)

    def _tell(self, sent: int, size: int) -> None:
        self._events.tell(Uploading(transfer=self.number, name=self._name, sent=sent, size=size))

    def done(self, upload: Upload, *, reused: bool) -> None:
        """Tell that the file is there."""
        self._events.tell(
            Uploaded(
                transfer=self.number,
                name=self._name,
                size=upload.size,
                content_type=upload.content_type,
                reused=reused,
            )
        )


class DownloadEvents:
    """One download; see `UploadEvents`."""

    def __init__(
        self, events: Announcer, name: str, progress: Callable[[int, int | None], Any] | None
    ) -> None:
        self.number = next_number()
        self._events = events
        self._name = name
        self._progress = progress
        self._tell(0, None)

    async def progress(self, received: int, size: int | None) -> None:
        """Tell the listeners and the caller how many bytes were received."""
        self._tell(received, size)
        await report(self._progress, received, size)

    def _tell(self, received: int, size: int | None) -> None:
        self._events.tell(Downloading(transfer=self.number, name=self._name, received=received, size=size))

    def done(self, file: SavedFile) -> None:
        """Tell that the file was saved."""
        self._events.tell(
            Downloaded(
                transfer=self.number,
                name=file.name,
                size=file.size,
                content_type=file.content_type,
                reused=file.reused,
            )
        )


@contextmanager
def telling_failure(events: Announcer, transfer: UploadEvents | DownloadEvents) -> Iterator[None]:
    """Tell the listeners if the block fails or is cancelled."""
    try:
        yield
    except BaseException as error:
        tell_failed(events, error, transfer=transfer.number)
        raise
