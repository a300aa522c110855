"""An open run: a bulk run that is given its jobs one by one, by whoever needs their results."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NoReturn

import anyio
import attrs
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from a2e_async._bulk.faults import disk_fault
from a2e_async._bulk.feed import End, Feed, Ticket
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.outcomes import Outcome
from a2e_async._bulk.run_base import Run
from a2e_async._bulk.run_life import RunLife
from a2e_async._bulk.run_state import BulkClient, RunState
from a2e_async._bulk.settings import BulkSettings
from a2e_async._journal.asked import Asked, contradiction, read_asked
from a2e_async._journal.entries import Entry, State
from a2e_async.errors import A2EError, BudgetReached, ConfigurationError, InvalidArgument
from a2e_async.event_loops import await_in_loop, is_running, running_loop
from a2e_async.jobs import Job
from a2e_async.records import TaskRecordT, task_id_of
from a2e_async.tasks import Result

__all__ = ["OpenRun"]

_PAUSE = 1.0  # seconds from a stop until a job is tried again
_ASK = "ask for results"
_WHERE = "in this run"


class OpenRun(Run):
    """A bulk run that takes its jobs one by one; see `A2E.bulk`.

    A job is known by its key (`Job.with_key`), else by workflow, body and the content of its files. Whoever
    asks for the result of a job that is under way waits for the same task. Whoever asks again later gets the
    same result: from the journal, or without one from the memory of this run. That grows with each job, so a
    service that runs for long has a journal. Two equal jobs without keys are one job here; give them
    different keys to make two tasks.

    A caller who is cancelled cancels nothing: the job goes on, and the next call gets its result.

    The run may be used by any number of tasks at once, and in other event loops and threads than the one in
    which it was entered: all its work is done there. From a thread without an event loop, call
    ``anyio.from_thread.run(run.result, job)`` or ``asyncio.run(run.result(job))``.

    When no coins are left, the token is refused or the service cannot be reached, the jobs that are not
    started yet fail for that reason. The run is not over: the next call tries again, about one job a second
    until one is accepted. A job that could exceed ``max_coins`` fails alone.

    When the block is left, the starts under way are completed and written to the journal, for at most
    `StartPolicy.grace` seconds, and whoever still waits gets an `A2EError`. Accepted tasks go on at the
    server; with a journal, the next run that is asked for them waits for them.

    The block may be left in another task than it was entered in. A run that is never left ends with its event
    loop.
    """

    _repeats = True
    _send: MemoryObjectSendStream[_Call]
    _calls: MemoryObjectReceiveStream[_Call]

    def __init__(self, client: BulkClient, settings: BulkSettings) -> None:
        if settings.finished != "yield":
            raise InvalidArgument("finished", f"{settings.finished!r} has no meaning in a run without jobs")
        super().__init__(client, settings)
        self._under_way: dict[str, _Call] = {}
        # Without a journal: what is known of the jobs that are not under way.
        self._known: dict[str, Entry] = {}
        self._feed = Feed(self._counts, room=None)
        self._stopped_at = -math.inf
        self._reason: Exception | None = None

    @property
    def stopped(self) -> Exception | None:
        """Why the run starts no jobs at the moment; None while it runs normally.

        No coins are left, the token was refused, the service is unreachable or refuses everything, the
        journal cannot be written, or something must be mended on this machine. The next call tries again.
        """
        state = self._life.state if self._life else None
        return state.stopped if state else None

    async def result(self, job: Job[TaskRecordT]) -> Result[TaskRecordT]:
        """Start the job, unless it was started before, and wait for its result.

        Args:
            job: the job. One that was unpickled gets the client of the run.

        Returns:
            The Result. With ``download_to`` its files are downloaded; `outcome` has their paths.

        Raises:
            InvalidArgument: it is not a Job, or its key belongs to a job that asked for something else.
            TaskFailed: the task ended without a result.
            InsufficientCredits, AuthenticationError, BudgetReached, TransportError: the job was not started,
                because the run starts none now. Nothing was paid.
            WaitTimeout: the task is still running after ``timeout`` seconds. Ask again to wait again.
            SubmissionUncertain: it is not known whether the start made a task. Nothing is sent again.
            DownloadError: the result's files could not be downloaded. Ask again to download them.
            ConfigurationError: the run was not entered, or was left.
            A2EError: any other error of the job; or the run was left before the job's end.

        Example:
            ```python
            async with a2e.bulk(journal="run.db") as run:
                result = await run.result(a2e.text_to_image(prompt="a red kite").with_key("order-17"))
            ```
        """
        outcome = await self.outcome(job)
        if outcome.error is not None:
            raise outcome.error
        if outcome.result is None:
            raise A2EError("the job has neither a result nor an error")
        return outcome.result

    async def outcome(self, job: Job[TaskRecordT]) -> Outcome[TaskRecordT]:
        """Do what `result` does, and return the job's Outcome. An error of the job itself is not raised.

        Args:
            job: the job.

        Returns:
            The Outcome: ``result`` or ``error``, and ``paths`` of the files that were downloaded.

        Raises:
            InvalidArgument: it is not a Job.
            ConfigurationError: the run was not entered, or was left.
            A2EError: the run starts no jobs now, for the reason that this error names; or the run was left
                before the job's end.
        """
        if not isinstance(job, Job):
            raise InvalidArgument("job", f"{job!r} is not a Job; make one of a mapping with `A2E.job`"[:300])

        life = self._entered(_ASK)
        work = partial(self._outcome, life, job)
        if life.loop is running_loop():
            return await work()

        if not is_running(life.loop):
            raise ConfigurationError(
                "the event loop in which this bulk run was entered does not run any more: enter a run in a "
                "loop that lives as long as the run, and ask it from there or from any other loop"
            )
        return await await_in_loop(life.call, work, "a2e_async call of a bulk run")

    def __aiter__(self) -> NoReturn:
        raise ConfigurationError(
            "this bulk run was given no jobs, so it cannot be iterated over: "
            "ask it for results with `await run.result(job)`, or give the jobs to `A2E.bulk`"
        )

    async def _outcome(self, life: RunLife, job: Job[TaskRecordT]) -> Outcome[TaskRecordT]:
        """The Outcome of a job; in the run's own loop."""
        if job.workflow.client is None:
            job = job.with_client(self._client)
        state = self._state(life)

        old_key = state.journal is not None and state.journal.has_old and job.key is None
        try:
            asked = await state.disk.through(partial(read_asked, job, old_key=old_key), disk_fault)
        except Exception as error:
            state.disk.renew()
            return self._refused(job, error)

        await self._try_again(life, state)
        key = job.key or asked.derived_key or f"{asked.workflow} {asked.path_digest}"
        while (call := self._under_way.get(key)) is not None and (problem := call.differs(asked)):
            if self._settings.changed != "restart":
                return self._refused(job, InvalidArgument("key", problem))
            await call.ended.wait()

        # Nothing is awaited between the last look at the key and its place in the queue. So no key is queued
        # twice.
        self._state(life)
        if call is None:
            try:
                entry = None if state.journal is not None else self._remembered(key, asked)
            except InvalidArgument as error:
                return self._refused(job, error)
            call = self._under_way[key] = _Call(key, job, asked, entry)
            self._send.send_nowait(call)

        await call.ended.wait()
        return call.outcome_for(job)

    def _remembered(self, key: str, asked: Asked) -> Entry:
        """The entry of a job in a run without a journal; a new one if the job is not known.

        Raises:
            InvalidArgument: the key belongs to a job that asked for something else.
        """
        entry = self._known.get(key)
        problem = entry and contradiction(key, entry.workflow, entry.digest, entry.asked, asked, where=_WHERE)
        if problem and self._settings.changed != "restart":
            raise InvalidArgument("key", problem)

        if entry is None or problem:
            entry = Entry(0, key, asked.workflow)
            entry.ask(asked)
        return entry

    def _refused(self, job: Job[TaskRecordT], error: Exception) -> Outcome[TaskRecordT]:
        outcome = Outcome(job, self._feed.taken, job.key, error=error)
        self._counts.add_outcome(outcome)
        return outcome

    def _state(self, life: RunLife) -> RunState:
        """The state of the run, if it still takes jobs."""
        self._entered(_ASK)
        if life.state is None or life.ended.is_set():
            raise ConfigurationError(
                f"this bulk run has ended ({life.failure or 'with its event loop'}); make another one"
            ) from life.failure
        return life.state

    async def _try_again(self, life: RunLife, state: RunState) -> None:
        """If the run has stopped, let it start jobs again, but not too often."""
        if state.stopped is None:
            return
        pause = self._stopped_at + _PAUSE - life.clock.now()
        if pause > 0:
            await life.clock.sleep(pause)
        if state.stopped is not None:
            state.resume()

    def _begin(self) -> None:
        self._send, self._calls = anyio.create_memory_object_stream[_Call](math.inf)

    async def _work(self, life: RunLife, state: RunState) -> None:
        await self._feed.run(self._calls, partial(self._ticket, state), life.reading)

    def _ticket(self, state: RunState, call: _Call, index: int) -> Ticket:
        call.run = JobRun(state, call.job, index, aside=self._feed.aside, asked=call.asked, entry=call.entry)
        return Ticket(call.run, partial(self._tell, call))

    async def _tell(self, call: _Call, end: End) -> None:
        """A job has ended, or was not started."""
        if isinstance(end, Outcome):
            call.outcome = end
        else:
            cause = end.__cause__ if end is not None else None
            call.reason = cause if isinstance(cause, Exception) else self._reason
        self._finish(call)

    def _finish(self, call: _Call) -> None:
        if self._under_way.get(call.key) is call:
            del self._under_way[call.key]
        if call.entry is not None and call.entry.state != State.NEW:
            self._known[call.key] = call.entry
        call.ended.set()

    def _on_stop(self) -> None:
        life = self._life
        if life is None or life.state is None:
            return
        self._reason = life.state.stopped
        if isinstance(self._reason, BudgetReached):
            # Another job may cost less, and it costs nothing to find that out.
            life.state.stopped = None
        else:
            self._stopped_at = life.clock.now()

    def _on_left(self) -> None:
        for call in tuple(self._under_way.values()):
            # Those whose start is being completed are told then, because a task may come of it.
            if call.state != State.STARTING:
                self._break_off(call)

    def _on_closed(self) -> None:
        self._send.close()
        self._calls.close()
        for call in tuple(self._under_way.values()):
            self._break_off(call)

    def _break_off(self, call: _Call) -> None:
        """The run is over before the job's end."""
        life = self._life
        if life is not None and isinstance(life.failure, Exception):
            call.reason = life.failure
        else:
            end = "was left" if life is not None and life.is_left else "has ended"
            next_run = "; the next run with the journal goes on with it" if self._settings.journal else ""
            call.reason = A2EError(f"the bulk run {end} before the job: {call.what_goes_on()}{next_run}")
        self._finish(call)


