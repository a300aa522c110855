"""The errors that a2e_async raises, in one tree.

    A2EError
    ├── InvalidArgument (also ValueError)  an invalid value; nothing was sent
    ├── ConfigurationError                 token, base URL or client settings; nothing was sent
    ├── TransportError                     no usable answer
    │   ├── ConnectionFailed
    │   └── RequestTimeout
    ├── APIError                           the service answered with an error
    │   ├── InvalidRequest       400
    │   ├── AuthenticationError  401
    │   ├── InsufficientCredits  402, or by text
    │   ├── PermissionDenied     403
    │   │   └── PlanRequired     the account's plan does not include API access
    │   ├── ModerationError      codes 1003 and 1004
    │   ├── NotFound             404
    │   ├── RateLimited          429 (retry_after)
    │   ├── NotReady             202 to a read: try again later
    │   ├── ServerError          5xx
    │   └── UnexpectedReply      HTML, broken JSON, an unreadable shape
    ├── SubmissionUncertain                it is unknown whether a start made a task (job, marker)
    ├── TaskError                          about one task
    │   ├── TaskFailed           (record, reason)
    │   ├── TaskRejected         answered with 200, but no task was made
    │   ├── TaskNotFound
    │   ├── OutputMissing        (task) completed, but without its output
    │   └── WaitTimeout          (task) still running; wait again
    ├── UploadError
    ├── DownloadError
    ├── WebhookError                       a call that is not one of the service
    ├── JournalError                       the journal of a bulk run
    └── BudgetReached                      a bulk run came to its max_coins

Errors of other libraries and of the system become one of these; ``__cause__`` is the original. Three kinds
are passed through unchanged: what the caller's own callback or iterable raises; an AssertionError of the
caller's transport, which is how a test says that it did not expect a request; and a MemoryError.
"""

from __future__ import annotations

from collections.abc import Callable
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
    "OutputMissing",
    "PermissionDenied",
    "PlanRequired",
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
    "WebhookError",
]


class A2EError(Exception):
    """The base class of all errors of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with the message alone, which most of these classes do not accept.
        return _restore, (
            type(self),
            self.args,
            {name: _portable(value) for name, value in vars(self).items()},
        )


def portable(error: Exception) -> Exception:
    """The error, if it survives being pickled, as ours do; else an `A2EError` that says the same.

    An error that cannot be unpickled would break a pool of processes, and lose what else travels with it.
    """
    return error if isinstance(error, A2EError) else _portable(error, A2EError)


def _portable(value: Any, stand_in: Callable[[str], Any] = str) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value

    import pickle  # only where an error is pickled or copied

    try:
        pickle.loads(pickle.dumps(value))  # noqa: S301 - it was made right here
    except Exception as problem:  # of any class, for each kind of object refuses in its own way
        del problem
        return stand_in(f"{type(value).__name__}: {value}")
    return value


def _restore(kind: type[A2EError], args: tuple[Any, ...], state: dict[str, Any]) -> A2EError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidArgument(A2EError, ValueError):
    """An argument is invalid. Raised before anything is sent.

    Attributes:
        field: the keyword, or the path to a value inside it such as ``product_rect.x``.
        problem: what is wrong with it.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class ConfigurationError(A2EError):
    """The client is not set up correctly. Raised before anything is sent."""


class TransportError(A2EError):
    """There was no usable answer.

    Attributes:
        method: the request's method.
        path: the request's path, without host or query.
        retry_after: None; see `APIError.retry_after`.
        status: None; see `APIError.status`.
    """

    retry_after: float | None = None
    status: int | None = None

    def __init__(self, message: str, *, method: str = "", path: str = "") -> None:
        super().__init__(f"{method} {path}: {message}" if method else message)
        self.method = method
        self.path = path


class ConnectionFailed(TransportError):
    """The connection could not be made, or broke.

    Attributes:
        delivered: False if the request provably never reached the server.
        permanent: whether this machine or its network is at fault, so that trying again changes nothing: the
            host is not known, its certificate is not trusted, a proxy refuses. Then nothing was delivered.
    """

    permanent = False

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        delivered: bool = True,
        permanent: bool = False,
    ) -> None:
        super().__init__(message, method=method, path=path)
        self.delivered = delivered
        self.permanent = permanent


class RequestTimeout(TransportError):
    """The server did not answer within the request's timeout. It may still be working on it."""


