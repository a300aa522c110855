"""The service's time, as its own replies show it. No I/O.

Whether a task in the list can belong to a start is a question of time, and this machine's wall clock may be
wrong by minutes or hours. So the difference between the service's clock and the client's is learned: from the
tasks of answered starts, else from the Date of any reply.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC

from a2e_async._tasks.status import created_at
from a2e_async.clock import Clock
from a2e_async.records import JSONObject

__all__ = ["SKEW", "ServiceTime"]

SKEW = 60.0  # seconds by which the clocks of the service's own machines may differ

_LOOKED_AT = 5  # records of a list that show how it writes times
_ZONED = re.compile(r"[Zz]$|[+-]\d\d:?\d\d$")

Dated = Callable[[], tuple[str, float] | None]
"""Returns the last Date that the service sent, and when it came, in seconds of the client's clock."""


class ServiceTime:
    """Estimates by how much the service's clock is ahead of the client's.

    Args:
        clock: the client's clock.
        dated: returns the last Date of the service.
    """

    def __init__(self, clock: Clock, dated: Dated) -> None:
        self._clock = clock
        self._dated = dated
        self._by_tasks: float | None = None
        self._tasks_follow_date = True

    def offset(self) -> float | None:
        """Seconds to add to the client's clock; None if the service has not shown its time.

        The true difference is at least this, up to the time that a reply takes: what was made before the
        estimated time of a start was made before the start.
        """
        if self._by_tasks is not None or not self._tasks_follow_date:
            return self._by_tasks
        return self._by_date()

    def learn(self, records: Sequence[JSONObject]) -> None:
        """Learn from tasks that were made just now, but before now."""
        for record in records:
            created = created_at(record)
            if created is not None:
                offset = created - self._clock.now()
                self._by_tasks = offset if self._by_tasks is None else max(self._by_tasks, offset)

    def check(self, listed: Sequence[tuple[JSONObject, float]]) -> None:
        """Look whether the times in a list can be compared with the service's Date.

        Args:
            listed: records and when they were created.
        """
        # A time without a zone may be local.
        if any(not _ZONED.search(str(record.get("createdAt"))) for record, _ in listed[:_LOOKED_AT]):
            self._tasks_follow_date = False

        # A task of the future shows that the clocks do not agree.
        offset = self._by_date()
        newest = max((created for _, created in listed), default=None)
        if offset is not None and newest is not None and newest > self._clock.now() + offset + SKEW:
            self._tasks_follow_date = False

    def _by_date(self) -> float | None:
        dated = self._dated()
        if dated is None:
            return None
        from email.utils import parsedate_to_datetime  # slow to import, and rarely needed

        text, came = dated
        try:
            moment = parsedate_to_datetime(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - came
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    def own_guess(self) -> float:
        """The difference according to this machine's wall clock, which may be wrong."""
        return time.time() - self._clock.now()
