"""The pauses between two readings of a list that is searched for lost starts."""

from __future__ import annotations

import math

from a2e_async.clock import Clock
from a2e_async.errors import APIError, TransportError

__all__ = ["SearchPauses"]

_FIRST, _LONGEST = 0.5, 15.0  # seconds; doubled with each reading
_LONGEST_AILING = 60.0  # seconds; the same, while the list cannot be read
_LAST_ROUND = 5.0  # searches whose time is up within this many seconds share their last reading


class SearchPauses:
    """The pauses of all searches in one list. While it cannot be read, they grow for all alike.

    Each reading that fails is several requests, and a service that fails has too many of them already. It
    is found to work again after half as long as it did not work, and after a minute at the latest.

    Args:
        clock: measures them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ailing = 0.0

    @property
    def ailing(self) -> bool:
        """Whether the last reading has failed."""
        return self._ailing > 0

    def note(self, error: APIError | TransportError | None) -> None:
        """Note how a reading has ended."""
        self._ailing = 0.0 if error is None else min(max(_FIRST, 2 * self._ailing), _LONGEST_AILING)

    def forget(self) -> None:
        """Forget how the list was: nobody has read it for a while."""
        self._ailing = 0.0

    async def sleep(self, readings: int, until: float, end: float) -> None:
        """Sleep to the next reading of a search.

        Args:
            readings: how many it has had.
            until: from when on it can be decided, in seconds of the clock.
            end: when it is given up.
        """
        pause = max(self._ailing, min(_FIRST * 2.0 ** min(max(0, readings - 1), 10), _LONGEST))

        # At a full multiple of the pause, so that searches read together.
        now = self._clock.now()
        moment = (now // pause + 1) * pause
        if now < until:
            round_up = min(pause, _LAST_ROUND)
            moment = min(moment, max(until, math.ceil(until / round_up) * round_up))
        elif now < end:
            moment = min(moment, end)
        await self._clock.sleep(moment - now)
