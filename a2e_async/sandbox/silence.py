"""Detects that nothing happens any more in the sandbox and its clients.

An automatic `VirtualClock` may jump only then. There is no event for "nothing happens", so silence has to
be observed. The detector looks twice, with a pause of real time between the looks. All of this must be true:

- no request is being served, no woken sleeper has yet to run, and no event loop waits for a worker thread;
- every known event loop has gone round several times, each in turn, and that more than once;
- nothing was counted between the two looks.

Going round each loop gives callbacks that are already scheduled their turn. What one loop has sent, the
next receives while it goes round. The pause covers what no counter sees: a request that has left the
client and has not reached the server, or a reply on its way back.

Two things can go wrong. If the detector is too eager, time jumps while a client is merely slow, and the
client runs into a time limit that it would never reach otherwise. This can happen on a loaded machine, or
when the client works in threads that are not anyio's, or have a limiter of their own. Jumps of more than a
minute usually end at a time limit, so they need many silences in a row. If the detector is too patient, every
jump costs real time and tests become slow. `VirtualClock(grace=…)` sets the length of the pause.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import anyio.to_thread

if TYPE_CHECKING:
    from trio.lowlevel import TrioToken

__all__ = ["EventLoop", "SilenceDetector"]

_TURNS = 3  # of each event loop during one silence
_ROUNDS = 8  # that it goes in each turn; more of them are cheap, more turns are not
_POLL = 0.05  # real seconds between two checks of whether a loop still runs
_PATIENCE = (
    1.0  # real seconds for which threads may be at work; longer, and they may wait for the time itself
)


class EventLoop:
    """The running event loop, asyncio or trio, as other threads see it."""

    __slots__ = ("_soon", "_threads", "identity", "is_running", "post")

    post: Callable[[Callable[[], object]], object]
    _soon: Callable[[Callable[[], object]], object]  # does the same within the loop, for less

    def __init__(self) -> None:
        running = _running()
        if running is None:
            raise RuntimeError("no event loop is running")

        self.identity = id(running)
        self.is_running: Callable[[], bool] = lambda: True
        if isinstance(running, asyncio.AbstractEventLoop):
            self.post, self._soon = running.call_soon_threadsafe, running.call_soon
            self.is_running = running.is_running  # it may rest between two run_until_complete calls
        else:
            self.post, self._soon = running.run_sync_soon, running.run_sync_soon
        self._threads = anyio.to_thread.current_default_thread_limiter()

    @property
    def threads(self) -> int:
        """How many worker threads are at work for it."""
        return int(self._threads.borrowed_tokens)

    def go_round(self, done: Callable[[], object]) -> None:
        """Have the loop go some rounds and then call `done`. From another thread.

        Raises:
            RuntimeError: the loop is closed, or the trio run has finished.
        """
        left = _ROUNDS

        def again() -> None:
            nonlocal left
            left -= 1
            try:
                self._soon(again if left else done)
            except RuntimeError:  # the trio run ends
                done()

        self.post(again)


def _running() -> asyncio.AbstractEventLoop | TrioToken | None:
    """The running event loop of asyncio, or the token of trio's; None outside of one."""
    with suppress(RuntimeError):
        return asyncio.get_running_loop()
    if trio := sys.modules.get("trio"):
        with suppress(RuntimeError):
            return cast("TrioToken", trio.lowlevel.current_trio_token())
    return None


class SilenceDetector:
    """Counts what happens, and detects when nothing does.

    The attributes may be changed only while the lock is held, and read, too, but for `loops`.

    Attributes:
        busy: requests being served.
        waking: sleepers that have been woken and do not run yet.
        changes: a counter that grows whenever anything happens.
        loops: the event loops in use, by identity.
    """

    def __init__(self, lock: threading.Condition) -> None:
        self._lock = lock
        self.busy = 0
        self.waking = 0
        self.changes = 0
        self.loops: dict[int, EventLoop] = {}
        self._threads = (0, 0.0)  # how many are at work, and the real time since which it is as many

    def watch(self) -> EventLoop:
        """Watch the running event loop from now on. Called without the lock.

        Raises:
            RuntimeError: none is running, or what is running belongs to no task.
        """
        known = self.loops.get(id(_running()))
        if known is None:
            known = EventLoop()
            with self._lock:
                self.loops[known.identity] = known
        return known

    @property
    def idle(self) -> bool:
        """Whether no request is being served, no woken sleeper has yet to run, and no thread is at work."""
        return not self.busy and not self.waking and not self._awaits_threads()

    def _awaits_threads(self) -> bool:
        threads = sum(loop.threads for loop in self.loops.values())
        if threads != self._threads[0]:
            self._threads = (threads, time.monotonic())
        return threads > 0 and time.monotonic() - self._threads[1] < _PATIENCE

    def lasts(self, seen: int, grace: float, ended: Callable[[], bool]) -> bool:
        """Whether nothing happens for `grace` real seconds.

        Args:
            seen: the value of `changes` when the observation began.
            ended: whether the clock has been stopped, which ends the observation.
        """

        def over() -> bool:
            return ended() or self.changes != seen or not self.idle

        # Half of the pause comes before the rounds and half after: a request may be on its way to the
        # server before them, and its reply on its way to the client after them.
        with self._lock:
            if self._lock.wait_for(over, grace / 2):
                return False
            loops = list(self.loops.values())

        if not all(self._goes_round(loop, over) for loop in loops * _TURNS):
            return False
        with self._lock:
            return not self._lock.wait_for(over, grace / 2)

    def _goes_round(self, loop: EventLoop, over: Callable[[], bool]) -> bool:
        """Wait until an event loop has gone some rounds. False as soon as the silence is over."""
        has_gone = False

        def note() -> None:
            nonlocal has_gone
            with self._lock:
                has_gone = True
                self._lock.notify_all()

        try:
            loop.go_round(note)
        except RuntimeError:  # a closed loop, or a trio run that has finished
            with self._lock:
                self.loops.pop(loop.identity, None)
            return True

        with self._lock:
            # The clock may be stopped by the very loop that should go round.
            while not self._lock.wait_for(lambda: has_gone or over(), _POLL):
                if not loop.is_running():
                    return True
            return not over()
