"""The requests that wait for their turns: the most urgent first, and in the order in which they came."""

from __future__ import annotations

import enum
from collections import deque

import anyio

from a2e_async._transport.turns import Turns
from a2e_async.clock import Clock

__all__ = ["Kind", "TurnQueue"]

_PASSED_OVER = 4  # turns in a row that go to others while one waits, at most
_LATE = 0.05  # seconds
_NOTHING = 1e-6  # seconds that are not worth a sleep
_LONGEST_SPACING = 1.0  # seconds


class Kind(enum.IntEnum):
    """What a request is for. The lower ones are more urgent."""

    POLL = 0  # tells somebody that a task has ended
    START = 1  # makes a task
    OTHER = 2


class _Waiter:
    """One request that waits."""

    def __init__(self) -> None:
        self.granted: float | None = None
        self.woken = anyio.Event()

    def grant(self, moment: float) -> None:
        self.granted = moment
        self.woken.set()


class TurnQueue:
    """Gives requests their turns.

    Args:
        clock: the client's clock.
        turns: where the turns come from.
    """

    # One of the waiters leads: it books turns, sleeps until the next one, and gives it to the most urgent
    # waiter. So no background task is needed. A leader that goes, for whatever reason, leaves its booked
    # turns here and wakes another waiter, which leads from then on.

    def __init__(self, clock: Clock, turns: Turns) -> None:
        self.turns = turns
        self._clock = clock
        self._waiting: tuple[deque[_Waiter], ...] = tuple(deque() for _ in Kind)
        self._passed_over = [0] * len(Kind)
        self._booked: deque[float] = deque()
        self._is_led = False
        self._held_until = 0.0
        self._spaced_until = 0.0
        self._free_at = 0.0

    def hold(self, seconds: float) -> None:
        """Give no turn here for this many seconds."""
        self._held_until = max(self._held_until, self._clock.now() + seconds)

    async def turn(self, kind: Kind = Kind.OTHER) -> float:
        """Wait for a turn. Returns its moment."""
        me = _Waiter()
        queue = self._waiting[kind]
        queue.append(me)

        try:
            while me.granted is None:
                if self._is_led:
                    await me.woken.wait()
                    me.woken = anyio.Event()
                else:
                    await self._lead(me)
        except BaseException:
            if me.granted is None:
                queue.remove(me)
            else:
                self._booked.appendleft(me.granted)
                self._spaced_until = 0.0
            self._wake_a_leader()
            raise
        return me.granted

    async def _lead(self, me: _Waiter) -> None:
        """Give turns until one is mine."""
        self._is_led = True
        slept_until = float("-inf")  # a clock of the caller's may stand still
        is_new = False

        try:
            while me.granted is None:
                held_until = max(self._held_until, self.turns.held_until)
                if self._booked and (self._booked[0] < held_until or (not is_new and self._is_past())):
                    self._booked.popleft()
                    continue

                until = max(self._booked[0], self._spaced_until) if self._booked else held_until
                pause = until - self._clock.now()
                if pause > _NOTHING and until > slept_until:
                    slept_until, is_new = until, False
                    await self._clock.sleep(pause)
                    continue
                if not self._booked:
                    self._booked.extend(
                        await self.turns.book(sum(map(len, self._waiting)), self._spaced_until)
                    )
                    is_new = True
                    continue

                self._spaced_until = self._clock.now() + self.turns.spacing
                self._most_urgent().grant(self._booked.popleft())
        finally:
            self._is_led = False
            if me.granted is not None:
                self._wake_a_leader()

    def _is_past(self) -> bool:
        """Whether the next turn is so late that a request would meet one of another worker."""
        return self._booked[0] < self._clock.now() - max(_LATE, self.turns.spacing)

    def _most_urgent(self) -> _Waiter:
        """Take the waiter whose turn it is. Others that were passed over for long come first."""
        kinds = [kind for kind in Kind if self._waiting[kind]]
        chosen = next((kind for kind in kinds if self._passed_over[kind] >= _PASSED_OVER), kinds[0])
        for kind in kinds:
            self._passed_over[kind] += 1
        self._passed_over[chosen] = 0
        return self._waiting[chosen].popleft()

    def _wake_a_leader(self) -> None:
        """Let one of the waiters lead."""
        if self._is_led:
            return
        for queue in self._waiting:
            if queue:
                queue[0].woken.set()
                return

    async def space(self, due: float) -> None:
        """Wait until a request may be sent: not before it is due, and apart from the one before."""
        now = self._clock.now()
        moment = max(now, due, min(self._free_at, now + _LONGEST_SPACING))
        self._free_at = moment + self.turns.spacing
        if moment - now > _NOTHING:
            await self._clock.sleep(moment - now)
