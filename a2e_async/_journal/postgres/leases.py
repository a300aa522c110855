"""The lease of a worker: how often it shows a sign of life, and how long that counts."""

from __future__ import annotations

import time

from a2e_async._journal.journal import LeaseExpired

__all__ = ["ALIVE", "Lease", "beat_interval"]

ALIVE = "beat > clock_timestamp() - make_interval(secs => lease)"
"""The condition of a worker whose last sign of life still counts, by the database's clock."""

_BEATS = 4  # in the time of a lease
_LONGEST = 10.0  # seconds between two signs of life

# A clock that goes on while the machine sleeps, as a laptop does with its lid closed.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def beat_interval(lease: float) -> float:
    """Seconds between two signs of life of a worker.

    Args:
        lease: seconds for which one counts.
    """
    return min(_LONGEST, lease / _BEATS)


class Lease:
    """The right of a worker to its jobs.

    Args:
        seconds: how long it lasts after a sign of life.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._renewed = self.now()
        self._unbroken_since = self._renewed

    @staticmethod
    def now() -> float:
        """Seconds of a clock that does not stop while this machine sleeps."""
        return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)

    def renew(self, began: float) -> None:
        """Note a sign of life that was sent after this moment, and has arrived."""
        if began - self._renewed > self.seconds / 2:
            self._unbroken_since = began
        self._renewed = max(self._renewed, began)

    def lose(self) -> None:
        """Note that other workers have taken the jobs of this one."""
        self._unbroken_since = self.now()

    @property
    def age(self) -> float:
        """Seconds since the last sign of life."""
        return self.now() - self._renewed

    def require(self, since: float) -> None:
        """Make sure that the right has held since a moment, and holds for a while.

        Raises:
            LeaseExpired: more than half of the time has passed without a sign of life.
        """
        if since < self._unbroken_since or self.age > self.seconds / 2:
            raise LeaseExpired(f"no sign of life for {self.age:.1f} s")
