"""Detects that nothing happens any more in the sandbox and its clients.

An automatic `VirtualClock` may jump only then. There is no event for "nothing happens", so silence has to
be observed. The detector looks twice, with a pause of real time between the looks. All of this must be true:

- no request is being served, and no woken sleeper has yet to run;
- every known event loop has run a callback several times in a row;
- nothing was counted between the two looks.

Going round each loop gives callbacks that are already scheduled their turn. The pause covers what no
counter sees: a request that has left the client and has not reached the server, or a reply on its way back.

Two things can go wrong. If the detector is too eager, time jumps while a client is merely slow, and the
client runs into a time limit that it would never reach otherwise. This can happen on a loaded machine, or
when the client works in threads between two requests. Jumps of more than a minute usually end at a time
limit, so they need many silences in a row. If the detector is too patient, every jump costs real time and
tests become slow. `VirtualClock(grace=…)` sets the length of the pause.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

__all__ = ["EventLoop", "SilenceDetector"]

_ROUNDS = 8  # callbacks that each event loop must run during one silence
_POLL = 0.05  # real seconds between two checks of whether the clock has been stopped


class EventLoop:
    """The running event loop, asyncio or trio, as other threads see it."""

    __slots__ = ("identity", "is_running", "post")

    post: Callable[[Callable[[], object]], object]

    def __init__(self) -> None:
        self.is_running: Callable[[], bool] = lambda: True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            import trio

            token = trio.lowlevel.current_trio_token()
            self.identity, self.post = id(token), token.run_sync_soon
        else:
            self.identity, self.post = id(loop), loop.call_soon_threadsafe
            self.is_running = loop.is_running  # it may rest between two run_until_complete calls


class SilenceDetector:
    """Counts what happens, and detects when nothing does.

    The attributes may be read and changed only while the lock is held.

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

    @property
    def idle(self) -> bool:
        """Whether no request is being served and no woken sleeper has yet to run."""
        return not self.busy and not self.waking

    def lasts(self, seen: int, grace: float, ended: Callable[[], bool]) -> bool:
        """Whether nothing happens for `grace` real seconds.

        Args:
            seen: the value of `changes` when the observation began.
            ended: whether the clock has been stopped, which ends the observation.
        """
        with self._lock:
            loops = list(self.loops.values())

        # Half of the pause comes before the rounds and half after: a request may be on its way to the
        # server before them, and its reply on its way to the client after them.
        time.sleep(grace / 2)
        quiet = all(self._runs_callback(loop, ended) for loop in loops * _ROUNDS)
        time.sleep(grace / 2)

        with self._lock:
            return quiet and self.changes == seen and self.idle

    def _runs_callback(self, loop: EventLoop, ended: Callable[[], bool]) -> bool:
        """Wait until an event loop has run a callback. False if the clock was stopped meanwhile."""
        answered = threading.Event()
        try:
            loop.post(answered.set)
        except RuntimeError:  # a closed loop, or a trio run that has finished
            with self._lock:
                self.loops.pop(loop.identity, None)
            return True

        while not answered.wait(_POLL):
            if ended():
                return False
            if not loop.is_running():
                return True
        return True
