"""One job of a bulk run, from its entry in the journal to its Outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2e_async._bulk.endings import NotEnded, NotStarted
from a2e_async._bulk.faults import disk_fault, machine_at_fault
from a2e_async._bulk.launch import Launch
from a2e_async._bulk.outcomes import Outcome
from a2e_async._bulk.refused import finally_refused
from a2e_async._bulk.run_state import RunState
from a2e_async._journal.asked import Asked, read_asked
from a2e_async._journal.entries import Entry, State, error_from, strip_inputs, with_inputs
from a2e_async._journal.job_keys import key_of
from a2e_async._journal.journal import LeaseExpired, Superseded
from a2e_async._journal.uncertain import advice
from a2e_async.clock import Clock
from a2e_async.errors import (
    ConfigurationError,
    InvalidArgument,
    JournalError,
    SubmissionUncertain,
    TaskFailed,
    TaskNotFound,
)
from a2e_async.failures import concerns_account
from a2e_async.jobs import Job
from a2e_async.records import JSONObject
from a2e_async.tasks import Result, Task

if TYPE_CHECKING:
    from a2e_async._journal.journal import Journal

__all__ = ["JobRun"]


class JobRun:
    """Runs one job to its end.

    Args:
        run_state: the state of the run.
        job: the job.
        index: its position in the input, from 0.
        aside: gives up the job's place in the run while another worker has the job; see `Feed.aside`.
        asked: what the job asks for, if that is known already.
        entry: its entry, if the run has no journal and knows the job already.
    """

    def __init__(
        self,
        run_state: RunState,
        job: Job[Any],
        index: int,
        aside: Callable[[Callable[[], bool]], AbstractAsyncContextManager[None]],
        asked: Asked | None = None,
        entry: Entry | None = None,
    ) -> None:
        self._run_state = run_state
        self._aside = aside
        self._job = job
        self._index = index
        self._asked = asked
        self._key = entry.key if entry else job.key
        self._replayed = False
        self._entry = entry or Entry(0, "", job.workflow.name)
        self._sent = 0.0
        # What the entry asked for, where that is known to be what the job asks for.
        self._inputs = job.body

    async def run(self) -> Outcome | None:
        """Run the job. An error of this job is put into its Outcome and affects no other job.

        Returns:
            The Outcome; None if an earlier run finished the job and such jobs are to be skipped.

        Raises:
            NotStarted: the run has stopped; this job was not started.
            NotEnded: the run has stopped; the next run goes on with this job.
        """
        try:
            while True:
                try:
                    return await self._run()
                except (Superseded, LeaseExpired):
                    self._run_state.under_way.discard(self._entry.number)

        except NotStarted:
            if self._run_state.repeats:
                await self._give_up()
            if self._may_be_paid():
                raise NotEnded from None
            raise

        except Exception as error:
            if machine_at_fault(error):
                # Every job that was started would fail in the same way, and none of them is at fault.
                self._run_state.stop(error)
                if self._may_be_paid():
                    if self._run_state.repeats:
                        await self._give_up()
                    raise NotEnded from error
            if concerns_account(error) or isinstance(error, JournalError):
                self._run_state.stop(error)
            outcome = self._outcome(error=self._with_advice(error))
            await self._give_up()
            return outcome
        finally:
            self._run_state.under_way.discard(self._entry.number)

    @property
    def entry(self) -> Entry:
        """The job's entry, as far as it has come."""
        return self._entry

    async def _give_up(self) -> None:
        """Leave a job that has not ended to other workers. They may fare better, or a later run does."""
        journal, entry = self._run_state.journal, self._entry
        ended = entry.state in (State.DONE, State.FAILED) and not entry.saving
        if journal is not None and entry.number and not ended:
            with suppress(JournalError, Superseded):
                await journal.give_up(entry)

    def _is_taken_over(self, entry: Entry) -> bool:
        """Whether the job was started before, and others may wait for its end; see `Places`."""
        return self._run_state.is_shared and entry.may_be_paid

    def _may_be_paid(self) -> bool:
        """Whether the journal has a start of this job whose end is not known."""
        return self._run_state.journal is not None and self._entry.may_be_paid

    def _with_advice(self, error: Exception) -> Exception:
        """The error of an uncertain start, with what to do about its entry in the journal."""
        journal = self._run_state.journal
        if journal is None or type(error) is not SubmissionUncertain:
            return error
        advised = SubmissionUncertain(
            f"{error}; {advice(journal.name, self._entry.key)}", job=error.job, marker=error.marker
        )
        advised.__cause__ = error
        return advised

    async def _run(self) -> Outcome | None:
        """Take the job to its end; None if an earlier run has ended it, and that is to be skipped."""
        run = self._run_state
        if run.journal is not None:
            await self._take_entry(run.journal)
        else:
            self._sent = self._clock.now()  # of a start before this one, at the latest

        entry = self._entry
        if entry.state == State.DONE or (entry.state == State.FAILED and not self._may_retry()):
            return await self._replay()
        try:
            self._job.require_awaitable()
        except ConfigurationError as error:
            return self._outcome(error=error)  # of this workflow, not of the machine

        async with run.tasks.one(at_once=self._is_taken_over(entry)):
            result = await self._result()
        return await self._download(result)

    async def _take_entry(self, journal: Journal) -> None:
        """Take the job's entry from the journal; refuse a key that belongs to another job."""
        run, job, unique = self._run_state, self._job, self._job.key is not None
        old_key = journal.has_old and not unique
        asked = self._asked
        if asked is None:
            asked = await run.disk.through(partial(read_asked, job, old_key=old_key), disk_fault)

        async def take(again: Entry | None) -> Entry:
            if asked.digest is None and not unique:
                return await journal.take_by_path(asked, repeats=run.repeats, again=again)

            key = self._key = await key_of(job, asked)
            return await journal.take(
                key,
                job.workflow.name,
                unique=unique,
                asked=asked,
                changed=run.settings.changed,
                repeats=run.repeats,
                again=again,
            )

        try:
            asked_at = self._clock.now()
            entry = await take(self._entry if self._entry.number else None)
            if entry.is_held:
                async with self._aside(lambda: self._is_taken_over(entry)):
                    while entry.is_held:
                        self._entry = entry
                        run.check()
                        while not await journal.until_free(entry):
                            run.check()
                        asked_at = self._clock.now()
                        entry = await take(entry)
        except JournalError as error:
            run.stop(error)
            raise NotStarted from error

        if entry.repeated:
            raise InvalidArgument("key", f"{entry.key!r} was given to an earlier job of the run")
        self._entry, self._key = entry, entry.key
        self._sent = asked_at - entry.age
        run.under_way.add(entry.number)
        if entry.asked is None:
            self._inputs = {}

    async def _replay(self) -> Outcome | None:
        """The Outcome of a job that an earlier run finished. Missing files are downloaded again."""
        run, entry = self._run_state, self._entry
        skip = run.settings.finished == "skip"
        self._replayed = True

        if entry.state == State.FAILED:
            record = self._job.workflow.decode(self._records()[0]) if entry.records else None
            return None if skip else self._outcome(error=error_from(entry, record))

        if skip and (run.downloads is None or await run.downloads.paths(entry.files) is not None):
            return None
        return await self._download(self._job.task(self._records()).result())

    async def _result(self) -> Result[Any]:
        """Start the job if no task of it is known, and wait for the result."""
        launch = Launch(self._run_state, self._job, self._entry, self._sent)

        task: Task[Any] | None = None
        if self._entry.state == State.ACCEPTED:
            task = self._job.task(self._records(), slot=launch.slot)
        elif self._entry.state == State.STARTING:
            task = await launch.recover()
        task = task or await launch.start()

        while True:
            try:
                return await self._end_of(task, launch)
            except TaskFailed as error:
                if not self._may_retry():
                    raise
                try:
                    task = await launch.start()
                except NotStarted:
                    raise error from None
                self._run_state.counts.retried += 1

    async def _end_of(self, task: Task[Any], launch: Launch) -> Result[Any]:
        """Wait for the result of a task, and write down that it has ended."""
        settings = self._run_state.settings
        on_update = partial(settings.on_update.call, self._job) if settings.on_update else None

        try:
            result = await task.wait(timeout=settings.timeout, on_update=on_update)
        except (TaskFailed, TaskNotFound) as error:
            await self._record_end(task, error, launch.settle_price(task.raws))
            raise
        else:
            await self._record_end(task, None, launch.settle_price(task.raws))
            return result
        finally:
            # Other jobs may be waiting for the price.
            launch.settle_price(task.raws)

    async def _record_end(self, task: Task[Any], error: Exception | None, coins: float) -> None:
        records = [strip_inputs(raw, self._inputs) for raw in task.raws]
        if self._run_state.journal is None:
            self._entry.end(records, error, coins)
            return
        self._entry.saving = error is None and self._run_state.downloads is not None
        try:
            await self._run_state.journal.record_end(self._entry, records, error, coins)
        except JournalError as problem:
            self._run_state.stop(problem)

    async def _download(self, result: Result[Any]) -> Outcome:
        """Download the result's files, if the run has a folder for them and they are not there yet."""
        run, downloads = self._run_state, self._run_state.downloads
        if downloads is None:
            return self._outcome(result)

        try:
            paths = await downloads.paths(self._entry.files)
            if paths is not None:
                await self._give_up()
                return self._outcome(result, paths)
            files = await downloads.save(result, self._key)
        except Exception as error:
            if await downloads.spoils_all(error):
                run.stop(error)
            await self._give_up()
            return self._outcome(result, error=error)

        if run.journal is None:
            self._entry.files = downloads.described(files)
        else:
            try:
                await run.journal.record_files(self._entry, downloads.described(files))
            except JournalError as error:
                run.stop(error)
        return self._outcome(result, [file.path for file in files])

    @property
    def _clock(self) -> Clock:
        return self._job.workflow.runtime.policies.clock

    def _may_retry(self) -> bool:
        """Whether the failed task may be started again: retries are left, and the refusal is not final."""
        entry = self._entry
        failed = bool(entry.records) and (entry.error or {}).get("type") == "TaskFailed"
        left = entry.attempts <= self._run_state.settings.retries
        return failed and left and not finally_refused(entry)

    def _records(self) -> Sequence[JSONObject]:
        """The stored records, with the job's inputs."""
        return [with_inputs(record, self._inputs) for record in self._entry.records]

    def _outcome(
        self,
        result: Result[Any] | None = None,
        paths: Sequence[Path | str] = (),
        *,
        error: Exception | None = None,
    ) -> Outcome:
        return Outcome(
            self._job,
            self._index,
            self._key,
            result=result,
            error=error,
            paths=tuple(paths),
            attempts=self._entry.attempts,
            replayed=self._replayed,
        )
