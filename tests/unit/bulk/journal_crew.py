"""The workers of the state machine: how each goes on with a job, and what the service has made of that."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import attrs

from a2e_async._journal.asked import Asked
from a2e_async._journal.entries import Entry, State
from a2e_async._journal.journal import Journal, LeaseExpired, Superseded, Terms
from a2e_async._journal.uncertain import UncertainStart
from a2e_async.errors import BudgetReached, InvalidArgument, TaskError
from tests.unit.bulk.journal_homes import LEASE, Home, Opened

__all__ = ["KEYS", "MAX_COINS", "PRICE", "Crew", "Phase", "Task", "Work", "Worker"]

KEYS = ("one", "two", "twin-a", "twin-b")
UNMARKED = ("twin-a", "twin-b")  # the same workflow and body, which takes no name
PRICE = 10.0
MAX_COINS = 95.0
ACCOUNT_CONCURRENCY = 3
RETRIES = 1


class Phase:
    """How far a worker has come with a job."""

    READY = "ready"  # it may be started
    PERMITTED = "permitted"  # the start is written down, and not sent yet
    SENT = "sent"  # it was sent, and made a task
    SEARCHING = "searching"  # nobody knows whether it made a task
    WAITING = "waiting"
    ENDED = "ended"


@attrs.define(eq=False)
class Task:
    """A task that the service has made.

    Attributes:
        id: its id.
        number: the number of the entry whose start made it.
        start: which start made it.
        counted: it was written down as accepted.
        abandoned: its key was given to another job before that.
        status: how it has ended; empty while it runs.
    """

    id: str
    number: int
    start: str
    counted: bool = False
    abandoned: bool = False
    status: str = ""


@attrs.define(eq=False)
class Work:
    """What a worker does for one key."""

    entry: Entry
    phase: str
    body: str
    start: str = ""
    task: Task | None = None


@attrs.define(eq=False)
class Worker:
    """One worker: its open journal, and the jobs that it has."""

    opened: Opened
    jobs: dict[str, Work] = attrs.field(factory=dict[str, Work])

    @property
    def journal(self) -> Journal:
        """The open journal."""
        return self.opened.journal


class Crew:
    """All workers of one journal.

    Args:
        home: where the journal is.
        slots: how many workers there may be.

    Attributes:
        workers: the workers that live, each in its slot.
        tasks: the tasks that the service has made.
        bodies: what the job of each key asks for now.
        besides: coins of an entry besides those of its tasks: those of a start whose key was given away, and
            those that a person did not know of.
        mixed: several things happen at once, so that their order is not known.
    """

    def __init__(self, home: Home, slots: int) -> None:
        self.home = home
        self.workers: list[Worker | None] = [None] * slots
        self.tasks: list[Task] = []
        self.bodies = dict.fromkeys(KEYS, "first")
        self.besides: dict[int, float] = {}
        self.mixed = False
        self._terms = Terms("account", MAX_COINS, ACCOUNT_CONCURRENCY, LEASE, patience=1e9, remembers=False)
        self._retired: set[int] = set()
        self._starts = 0

    async def step(self, slot: int, key: str, way: int) -> None:
        """Take the next step of a job: the usual one for an even way, another for an odd one."""
        worker = await self.worker(slot)
        work = worker.jobs.get(key)
        if work is None:
            await self.take(worker, key)
            return

        steps: dict[str, Callable[[Worker, str, Work, int], Awaitable[None]]] = {
            Phase.READY: self._start,
            Phase.PERMITTED: self._send,
            Phase.SENT: self._accept,
            Phase.SEARCHING: self._recover,
            Phase.WAITING: self._end,
            Phase.ENDED: self._finish,
        }
        try:
            await steps[work.phase](worker, key, work, way)
        except Superseded:
            assert self.home.is_shared
            if worker.jobs.get(key) is work:
                del worker.jobs[key]

    async def take(self, worker: Worker, key: str) -> None:
        body = self.bodies[key]
        row = self.home.row_of(key)
        asked = Asked("image_to_video", f"{key} {body}", f"{key} {body}", _copy(key, body))
        entry = await worker.journal.take(
            key, "image_to_video", unique=True, asked=asked, changed="restart", repeats=True
        )
        if entry.is_held:
            return

        if row is not None and entry.number != row["number"] and row["state"] == State.STARTING:
            self._retired.add(row["number"])
            self._count(row["number"], row["reserved"])
        phases = {
            State.NEW: Phase.READY,
            State.STARTING: Phase.SEARCHING,
            State.ACCEPTED: Phase.WAITING,
            State.DONE: Phase.ENDED,
            State.FAILED: Phase.READY if entry.attempts <= RETRIES else Phase.ENDED,
        }
        worker.jobs[key] = Work(entry, phases[entry.state], body)

    async def ask_anew(self, worker: Worker, key: str) -> None:
        """Give the key to a job that asks for something else."""
        before = self.bodies[key]
        self.bodies[key] = f"{before}'"
        worker.jobs.pop(key, None)
        await self.take(worker, key)
        if key not in worker.jobs:
            self.bodies[key] = before  # another worker has it

    async def _start(self, worker: Worker, key: str, work: Work, way: int) -> None:
        if way == 7:
            del worker.jobs[key]
            await worker.journal.give_up(work.entry)
            return

        self._starts += 1
        start = f"start-{self._starts}"
        marker = None if key in UNMARKED else start
        try:
            if not await worker.journal.record_start(work.entry, marker, PRICE):
                return
        except BudgetReached:
            return
        work.phase, work.start = Phase.PERMITTED, start
        if not self.mixed:
            self.home.check_start(key, ACCOUNT_CONCURRENCY)

    async def _send(self, worker: Worker, key: str, work: Work, way: int) -> None:
        try:
            worker.journal.require_lease(work.entry)
        except LeaseExpired:
            way = 1
        if way == 1:  # refused: it made no task
            await worker.journal.undo_start(work.entry)
            work.phase = Phase.READY
            return

        work.phase = Phase.SEARCHING if way == 3 else Phase.SENT
        work.task = Task(f"task-{len(self.tasks)}", work.entry.number, work.start)
        self.tasks.append(work.task)

    async def _accept(self, worker: Worker, key: str, work: Work, way: int) -> None:
        if way in (1, 3):  # the answer is lost
            work.phase = Phase.SEARCHING
            return
        assert work.task is not None
        await self._write_accepted(worker, work, work.task)

    async def _recover(self, worker: Worker, key: str, work: Work, way: int) -> None:
        if way == 7:  # the list cannot be read
            del worker.jobs[key]
            await worker.journal.give_up(work.entry)
            return
        made = [task for task in self.tasks if task.number == work.entry.number and not task.counted]
        if made:
            await self._write_accepted(worker, work, made[-1])
        else:
            await worker.journal.undo_start(work.entry)
            work.phase = Phase.READY

    async def _write_accepted(self, worker: Worker, work: Work, task: Task) -> None:
        record = {"_id": task.id, "coins": PRICE, "name": work.start}
        try:
            await worker.journal.record_accepted(work.entry, [record], PRICE)
            work.phase, work.task = Phase.WAITING, task
        finally:
            # Whoever has the job now: that it made a task is written down.
            task.abandoned = task.number in self._retired
            task.counted = not task.abandoned

    async def _end(self, worker: Worker, key: str, work: Work, way: int) -> None:
        if way == 7:
            del worker.jobs[key]
            await worker.journal.give_up(work.entry)
            return
        (task,) = [one for one in self.tasks if one.id == work.entry.records[0]["_id"]]
        task.status = task.status or ("failed" if way in (1, 3) else "completed")
        record = {"_id": task.id, "coins": PRICE, "current_status": task.status}

        failed = task.status == "failed"
        error = TaskError("it failed") if failed else None
        unpriced = "coins" not in work.entry.records[0]
        if unpriced:
            self._count(task.number, PRICE)
        await worker.journal.record_end(work.entry, [record], error, PRICE if unpriced else 0.0)
        work.phase = Phase.READY if failed and work.entry.attempts <= RETRIES else Phase.ENDED

    async def _finish(self, worker: Worker, key: str, work: Work, way: int) -> None:
        if way in (1, 3):
            await self.ask_anew(worker, key)
        elif way == 5:
            del worker.jobs[key]
        elif work.entry.state == State.DONE:
            await worker.journal.record_files(work.entry, [{"path": f"{key}.mp4", "size": 3}])

    async def decide(self, journal: Journal, start: UncertainStart) -> None:
        made = [task for task in self.tasks if task.number == start.number and not task.counted]
        try:
            if made:
                await journal.bind(start, made[-1].id)
                made[-1].counted = True
                # A person does not know what it cost.
                self._count(start.number, -PRICE)
            else:
                await journal.release(start)
        except InvalidArgument:
            assert self.mixed

    def _count(self, number: int, coins: float) -> None:
        self.besides[number] = self.besides.get(number, 0.0) + coins

    def living(self) -> list[Worker]:
        return [worker for worker in self.workers if worker is not None]

    def ready_to_send(self, worker: Worker) -> list[Work]:
        found = []
        for work in worker.jobs.values():
            if work.phase == Phase.PERMITTED:
                try:
                    worker.journal.require_lease(work.entry)
                except LeaseExpired:
                    continue
                found.append(work)
        return found

    async def worker(self, slot: int) -> Worker:
        """The worker of a slot; a new one if there is none."""
        slot %= len(self.workers)
        worker = self.workers[slot]
        if worker is None:
            worker = self.workers[slot] = Worker(await self.home.open(self._terms))
        return worker

    async def pass_time(self, slot: int, seconds: float) -> None:
        worker = self.workers[slot % len(self.workers)]
        if worker is not None:
            worker.opened.pass_time(seconds)

    async def drop(self, slot: int) -> None:
        worker = self.workers[slot]
        if worker is not None:
            self.workers[slot] = None
            await worker.opened.die()


def _copy(key: str, body: str) -> str:
    prompt = "twins" if key in UNMARKED else key
    return json.dumps({"body": {"prompt": f"{prompt} {body}"}})
