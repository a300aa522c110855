"""The tries of one request: how many there were, and how long to pause before the next."""

from __future__ import annotations

import logging

from a2e_async.announcer import SILENT, Announcer, tell_retried
from a2e_async.clock import Clock
from a2e_async.errors import TransportError
from a2e_async.failures import cannot_connect, is_permanent_here
from a2e_async.policies import RetryPolicy

__all__ = ["Tries", "problem_of"]

logger = logging.getLogger("a2e_async")


class Tries:
    """Counts the tries of one request, and says how long to pause before the next.

    A connection that cannot be made is tried again for `RetryPolicy.connect_patience` at most, with a
    warning each time, so that nobody waits in silence. What cannot pass by itself is not tried again.

    Args:
        policy: how often to try, and how long to pause.
        clock: measures how long connecting takes.
        events: is told of each pause.
        what: what is tried: the path of a request, or the name of a file.

    Attributes:
        number: the tries so far, the current one included.
    """

    def __init__(
        self, policy: RetryPolicy, clock: Clock, events: Announcer = SILENT, what: str | None = None
    ) -> None:
        self.number = 0
        self._policy = policy
        self._clock = clock
        self._events = events
        self._what = what
        self._began = 0.0
        self._next = 0.0
        self._connecting_since: float | None = None

    @property
    def text(self) -> str:
        """The number of tries, in words."""
        return f"{self.number} attempt{'' if self.number == 1 else 's'}"

    def begin(self) -> None:
        """Note that a try begins."""
        self.number += 1
        self._began = self._clock.now()
        if self._connecting_since is not None:
            # It may have waited for its turn after the pause, which is no time spent on connecting.
            self._connecting_since += max(0.0, self._began - self._next)

    def reset(self) -> None:
        """Count the current try as the first one, because the last one got somewhere."""
        self.number = 1
        self._connecting_since = None

    def pause(self, error: Exception, retry_after: float | None) -> float | None:
        """Seconds to pause after the current try has failed; None to give up.

        Args:
            error: why it has failed.
            retry_after: seconds that the host asks to wait; None if it does not say.
        """
        pause = self._pause(error, retry_after)
        if pause is not None and self._events.heard:
            tell_retried(self._events, error, self._what or "", pause, self.number)
        return pause

    def _pause(self, error: Exception, retry_after: float | None) -> float | None:
        """The seconds until the next try; None if there is none."""
        if is_permanent_here(error):
            return None

        pause = self._policy.delay(self.number, retry_after)
        if not cannot_connect(error):
            self._connecting_since = None
            return pause
        if self._connecting_since is None:
            self._connecting_since = self._began
        if pause is None:
            return None

        # The next try may take as long as this one did.
        now = self._clock.now()
        ends = now + pause + (now - self._began)
        if ends - self._connecting_since > self._policy.connect_patience:
            return None
        self._next = now + pause
        logger.warning("%s, try %d, again in %.1f s", problem_of(error), self.number, pause)
        return pause


def problem_of(error: Exception) -> str:
    """The text of an error without the request that it names first."""
    if isinstance(error, TransportError) and error.method:
        return str(error).removeprefix(f"{error.method} {error.path}: ")
    return str(error)
