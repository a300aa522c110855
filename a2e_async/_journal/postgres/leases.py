"""How long ago this worker showed a sign of life, also if it has slept since."""

from __future__ import annotations

import time

from a2e_async._journal.journal import LeaseExpired

__all__ = ["Lease"]

# A clock that goes on while the machine sleeps, as a laptop does with its lid closed.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


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
