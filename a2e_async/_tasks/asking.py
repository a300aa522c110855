"""Ask for the records of waiting tasks: batches, single tasks, and requests that fail."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

import anyio

from a2e_async._tasks.poll_events import PollEvents
from a2e_async._tasks.route_health import may_pass
from a2e_async._tasks.schedule import Schedule
from a2e_async._tasks.status import RUNNING_WORDS
from a2e_async._tasks.waiting import WaitingTask
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, APIError, TaskNotFound, TransportError
from a2e_async.failures import cannot_connect, may_concern_one_id
from a2e_async.policies import RetryPolicy
from a2e_async.records import JSONObject
from a2e_async.tries import problem_of

if TYPE_CHECKING:
    from a2e_async._tasks.readers import TaskReader

__all__ = ["Asker"]

logger = logging.getLogger("a2e_async")

_REQUESTS_AT_ONCE = 4
_ALONE_AT_ONCE = 64  # tasks asked for by themselves, each time tasks are asked for
_SPLITS_ALLOWED = 64  # requests spent on finding the ids that spoil a batch, each time tasks are asked for

_BACKOFF = 0.25  # seconds; doubled with each failure in a row
_LONGEST_BACKOFF = 10.0  # seconds
_DOUBLINGS_COUNTED = 10  # keeps the power of two small; the longest backoff is reached much earlier


class Desk(Protocol):
    """Where the answers go: the `Poller`."""

    @abstractmethod
    def take(self, entry: WaitingTask, record: JSONObject) -> bool:
        """Take a task's new record. Returns whether the task has ended."""

    @abstractmethod
    def fail(self, entry: WaitingTask, error: A2EError) -> None:
        """End the wait for a task with an error."""


class Asker:
    """Asks for waiting tasks, a few requests at a time.

    Args:
        reader: reads the tasks' records.
        schedule: learns from the durations that the answers show.
        desk: where the answers go.
        clock: measures the pauses.
        retry: bounds the pauses that the service asks for.
        events: tells listeners about the requests.

    Attributes:
        not_before: when the next request may be sent, in seconds of the clock.
    """

    def __init__(
        self,
        reader: TaskReader,
        schedule: Schedule,
        desk: Desk,
        clock: Clock,
        retry: RetryPolicy,
        events: PollEvents,
    ) -> None:
        self._reader = reader
        self._schedule = schedule
        self._desk = desk
        self._clock = clock
        self._retry = retry
        self._events = events
        self.not_before = 0.0
        self._failures = 0
        self._splits = 0

    async def ask(self, entries: Sequence[WaitingTask]) -> None:
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
                and not (entry.looks or entry.followed)
            ):
                entry.misses = 0  # by far the most frequent answer, so it is read without a call
            elif self._desk.take(entry, record):
                finished.append(entry)

        if self._events.events.heard:
            self._events.polled(len(batch), finished, now, answered)

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
                self._desk.fail(entry, error)
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
        self.not_before = self._clock.now() + pause
        why = problem_of(error) if cannot_connect(error) else type(error).__name__
        logger.warning(
            "polling: %s, try %d, again in %.0f s; the tasks keep waiting", why, self._failures, pause
        )
        self._events.retried(error, pause, self._failures)

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
                self._desk.fail(entry, error)
                return

        self._failures = 0
        if record is not None:
            entry.alone = True
            ended = self._desk.take(entry, record)
            if self._events.events.heard:
                self._events.polled(1, [entry] if ended else [], now, self._clock.now())
        elif entry.looks:
            # A batch has just shown it, so it exists.
            entry.alone = False
        elif entry.count_miss(self._clock.now()):
            self._desk.fail(
                entry, TaskNotFound(f"task {entry.id} is not known to the service", task_id=entry.id)
            )
        entry.asked = now
