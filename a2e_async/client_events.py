"""Events: what a client does. `A2E(on_event=…)` takes functions that are called with them.

No event contains the token, a URL, a prompt or a text of the service: they may go to logs and metrics as
they are. (`a2e_async.events` is something else: the server-sent events of a reply.)
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import attrs

from a2e_async.plain import Plain

__all__ = [
    "ClientEvent",
    "Downloaded",
    "Downloading",
    "Failed",
    "Finished",
    "HookReceived",
    "Polled",
    "Reconciling",
    "Retried",
    "Started",
    "Starting",
    "StatusChanged",
    "Throttled",
    "Uploaded",
    "Uploading",
]


@attrs.frozen(kw_only=True)
class ClientEvent(Plain):
    """Something that a client does.

    Attributes:
        kind: the kind of the event, such as ``started``.
        time: when it happened, in seconds since 1970.
    """

    kind: ClassVar[str] = ""

    time: float = attrs.field(factory=time.time)

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON has it, for a log or a queue."""
        return {"kind": self.kind, **super().to_dict()}


@attrs.frozen(kw_only=True)
class Uploading(ClientEvent):
    """A file is being uploaded. Comes at the beginning and as bytes are sent.

    Attributes:
        transfer: identifies the upload among all uploads and downloads of the process.
        name: the file's name; None if it has none.
        sent: the bytes sent. They fall back when the upload is repeated.
        size: the bytes in all.
    """

    kind = "uploading"

    transfer: int
    name: str | None = None
    sent: int
    size: int


@attrs.frozen(kw_only=True)
class Uploaded(ClientEvent):
    """A file was uploaded, or the same content was there already.

    Attributes:
        transfer: as in `Uploading`.
        name: the file's name; None if it has none.
        size: bytes.
        content_type: such as ``image/png``.
        reused: whether nothing had to be sent.
    """

    kind = "uploaded"

    transfer: int
    name: str | None = None
    size: int
    content_type: str
    reused: bool = False


@attrs.frozen(kw_only=True)
class Starting(ClientEvent):
    """A start is about to be sent. Comes again each time it is sent.

    Attributes:
        workflow: the name of the workflow.
        start: identifies the start among all starts of the process.
        key: the job's key, None if it has none.
        marker: the text in the task's name by which it can be found; None if the workflow takes no name.
        attempt: how often it was sent, this time included.
    """

    kind = "starting"

    workflow: str
    start: int
    key: str | None = None
    marker: str | None = None
    attempt: int = 1


@attrs.frozen(kw_only=True)
class Started(ClientEvent):
    """A start was accepted, or found to have been accepted.

    Attributes:
        workflow: the name of the workflow.
        start: as in `Starting`; of its own if an earlier process has sent it.
        task_ids: the ids of the tasks that it made.
        key: the job's key, None if it has none.
        marker: as in `Starting`.
        coins: the coins charged, None if the reply does not say.
    """

    kind = "started"

    workflow: str
    start: int
    task_ids: tuple[str, ...]
    key: str | None = None
    marker: str | None = None
    coins: float | None = None


@attrs.frozen(kw_only=True)
class Reconciling(ClientEvent):
    """It is unknown whether a start made a task, so its task is searched for.

    Attributes:
        workflow: the name of the workflow.
        start: as in `Starting`.
        key: the job's key, None if it has none.
        marker: as in `Starting`.
        error: the name of the error that hides the outcome; None for a start of an earlier process.
    """

    kind = "reconciling"

    workflow: str
    start: int
    key: str | None = None
    marker: str | None = None
    error: str | None = None


@attrs.frozen(kw_only=True)
class Throttled(ClientEvent):
    """The service asks to slow down (429). The request is sent again after a pause.

    Attributes:
        what: the path of the request, or the name of the file.
        pause: seconds.
        attempt: how often it was sent so far.
    """

    kind = "throttled"

    what: str
    pause: float
    attempt: int


