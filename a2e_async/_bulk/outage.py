"""A fault that meets all jobs of a run: one job tries again, the others wait."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from a2e_async._bulk.endings import NotStarted
from a2e_async._bulk.faults import Fault
from a2e_async._journal.journal import LeaseExpired, Superseded
from a2e_async.announcer import SILENT, Announcer, tell_retried
from a2e_async.clock import Clock
from a2e_async.errors import (
    APIError,
    BudgetReached,
    InvalidArgument,
    JournalError,
    TransportError,
    UploadError,
)
from a2e_async.tries import problem_of

__all__ = ["Outage"]

logger = logging.getLogger("a2e_async")

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds between two tries; doubled with each
_REFUSED_PAUSE = 15.0  # seconds, if the service answers that it takes nothing
_SHOWN = 300  # characters of an error in the log
# Errors of one job that came before anything was tried.
_UNTRIED = (
    NotStarted,
    InvalidArgument,
    BudgetReached,
    JournalError,
    LeaseExpired,
    Superseded,
    UploadError,
)


class Outage:
    """Lets the jobs of a run work side by side, and only one of them while a fault lasts.

    Args:
        clock: measures the pauses.
        timeout: seconds after which a fault is given up.
        bounded: cuts the pause that a service asks for.
        hold: called with the length of each pause.
        first_alone: seconds for which the others wait for the first one's work. So an unknown host is looked
            up once, and not by all at once: some resolvers drop that many questions.
        events: tells listeners of each pause.
    """

    # One job probes at a time. Without a prober the others would wait for ever, and with two the service
    # would be asked twice as often. So `_prober` changes only between awaits, and a prober that goes, for
    # whatever reason, hands its place over in its `finally`. Another job's success may end the fault while
    # the prober sleeps, and the next fault may have another prober when it wakes.

    def __init__(
        self,
        clock: Clock,
        timeout: float,
        *,
        bounded: Callable[[float | None], float] = lambda seconds: seconds or 0.0,
        hold: Callable[[float], None] = lambda _: None,
        first_alone: float = 0.0,
        events: Announcer = SILENT,
    ) -> None:
        self._clock = clock
        self._timeout = timeout
        self._bounded = bounded
        self._hold = hold
        self._first_alone = first_alone
        self._events = events

        self._since: float | None = None
        self._tries = 0
        self._prober: object | None = None
        self._given_up = False
        self._first: object | None = None
        self._first_ended = anyio.Event()
        self._changed = anyio.Event()

    async def passed(self) -> None:
        """Wait while a fault lasts. Returns at once if it was given up."""
        while self._since is not None:
            await self._changed.wait()

    def renew(self) -> None:
        """Forget that a fault was given up. The next work is done alone, as the first one was."""
        self._given_up = False
        if self._first_ended.is_set():
            self._first, self._first_ended = None, anyio.Event()

    def hand_over(self, who: object) -> None:
        """Let another job probe, if this one does: it waits for something else, maybe for that other job."""
        if self._prober is who:
            self._prober = None
            self._notify()

    async def through(
        self,
        work: Callable[[], Awaitable[T]],
        fault_of: Callable[[Exception], Fault | None],
        *,
        who: object | None = None,
    ) -> T:
        """Do some work. It is done again after a fault that may pass.

        Args:
            work: the work; doing it again must do no harm after a fault.
            fault_of: whether an error of the work is a fault that meets every job.
            who: who does it, for `hand_over`. It does one work at a time.

        Raises:
            Exception: what the work raises. A fault is raised if it lasts, or has not passed in time.
        """
        me = who or object()
        try:
            while True:
                await self._admit(me)
                try:
                    value = await work()
                except Exception as error:
                    self._first_ended.set()
                    fault = fault_of(error)
                    if fault is None:
                        if not isinstance(error, _UNTRIED):
                            self._end()
                        raise
                    if fault is Fault.LASTING or self._given_up:
                        self._give_up()
                        raise

                    self._begin(me)
                    if self._prober is not me:
                        continue
                    self._tries += 1
                    pause = self._pause(error)
                    if not self._may_try_again(error, pause):
                        self._give_up()
                        raise
                else:
                    self._end()
                    return value

                self._hold(pause)
                await self._clock.sleep(pause)
        finally:
            self._first_ended.set()
            if self._prober is me:
                self._prober = None
                self._notify()

    async def _admit(self, me: object) -> None:
        """Wait while another job probes. If a fault lasts that nobody probes for, probe."""
        if self._first is None:
            self._first = me
        elif self._first_alone and self._first is not me and not self._first_ended.is_set():
            with self._clock.move_on_after(self._first_alone):
                await self._first_ended.wait()
            self._first_ended.set()

        while self._since is not None and self._prober not in (None, me):
            await self._changed.wait()
        if self._since is not None:
            self._prober = me

    def _begin(self, me: object) -> None:
        """Note that a job has met a fault; it probes, if nobody does."""
        if self._since is None:
            self._since, self._tries, self._prober = self._clock.now(), 0, None
        if self._prober is None:
            self._prober = me

    def _may_try_again(self, error: Exception, pause: float) -> bool:
        """Whether there is time for another try; warns about it."""
        since = self._clock.now() if self._since is None else self._since
        if self._clock.now() - since + pause > self._timeout:
            return False

        logger.warning(
            "bulk run: %s, try %d, again in %.0f s; all jobs wait",
            problem_of(error)[:_SHOWN],
            self._tries,
            pause,
        )
        if self._events.heard:
            what = getattr(error, "path", "") or "bulk run"
            tell_retried(self._events, error, what, pause, self._tries)
        return True

    def _pause(self, error: Exception) -> float:
        if isinstance(error, APIError):
            return max(_REFUSED_PAUSE, self._bounded(error.retry_after))
        asked = self._bounded(error.retry_after) if isinstance(error, TransportError) else 0.0
        return max(asked, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._tries - 1, 10)))

    def _end(self) -> None:
        self._first_ended.set()
        if self._since is not None:
            logger.warning("bulk run: it works again after %.0f s", self._clock.now() - self._since)
            self._since, self._prober = None, None
            self._notify()

    def _give_up(self) -> None:
        self._given_up, self._since, self._prober = True, None, None
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
