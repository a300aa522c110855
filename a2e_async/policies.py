"""The policies of a client: repeating requests, lost starts, lateness. No I/O."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

import attrs

from a2e_async.checks import check_number, check_whole
from a2e_async.errors import ConfigurationError
from a2e_async.plain import Plain

__all__ = ["Lateness", "RetryPolicy", "StartPolicy", "policy_from", "retry_after_seconds"]


def _random() -> float:
    import random  # brings five modules along, and few requests are repeated

    return random.random()


@attrs.frozen
class RetryPolicy(Plain):
    """How often to repeat a request, and how long to pause: exponential backoff with full jitter.

    Attributes:
        attempts: the most times a request is sent, the first time included.
        base: the first pause is drawn from 0 to this many seconds.
        cap: the longest pause to draw, in seconds.
        patience: the longest pause that a server may ask for, in seconds. A longer one is cut to this, so
            that one wrong number cannot silence a client for an hour.
        connect_patience: the longest time in seconds to try to connect, the pauses included. ``attempts``
            limits these tries too. What cannot pass by itself, such as an unknown host, is not tried again
            at all. A bulk run tries for as long as its own ``timeout``.
        random: returns a number from 0 to 1; tests pass their own.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 20.0
    patience: float = 120.0
    connect_patience: float = 15.0
    random: Callable[[], float] = attrs.field(default=_random, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Check the attributes."""
        _take_attempts(self)
        _take_seconds(self, "base", "cap", "patience", "connect_patience")

    def delay(self, attempt: int, retry_after: float | None = None) -> float | None:
        """Seconds to pause after the given attempt (counted from 1), or None to give up."""
        if attempt >= self.attempts:
            return None
        if retry_after is not None:
            pause = self.bounded(retry_after)
            # With the same Retry-After, all clients would come back in the same second.
            return pause + self.random() * min(self.base, max(pause, 0.05))
        return self.random() * min(self.cap, self.base * 2.0 ** min(attempt - 1, 100))

    def bounded(self, retry_after: float | None) -> float:
        """Seconds to pause because a server asks for it; 0 if it asks for nothing."""
        return min(self.patience, retry_after or 0.0)


@attrs.frozen
class StartPolicy(Plain):
    """What to do when it is unknown whether a start made a task.

    Attributes:
        window: seconds to search for the task. The server may still be working on a lost start for that
            long, and its lists may not show the task yet.
        resubmit: what to do if the task was not found by then: True starts it again; False, which is safe
            even if the window was too short, raises `SubmissionUncertain`.
        attempts: the most times a start is sent, the first time included: after refusals (429),
            connections that were never made and, with ``resubmit``, starts that made no task.
        grace: seconds for which a start that is to be recorded goes on after it was cancelled, so that the
            answer to its request is not lost.

    Example:
        ```python
        a2e = A2E(start=StartPolicy(window=600.0, resubmit=True))
        ```
    """

    window: float = 180.0
    resubmit: bool = False
    attempts: int = 20
    grace: float = 10.0

    def __attrs_post_init__(self) -> None:
        """Check the attributes."""
        _take_attempts(self)
        _take_seconds(self, "window", "grace")


@attrs.frozen
class Lateness(Plain):
    """How late the end of a task may be noticed: the one setting for polling.

    A single task is polled at intervals that grow with the square root of its age. Tasks that wait
    together share requests, and no task is polled before tasks of its kind usually end. So they are noticed
    sooner, with fewer requests. Half the lateness costs about twice the requests.

    Attributes:
        seconds: how late, on average, the end of a single task is noticed if it is the first of its kind
            and takes a minute. It is half of that after 15 seconds, and twice that after 4 minutes.
        longest: the longest time in seconds between two polls of a task, except while it is too young to
            have ended.

    Example:
        ```python
        a2e = A2E(lateness=Lateness(5.0))  # fewer requests
        ```
    """

    seconds: float = 1.5
    longest: float = 30.0

    def __attrs_post_init__(self) -> None:
        """Check the attributes."""
        _take_seconds(self, "seconds", "longest", least=0.01)


PolicyT = TypeVar("PolicyT", RetryPolicy, StartPolicy, Lateness)


def policy_from(name: str, given: Any, kind: type[PolicyT]) -> PolicyT:
    """Return a client's policy: the given one, else that with the defaults.

    Raises:
        ConfigurationError: it is something else.
    """
    if given is None:
        return kind()
    if not isinstance(given, kind):
        raise ConfigurationError(f"{name}: {given!r} is not a {kind.__name__}, like {kind()!r}")
    return given


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Read a Retry-After header.

    Args:
        value: the header: seconds, or an HTTP date.
        now: the time, in seconds since the epoch.

    Returns:
        The pause in seconds, from 0 up; None if there is no header or it is invalid.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # a tenth of the first use's time

        try:
            moment = parsedate_to_datetime(value)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _take_attempts(policy: RetryPolicy | StartPolicy) -> None:
    """Check the attempts of a policy, and keep them as a plain number."""
    where = f"{type(policy).__name__}.attempts"
    object.__setattr__(policy, "attempts", check_whole(where, policy.attempts, error=ConfigurationError))


def _take_seconds(policy: Any, *names: str, least: float = 0) -> None:
    """Check the seconds of a policy, and keep them as plain numbers."""
    for name in names:
        where = f"{type(policy).__name__}.{name}"
        value = check_number(
            where, getattr(policy, name), least=least, unit="seconds", error=ConfigurationError
        )
        object.__setattr__(policy, name, value)
