"""Clocks that the sandbox and its client share.

`VirtualClock` stands still until a test moves it, or, with ``auto=True``, jumps to the next deadline
whenever nothing is happening: no request being served, every sleeper asleep, every event loop at rest.
`ScaledClock` runs by itself, some times faster than the wall clock.

Both are used from several threads and event loops at once: the server's own asyncio loop and the
client's loops, asyncio or trio.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import anyio
import anyio.to_thread

__all__ = ["SandboxClock", "ScaledClock", "VirtualClock"]

_ROUNDS = 8  # times that each event loop must come round with nothing new before time jumps
# A jump of more than so many seconds is to a time limit as a rule, which a request that is merely slow
# must not run into: it takes so many silences of so many real seconds.
_FAR, _FAR_LOOKS, _FAR_GRACE = 60.0, 20, 0.005


class SandboxClock(Protocol):
    """What the sandbox needs of its clock: the client's `Clock`, and word of when it is busy."""

    def now(self) -> float:
        """Seconds; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock."""

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """A cancel scope that ends its body after that many seconds of this clock."""
        ...

    def start(self) -> None:
        """The sandbox serves from now on."""

    def watch(self) -> None:
        """The running event loop serves requests."""

    def stop(self) -> None:
        """The sandbox has ended."""

    def enter(self) -> None:
        """A request is being served: time should not jump."""

    def leave(self) -> None:
        """The request is answered, or waits for the clock itself."""


