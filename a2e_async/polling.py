"""One poller per workflow: everyone who waits is served by the same few requests.

There is no background task. The waiters drive the polling themselves: one of them leads, the
others sleep until their record is there or the lead is handed to them. So nothing is left running
when the last one goes, and cancelling a waiter cancels nothing but that waiter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import anyio
import attrs

from a2e_async.clock import Clock
from a2e_async.errors import A2EError, APIError, NotFound, TaskNotFound, TransportError
from a2e_async.policy import Failure, classify
from a2e_async.schedule import FIRST_LOOK, Cohort, Lateness, Schedule

__all__ = ["Poller", "Source"]

JSONObject = Mapping[str, Any]

logger = logging.getLogger("a2e_async")

_LONG_AGO = 1e6  # seconds
_SAME_AGE = 1.04  # tasks whose ages differ by less than this factor are thought of together
_REQUESTS_AT_ONCE = 4
_MISSES_ALLOWED = 3  # times a task may be missing from replies that should hold it
_MISSING_FOR = 10.0  # seconds it must have been missing for: lists and batches show new tasks late


class Source(Protocol):
    """Where the records of one workflow's tasks come from."""

    batch: int
    """How many ids one request can ask for."""

    async def read(self, ids: Sequence[str]) -> Mapping[str, JSONObject]:
        """The records of those ids that the service knows, by id."""

    async def read_one(self, id: str) -> JSONObject | None:
        """The record of one id by the surest route there is; None if the service does not know it.

        Raises:
            NotFound: the same, said by status.
        """

    def is_final(self, record: JSONObject) -> bool:
        """Whether the task has ended, well or badly."""


@attrs.define(eq=False)
class _Waiting:
    """One task that somebody waits for."""

    id: str
    born: float
    asked: float
    aged: bool
    waiters: int = 0
    misses: int = 0
    missing_since: float = 0.0
    record: JSONObject | None = None
    error: A2EError | None = None
    # Made by the first waiter that does not lead; a lone wait needs none.
    woken: anyio.Event | None = None

    @property
    def done(self) -> bool:
        return self.record is not None or self.error is not None

    def wake(self) -> None:
        if self.woken is not None:
            self.woken.set()


