"""Every error that a2e_async raises, in one tree.

A2EError
├── InvalidArgument (also ValueError)  a value that would be refused; nothing was sent
├── ConfigurationError                 token, base URL or client settings; nothing was sent
├── TransportError                     no usable answer
│   ├── ConnectionFailed
│   └── RequestTimeout
├── APIError                           the service answered with an error
│   ├── InvalidRequest       400
│   ├── AuthenticationError  401
│   ├── InsufficientCredits  402, or by text
│   ├── PermissionDenied     403
│   ├── ModerationError      codes 1003 and 1004
│   ├── NotFound             404
│   ├── RateLimited          429 (retry_after)
│   ├── NotReady             202 to a read: ask again later
│   ├── ServerError          5xx
│   └── UnexpectedReply      HTML, broken JSON, a shape that cannot be read
├── SubmissionUncertain                a start whose outcome could not be found out (job, marker)
├── TaskError                          about one task
│   ├── TaskFailed           (record, reason)
│   ├── TaskRejected         accepted with 200, but no task was made
│   ├── TaskNotFound
│   └── WaitTimeout          (task) it goes on; wait again
├── UploadError
└── DownloadError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2e_async.records import TaskRecord

__all__ = [
    "A2EError",
    "APIError",
    "AuthenticationError",
    "BudgetReached",
    "ConfigurationError",
    "ConnectionFailed",
    "DownloadError",
    "InsufficientCredits",
    "InvalidArgument",
    "InvalidRequest",
    "JournalError",
    "ModerationError",
    "NotFound",
    "NotReady",
    "PermissionDenied",
    "RateLimited",
    "RequestTimeout",
    "ServerError",
    "SubmissionUncertain",
    "TaskError",
    "TaskFailed",
    "TaskNotFound",
    "TaskRejected",
    "TransportError",
    "UnexpectedReply",
    "UploadError",
    "WaitTimeout",
]


class A2EError(Exception):
    """Root of all errors of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By its state: the usual way calls the class with the message alone, which most of these refuse.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[A2EError], args: tuple[Any, ...], state: dict[str, Any]) -> A2EError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidArgument(A2EError, ValueError):
    """A value that cannot be right. Raised before anything is sent.

    Attributes:
        field: the keyword (or path inside it, as in ``product_rect.x``).
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class ConfigurationError(A2EError):
    """The client cannot be used as it is set up. Raised before anything is sent."""


class TransportError(A2EError):
    """No usable answer came back.

    Attributes:
        method: the request's method.
        path: the request's path, without host or query.
    """

    retry_after: float | None = None

    def __init__(self, message: str, *, method: str = "", path: str = "") -> None:
        super().__init__(f"{method} {path}: {message}" if method else message)
        self.method = method
        self.path = path


class ConnectionFailed(TransportError):
    """The connection could not be made, or broke.

    Attributes:
        delivered: False when the request provably never reached the server.
    """

    def __init__(self, message: str, *, method: str = "", path: str = "", delivered: bool = True) -> None:
        super().__init__(message, method=method, path=path)
        self.delivered = delivered


class RequestTimeout(TransportError):
    """The server did not answer within the request's timeout. It may still be working on it."""


class APIError(A2EError):
    """The service answered with an error.

    Attributes:
        status: HTTP status.
        code: the ``code`` in the body, if there was one.
        message: the service's own words.
        trace_id: the service's id of the exchange, for its support.
        method, path: the request.
        body: the decoded reply, as far as it could be decoded.
        retry_after: seconds that the service asks to wait before the next request, if it said so.
    """

    retry_after: float | None = None

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | str | None = None,
        trace_id: str | None = None,
        method: str = "",
        path: str = "",
        body: Any = None,
    ) -> None:
        extra = "".join(
            f", {name} {value}"
            for name, value in (("code", code), ("trace_id", trace_id))
            if value is not None
        )
        super().__init__(f"{message} ({method} {path}: HTTP {status}{extra})".replace("(  :", "("))
        self.message = message
        self.status = status
        self.code = code
        self.trace_id = trace_id
        self.method = method
        self.path = path
        self.body = body


class InvalidRequest(APIError):
    """400: the service refuses the parameters, or the state forbids it (deleting a running task)."""


class AuthenticationError(APIError):
    """401: the token is missing, wrong or switched off."""


class InsufficientCredits(APIError):
    """402, or a 400 or 200 that says so in words: not enough coins."""


class PermissionDenied(APIError):
    """403: not allowed for this account (for example a voice quota)."""


class ModerationError(APIError):
    """Codes 1003 and 1004: the service suspects a minor. Final; never resent."""


class NotFound(APIError):
    """404."""


class NotReady(APIError):
    """202 to a read: what was asked for is still being made. Ask again later."""


class RateLimited(APIError):
    """429: too many requests; see ``retry_after``."""


class ServerError(APIError):
    """5xx. The work may have been done all the same."""


class UnexpectedReply(APIError):
    """The answer is not the API's: HTML (wrong host or path?), broken JSON, or another shape."""


class SubmissionUncertain(A2EError):
    """A start may or may not have made a task, and it could not be found out. Nothing was resent.

    Attributes:
        job: the `Job`, to be started again once it is known that there is no task.
        marker: the text in the task's ``name`` to look for, or None where the workflow has no name.
    """

    def __init__(self, message: str, *, job: Any, marker: str | None) -> None:
        super().__init__(message)
        self.job = job
        self.marker = marker


class TaskError(A2EError):
    """About one task.

    Attributes:
        task_id: the task's id, or None if there is no task.
    """

    def __init__(self, message: str, *, task_id: str | None = None) -> None:
        super().__init__(message)
        self.task_id = task_id


class TaskFailed(TaskError):
    """The task ended without a result.

    Attributes:
        record: the last record.
        reason: the service's own words, or its status.
    """

    def __init__(self, reason: str, *, record: TaskRecord) -> None:
        super().__init__(f"task {record.id} failed: {reason}", task_id=record.id)
        self.reason = reason
        self.record = record


class TaskRejected(TaskError):
    """The start was answered with 200 but made no task (moderation, as a rule).

    Attributes:
        body: the reply.
    """

    def __init__(self, message: str, *, body: Any = None) -> None:
        super().__init__(message)
        self.body = body


class TaskNotFound(TaskError):
    """Neither the batch nor the detail route knows the task."""


class WaitTimeout(TaskError):
    """The deadline of a wait passed. The task goes on: wait again.

    Attributes:
        task: the `Task`; its ``wait()`` waits again.
    """

    def __init__(self, message: str, *, task: Any) -> None:
        super().__init__(message, task_id=task.id)
        self.task = task


class UploadError(A2EError):
    """A file could not be uploaded.

    Attributes:
        status: HTTP status of the storage, if it answered.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DownloadError(A2EError):
    """A result could not be downloaded; the partial file is kept beside the target for a resume.

    Attributes:
        url: what was to be fetched, without its query (which may hold a signature).
        status: HTTP status of the host, if it answered.
    """

    def __init__(self, message: str, *, url: str, status: int | None = None) -> None:
        self.url = url.partition("?")[0]
        super().__init__(f"{message} ({self.url})")
        self.status = status


class JournalError(A2EError):
    """The journal of a bulk run cannot be read or written. What it does not know is not started."""


class BudgetReached(A2EError):
    """A bulk run stopped starting jobs, because the next one might have passed ``max_coins``."""
