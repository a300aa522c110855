"""Calls of the service, as far as the poller of one workflow is concerned: who is heard of, and how surely.

Calls may be lost, so polling goes on. The more surely they come, the less it is needed.
"""

from __future__ import annotations

import math
from collections import deque

from a2e_async._tasks.waiting import WaitingTask
from a2e_async.hooks import HookSlot, TaskHook

__all__ = ["Hearing"]

_GATHER = 0.045  # seconds to gather calls for one request, for a lateness of one second
_GATHER_IF_LOST = 0.4  # the same when every call is lost: polls find most of the tasks then
_AGAIN = 2.0  # seconds after which a call counts again for a task that was still running; doubled each time
_LOST_AT_FIRST = 0.03  # the share of calls that are taken to be lost while nothing is known
_DOUBT = 2  # tasks whose calls outweigh that
_CAUTION = 3.0  # tasks that go without a call are noticed as late as if their share was so much larger
_LOOKED_AT = 128  # waiting tasks that are looked at for each call, at most
_KEPT = 128  # the newest tasks that count


class Hearing:
    """Which waiting tasks the service has called about.

    Args:
        lateness: seconds, as in `Lateness`.
    """

    def __init__(self, lateness: float) -> None:
        self._lateness = lateness
        self._called: dict[str, WaitingTask] = {}
        self._since_look = 0  # calls
        self._heard = 0  # waiting tasks that the service is to call about

        # The tasks that have ended. Those that were called about prove nothing before a request shows
        # how many others have ended too.
        self._outcomes: deque[_Outcome] = deque(maxlen=_KEPT)
        self._unproved = 0

    @property
    def lost(self) -> float:
        """The share of calls that are lost, as far as is known."""
        lost = sum(outcome.lost for outcome in self._outcomes)
        return (lost + _LOST_AT_FIRST * _DOUBT) / (len(self._outcomes) + _DOUBT)

    @property
    def due(self) -> float:
        """When the tasks that were called about must be asked for; infinite if there are none."""
        first = min((entry.called for entry in self.called()), default=math.inf)
        return first + self._lateness * (_GATHER + _GATHER_IF_LOST * self.lost**2)

    def is_news(self, next_request: float, waiting: int) -> bool:
        """Whether a call is worth a look at all waiting tasks: the first one, then some.

        Args:
            next_request: when the next request is due.
            waiting: the number of waiting tasks.
        """
        self._since_look += 1
        if self.due >= next_request and self._since_look * _LOOKED_AT < waiting:
            return False
        self._since_look = 0
        return True

    def called(self) -> list[WaitingTask]:
        """The tasks that the service has called about and that were not asked for since."""
        if not self._called:
            return []
        return [entry for entry in self._called.values() if entry.called >= entry.asked]

    def unheard(self, waiting: int) -> float:
        """The share of the waiting tasks whose end must be expected to go without a call.

        The less surely calls come, the more is added for not knowing which.
        """
        if not self._heard or not waiting:
            return 1.0
        lost = 1.0 - self._heard / waiting * (1.0 - self.lost)
        return min(1.0, lost * (1.0 + _CAUTION * lost))

    def expect(self, entry: WaitingTask, slot: HookSlot) -> None:
        """Expect calls about a waiting task."""
        self._heard += entry.slot is None
        entry.slot = slot

    def call(self, entry: WaitingTask, now: float) -> bool:
        """Note a call about a task. Returns whether it makes the task due earlier."""
        if now < entry.deaf_until:
            return False
        entry.called = now
        entry.deaf_until = now + _AGAIN * 2.0 ** min(entry.calls, 10)
        entry.calls += 1
        self._called[entry.id] = entry
        return True

    def forget(self, entry: WaitingTask) -> None:
        """Note that the task is not waited for any more."""
        self._called.pop(entry.id, None)
        self._heard -= entry.slot is not None

    def ended(self, entry: WaitingTask) -> None:
        """Learn from a task that has ended. Its call may still come; until then it counts as lost."""
        if entry.slot is None:
            return
        if entry.calls:
            self._unproved += 1
        else:
            self._outcomes.append(_Outcome(entry.slot))

    def looked(self, share: float) -> None:
        """Note that this share of the waiting tasks was asked for."""
        proved = math.ceil(self._unproved * share)
        self._unproved -= proved
        self._outcomes.extend([_CALLED] * min(proved, _KEPT))


class _Outcome:
    """One task that has ended: whether its call came, before or after polling found the end.

    Args:
        slot: of a task whose call has not come. It lives on until the call comes, or newer tasks count.
    """

    __slots__ = ("_slot", "lost")

    def __init__(self, slot: HookSlot | None) -> None:
        self.lost = slot is not None
        self._slot = slot
        if slot is not None:
            slot.listen(self._on_call)

    def _on_call(self, hook: TaskHook) -> None:
        self.lost, self._slot = False, None


_CALLED = _Outcome(None)
