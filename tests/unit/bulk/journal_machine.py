"""A state machine that does to a journal whatever workers, machines and networks do, against one model.

Workers take jobs, start them, lose answers, die, freeze and wake up; connections break while the database
commits; people decide about uncertain starts. `Service` stands for A2E: it knows which tasks were made. After
each step the journal is compared with what has happened.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from a2e_async._journal.entries import State
from tests.unit.bulk.journal_crew import KEYS, MAX_COINS, PRICE, Crew
from tests.unit.bulk.journal_homes import LEASE, Home

__all__ = ["JournalMachine"]

T = TypeVar("T")


class JournalMachine(RuleBasedStateMachine):
    """See the module. A subclass names the home.

    Attributes:
        make_home: makes an empty home.
        backend: the event loop's.
        slots: how many workers there may be.
    """

    make_home: Callable[[], Home]
    backend = "asyncio"
    slots = 1

    def __init__(self) -> None:
        super().__init__()
        self._portal_context: AbstractContextManager[BlockingPortal] = start_blocking_portal(self.backend)
        self._portal = self._portal_context.__enter__()
        self.home = type(self).make_home()
        self.crew = Crew(self.home, self.slots)

    def teardown(self) -> None:
        """Close everything."""
        for slot in range(self.slots):
            if self.crew.workers[slot] is not None:
                self._run(self.crew.drop, slot)
        self.home.close()
        self._portal_context.__exit__(None, None, None)

    def _run(self, work: Callable[..., Awaitable[T]], *args: Any) -> T:
        return self._portal.call(work, *args)

    # What happens.

    @rule(slot=st.integers(0, 2), key=st.sampled_from(KEYS), way=st.integers(0, 7))
    def go_on(self, slot: int, key: str, way: int) -> None:
        """A worker takes the next step of a job."""
        self.crew.mixed = False
        self._run(self.crew.step, slot % self.slots, key, way)

    @rule(slot=st.integers(0, 2), key=st.sampled_from(KEYS), ways=st.lists(st.integers(0, 7), max_size=6))
    def run_on(self, slot: int, key: str, ways: list[int]) -> None:
        """A worker takes several steps of a job."""
        self.crew.mixed = False

        async def several() -> None:
            for way in ways:
                await self.crew.step(slot % self.slots, key, way)

        self._run(several)

    @precondition(lambda self: self.home.is_shared)
    @rule(slot=st.integers(0, 2), way=st.integers(0, 7))
    def together(self, slot: int, way: int) -> None:
        """Jobs of one worker take a step in one transaction, in which it also buries the dead."""
        self.crew.mixed = True

        async def all_at_once() -> None:
            worker = await self.crew.worker(slot)
            async with anyio.create_task_group() as group:
                for key in KEYS:
                    group.start_soon(self.crew.step, slot, key, way)
                group.start_soon(worker.opened.beat)

        self._run(all_at_once)

    @precondition(lambda self: self.home.is_shared)
    @rule(
        slot=st.integers(0, 2),
        key=st.sampled_from(KEYS),
        way=st.integers(0, 7),
        cut=st.sampled_from(["before", "at commit", "after commit"]),
        meanwhile=st.lists(st.integers(0, 7), max_size=5),
        asleep=st.booleans(),
    )
    def go_on_through_a_cut(
        self, slot: int, key: str, way: int, cut: str, meanwhile: list[int], asleep: bool
    ) -> None:
        """The connection breaks while a step is written; others may go on before it is written again."""
        self.crew.mixed = True
        other = (slot + 1) % self.slots

        async def interlude() -> None:
            if asleep:
                await self.crew.pass_time(slot, 2 * LEASE)
                await (await self.crew.worker(other)).opened.beat()
            for step in meanwhile:
                await self.crew.step(other, key, step)

        async def cut_off() -> None:
            worker = await self.crew.worker(slot)
            worker.opened.cut_next(cut, interlude)
            await self.crew.step(slot, key, way)
            worker.opened.cut_next("", None)

        self._run(cut_off)

    @precondition(lambda self: self.home.is_shared)
    @rule(
        slot=st.integers(0, 2),
        key=st.sampled_from(KEYS),
        before=st.lists(st.integers(0, 7), max_size=4),
        leases=st.sampled_from([0.7, 1.2, 1.2, 4.0]),
        meanwhile=st.lists(st.integers(0, 7), max_size=6),
        beats=st.booleans(),
        after=st.lists(st.integers(0, 7), min_size=1, max_size=4),
    )
    def freeze(
        self,
        slot: int,
        key: str,
        before: list[int],
        leases: float,
        meanwhile: list[int],
        beats: bool,
        after: list[int],
    ) -> None:
        """A worker freezes in the middle of a job, another one goes on with it, and the first wakes up."""
        self.crew.mixed = False
        slot, other = slot % self.slots, (slot + 1) % self.slots

        async def freeze_and_wake() -> None:
            for way in before:
                await self.crew.step(slot, key, way)
            await self.crew.pass_time(slot, leases * LEASE)
            await (await self.crew.worker(other)).opened.beat()
            for way in meanwhile:
                await self.crew.step(other, key, way)
            if beats:
                await (await self.crew.worker(slot)).opened.beat()
            for way in after:
                await self.crew.step(slot, key, way)

        self._run(freeze_and_wake)

    @precondition(lambda self: self.home.is_shared)
    @rule(slot=st.integers(0, 2), leases=st.sampled_from([0.3, 0.7, 1.2, 4.0]))
    def time_passes(self, slot: int, leases: float) -> None:
        """A worker shows no sign of life for a while: it is frozen, or cut off."""
        self._run(self.crew.pass_time, slot % self.slots, leases * LEASE)

    @precondition(lambda self: self.home.is_shared)
    @rule(slot=st.integers(0, 2))
    def beat(self, slot: int) -> None:
        """A worker shows a sign of life, and buries the dead."""

        async def show() -> None:
            await (await self.crew.worker(slot)).opened.beat()

        self._run(show)

    @rule(slot=st.integers(0, 2))
    def die(self, slot: int) -> None:
        """A worker is gone, without a word."""
        self._run(self.crew.drop, slot % self.slots)

    @rule(slot=st.integers(0, 2))
    def leave(self, slot: int) -> None:
        """A worker ends its run."""

        async def close() -> None:
            worker = self.crew.workers[slot % self.slots]
            if worker is not None:
                self.crew.workers[slot % self.slots] = None
                await worker.opened.leave()

        self._run(close)

    @rule(slot=st.integers(0, 2), key=st.sampled_from(KEYS))
    def ask_for_something_else(self, slot: int, key: str) -> None:
        """The key is given to another job."""

        async def restart() -> None:
            await self.crew.ask_anew(await self.crew.worker(slot % self.slots), key)

        self.crew.mixed = False
        self._run(restart)

    @rule(slot=st.integers(0, 2), key=st.sampled_from(KEYS))
    def decide(self, slot: int, key: str) -> None:
        """A person who has seen the list of tasks decides about an uncertain start."""

        async def ask() -> None:
            journal = (await self.crew.worker(slot % self.slots)).journal
            taken = [work.entry.number for worker in self.crew.living() for work in worker.jobs.values()]
            for start in await journal.uncertain(() if journal.is_shared else taken):
                if start.key == key:
                    await self.crew.decide(journal, start)

        self.crew.mixed = False
        self._run(ask)

    # What must hold.

    @invariant()
    def all_is_well(self) -> None:
        """Compare the journal with what has happened."""
        rows = self.home.rows()
        known = self.home.tasks()
        by_number = {row["number"]: row for row in rows}
        assert len(by_number) == len(rows)

        for task in self.crew.tasks:
            alive = [one for one in self.crew.tasks if one.number == task.number and one.status != "failed"]
            assert len(alive) <= 1, f"entry {task.number} was started twice: {alive}"
            if task.counted or task.abandoned:
                assert task.id in known

        for number, row in by_number.items():
            counted = [task for task in self.crew.tasks if task.number == number and task.counted]
            assert row["attempts"] == len(counted), row
            expected = PRICE * len(counted) + self.crew.besides.get(number, 0.0)
            assert math.isclose(row["coins"], expected), row

        alone = [row["key"] for row in rows if row["state"] != State.REPLACED]
        assert len(alone) == len(set(alone)), "two entries of one key"

        may_send = [
            work.entry.number for worker in self.crew.living() for work in self.crew.ready_to_send(worker)
        ]
        assert len(may_send) == len(set(may_send)), "two workers may send the same start"
        self.home.check_sums(MAX_COINS)
