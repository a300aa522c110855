"""Clocks that the sandbox and its client share.

`VirtualClock` moves only when a test moves it. With ``auto=True`` it also jumps to the next deadline
whenever nothing is happening: no request is being served, every sleeper is asleep and every event loop is
at rest. `ScaledClock` runs by itself, at a multiple of the wall clock's pace.

Both are used from several threads and event loops at once: the server's own asyncio loop, and the client's
loops, asyncio or trio.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

import anyio
import anyio.to_thread

from a2e_async.sandbox.agenda import Agenda
from a2e_async.sandbox.silence import EventLoop, SilenceDetector

__all__ = ["SandboxClock", "ScaledClock", "VirtualClock"]

# A jump of more than FAR seconds usually ends at a time limit. A request that is merely slow must not run
# into that limit, so such a jump needs FAR_LOOKS silences in a row, each of FAR_GRACE real seconds.
_FAR, _FAR_LOOKS, _FAR_GRACE = 60.0, 5, 0.02
_LOOK = 0.002  # real seconds between two looks at whether threads are still at work
_LATEST, _FASTEST = 1e11, 1e6  # seconds, beyond which dates cannot be written; times faster than real time


class SandboxClock(Protocol):
    """A clock for the sandbox: the client's `Clock`, and calls that say when the sandbox is busy."""

    def now(self) -> float:
        """The current time in seconds; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep for a number of seconds of this clock."""

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """A cancel scope that ends its body after a number of seconds of this clock."""
        ...

    def start(self) -> None:
        """Called when the sandbox begins to serve."""

    def watch(self) -> None:
        """Called in the event loop that serves the requests."""

    def stop(self) -> None:
        """Called when the sandbox has ended."""

    def enter(self) -> None:
        """Called when a request arrives: time should not jump while it is served."""

    def leave(self) -> None:
        """Called when the request is answered, or while it waits for the clock itself."""