@attrs.frozen(kw_only=True)
class Retried(ClientEvent):
    """A request failed and is sent again after a pause.

    Attributes:
        what: the path of the request, or the name of the file.
        error: the name of the error.
        status: the HTTP status, None if there was no answer.
        pause: seconds.
        attempt: how often it was sent so far.
    """

    kind = "retried"

    what: str
    error: str
    status: int | None = None
    pause: float
    attempt: int


@attrs.frozen(kw_only=True)
class StatusChanged(ClientEvent):
    """A task that is waited for shows another status or another progress.

    Attributes:
        workflow: the name of the workflow.
        task_id: the task's id.
        status: its status in lower case, None if it shows none.
        progress: percent, None if the workflow does not report it.
    """

    kind = "status"

    workflow: str
    task_id: str
    status: str | None = None
    progress: float | None = None


@attrs.frozen(kw_only=True)
class Polled(ClientEvent):
    """Tasks were asked for, in one request.

    Attributes:
        workflow: the name of the workflow.
        tasks: the number of tasks that were asked for.
        ended: how many of them have ended.
        seconds: the time that the request took.
        lateness: about how many seconds too late the end of tasks was noticed, for each whose age is known:
            since the service called, else since the middle between the last two looks at it.
    """

    kind = "polled"

    workflow: str
    tasks: int
    ended: int
    seconds: float
    lateness: tuple[float, ...] = ()


@attrs.frozen(kw_only=True)
class HookReceived(ClientEvent):
    """The service has called about tasks that are waited for.

    Attributes:
        workflow: the name of the workflow.
        task_ids: the ids of the tasks.
        event: what the call says, such as ``task.completed``; None if it says nothing.
    """

    kind = "hook"

    workflow: str
    task_ids: tuple[str, ...]
    event: str | None = None


@attrs.frozen(kw_only=True)
class Finished(ClientEvent):
    """A task that was waited for has ended well.

    Attributes:
        workflow: the name of the workflow.
        task_ids: the ids of the tasks that the start made.
        coins: the coins charged, None if the workflow does not report them.
        elapsed: seconds from acceptance until the end was noticed; from the beginning of the wait if this
            process has not started it.
        outputs: the number of files that were made.
    """

    kind = "finished"

    workflow: str
    task_ids: tuple[str, ...]
    coins: float | None = None
    elapsed: float
    outputs: int


@attrs.frozen(kw_only=True)
class Failed(ClientEvent):
    """A start, a wait, an upload or a download has ended without success.

    Attributes:
        error: the name of the error, such as ``TaskFailed``; ``Cancelled`` if it was cancelled.
        status: the HTTP status, None if there is none.
        code: the service's code, None if there is none.
        workflow: the name of the workflow, None for a transfer.
        start: as in `Starting`, if a start has failed.
        key: the job's key, if a start has failed and the job has one.
        task_ids: the ids of the tasks, if a wait has failed.
        goes_on: whether there is, or may be, a task that goes on at the service.
        transfer: as in `Uploading` or `Downloading`, if a transfer has failed.
    """

    kind = "failed"

    error: str
    status: int | None = None
    code: str | None = None
    workflow: str | None = None
    start: int | None = None
    key: str | None = None
    task_ids: tuple[str, ...] = ()
    goes_on: bool = False
    transfer: int | None = None


@attrs.frozen(kw_only=True)
class Downloading(ClientEvent):
    """A file is being downloaded. Comes at the beginning and as bytes are written.

    Attributes:
        transfer: identifies the download among all uploads and downloads of the process.
        name: the file's name, as far as it is known.
        received: the bytes received. They fall back when the download starts again.
        size: the bytes in all, None if it is not known.
    """

    kind = "downloading"

    transfer: int
    name: str
    received: int
    size: int | None = None


@attrs.frozen(kw_only=True)
class Downloaded(ClientEvent):
    """A file was downloaded, or was there already.

    Attributes:
        transfer: as in `Downloading`.
        name: the name under which it was saved.
        size: bytes.
        content_type: such as ``video/mp4``.
        reused: whether an earlier call had saved it.
    """

    kind = "downloaded"

    transfer: int
    name: str
    size: int
    content_type: str | None = None
    reused: bool = False