class APIError(A2EError):
    """The service answered with an error.

    Attributes:
        status: HTTP status.
        code: the ``code`` in the body, if there was one.
        message: the service's explanation.
        trace_id: the service's id of the request, for its support.
        method, path: the request.
        body: the reply, as far as it could be decoded.
        retry_after: seconds to wait before the next request, None if the service did not say.
    """

    retry_after: float | None = None
    _advice = ""

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

        advised = f"{message}; {self._advice}" if self._advice else message
        super().__init__(f"{advised} ({method} {path}: HTTP {status}{extra})".replace("(  :", "("))

        self.message = message
        self.status = status
        self.code = code
        self.trace_id = trace_id
        self.method = method
        self.path = path
        self.body = body


class InvalidRequest(APIError):
    """400: the parameters are invalid, or the state forbids it (for example deleting a running task)."""


class AuthenticationError(APIError):
    """401: the token is missing, invalid or disabled."""


class InsufficientCredits(APIError):
    """Not enough coins: 402, or a 400 or 200 whose message says so."""


class PermissionDenied(APIError):
    """403: not allowed for this account (for example a voice quota)."""


class PlanRequired(PermissionDenied):
    """The account's plan does not include API access, so every call is refused. Upgrade the plan, or use
    the token of an account that has a paid one.
    """

    _advice = (
        "the account's plan does not include API access, so every call is refused: upgrade the plan, "
        "or use the token of an account with a paid plan"
    )


class ModerationError(APIError):
    """Codes 1003 and 1004: the service suspects a minor. Final; never sent again."""


class NotFound(APIError):
    """404."""


class NotReady(APIError):
    """202 to a read: the result is not ready yet. Try again later."""


class RateLimited(APIError):
    """429: too many requests; see ``retry_after``."""


class ServerError(APIError):
    """5xx. The server may have done the work nevertheless."""


class UnexpectedReply(APIError):
    """The answer is not one of the API: HTML (wrong host or path?), broken JSON, or an unknown shape."""


class SubmissionUncertain(A2EError):
    """It is unknown whether a start made a task. Nothing was sent again.

    Attributes:
        job: the `Job`. Start it again only after checking that there is no task.
        marker: the text in the task's ``name`` to search for; None if the workflow's tasks have no name.
    """

    def __init__(self, message: str, *, job: Any, marker: str | None) -> None:
        super().__init__(message)
        self.job = job
        self.marker = marker


class TaskError(A2EError):
    """An error about one task.

    Attributes:
        task_id: the task's id, None if there is no task.
    """

    def __init__(self, message: str, *, task_id: str | None = None) -> None:
        super().__init__(message)
        self.task_id = task_id


class TaskFailed(TaskError):
    """The task ended without a result.

    Attributes:
        record: the last record.
        reason: the service's explanation, or the task's status.
    """

    def __init__(self, reason: str, *, record: TaskRecord) -> None:
        super().__init__(f"task {record.id} failed: {reason}", task_id=record.id)
        self.reason = reason
        self.record = record


class TaskRejected(TaskError):
    """A start was answered with 200 but made no task, usually after moderation.

    Attributes:
        body: the reply.
    """

    def __init__(self, message: str, *, body: Any = None) -> None:
        super().__init__(message)
        self.body = body


class TaskNotFound(TaskError):
    """The service does not know the task."""


class OutputMissing(TaskError):
    """The service says that the task is completed, but shows no output. Ask again later: it is paid for.

    Attributes:
        task: the `Task`; its ``wait()`` asks again.
    """

    def __init__(self, message: str, *, task: Any) -> None:
        super().__init__(message, task_id=task.id)
        self.task = task


class WaitTimeout(TaskError):
    """The timeout of a wait has passed. The task is still running: wait again.

    Attributes:
        task: the `Task`; its ``wait()`` waits again.
    """

    def __init__(self, message: str, *, task: Any) -> None:
        super().__init__(message, task_id=task.id)
        self.task = task


class UploadError(A2EError):
    """A file could not be uploaded.

    Attributes:
        status: the storage's HTTP status, None if it did not answer.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DownloadError(A2EError):
    """A file could not be downloaded. Its partial file is kept, and the next download resumes it.

    Attributes:
        url: the file's URL, without its query, which may contain a signature; empty if it is not known.
        status: the host's HTTP status, None if it did not answer.
    """

    def __init__(self, message: str, *, url: str, status: int | None = None) -> None:
        self.url = url.partition("?")[0]
        super().__init__(f"{message} ({self.url})" if url else message)
        self.status = status


class WebhookError(A2EError):
    """A call to a webhook is not one of the service: its token is missing, or is that of another task."""


class JournalError(A2EError):
    """The journal of a bulk run cannot be read or written. Nothing is started that it does not record."""


class BudgetReached(A2EError):
    """A bulk run stopped starting jobs because the next one could exceed ``max_coins``."""
