"""What a failed request means, and when to try again. No I/O, no clock of its own.

For a paid request the status code is the wrong question. The right one is what the server
may have done with it:

- `Failure.UNDELIVERED`: it provably never arrived. Anything may be sent again.
- `Failure.REFUSED`: the server refused to take it now (429). Anything may be sent again, later.
- `Failure.UNKNOWN`: it may have been done (timeout, reset, 5xx, unreadable answer). A read is
  repeated; a start is looked for first, see `a2e_async.starting`.
- `Failure.FINAL`: it was answered. Repeating it changes nothing.
"""

from __future__ import annotations

import enum
import math
import random
from collections.abc import Callable
from datetime import UTC
from typing import Any

import attrs

from a2e_async.errors import (
    APIError,
    ConfigurationError,
    ConnectionFailed,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    NotReady,
    RateLimited,
    RequestTimeout,
    ServerError,
    UnexpectedReply,
)

__all__ = ["Failure", "RetryPolicy", "StartPolicy", "classify", "may_concern_one_id", "retry_after_seconds"]


_MOVED = frozenset({301, 302, 307, 308})  # not done here; it was to be sent to another place


class Failure(enum.Enum):
    """What a failed request means for sending it again."""

    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FINAL = "final"


def classify(error: BaseException) -> Failure:
    """The failure class of an error that a request ended with."""
    if isinstance(error, ConnectionFailed):
        return Failure.UNKNOWN if error.delivered else Failure.UNDELIVERED
    if isinstance(error, RequestTimeout):
        return Failure.UNKNOWN
    if isinstance(error, RateLimited):
        return Failure.REFUSED
    if isinstance(error, ServerError | NotReady):
        return Failure.UNKNOWN
    if isinstance(error, UnexpectedReply):
        return Failure.FINAL if error.status >= 400 or error.status in _MOVED else Failure.UNKNOWN
    if isinstance(error, APIError) and error.status in (408, 425):
        return Failure.UNKNOWN
    return Failure.FINAL


def may_concern_one_id(error: BaseException) -> bool:
    """Whether a final error may be about one of the ids that were asked for, and not about the caller.

    Some families answer 400 to an id they do not know (M).
    """
    return isinstance(error, InvalidRequest | NotFound | InvalidArgument) or type(error) is APIError


@attrs.frozen
class RetryPolicy:
    """Exponential backoff with full jitter.

    Attributes:
        attempts: how often a request is sent at most, the first time included.
        base: seconds; the first pause is drawn from 0 to this.
        cap: seconds; no pause is drawn longer than this.
        patience: seconds; a Retry-After above this is not waited for.
        random: draws from 0 to 1; tests inject their own.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 20.0
    patience: float = 120.0
    random: Callable[[], float] = attrs.field(default=random.random, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Refuse settings that would loop for ever or never wait."""
        _check_attempts("RetryPolicy", self.attempts)
        for name in ("base", "cap", "patience"):
            _check_seconds(f"RetryPolicy.{name}", getattr(self, name))

    def delay(self, attempt: int, retry_after: float | None = None) -> float | None:
        """Seconds to pause after the given attempt (counted from 1), or None to give up."""
        if attempt >= self.attempts:
            return None
        if retry_after is not None:
            if retry_after > self.patience:
                return None
            # Everyone who was told the same second would come back in the same one.
            return retry_after + self.random() * min(self.base, max(retry_after, 0.05))
        return self.random() * min(self.cap, self.base * 2.0 ** min(attempt - 1, 100))


@attrs.frozen
class StartPolicy:
    """What to do when it is not known whether a start made a task.

    Attributes:
        window: seconds for which the server may still be working on a lost start, and for which its
            lists may not show it yet. The task is looked for until they have passed.
        resubmit: what then, if the task was not found: True starts it again, False (safe even if the
            window was too short) raises `SubmissionUncertain`.
        attempts: how often a start is sent at most, the first time included: after refusals (429),
            connections that were never made and, with ``resubmit``, starts that made no task.
    """

    window: float = 180.0
    resubmit: bool = False
    attempts: int = 20

    def __attrs_post_init__(self) -> None:
        """Refuse a window that is none."""
        _check_attempts("StartPolicy", self.attempts)
        _check_seconds("StartPolicy.window", self.window)


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """The pause that a Retry-After header asks for.

    Args:
        value: the header: seconds, or an HTTP date.
        now: seconds since the epoch.

    Returns:
        Seconds from 0 up, or None where there is no header or it cannot be read.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # a tenth of the time that the first use takes

        try:
            moment = parsedate_to_datetime(value)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _check_attempts(where: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{where}.attempts: {value!r} is not a whole number above 0")


def _check_seconds(where: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigurationError(f"{where}: {value!r} is not a number of seconds from 0 up")
