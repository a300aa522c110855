"""Wait for the tasks of one workflow: all waiters share the same few requests.

There is no background task. One waiter leads: it sleeps until a request is due, and asks for everyone.
The others sleep until their tasks have ended or the lead is handed to them. So nothing is left running
when the last waiter goes, and cancelling a waiter cancels nothing else.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import anyio

from a2e_async._tasks.route_health import may_pass
from a2e_async._tasks.schedule import Schedule, group_by_age
from a2e_async._tasks.status import RUNNING_WORDS, end_by_status
from a2e_async._tasks.waiting import Judge, Waiter, WaitingTask
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, APIError, TaskNotFound, TransportError
from a2e_async.failures import may_concern_one_id
from a2e_async.policies import Lateness, RetryPolicy
from a2e_async.records import JSONObject

if TYPE_CHECKING:
    from a2e_async._tasks.readers import TaskReader

__all__ = ["Poller"]

logger = logging.getLogger("a2e_async")

_REQUESTS_AT_ONCE = 4
_ALONE_AT_ONCE = 64  # tasks asked for by themselves, each time tasks are asked for
_SPLITS_ALLOWED = 64  # requests spent on finding the ids that spoil a batch, each time tasks are asked for

_BACKOFF = 0.25  # seconds; doubled with each failure in a row
_LONGEST_BACKOFF = 10.0
_DOUBLINGS_COUNTED = 10  # keeps the power of two small; the longest backoff is reached much earlier

_SAME_MOMENT = 0.01  # seconds
_LONG_AGO = -1e9  # when a task of an earlier process was last asked for


class Poller:
    """Waits for the tasks of one workflow, in one event loop.

    Args:
        reader: reads the tasks' records.
        lateness: how late the user wants a finished task to be noticed.
        clock: measures the pauses.
        retry: bounds the pauses that the service asks for.
    """

    def __init__(
        self, reader: TaskReader, lateness: Lateness, clock: Clock, retry: RetryPolicy | None = None
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._retry = retry or RetryPolicy()
        self._schedule = Schedule(lateness, reader.batch)

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

        # What went wrong lately.
        self._not_before = 0.0
        self._failures = 0
        self._splits = 0

    @property
    def idle(self) -> bool:
        """Whether no task is waited for and no waiter is left."""
        return not (self._open or self._sleeping or self._led)

    async def wait(
        self, ids: Sequence[str], *, born: float | None = None, judge: Judge = end_by_status
    ) -> Mapping[str, JSONObject]:
        """Wait until all of these tasks have ended, well or badly.

        Args:
            ids: the tasks.
            born: when they were accepted, in seconds of the client's clock. None means unknown: they
                may have ended long ago, so they are asked for at once.
            judge: says whether a record is that of a task that has ended. By default the status alone does.

        Returns:
            Their last records, by id. A record may still lack its output, if that did not come in time.

        Raises:
            TaskNotFound: the service does not know one of them, by any route.
            APIError: the service refuses the request, for example the token (401, 403).
        """
        unique_ids = dict.fromkeys(ids)
        waiter = Waiter(len(unique_ids))
        entries = [self._enter(task_id, born, judge, waiter) for task_id in unique_ids]

        # The lead. Polling stops for everyone if nobody leads, and requests double if two do. So `_led`
        # changes only between awaits, and each waiter that goes, also by an error or by cancellation,
        # hands the lead over in its `finally`. A waiter that is woken to lead may have to go first, or
        # find that a newcomer leads already; it then hands over again, or goes back to sleep.
        try:
            while not waiter.done:
                if self._led:
                    await self._sleep(waiter)
                else:
                    await self._lead(waiter)

            if waiter.error is not None:
                # Several waiters may raise the same error; each starts with an empty traceback.
                raise waiter.error.with_traceback(None)
            return {entry.id: entry.record for entry in entries if entry.record is not None}
        finally:
            for entry in entries:
                self._leave(entry, waiter)
            self._hand_over()

    async def _sleep(self, waiter: Waiter) -> None:
        """Sleep until the waiter is done or is to lead."""
        waiter.woken = woken = anyio.Event()
        self._sleeping[waiter] = None
        try:
            await woken.wait()
        finally:
            self._sleeping.pop(waiter, None)

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
        return entry

    def _leave(self, entry: WaitingTask, waiter: Waiter) -> None:
        entry.waiters = tuple(other for other in entry.waiters if other is not waiter)
        if not entry.waiters:
            self._close(entry)

    async def _lead(self, own: Waiter) -> None:
        """Poll for everyone until the leader's own tasks have ended."""
        self._led = True
        try:
            while not own.done:
                await self._sleep_until_due()
                await self._ask(self._choose())
        finally:
            self._led = False
            self._news = None

    async def _sleep_until_due(self) -> None:
        """Sleep until a request is due. Each new task that is due earlier brings that moment forward."""
        self._next_tick = math.inf
        while True:
            self._news = news = anyio.Event()
            now = self._clock.now()
            cohorts = [cohort for cohort, _ in group_by_age(self._open.values(), now)]
            last_request = max(self._last_request, min(cohort.born for cohort in cohorts))
            due = now + self._schedule.next_tick(cohorts, last_request, now)

            # New tasks never put the request off: a steady stream of them would put it off for ever.
            self._scheduled = due = min(self._next_tick, due)
            unsure = min((entry.again for entry in self._unsure.values()), default=math.inf)
            self._next_tick = max(min(due, unsure), self._not_before)
            with self._clock.move_on_after(self._next_tick - now) as scope:
                await news.wait()
            if scope.cancelled_caught:
                return

    def _choose(self) -> list[WaitingTask]:
        """The tasks to ask for now: those worth their places, then others in the places left."""
        now = self._clock.now()
        unsure = [entry for entry in self._unsure.values() if entry.again <= now + _SAME_MOMENT]
        if unsure and now < self._scheduled - _SAME_MOMENT:
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

    async def _ask(self, entries: Sequence[WaitingTask]) -> None:
        """Ask for the tasks, a few requests at a time. A request that fails affects its own tasks only."""
        now = self._clock.now()
        self._splits = 0

        together = [entry for entry in entries if not entry.alone]
        size = self._schedule.batch
        batches = [together[start : start + size] for start in range(0, len(together), size)]
        if len(batches) == 1 and len(together) == len(entries):
            await self._ask_batch(batches[0], now)
        else:
            alone = sorted((entry for entry in entries if entry.alone), key=attrgetter("asked"))
            await self._ask_batches(batches, alone[:_ALONE_AT_ONCE], now)

    async def _ask_batches(
        self, batches: Sequence[Sequence[WaitingTask]], singles: Sequence[WaitingTask], now: float
    ) -> None:
        gate = anyio.Semaphore(_REQUESTS_AT_ONCE)

        async def ask(batch: Sequence[WaitingTask]) -> None:
            async with gate:
                await self._ask_batch(batch, now)

        async def ask_alone(entry: WaitingTask) -> None:
            async with gate:
                await self._ask_alone(entry, now)

        async with anyio.create_task_group() as group:
            for batch in batches:
                group.start_soon(ask, batch)
            for entry in singles:
                group.start_soon(ask_alone, entry)

    async def _ask_batch(self, batch: Sequence[WaitingTask], now: float) -> None:
        """Ask for the tasks of one request; they count as asked for only if it is answered."""
        try:
            records = await self._reader.read([entry.id for entry in batch])
        except A2EError as error:
            await self._on_failed_batch(batch, now, error)
            return

        self._failures = 0
        finished: list[WaitingTask] = []
        missing: list[WaitingTask] = []
        answered = self._clock.now()
        for entry in batch:
            record = records.get(entry.id)
            if record is None:
                if entry.count_miss(answered):
                    missing.append(entry)
            elif (
                type(status := record.get("current_status")) is str
                and status in RUNNING_WORDS
                and not entry.looks
            ):
                entry.misses = 0  # by far the most frequent answer, so it is read without a call
            elif self._take(entry, record):
                finished.append(entry)

        # They ended at unknown moments since they were last asked for: assume evenly spread ones.
        for place, entry in enumerate(finished):
            if entry.aged:
                since = now - entry.asked
                self._schedule.observe(entry.asked + since * (place + 0.5) / len(finished) - entry.born)

        for entry in batch:
            entry.asked = now
        for entry in missing:
            # The first one may show that the route is of no use. The others are then asked for by another.
            if self._schedule.batch == self._reader.batch:
                await self._ask_alone(entry, now)

    async def _on_failed_batch(self, batch: Sequence[WaitingTask], now: float, error: A2EError) -> None:
        """Fail only the tasks that the error is about; the others keep waiting."""
        if may_pass(error):
            self._back_off(error)
            return
        if not may_concern_one_id(error):
            for entry in batch:
                self._fail(entry, error)
            return

        if len(batch) == 1:
            batch[0].alone = True
            await self._ask_alone(batch[0], now)
        elif self._splits < _SPLITS_ALLOWED:
            self._splits += 2
            half = len(batch) // 2
            await self._ask_batch(batch[:half], now)
            await self._ask_batch(batch[half:], now)
        else:
            # Every id is refused, it seems. Each is asked for by itself, a few at a time.
            for entry in batch:
                entry.alone = True

    def _back_off(self, error: A2EError) -> None:
        """Send no request for a while: longer with each failure, and as long as the service asks for.

        The service's wish is bounded: one wrong number must not silence a workflow.
        """
        self._failures += 1
        pause = min(_LONGEST_BACKOFF, _BACKOFF * 2.0 ** min(self._failures, _DOUBLINGS_COUNTED))
        if isinstance(error, APIError | TransportError):
            pause = max(pause, self._retry.bounded(error.retry_after))
        self._not_before = self._clock.now() + pause
        logger.warning("polling: %s; the tasks keep waiting", type(error).__name__)

    async def _ask_alone(self, entry: WaitingTask, now: float) -> None:
        """Ask every route for one task. It is lost only if none of them has known it for some time."""
        record: JSONObject | None = None
        try:
            record = await self._reader.read_one(entry.id)
        except A2EError as error:
            if may_pass(error):
                self._back_off(error)
                return
            if not may_concern_one_id(error):
                self._fail(entry, error)
                return

        self._failures = 0
        entry.asked = now
        if record is not None:
            entry.alone = True
            self._take(entry, record)
        elif entry.looks:
            # A batch has just shown it, so it exists.
            entry.alone = False
        elif entry.count_miss(self._clock.now()):
            self._fail(entry, TaskNotFound(f"task {entry.id} is not known to the service", task_id=entry.id))

    def _take(self, entry: WaitingTask, record: JSONObject) -> bool:
        """Take a task's new record. Returns whether the task has ended."""
        if entry.has_ended(record, self._clock.now()):
            self._settle(entry, record)
            return True

        if entry.looks:
            self._unsure[entry.id] = entry
        else:
            self._unsure.pop(entry.id, None)
        return False

    def _settle(self, entry: WaitingTask, record: JSONObject) -> None:
        """The task has ended: wake the waiters that were waiting for nothing else."""
        entry.record = record
        self._close(entry)
        for waiter in entry.waiters:
            waiter.open -= 1
            if waiter.done:
                self._wake(waiter)

    def _fail(self, entry: WaitingTask, error: A2EError) -> None:
        self._close(entry)
        for waiter in entry.waiters:
            waiter.error = waiter.error or error
            self._wake(waiter)

    def _close(self, entry: WaitingTask) -> None:
        # A later wait starts with a new entry: it must not get an old error.
        if self._open.get(entry.id) is entry:
            del self._open[entry.id]
            self._unsure.pop(entry.id, None)
