"""What a failed request means. No I/O.

For a paid request the status code is the wrong question. The right one is what the server
may have done with it:

- `Failure.UNDELIVERED`: it provably never arrived. Anything may be sent again.
- `Failure.REFUSED`: the server refused it for now (429). Anything may be sent again, later.
- `Failure.UNKNOWN`: it may have been done (timeout, reset, 5xx, unreadable answer). A read is
  repeated; the task of a start is searched for first, see `a2e_async._tasks.starting`.
- `Failure.FINAL`: the answer is final. Repeating the request changes nothing.
"""

from __future__ import annotations

import enum

from a2e_async.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InsufficientCredits,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    NotReady,
    PlanRequired,
    RateLimited,
    RequestTimeout,
    ServerError,
    UnexpectedReply,
)

__all__ = [
    "UNANSWERED",
    "Failure",
    "cannot_connect",
    "classify",
    "concerns_account",
    "is_permanent_here",
    "may_concern_one_id",
]

UNANSWERED = frozenset({408, 425, 444, 460, 499})
"""Statuses below 500 that say nothing about the request: the exchange ended too early. Its server may
have done it."""
_MOVED = frozenset({301, 302, 307, 308})  # not done here: the request belongs elsewhere


class Failure(enum.Enum):
    """What the server may have done with a request that failed."""

    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FINAL = "final"


def classify(error: BaseException) -> Failure:
    """Say what the server may have done with a request that ended with this error."""
    if isinstance(error, ConnectionFailed):
        return Failure.UNKNOWN if error.delivered else Failure.UNDELIVERED
    if isinstance(error, RequestTimeout):
        return Failure.UNKNOWN

    if isinstance(error, RateLimited):
        return Failure.REFUSED
    if isinstance(error, ServerError | NotReady):
        return Failure.UNKNOWN
    if isinstance(error, APIError) and error.status in UNANSWERED:
        return Failure.UNKNOWN
    if isinstance(error, UnexpectedReply):
        return Failure.FINAL if error.status >= 400 or error.status in _MOVED else Failure.UNKNOWN
    return Failure.FINAL


def is_permanent_here(error: BaseException | None) -> bool:
    """Whether this machine, its network or its settings are at fault, so that every request would fail.

    Examples are a host that is not known, a certificate that is not trusted, a proxy that refuses, and a
    variable such as SSL_CERT_FILE or HTTPS_PROXY that cannot be used. Nothing was delivered. Somebody must
    mend it, so such an error is raised at once and once.
    """
    if isinstance(error, ConnectionFailed):
        return error.permanent
    return isinstance(error, ConfigurationError)


def cannot_connect(error: BaseException | None) -> bool:
    """Whether no connection could be made, for a reason that may pass: refused, reset, no answer.

    A single request is tried again for `RetryPolicy.connect_patience` seconds.
    """
    return isinstance(error, ConnectionFailed) and not error.delivered and not error.permanent


def concerns_account(error: BaseException) -> bool:
    """Whether an error concerns the account, so that every other request would end in the same way."""
    return isinstance(error, AuthenticationError | PlanRequired | InsufficientCredits)


def may_concern_one_id(error: BaseException) -> bool:
    """Whether a final error may concern one of the ids in the request, rather than the caller.

    Some families answer 400 to an unknown id.
    """
    return isinstance(error, InvalidRequest | NotFound | InvalidArgument) or type(error) is APIError
