"""One poller per workflow: everyone who waits is served by the same few requests.

There is no background task. The waiters drive the polling themselves: one of them leads, the
others sleep until their records are there or the lead is handed to them. So nothing is left running
when the last one goes, and cancelling a waiter cancels nothing but that waiter.
"""

from __future__ import annotations

import logging
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import anyio
import attrs

from a2e_async._tasks.schedule import Cohort, Schedule
from a2e_async._tasks.status import is_final
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, RateLimited, ServerError, TaskNotFound
from a2e_async.failures import Failure, classify, may_concern_one_id
from a2e_async.policies import Lateness
from a2e_async.records import JSONObject

__all__ = ["Poller", "TaskReader"]

logger = logging.getLogger("a2e_async")

_SAME_AGE = 0.03  # tasks whose ages differ by less than this share are thought of together
_REQUESTS_AT_ONCE = 4
_SPLITS_ALLOWED = 64  # requests spent in one go on finding out which ids spoil a batch
_LONGEST_BACKOFF = 10.0
_MISSES_ALLOWED = 3  # times a task may be missing from replies that should hold it
# Seconds that it must have been missing for: lists and batches show new tasks late.
_MISSING_FOR = 10.0
_MISSING_FOR_IF_NEW = 30.0


class TaskReader(Protocol):
    """Where the records of one workflow's tasks come from."""

    batch: int
    """How many ids one request can ask for."""

    @abstractmethod
    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """The records of those ids that the service knows, by id."""

    @abstractmethod
    async def read_one(self, id: str) -> JSONObject | None:
        """The record of one id by the surest route there is; None if the service does not know it.

        Raises:
            NotFound: the same, said by status.
        """


@attrs.define(eq=False)
class _Waiter:
    """One call of `Poller.wait`: it wakes when all its tasks have ended, at an error, or to lead."""

    open: int
    error: A2EError | None = None
    woken: anyio.Event | None = None

    @property
    def done(self) -> bool:
        return not self.open or self.error is not None


@attrs.define(eq=False)
class _Entry:
    """One task that somebody waits for.

    Attributes:
        aged: its age is known, so its duration can be learned from.
        alone: it spoils batches and is asked for by itself.
    """

    id: str
    born: float
    asked: float
    aged: bool
    alone: bool = False
    misses: int = 0
    missing_since: float = 0.0
    record: JSONObject | None = None
    waiters: tuple[_Waiter, ...] = ()