class Poller:
    """Waits for the tasks of one workflow, in one event loop.

    Args:
        source: reads records.
        lateness: the user's knob.
        clock: for the pauses.
    """

    def __init__(self, source: Source, lateness: Lateness, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._schedule = Schedule(lateness, source.batch)
        self._waiting: dict[str, _Waiting] = {}
        self._led = False
        self._news = anyio.Event()
        self._next_tick = 0.0

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
        entries = [self._enter(task_id, born) for task_id in ids]
        try:
            return {entry.id: await self._record_of(entry) for entry in entries}
        finally:
            for entry in entries:
                self._leave(entry)

    async def _record_of(self, entry: _Waiting) -> JSONObject:
        while entry.record is None:
            if entry.error is not None:
                raise entry.error
            if not self._led:
                await self._lead(entry)
                continue
            if entry.woken is None or entry.woken.is_set():
                entry.woken = anyio.Event()
            await entry.woken.wait()
        return entry.record

    def _enter(self, id: str, born: float | None) -> _Waiting:
        entry = self._waiting.get(id)
        if entry is None:
            now = self._clock.now()
            if born is None:
                entry = _Waiting(id, born=now, asked=now - _LONG_AGO, aged=False)
                self._news.set()
            else:
                entry = _Waiting(id, born=min(born, now), asked=min(born, now), aged=True)
                # A tick that is about to come is soon enough for a new task.
                if self._next_tick > now + FIRST_LOOK:
                    self._news.set()
            self._waiting[id] = entry
        entry.waiters += 1
        return entry

    def _leave(self, entry: _Waiting) -> None:
        entry.waiters -= 1
        if not entry.waiters and self._waiting.get(entry.id) is entry:
            del self._waiting[entry.id]
        if not self._led:
            self._hand_over()

    def _hand_over(self) -> None:
        """Wake somebody who still waits; whoever wakes without a record leads."""
        for entry in self._waiting.values():
            if not entry.done:
                entry.wake()
                return

    async def _lead(self, own: _Waiting) -> None:
        """Poll for everyone until the own task has ended."""
        self._led = True
        try:
            while not own.done:
                await self._sleep_until_due()
                await self._ask(self._chosen())
        finally:
            self._led = False

    async def _sleep_until_due(self) -> None:
        while True:
            self._news = anyio.Event()
            now = self._clock.now()
            pause = self._schedule.next_tick(self._cohorts(now), now)
            self._next_tick = now + pause
            with self._clock.move_on_after(pause) as scope:
                await self._news.wait()
            if scope.cancelled_caught:
                return

    def _cohorts(self, now: float) -> list[Cohort]:
        """The waiting tasks, those of about the same age and last question taken together."""
        cohorts: list[Cohort] = []
        born = asked = 0.0
        count = 0
        for entry in self._waiting.values():
            if entry.done:
                continue
            if count and _alike(now - born, now - entry.born) and _alike(now - asked, now - entry.asked):
                count += 1
                continue
            if count:
                cohorts.append(Cohort(born, asked, count))
            born, asked, count = entry.born, entry.asked, 1
        if count:
            cohorts.append(Cohort(born, asked, count))
        return cohorts

    def _chosen(self) -> list[_Waiting]:
        """The tasks that the next requests ask for: those worth it, then whoever still fits."""
        now = self._clock.now()
        open_entries = [entry for entry in self._waiting.values() if not entry.done]
        worth: dict[tuple[int, int], bool] = {}
        chosen: list[_Waiting] = []
        others: list[_Waiting] = []
        for entry in open_entries:
            key = (int((now - entry.born) * 20), int((now - entry.asked) * 20))
            joins = worth.get(key)
            if joins is None:
                joins = worth[key] = self._schedule.joins(Cohort(entry.born, entry.asked, 1), now)
            (chosen if joins else others).append(entry)
        if not chosen:
            chosen, others = others, []
        places = -len(chosen) % self._schedule.batch
        others.sort(key=_last_asked)
        return chosen + others[:places]

    async def _ask(self, entries: Sequence[_Waiting]) -> None:
        """Ask for the tasks, a few requests at a time; a failing one concerns its own tasks only."""
        size = self._schedule.batch
        batches = [entries[start : start + size] for start in range(0, len(entries), size)]
        if len(batches) == 1:
            await self._ask_batch(batches[0])
            return
        gate = anyio.Semaphore(_REQUESTS_AT_ONCE)

        async def ask(batch: Sequence[_Waiting]) -> None:
            async with gate:
                await self._ask_batch(batch)

        async with anyio.create_task_group() as group:
            for batch in batches:
                group.start_soon(ask, batch)

    async def _ask_batch(self, batch: Sequence[_Waiting]) -> None:
        before = [entry.asked for entry in batch]
        now = self._clock.now()
        for entry in batch:
            entry.asked = now
        try:
            records = await self._source.read([entry.id for entry in batch])
        except (APIError, TransportError) as error:
            self._failed(batch, error)
            return
        except anyio.get_cancelled_exc_class():
            # Whoever leads next asks again.
            for entry, asked in zip(batch, before, strict=True):
                entry.asked = asked
            raise
        missing = []
        for entry, asked in zip(batch, before, strict=True):
            record = records.get(entry.id)
            if record is None:
                missing.append(entry)
            elif self._source.is_final(record):
                if entry.aged:
                    # It ended at some moment since it was last asked for.
                    self._schedule.observe((asked + now) / 2 - entry.born)
                self._settle(entry, record=record)
            else:
                entry.misses = 0
        for entry in missing:
            await self._missing(entry)

    def _failed(self, batch: Iterable[_Waiting], error: APIError | TransportError) -> None:
        """Give up on the batch only where asking again cannot help; else its tasks just wait on."""
        if classify(error) is Failure.FINAL:
            for entry in batch:
                self._settle(entry, error=error)
        else:
            logger.warning("polling: %s; the tasks wait on", type(error).__name__)

    async def _missing(self, entry: _Waiting) -> None:
        """The batch does not know the task: ask the detail route, and be patient with a new one."""
        now = self._clock.now()
        if not entry.misses:
            entry.missing_since = now
        entry.misses += 1
        try:
            record = await self._source.read_one(entry.id)
        except NotFound:
            record = None
        except (APIError, TransportError) as error:
            # Some families answer 400 to an id they do not know (M).
            if classify(error) is not Failure.FINAL or _is_about_access(error):
                self._failed([entry], error)
                return
            record = None
        if record is not None:
            entry.misses = 0
            if self._source.is_final(record):
                self._settle(entry, record=record)
        elif entry.misses >= _MISSES_ALLOWED and now - entry.missing_since >= _MISSING_FOR:
            self._settle(
                entry, error=TaskNotFound(f"task {entry.id} is not known to the service", task_id=entry.id)
            )

    def _settle(
        self, entry: _Waiting, *, record: JSONObject | None = None, error: A2EError | None = None
    ) -> None:
        if not entry.done:
            entry.record, entry.error = record, error
            entry.wake()
        # Whoever asks for it again starts anew: a later wait must not get an old error.
        if self._waiting.get(entry.id) is entry:
            del self._waiting[entry.id]


def _is_about_access(error: Exception) -> bool:
    """Whether the service refuses the caller, and not the id."""
    return isinstance(error, APIError) and error.status in (401, 403)


def _alike(age: float, other: float) -> bool:
    return max(age, other) <= _SAME_AGE * min(age, other) + 0.02


def _last_asked(entry: _Waiting) -> float:
    return entry.asked