class ScaledClock:
    """Real time, multiplied by `speed`. A speed of 1.0 is the wall clock's pace."""

    def __init__(self, speed: float = 1.0) -> None:
        self._base = (0.0, time.monotonic(), 1.0)  # reading, the real time of that reading, speed
        self.speed = speed

    @property
    def speed(self) -> float:
        """Seconds of this clock per real second."""
        return self._base[2]

    @speed.setter
    def speed(self, speed: float) -> None:
        if not 0 < speed <= _FASTEST:
            raise ValueError(f"speed: {speed!r} is not a number above 0 and up to {_FASTEST:g}")
        self._base = (self.now(), time.monotonic(), float(speed))

    def now(self) -> float:
        """Scaled seconds since the clock was made."""
        reading, taken_at, speed = self._base
        return reading + (time.monotonic() - taken_at) * speed

    async def sleep(self, seconds: float) -> None:
        """Sleep for a number of scaled seconds."""
        await anyio.sleep(max(seconds, 0.0) / self.speed)

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """A cancel scope that ends its body after a number of scaled seconds."""
        return anyio.move_on_after(seconds / self.speed)

    def start(self) -> None:
        """Do nothing: real time runs by itself."""

    def watch(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def enter(self) -> None:
        """Do nothing: real time does not jump."""

    def leave(self) -> None:
        """Do nothing."""


class _Waiter:
    """A sleeper or a cancel scope, and how to wake it in its own event loop."""

    __slots__ = ("fired", "over", "post", "wake")

    def __init__(self, loop: EventLoop, wake: Callable[[], object]) -> None:
        self.post = loop.post
        self.wake = wake
        self.fired = False
        self.over = False


class VirtualClock:
    """A clock that moves only when it is moved or, with `auto`, when nothing else can happen.

    With ``auto=True`` a thread watches for silence and then jumps to the next deadline. The module
    `a2e_async.sandbox.silence` explains how silence is detected and what could go wrong.

    Args:
        auto: jump to the next deadline by itself while a sandbox (or a ``with`` block) runs the clock.
        grace: real seconds of silence before such a jump; at least 0.1 before a jump of more than a
            minute. Raise it if the client waits for what is neither in its event loop nor in anyio's
            worker threads.
        step: seconds added to each jump, so that one jump covers deadlines that are close together.
        start: the first reading, in seconds.

    Example:
        ```python
        clock = VirtualClock(auto=True)
        async with Sandbox(clock=clock) as sandbox:
            async with A2E(sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
                await a2e.text_to_image(prompt="a red kite").run()  # takes milliseconds
        ```
    """

    def __init__(
        self, *, auto: bool = False, grace: float = 0.002, step: float = 0.0, start: float = 0.0
    ) -> None:
        self.auto = auto
        self.grace = grace
        self.step = step
        self._now = start

        self._lock = threading.Condition()
        self._waiters: Agenda[_Waiter] = Agenda()
        self._silence = SilenceDetector(self._lock)

        self._users = 0
        self._thread: threading.Thread | None = None

    def now(self) -> float:
        """The current time in seconds. Only `advance`, `elapse`, `run_for` and automatic jumps change it."""
        if self._thread is not None:
            with suppress(RuntimeError):  # asked outside of an event loop
                self._silence.watch()
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock has moved by a number of seconds."""
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        if math.isinf(seconds):
            await anyio.sleep_forever()

        event = anyio.Event()
        waiter = self._add(seconds, event.set)
        try:
            await event.wait()
        finally:
            self._end(waiter)

    @contextmanager
    def move_on_after(self, seconds: float) -> Iterator[anyio.CancelScope]:
        """A cancel scope that ends its body once the clock has moved by a number of seconds."""
        with anyio.CancelScope() as scope:
            if seconds <= 0:
                scope.cancel()
            if seconds <= 0 or math.isinf(seconds):
                yield scope
                return

            waiter = self._add(seconds, lambda: self._cancel(waiter, scope))
            try:
                yield scope
            finally:
                self._end(waiter)

    @property
    def sleepers(self) -> int:
        """How many sleepers and time limits wait for this clock."""
        with self._lock:
            return sum(not waiter.over for waiter in self._waiters)

    @property
    def waking(self) -> int:
        """How many sleepers have been woken and do not run yet."""
        with self._lock:
            return self._silence.waking

    @property
    def running(self) -> bool:
        """Whether the clock jumps by itself at the moment."""
        return self._thread is not None

    # Moving it

    def advance(self, seconds: float) -> float:
        """Move on at once and wake every sleeper whose time has come.

        Woken sleepers that sleep again do so from the new time, as with `trio.testing.MockClock.jump`. Use
        `elapse` to give each of them its turn in between.

        Returns:
            The new time.
        """
        if seconds < 0:
            raise ValueError(f"seconds: {seconds!r} is negative; time does not go back")
        with self._lock:
            if not self._now + seconds <= _LATEST:  # nor is NaN
                raise ValueError(f"seconds: {seconds!r} leads beyond {_LATEST:g} s; no date can show it")
            return self._jump(self._now + seconds)

    async def elapse(self, seconds: float) -> float:
        """Let time pass from deadline to deadline, and wait for silence after each.

        Returns:
            The new time.
        """
        limiter = anyio.CapacityLimiter(1)  # the default one's threads keep time from passing
        return await anyio.to_thread.run_sync(self.run_for, seconds, limiter=limiter)

    def run_for(self, seconds: float) -> float:
        """Do the same as `elapse`, from a thread that runs none of the waiting event loops."""
        if self._thread is not None:
            raise RuntimeError("this clock is run automatically; nothing else may drive it")

        end = self._now + seconds
        while True:
            seen = self._wait_for_silence(lambda: False)
            with self._lock:
                if self._silence.changes != seen:
                    continue
                deadline = self._next_deadline()
                if deadline is None or deadline > end:
                    return self._jump(end)
                self._jump(min(deadline + self.step, end))

    # Life: a sandbox starts and stops its clock; a test without a sandbox uses `with clock:`.

    def __enter__(self) -> VirtualClock:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin automatic jumps (if `auto` is set). They end after as many calls of `stop`."""
        with self._lock:
            self._users += 1
            if self.auto and self._thread is None:
                self._thread = threading.Thread(target=self._drive, name="a2e-sandbox-clock", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End automatic jumps."""
        with self._lock:
            self._users -= 1
            thread = None if self._users else self._thread
            self._lock.notify_all()

        if thread is not None:
            thread.join()
            self._thread = None

    def watch(self) -> None:
        """Make automatic jumps wait for the running event loop, which serves requests."""
        self._silence.watch()

    def enter(self) -> None:
        """Note that a request is being served: there is no automatic jump until `leave`."""
        with self._lock:
            self._silence.busy += 1
            self._silence.changes += 1

    def leave(self) -> None:
        """Note that the request is answered, or that it sleeps on this clock."""
        with self._lock:
            self._silence.busy -= 1
            self._silence.changes += 1
            self._lock.notify_all()

    # Sleepers

    def _add(self, seconds: float, wake: Callable[[], object]) -> _Waiter:
        waiter = _Waiter(self._silence.watch(), wake)
        with self._lock:
            self._waiters.add(self._now + seconds, waiter)
            self._silence.changes += 1
            self._lock.notify_all()
        return waiter

    def _end(self, waiter: _Waiter) -> None:
        """Note that a sleeper runs again, because it was woken or cancelled."""
        with self._lock:
            waiter.over = True
            self._silence.changes += 1
            if waiter.fired:
                self._silence.waking -= 1
                self._lock.notify_all()

    def _cancel(self, waiter: _Waiter, scope: anyio.CancelScope) -> None:
        # This runs in the scope's own event loop, so the scope cannot end between the check and the call.
        if not waiter.over:
            scope.cancel()

    def _next_deadline(self) -> float | None:
        """The time of the next waiter that is still there. Called with the lock held."""
        while (first := self._waiters.first()) is not None:
            deadline, waiter = first
            if not waiter.over:
                return deadline
            self._waiters.pop()
        return None

    def _jump(self, target: float) -> float:
        """Move to a time and wake those whose time has come. Called with the lock held."""
        self._now = max(self._now, target)

        for waiter in self._waiters.pop_due(self._now):
            if waiter.over:
                continue
            waiter.fired = True
            self._silence.waking += 1
            try:
                waiter.post(waiter.wake)
            except RuntimeError:  # its event loop is gone
                waiter.over = True
                self._silence.waking -= 1

        self._silence.changes += 1
        return self._now

    # Automatic jumps

    def _drive(self) -> None:
        """Jump from deadline to deadline until the clock is stopped. Runs in a thread of its own."""

        def ended() -> bool:
            return self._users == 0

        while not ended():
            seen = self._wait_for_silence(ended)
            with self._lock:
                if ended():
                    return
                deadline = self._next_deadline()
                if deadline is None:
                    self._lock.wait(0.05)
                # Another thread, such as one that received a webhook, may have woken a client since.
                elif self._silence.changes == seen:
                    self._jump(deadline + self.step)

    def _wait_for_silence(self, ended: Callable[[], bool]) -> int:
        """Wait for silence, or for the end. Returns the count of what had happened when the silence began."""
        seen = -1
        while not ended():
            with self._lock:
                if not self._silence.idle:
                    self._lock.wait(_LOOK)
                    continue
                seen = self._silence.changes

            if not self._silence.lasts(seen, self.grace, ended):
                continue
            if not self._next_deadline_is_far() or all(
                self._silence.lasts(seen, _FAR_GRACE, ended) for _ in range(_FAR_LOOKS)
            ):
                break
        return seen

    def _next_deadline_is_far(self) -> bool:
        with self._lock:
            deadline = self._next_deadline()
            return deadline is not None and deadline - self._now > _FAR
