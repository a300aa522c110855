"""Wait for the tasks of one workflow: all waiters share the same few requests.

There is no background task. One waiter leads: it sleeps until a request is due, and asks for everyone.
The others sleep until their tasks have ended or the lead is handed to them. So nothing is left running
when the last waiter goes, and cancelling a waiter cancels nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

import anyio

from a2e_async._tasks.asking import Asker
from a2e_async._tasks.hearing import Hearing
from a2e_async._tasks.poll_events import PollEvents
from a2e_async._tasks.replies import by_id
from a2e_async._tasks.schedule import Schedule, group_by_age
from a2e_async._tasks.status import End, Shown, end_by_status, shown_in
from a2e_async._tasks.waiting import Judge, Waiter, WaitingTask
from a2e_async._tasks.watching import Watching
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.errors import A2EError
from a2e_async.event_loops import caller_of_this_loop
from a2e_async.hooks import HookSlot, TaskHook
from a2e_async.policies import Lateness, RetryPolicy
from a2e_async.records import JSONObject

if TYPE_CHECKING:
    from a2e_async._tasks.readers import TaskReader

__all__ = ["Poller"]

_SAME_MOMENT = 0.01  # seconds
_LONG_AGO = -1e9  # when a task of an earlier process was last asked for


class Poller:
    """Waits for the tasks of one workflow, in one event loop.

    Args:
        reader: reads the tasks' records.
        lateness: how late the user wants a finished task to be noticed.
        clock: measures the pauses.
        retry: bounds the pauses that the service asks for.
        confirm: whether a call of the service is confirmed by asking, though it contains the final record.
        events: tells listeners about polls, statuses and calls.
        workflow: the name of the workflow, for these.
    """

    def __init__(
        self,
        reader: TaskReader,
        lateness: Lateness,
        clock: Clock,
        retry: RetryPolicy | None = None,
        *,
        confirm: bool = True,
        events: Announcer = SILENT,
        workflow: str = "",
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._schedule = Schedule(lateness, reader.batch)
        self._hearing = Hearing(lateness.seconds)
        self._confirm = confirm
        self._events = PollEvents(events, workflow)
        self._asker = Asker(reader, self._schedule, self, clock, retry or RetryPolicy(), self._events)

        # Who waits, and for what.
        self._open: dict[str, WaitingTask] = {}
        self._unsure: dict[str, WaitingTask] = {}  # of the open ones, those whose record is inconclusive
        self._sleeping: dict[Waiter, None] = {}
        self._led = False

        # When the leader asks next; the event wakes it earlier.
        self._news: anyio.Event | None = None
        self._next_tick = 0.0
        self._scheduled = 0.0  # the same, leaving out the unsure tasks
        self._last_request = 0.0

    @property
    def idle(self) -> bool:
        """Whether no task is waited for and no waiter is left."""
        return not (self._open or self._sleeping or self._led)

    async def wait(
        self,
        ids: Sequence[str],
        *,
        born: float | None = None,
        judge: Judge = end_by_status,
        slot: HookSlot | None = None,
    ) -> Mapping[str, JSONObject]:
        """Wait until all of these tasks have ended, well or badly.

        Args:
            ids: the tasks.
            born: when they were accepted, in seconds of the client's clock. None means unknown: they
                may have ended long ago, so they are asked for at once.
            judge: says whether a record is that of a task that has ended. By default the status alone does.
            slot: receives the service's calls about these tasks.

        Returns:
            Their last records, by id. A record may still lack its output, if that did not come in time.

        Raises:
            TaskNotFound: the service does not know one of them, by any route.
            APIError: the service refuses the request, for example the token (401, 403).
        """
        unique_ids = dict.fromkeys(ids)
        waiter = Waiter(len(unique_ids))
        entries = [self._enter(task_id, born, judge, waiter) for task_id in unique_ids]
        unlisten = self._listen(entries, slot)
        try:
            await self._until_done(waiter)
            return {entry.id: entry.record for entry in entries if entry.record is not None}
        finally:
            self._part(waiter, entries, unlisten)

    def watching(
        self,
        ids: Sequence[str],
        *,
        born: float | None = None,
        judge: Judge = end_by_status,
        slot: HookSlot | None = None,
        shown: Mapping[str, Shown] | None = None,
    ) -> Watching:
        """Watch tasks, as `wait` does. `shown` is what the caller's own records show."""
        unique_ids = dict.fromkeys(ids)
        waiter = Waiter(len(unique_ids), news={}, shown=dict(shown or {}))
        entries = [self._enter(task_id, born, judge, waiter) for task_id in unique_ids]
        unlisten = self._listen(entries, slot)

        def leave() -> None:
            waiter.open = 0  # somebody may be waiting for a change
            self._part(waiter, entries, unlisten)
            self._wake(waiter)
            if self._news is not None:
                self._news.set()

        return Watching(waiter, entries, self._until_done, lambda: self._led, leave, self._clock)

    async def _until_done(self, waiter: Waiter) -> None:
        """Lead or sleep until the waiter is done. Raises its error, if it has no news."""
        # The lead. Polling stops for everyone if nobody leads, and requests double if two do. So `_led`
        # changes only between awaits, and each waiter that goes, also by an error or by cancellation,
        # hands the lead over in its `finally`. A waiter that is woken to lead may have to go first, or
        # find that a newcomer leads already; it then hands over again, or goes back to sleep.
        try:
            while not waiter.done:
                if not self._led:
                    await self._lead(waiter)
                    continue

                # Sleep until the waiter is done or is to lead.
                waiter.woken = woken = anyio.Event()
                self._sleeping[waiter] = None
                try:
                    await woken.wait()
                finally:
                    self._sleeping.pop(waiter, None)

            if waiter.error is not None and not waiter.news:
                # Several waiters may raise the same error; each starts with an empty traceback.
                raise waiter.error.with_traceback(None)
        finally:
            self._hand_over()

    def _part(
        self, waiter: Waiter, entries: Sequence[WaitingTask], unlisten: Callable[[], None] | None
    ) -> None:
        """A waiter goes."""
        if unlisten is not None:
            unlisten()
        for entry in entries:
            entry.waiters = tuple(other for other in entry.waiters if other is not waiter)
            if not entry.waiters:
                self._close(entry)

    def expect(self, seconds: float) -> None:
        """Expect tasks to take about this many seconds, as the sandbox says."""
        self._schedule.task_seconds = seconds

    def _wake(self, waiter: Waiter) -> None:
        # Removed at once: the lead must be handed to a waiter that still sleeps.
        if waiter in self._sleeping and waiter.woken is not None:
            del self._sleeping[waiter]
            waiter.woken.set()

    def _hand_over(self) -> None:
        """Wake a waiter to lead, if nobody leads."""
        if not self._led and self._sleeping:
            self._wake(next(iter(self._sleeping)))

    def _enter(self, id: str, born: float | None, judge: Judge, waiter: Waiter) -> WaitingTask:
        """Add the waiter to a task; wake the leader if the task is new and due before the next request."""
        entry = self._open.get(id)
        if entry is None:
            now = self._clock.now()
            if born is None:
                entry = WaitingTask(id, born=now, asked=_LONG_AGO, aged=False, judge=judge)
                due = now
            else:
                born = min(born, now)
                entry = WaitingTask(id, born=born, asked=born, aged=True, judge=judge)
                due = born + self._schedule.first_look()

            self._open[id] = entry
            if due < self._next_tick and self._news is not None:
                self._news.set()

        entry.waiters = (*entry.waiters, waiter)
        if waiter.news is not None or self._events.events.follows:
            entry.followed = True
        return entry

    def _listen(self, entries: Sequence[WaitingTask], slot: HookSlot | None) -> Callable[[], None] | None:
        """Let the service's calls wake the waiters of these tasks. One may have come already."""
        if slot is None:
            return None
        for entry in entries:
            self._hearing.expect(entry, slot)

        call_here = caller_of_this_loop()

        def listener(hook: TaskHook) -> None:
            call_here(lambda: self._hear(entries, hook))

        slot.listen(listener)
        for hook in slot.calls:
            self._hear(entries, hook)
        return partial(slot.unlisten, listener)

    def _hear(self, entries: Sequence[WaitingTask], hook: TaskHook) -> None:
        """The service says that these tasks have ended: ask for them soon, or take its word."""
        now = self._clock.now()
        records = by_id(hook.records)
        told = [entry for entry in entries if entry.id in records] or entries
        self._events.hook([entry.id for entry in told], hook.event)

        due = False
        for entry in told:
            if self._open.get(entry.id) is not entry:
                continue
            record = records.get(entry.id)
            due = self._hearing.call(entry, now) or due
            if record is not None and not self._confirm and entry.judge(record) in (End.DONE, End.FAILED):
                if entry.aged:
                    self._schedule.observe(now - entry.born)
                self._settle(entry, record)
        if due and self._news is not None and self._hearing.is_news(self._next_tick, len(self._open)):
            self._news.set()

    async def _lead(self, own: Waiter) -> None:
        """Poll for everyone until the leader's own tasks have ended."""
        self._led = True
        try:
            while not own.done:
                if await self._sleep_until_due(own) and not own.done:
                    waiting, chosen = len(self._open), self._choose()
                    await self._asker.ask(chosen)
                    self._hearing.looked(len(chosen) / waiting)
        finally:
            self._led = False
            self._news = None

    async def _sleep_until_due(self, own: Waiter) -> bool:
        """Sleep until a request is due. Each new task that is due earlier brings that moment forward.

        Returns whether it is due. It is not if a call of the service ends the leader's own wait.
        """
        self._next_tick = math.inf
        while not own.done:
            self._news = news = anyio.Event()
            now = self._clock.now()
            self._schedule.unheard = self._hearing.unheard(len(self._open))
            cohorts = [cohort for cohort, _ in group_by_age(self._open.values(), now)]
            last_request = max(self._last_request, min(cohort.born for cohort in cohorts))
            due = now + self._schedule.next_tick(cohorts, last_request, now)

            # New tasks never put the request off: a steady stream of them would put it off for ever.
            self._scheduled = due = min(self._next_tick, due)
            unsure = min((entry.again for entry in self._unsure.values()), default=math.inf)
            self._next_tick = max(min(due, unsure, self._hearing.due), self._asker.not_before)
            if self._next_tick <= self._clock.now():
                return True  # not put off by a steady stream of news

            with self._clock.move_on_after(self._next_tick - now) as scope:
                await news.wait()
            if scope.cancelled_caught:
                return True
        return False

    def _choose(self) -> list[WaitingTask]:
        """The tasks to ask for now: those worth their places, then others in the places left."""
        now = self._clock.now()
        unsure = [entry for entry in self._unsure.values() if entry.again <= now + _SAME_MOMENT]
        if now < self._scheduled - _SAME_MOMENT:
            called = self._hearing.called()
            if called:
                return self._in_company(dict.fromkeys([*called, *unsure]), now)
            if unsure:
                return unsure

        self._last_request = now
        if self._schedule.batch != self._reader.batch:
            # The reader uses another route from now on, so no task spoils its requests any more.
            self._schedule.batch = self._reader.batch
            for entry in self._open.values():
                entry.alone = False

        waiting = len(self._open)
        if waiting <= self._schedule.batch:
            return list(self._open.values())

        chosen: list[WaitingTask] = []
        others: list[WaitingTask] = []
        for cohort, members in group_by_age(self._open.values(), now):
            (chosen if self._schedule.joins(cohort, waiting, now) else others).extend(members)
        if not chosen:
            chosen, others = others, []

        chosen.extend(entry for entry in unsure if entry in others)
        others = [entry for entry in others if entry not in unsure]
        others.sort(key=attrgetter("asked"))
        return chosen + others[: -len(chosen) % self._schedule.batch]

    def _in_company(self, urgent: Mapping[WaitingTask, None], now: float) -> list[WaitingTask]:
        """The tasks that are asked for out of turn, and others in the places left: they cost nothing."""
        others = [entry for entry in self._open.values() if entry not in urgent and not entry.alone]
        others.sort(key=attrgetter("asked"))
        chosen = [*urgent, *others[: -len(urgent) % self._schedule.batch]]
        if len(chosen) == len(self._open):
            self._last_request = now
        return chosen

    def take(self, entry: WaitingTask, record: JSONObject) -> bool:
        """Take a task's new record. Returns whether the task has ended."""
        if self._open.get(entry.id) is not entry:
            return False  # a call of the service was faster
        if entry.has_ended(record, self._clock.now()):
            self._settle(entry, record)
            return True

        if entry.followed:
            self._show(entry, record)
        if entry.looks:
            self._unsure[entry.id] = entry
        else:
            self._unsure.pop(entry.id, None)
        return False

    def _settle(self, entry: WaitingTask, record: JSONObject) -> None:
        """The task has ended: wake the waiters that were waiting for nothing else."""
        entry.record = record
        if entry.followed:
            self._show(entry, record, ended=True)
        self._hearing.ended(entry)
        self._close(entry)
        for waiter in entry.waiters:
            waiter.open -= 1
            if waiter.done:
                self._wake(waiter)

    def _show(self, entry: WaitingTask, record: JSONObject, *, ended: bool = False) -> None:
        """Show a record to whoever wants to know of changes."""
        shown = shown_in(record)
        for waiter in entry.waiters:
            if waiter.see(entry.id, shown, record, ended=ended):
                self._wake(waiter)
        if shown != entry.told:
            entry.told = shown
            self._events.status(entry.id, shown)

    def fail(self, entry: WaitingTask, error: A2EError) -> None:
        """End the wait for a task with an error."""
        if self._open.get(entry.id) is not entry:
            return
        self._close(entry)
        for waiter in entry.waiters:
            waiter.error = waiter.error or error
            self._wake(waiter)

    def _close(self, entry: WaitingTask) -> None:
        # A later wait starts with a new entry: it must not get an old error.
        if self._open.get(entry.id) is entry:
            del self._open[entry.id]
            self._hearing.forget(entry)
            self._unsure.pop(entry.id, None)