@attrs.define(eq=False)
class _Call:
    """A job that is under way, for all who ask for it.

    Attributes:
        key: what it is known by.
        job: the job of the first who asked.
        asked: what it asks for.
        entry: its entry, if the run has no journal.
        run: runs it; None until it was read.
        ended: set when there is an outcome or a reason.
        outcome: how it ended; None if it did not.
        reason: why it has no outcome.
    """

    key: str
    job: Job[Any]
    asked: Asked
    entry: Entry | None
    run: JobRun | None = None
    ended: anyio.Event = attrs.field(factory=anyio.Event)
    outcome: Outcome[Any] | None = None
    reason: Exception | None = None

    def differs(self, asked: Asked) -> str | None:
        """How another job with the same key differs; None if it asks for the same."""
        known = self.asked
        return contradiction(self.key, known.workflow, known.digest, known.copy, asked, where=_WHERE)

    def outcome_for(self, job: Job[Any]) -> Outcome[Any]:
        """The Outcome for one of those who asked. Each gets an error of their own.

        Raises:
            Exception: there is none, for this reason.
        """
        if self.outcome is None:
            raise _own(self.reason or A2EError("the bulk run has ended"))
        error = None if self.outcome.error is None else _own(self.outcome.error)
        return attrs.evolve(self.outcome, job=job, error=error)

    @property
    def state(self) -> str:
        """How far the job has come: one of `State`."""
        return self.run.entry.state if self.run else State.NEW

    def what_goes_on(self) -> str:
        """What becomes of the job, for an error message."""
        if self.run is None or self.state == State.NEW:
            return f"{self.key!r} was not started"

        entry = self.run.entry
        if self.state == State.STARTING:
            name = f" with {entry.marker!r} in its name" if entry.marker else ""
            return f"the start of {self.key!r} was sent and not answered, and may have made a task{name}"

        ends = {State.DONE: "has ended", State.FAILED: "has failed"}
        ids = ", ".join(str(task_id_of(record)) for record in entry.records)
        return f"the task {ids} of {self.key!r} {ends.get(self.state, 'goes on at the server')}"


def _own(error: Exception) -> Exception:
    """A copy of an error that several callers get. Each adds to the traceback of their own."""
    if not isinstance(error, A2EError):
        return error  # of the caller's own code, or a bug here: it may not allow a copy

    own = type(error).__new__(type(error), *error.args)
    own.args = error.args
    own.__dict__.update(error.__dict__)
    if "__notes__" in own.__dict__:
        own.__notes__ = list(own.__notes__)
    own.__cause__, own.__context__ = error.__cause__, error.__context__
    own.__suppress_context__ = error.__suppress_context__
    return own.with_traceback(error.__traceback__)