class Poller:
    """Waits for the tasks of one workflow, in one event loop.

    Args:
        reader: reads records.
        lateness: the user's knob.
        clock: for the pauses.
    """

    def __init__(self, reader: TaskReader, lateness: Lateness, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._schedule = Schedule(lateness, reader.batch)
        self._open: dict[str, _Entry] = {}
        self._sleeping: dict[_Waiter, None] = {}
        self._led = False
        self._news: anyio.Event | None = None
        self._next_tick = 0.0
        self._swept = 0.0
        self._not_before = 0.0
        self._failures = 0
        self._splits = 0

    async def wait(self, ids: Sequence[str], *, born: float | None = None) -> Mapping[str, JSONObject]:
        """Wait until tasks have ended.

        Args:
            ids: the tasks.
            born: when they were accepted, in seconds of the client's clock. If that is not known they
                are asked for at once: they may have ended long ago.

        Returns:
            Their last records, by id.

        Raises:
            TaskNotFound: neither the batch nor the detail route knows one of them.
            APIError: the service refuses to be asked (401, 403).
        """
        names = dict.fromkeys(ids)
        waiter = _Waiter(len(names))
        entries = [self._enter(task_id, born, waiter) for task_id in names]
        try:
            while not waiter.done:
                if self._led:
                    await self._sleep(waiter)
                else:
                    await self._lead(waiter)
            if waiter.error is not None:
                # Others may be given the same error: each starts with a traceback of its own.
                raise waiter.error.with_traceback(None)
            return {entry.id: entry.record for entry in entries if entry.record is not None}
        finally:
            for entry in entries:
                self._leave(entry, waiter)
            self._hand_over()

    async def _sleep(self, waiter: _Waiter) -> None:
        """Sleep until there is something to do for the waiter."""
        waiter.woken = woken = anyio.Event()
        self._sleeping[waiter] = None
        try:
            await woken.wait()
        finally:
            self._sleeping.pop(waiter, None)

    def _wake(self, waiter: _Waiter) -> None:
        # Forgotten at once: whoever hands the lead over must find one that still sleeps.
        if waiter in self._sleeping and waiter.woken is not None:
            del self._sleeping[waiter]
            waiter.woken.set()

    def _hand_over(self) -> None:
        """If nobody leads, wake somebody who will."""
        if not self._led and self._sleeping:
            self._wake(next(iter(self._sleeping)))

    def _enter(self, id: str, born: float | None, waiter: _Waiter) -> _Entry:
        entry = self._open.get(id)
        if entry is None:
            now = self._clock.now()
            if born is None:
                entry = _Entry(id, born=now, asked=-1e9, aged=False)
                due = now
            else:
                born = min(born, now)
                entry = _Entry(id, born=born, asked=born, aged=True)
                due = born + self._schedule.first_look()
            self._open[id] = entry
            if due < self._next_tick and self._news is not None:
                self._news.set()
        entry.waiters = (*entry.waiters, waiter)
        return entry

    def _leave(self, entry: _Entry, waiter: _Waiter) -> None:
        entry.waiters = tuple(other for other in entry.waiters if other is not waiter)
        if not entry.waiters and self._open.get(entry.id) is entry:
            del self._open[entry.id]

    async def _lead(self, own: _Waiter) -> None:
        """Poll for everyone until the own tasks have ended."""
        self._led = True
        try:
            while not own.done:
                await self._sleep_until_due()
                await self._ask(self._chosen())
        finally:
            self._led = False
            self._news = None

    async def _sleep_until_due(self) -> None:
        self._next_tick = math.inf
        while True:
            self._news = news = anyio.Event()
            now = self._clock.now()
            cohorts = [cohort for cohort, _ in self._cohorts(now)]
            swept = max(self._swept, min(cohort.born for cohort in cohorts))
            due = now + self._schedule.next_tick(cohorts, swept, now)
            # News bring the tick forward, but never put it off.
            self._next_tick = max(min(self._next_tick, due), self._not_before)
            with self._clock.move_on_after(self._next_tick - now) as scope:
                await news.wait()
            if scope.cancelled_caught:
                return

    def _cohorts(self, now: float) -> list[tuple[Cohort, list[_Entry]]]:
        """The waiting tasks, those of about the same age that were asked for together taken together."""
        cohorts: list[tuple[Cohort, list[_Entry]]] = []
        members: list[_Entry] = []
        born, asked, near = 0.0, 0.0, -1.0
        for entry in self._open.values():
            if abs(entry.born - born) <= near and abs(entry.asked - asked) <= near:
                members.append(entry)
                continue
            if members:
                cohorts.append((Cohort(born, asked, len(members)), members))
            born, asked, members = entry.born, entry.asked, [entry]
            near = 0.02 + _SAME_AGE * (now - born)
        cohorts.append((Cohort(born, asked, len(members)), members))
        return cohorts

    def _chosen(self) -> list[_Entry]:
        """The tasks that the next requests ask for: those worth it, then whoever still fits."""
        now = self._clock.now()
        waiting = len(self._open)
        if waiting <= self._schedule.batch:
            return list(self._open.values())
        chosen: list[_Entry] = []
        others: list[_Entry] = []
        for cohort, members in self._cohorts(now):
            (chosen if self._schedule.joins(cohort, waiting, now) else others).extend(members)
        if not chosen:
            chosen, others = others, []
        others.sort(key=_last_asked)
        return chosen + others[: -len(chosen) % self._schedule.batch]

    async def _ask(self, entries: Sequence[_Entry]) -> None:
        """Ask for the tasks, a few requests at a time; a failing one concerns its own tasks only."""
        self._swept = now = self._clock.now()
        self._splits = 0
        together = [entry for entry in entries if not entry.alone]
        size = self._schedule.batch
        batches = [together[start : start + size] for start in range(0, len(together), size)]
        if len(batches) == 1 and len(together) == len(entries):
            await self._ask_batch(batches[0], now)
        else:
            await self._ask_batches(batches, [entry for entry in entries if entry.alone], now)

    async def _ask_batches(
        self, batches: Sequence[Sequence[_Entry]], singles: Sequence[_Entry], now: float
    ) -> None:
        gate = anyio.Semaphore(_REQUESTS_AT_ONCE)

        async def ask(batch: Sequence[_Entry]) -> None:
            async with gate:
                await self._ask_batch(batch, now)

        async def ask_alone(entry: _Entry) -> None:
            async with gate:
                await self._ask_alone(entry, now)

        async with anyio.create_task_group() as group:
            for batch in batches:
                group.start_soon(ask, batch)
            for entry in singles:
                group.start_soon(ask_alone, entry)

    async def _ask_batch(self, batch: Sequence[_Entry], now: float) -> None:
        """Ask for these; only an answer makes them asked for at that time."""
        try:
            records = await self._reader.read([entry.id for entry in batch])
        except A2EError as error:
            await self._failed(batch, now, error)
            return
        self._failures = 0
        finished: list[_Entry] = []
        for entry in batch:
            record = records.get(entry.id)
            if record is None:
                if self._misses(entry):
                    await self._ask_alone(entry, now)
            elif is_final(record):
                finished.append(entry)
                self._settle(entry, record)
            else:
                entry.misses = 0
        # They ended at some moments since they were last asked for: one after the other, as far as is known.
        for place, entry in enumerate(finished):
            if entry.aged:
                since = now - entry.asked
                self._schedule.observe(entry.asked + since * (place + 0.5) / len(finished) - entry.born)
        for entry in batch:
            entry.asked = now

    async def _failed(self, batch: Sequence[_Entry], now: float, error: A2EError) -> None:
        """Give up only on the tasks that the error is about; the others wait on."""
        if classify(error) is not Failure.FINAL:
            self._back_off(error)
        elif not may_concern_one_id(error):
            for entry in batch:
                self._fail(entry, error)
        elif len(batch) == 1:
            batch[0].alone = True
            await self._ask_alone(batch[0], now)
        elif self._splits >= _SPLITS_ALLOWED:
            for entry in batch:
                self._fail(entry, error)
        else:
            self._splits += 2
            half = len(batch) // 2
            await self._ask_batch(batch[:half], now)
            await self._ask_batch(batch[half:], now)

    def _back_off(self, error: A2EError) -> None:
        self._failures += 1
        pause = min(_LONGEST_BACKOFF, 0.25 * 2.0 ** min(self._failures, 10))
        if isinstance(error, RateLimited | ServerError) and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        self._not_before = self._clock.now() + pause
        logger.warning("polling: %s; the tasks wait on", type(error).__name__)

    def _misses(self, entry: _Entry) -> bool:
        """Count a reply that should know the task and does not; whether that was the last one allowed."""
        now = self._clock.now()
        if not entry.misses:
            entry.missing_since = now
        entry.misses += 1
        patience = _MISSING_FOR_IF_NEW if entry.aged else _MISSING_FOR
        return entry.misses >= _MISSES_ALLOWED and now - entry.missing_since >= patience

    async def _ask_alone(self, entry: _Entry, now: float) -> None:
        """Ask the detail route. Only what that does not know either, after all this time, is lost."""
        try:
            record = await self._reader.read_one(entry.id)
        except A2EError as error:
            if classify(error) is not Failure.FINAL:
                self._back_off(error)
                return
            if not may_concern_one_id(error):
                self._fail(entry, error)
                return
            record = None
        entry.asked = now
        if record is not None:
            entry.misses = 0
            entry.alone = True
            if is_final(record):
                self._settle(entry, record)
        elif self._misses(entry):
            self._fail(entry, TaskNotFound(f"task {entry.id} is not known to the service", task_id=entry.id))

    def _settle(self, entry: _Entry, record: JSONObject) -> None:
        entry.record = record
        self._close(entry)
        for waiter in entry.waiters:
            waiter.open -= 1
            if waiter.done:
                self._wake(waiter)

    def _fail(self, entry: _Entry, error: A2EError) -> None:
        self._close(entry)
        for waiter in entry.waiters:
            waiter.error = waiter.error or error
            self._wake(waiter)

    def _close(self, entry: _Entry) -> None:
        # Whoever asks for it again starts anew: a later wait must not get an old error.
        if self._open.get(entry.id) is entry:
            del self._open[entry.id]


def _last_asked(entry: _Entry) -> float:
    return entry.asked