class ScaledClock:
    """Real time, `speed` times faster; 1.0 is the wall clock's pace."""

    def __init__(self, speed: float = 1.0) -> None:
        self._base = (0.0, time.monotonic(), 1.0)
        self.speed = speed

    @property
    def speed(self) -> float:
        """Seconds of this clock per real second."""
        return self._base[2]

    @speed.setter
    def speed(self, speed: float) -> None:
        if not (math.isfinite(speed) and speed > 0):
            raise ValueError(f"speed: {speed!r} is not a number above 0")
        self._base = (self.now(), time.monotonic(), float(speed))

    def now(self) -> float:
        """Seconds since the clock was made, scaled."""
        shown, at, speed = self._base
        return shown + (time.monotonic() - at) * speed

    async def sleep(self, seconds: float) -> None:
        """Sleep for that many scaled seconds."""
        await anyio.sleep(max(seconds, 0.0) / self.speed)

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        """A cancel scope that ends its body after that many scaled seconds."""
        return anyio.move_on_after(seconds / self.speed)

    def start(self) -> None:
        """Nothing to do: real time runs by itself."""

    def watch(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Nothing to do."""

    def enter(self) -> None:
        """Nothing to do: real time does not jump."""

    def leave(self) -> None:
        """Nothing to do."""


class _Waiter:
    """One sleeper or cancel scope, and how to wake it in its own event loop."""

    __slots__ = ("fired", "over", "post", "wake")

    def __init__(self, loop: _Loop, wake: Callable[[], object]) -> None:
        self.post = loop.post
        self.wake = wake
        self.fired = False
        self.over = False


class _Loop:
    """An event loop as other threads see it."""

    __slots__ = ("identity", "post", "runs")

    post: Callable[[Callable[[], object]], object]

    def __init__(self) -> None:
        self.runs: Callable[[], bool] = lambda: True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            import trio

            token = trio.lowlevel.current_trio_token()
            self.identity, self.post = id(token), token.run_sync_soon
        else:
            self.identity, self.post = id(loop), loop.call_soon_threadsafe
            self.runs = loop.is_running  # it may rest between two run_until_complete calls


class VirtualClock:
    """A clock that moves only when told to, or when nothing else can happen.

    Args:
        auto: jump to the next deadline by itself while a sandbox (or a ``with`` block) runs it.
        grace: real seconds of silence before such a jump; at least 0.1 before one of more than a
            minute. Raise it where the client does slow things in threads between two requests.
        step: seconds added to each jump, so that deadlines close together are met by one jump.
        start: where it begins.
    """

    def __init__(
        self, *, auto: bool = False, grace: float = 0.002, step: float = 0.0, start: float = 0.0
    ) -> None:
        self.auto = auto
        self.grace = grace
        self.step = step
        self._now = start
        self._lock = threading.Condition()
        self._heap: list[tuple[float, int, _Waiter]] = []
        self._serial = itertools.count()
        self._loops: dict[int, _Loop] = {}
        self._busy = 0  # requests being served
        self._waking = 0  # fired, but not yet running again
        self._activity = 0  # changes whenever anything happens
        self._users = 0
        self._thread: threading.Thread | None = None

    def now(self) -> float:
        """Seconds; moves only by `advance`, `elapse`, `run_for` or automatic jumps."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once the clock has moved that far."""
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
        """A cancel scope that ends its body once the clock has moved that far."""
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

    def advance(self, seconds: float) -> float:
        """Move on at once and wake everyone whose time has come.

        Sleepers that sleep again do so from the new time, as with `trio.testing.MockClock.jump`; use
        `elapse` to give each its turn in between.

        Returns: the new time.
        """
        if seconds < 0:
            raise ValueError(f"seconds: {seconds!r} is negative; time does not go back")
        with self._lock:
            return self._jump(self._now + seconds)

    async def elapse(self, seconds: float) -> float:
        """Let that much time pass, deadline by deadline, each time until all is quiet again."""
        return await anyio.to_thread.run_sync(self.run_for, seconds)

    def run_for(self, seconds: float) -> float:
        """As `elapse`, from a thread in which none of the waiting event loops runs."""
        if self._thread is not None:
            raise RuntimeError("this clock is run automatically; nothing else may drive it")
        end = self._now + seconds
        while True:
            self._until_quiet(lambda: False)
            with self._lock:
                deadline = self._next()
                if deadline is None or deadline > end:
                    return self._jump(end)
                self._jump(min(deadline + self.step, end))

    # Life: a sandbox starts and stops its clock; a test without one uses `with clock:`.

    def __enter__(self) -> VirtualClock:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin automatic jumps (if `auto`), until as many `stop` calls."""
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
        """The running event loop serves requests: no automatic jump before it, too, is at rest."""
        loop = _Loop()
        with self._lock:
            self._loops[loop.identity] = loop

    def enter(self) -> None:
        """A request is being served: no automatic jump until `leave`."""
        with self._lock:
            self._busy += 1
            self._activity += 1

    def leave(self) -> None:
        """The request is answered, or sleeps on this clock."""
        with self._lock:
            self._busy -= 1
            self._activity += 1
            self._lock.notify_all()

    def _add(self, seconds: float, wake: Callable[[], object]) -> _Waiter:
        loop = _Loop()
        waiter = _Waiter(loop, wake)
        with self._lock:
            self._loops[loop.identity] = loop
            heapq.heappush(self._heap, (self._now + seconds, next(self._serial), waiter))
            self._activity += 1
            self._lock.notify_all()
        return waiter

    def _end(self, waiter: _Waiter) -> None:
        """The sleeper runs again, woken or cancelled."""
        with self._lock:
            waiter.over = True
            self._activity += 1
            if waiter.fired:
                self._waking -= 1
                self._lock.notify_all()

    def _cancel(self, waiter: _Waiter, scope: anyio.CancelScope) -> None:
        if not waiter.over:  # runs in the scope's own loop, so it cannot end meanwhile
            scope.cancel()

    def _next(self) -> float | None:
        while self._heap and self._heap[0][2].over:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _jump(self, target: float) -> float:
        self._now = max(self._now, target)
        while self._heap and self._heap[0][0] <= self._now:
            waiter = heapq.heappop(self._heap)[2]
            if waiter.over:
                continue
            waiter.fired = True
            self._waking += 1
            try:
                waiter.post(waiter.wake)
            except RuntimeError:  # its event loop is gone
                waiter.over = True
                self._waking -= 1
        self._activity += 1
        return self._now

    def _drive(self) -> None:
        def ended() -> bool:
            return self._users == 0

        while not ended():
            self._until_quiet(ended)
            with self._lock:
                deadline = self._next()
                if ended():
                    return
                if deadline is None:
                    self._lock.wait(0.05)
                elif self._busy == 0 and self._waking == 0:
                    self._jump(deadline + self.step)

    def _until_quiet(self, ended: Callable[[], bool]) -> None:
        """Return when no request is served, and every event loop has come round with nothing new."""
        while not ended():
            with self._lock:
                if self._busy or self._waking:
                    self._lock.wait(0.05)
                    continue
                seen = self._activity
            if self._stays_quiet(seen, self.grace, ended) and (
                not self._next_is_far()
                or all(self._stays_quiet(seen, _FAR_GRACE, ended) for _ in range(_FAR_LOOKS))
            ):
                return

    def _next_is_far(self) -> bool:
        with self._lock:
            deadline = self._next()
            return deadline is not None and deadline - self._now > _FAR

    def _stays_quiet(self, seen: int, grace: float, ended: Callable[[], bool]) -> bool:
        """Whether nothing happens for that many real seconds."""
        with self._lock:
            loops = list(self._loops.values())
        # One side hands over to the other: a request on its way is in neither's books.
        time.sleep(grace / 2)
        quiet = all(self._comes_round(loop, ended) for loop in loops * _ROUNDS)
        time.sleep(grace / 2)
        with self._lock:
            return quiet and self._activity == seen and not self._busy and not self._waking

    def _comes_round(self, loop: _Loop, ended: Callable[[], bool]) -> bool:
        answered = threading.Event()
        try:
            loop.post(answered.set)
        except RuntimeError:  # closed, or a trio run that has finished
            with self._lock:
                self._loops.pop(loop.identity, None)
            return True
        while not answered.wait(0.05):
            if ended():
                return False
            if not loop.runs():
                return True
        return True
