"""What a failed request means, and when to try again. No I/O, no clock of its own.

For a paid request the status code is the wrong question. The right one is what the server
may have done with it:

- `Failure.UNDELIVERED`: it provably never arrived. Anything may be sent again.
- `Failure.REFUSED`: the server refused to take it now (429). Anything may be sent again, later.
- `Failure.UNKNOWN`: it may have been done (timeout, reset, 5xx, unreadable answer). A read is
  repeated; a start is looked for first, see `a2e_async._tasks.starting`.
- `Failure.FINAL`: it was answered. Repeating it changes nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC
from typing import Any

import attrs

from a2e_async.checks import check_number, check_whole
from a2e_async.errors import (
    ConfigurationError,
)

__all__ = ["Lateness", "RetryPolicy", "StartPolicy", "retry_after_seconds"]


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


@attrs.frozen
class Lateness:
    """How late a finished task may be noticed: the one knob of polling.

    A lone task is asked for at intervals that grow with the square root of its age. Tasks that wait
    together share their requests, and those whose durations are known are left alone until they may
    have ended; so they are noticed sooner, for fewer requests. Half the lateness costs about twice the
    requests.

    Attributes:
        seconds: by how much a lone task is noticed late, on average, if it takes a minute and is the
            first of its kind; half of it if it takes 15 seconds, twice if it takes 4 minutes.
        longest: seconds; no task is left alone for longer, except while it is known to be too young.
    """

    seconds: float = 1.5
    longest: float = 30.0

    def __attrs_post_init__(self) -> None:
        """Refuse what would poll without pause or never."""
        for name in ("seconds", "longest"):
            _check_seconds(f"Lateness.{name}", getattr(self, name), least=0.01)


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
    check_whole(f"{where}.attempts", value, error=ConfigurationError)


def _check_seconds(where: str, value: Any, *, least: float = 0) -> None:
    check_number(where, value, least=least, unit="seconds", error=ConfigurationError)
