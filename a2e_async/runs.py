"""One job of a bulk run, from the journal's last word on it to its Outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async import errors
from a2e_async.budget import Budget
from a2e_async.errors import (
    A2EError,
    APIError,
    AuthenticationError,
    DownloadError,
    InsufficientCredits,
    InvalidArgument,
    SubmissionUncertain,
    TaskFailed,
    TaskNotFound,
    TransportError,
    UploadError,
)
from a2e_async.jobs import Job, Result, Task
from a2e_async.journal import Entry, State
from a2e_async.keys import key_of
from a2e_async.lifecycle import is_moderated
from a2e_async.outcomes import Counts, Outcome
from a2e_async.pace import Pace
from a2e_async.policy import Failure, classify
from a2e_async.starting import new_marker

if TYPE_CHECKING:
    from a2e_async.bulk import BulkSettings
    from a2e_async.journal import Journal
    from a2e_async.resources import Client

__all__ = ["JobRun", "Shared"]

JSONObject = Mapping[str, Any]


@attrs.frozen
class Shared:
    """What the jobs of one run share.

    Attributes:
        tasks: places for tasks at the server.
        downloads: places for downloads.
        rate: the turns of the run's own start rate.
        began: when the run began, in seconds since the epoch.
    """

    client: Client
    settings: BulkSettings
    journal: Journal | None
    counts: Counts
    budget: Budget
    rate: Pace
    tasks: anyio.Semaphore
    downloads: anyio.Semaphore
    began: float


class JobRun:
    """Brings one job to its end.

    Args:
        shared: the run.
        job: the job.
        index: its place in the input.
        may_start: called before each start; raises what stopped the run.
    """

    def __init__(self, shared: Shared, job: Job[Any], index: int, may_start: Callable[[], None]) -> None:
        self._shared = shared
        self._job = job
        self._index = index
        self._may_start = may_start
        self._key: str | None = None
        self._entry = Entry(0, "")

    async def outcome(self) -> Outcome | None:
        """The Outcome; None for a job of an earlier run that is to be skipped.

        Raises:
            AuthenticationError, InsufficientCredits, BudgetReached: the run must stop; this job was
                not started.
            JournalError: the journal cannot be written; nothing that it does not know was started.
        """
        job, journal = self._job, self._shared.journal
        if journal is not None:
            try:
                self._key = await key_of(job)
            except OSError as error:
                return self._failed(UploadError(f"a file of the job cannot be read: {error}"))
            self._entry = await journal.take(self._key, job.workflow.name, unique=job.key is not None)
            if self._entry.repeated:
                return self._failed(
                    InvalidArgument("key", f"{self._key!r} was given to an earlier job of the run")
                )
        replayed = self._entry.state in (State.DONE, State.FAILED)
        if replayed and self._shared.settings.finished == "skip" and self._downloaded():
            return None
        try:
            result = await self._result()
        except A2EError as error:
            if isinstance(error, errors.JournalError | _STOPPING) and not replayed:
                raise
            return self._failed(error, replayed=replayed)
        return await self._fetched(result, replayed=replayed)

    async def _result(self) -> Result[Any]:
        """The job's result, by the shortest way from where the journal left it."""
        entry = self._entry
        if entry.state == State.DONE:
            return Task(self._job.workflow, entry.records, born=None).result(elapsed=0.0)
        if entry.state == State.FAILED and not self._may_retry(entry.records):
            raise self._remembered(entry)
        async with self._shared.tasks:
            while True:
                task = await self._task()
                try:
                    result = await task.wait(timeout=self._shared.settings.timeout)
                except TaskFailed as error:
                    await self._ended(task, error)
                    if not self._may_retry(task.raws):
                        raise
                    self._shared.counts.retried += 1
                    continue
                except TaskNotFound as error:
                    await self._ended(task, error)
                    raise
                await self._ended(task, None)
                return result

    async def _task(self) -> Task[Any]:
        """The task: taken up, found again, or started."""
        entry, job = self._entry, self._job
        if entry.state == State.ACCEPTED:
            return Task(job.workflow, entry.records, born=None)
        if entry.state == State.STARTING:
            task = await self._found_again()
            if task is not None:
                return task
        return await self._started()

    async def _found_again(self) -> Task[Any] | None:
        """The task of a start that an earlier process sent and did not live to see answered."""
        entry, job = self._entry, self._job
        journal, runtime = self._shared.journal, self._shared.client.runtime
        assert journal is not None  # noqa: S101 - only a journal has entries in this state
        starter = runtime.starter(job.workflow)
        starter.claim(await journal.known_tasks(job.workflow.name))
        ready = await job.with_uploads()
        records = await starter.recover(
            job,
            ready.body,
            entry.marker,
            runtime.policies.clock.now() - max(0.0, time.time() - entry.sent),
            accepted=self._accepted,
        )
        return Task(job.workflow, records, born=None) if records else None

    async def _started(self) -> Task[Any]:
        shared, entry, job = self._shared, self._entry, self._job
        job.workflow.require_readable()
        ready = await job.with_uploads()
        while shared.budget.must_wait(job.workflow.name, job.quote):
            await shared.client.runtime.policies.clock.sleep(0.1)
        await shared.rate.turn()
        self._may_start()
        reserved = shared.budget.reserve(job.workflow.name, job.quote)
        before = entry.coins
        accepted = False
        try:
            marker = new_marker() if ready.takes_name else None
            if shared.journal is not None:
                await shared.journal.starting(entry, marker)
            task = await ready.start(marker=marker, accepted=self._accepted)
            accepted = True
            return task
        except A2EError as error:
            if shared.journal is not None and not isinstance(error, errors.JournalError):
                await self._refused(error)
            raise
        finally:
            coins = entry.coins - before
            shared.budget.settle(job.workflow.name, reserved, coins if accepted else None)

    async def _accepted(self, records: Sequence[JSONObject]) -> None:
        """A start made these tasks: write it down before anything else."""
        entry, job = self._entry, self._job
        before = entry.coins
        if self._shared.journal is not None:
            await self._shared.journal.accepted(entry, job.workflow.name, records)
        else:
            entry.accept(records)
        self._shared.counts.charged(job.workflow.name, entry.coins - before)

    async def _refused(self, error: A2EError) -> None:
        """A start made no task, or it is not known whether it did (then the entry stays as it is)."""
        journal = self._shared.journal
        assert journal is not None  # noqa: S101 - asked by the caller
        if isinstance(error, SubmissionUncertain):
            return
        if isinstance(error, APIError | TransportError) and classify(error) is Failure.UNKNOWN:
            return
        final = not isinstance(error, _STOPPING | TransportError) and classify(error) is Failure.FINAL
        if final:
            await journal.ended(self._entry, (), error)
        else:
            await journal.unstarted(self._entry)

    async def _ended(self, task: Task[Any], error: A2EError | None) -> None:
        if self._shared.journal is not None:
            await self._shared.journal.ended(self._entry, task.raws, error)

    async def _fetched(self, result: Result[Any], *, replayed: bool) -> Outcome:
        """Download the result, unless that was done."""
        folder = self._shared.settings.download_to
        if folder is None:
            return self._done(result, (), replayed=replayed)
        if self._downloaded():
            paths = [folder / str(file["path"]) for file in self._entry.files]
            return self._done(result, paths, replayed=replayed)
        try:
            async with self._shared.downloads:
                files = await result.fetch(folder, name=self._key)
        except DownloadError as error:
            return attrs.evolve(self._done(result, (), replayed=replayed), error=error)
        if self._shared.journal is not None:
            await self._shared.journal.downloaded(
                self._entry,
                [
                    {
                        "path": file.path.relative_to(folder).as_posix(),
                        "sha256": file.sha256,
                        "size": file.size,
                    }
                    for file in files
                ],
            )
        return self._done(result, [file.path for file in files], replayed=replayed)

    def _downloaded(self) -> bool:
        """Whether every file that the journal knows of is where it was put, in full."""
        folder = self._shared.settings.download_to
        if folder is None or self._entry.state == State.FAILED:
            return True
        return bool(self._entry.files) and all(
            _size(folder / str(file["path"])) == file["size"] for file in self._entry.files
        )

    def _may_retry(self, records: Sequence[JSONObject]) -> bool:
        """Whether a failed task may be started again: retries are left, and it was not moderated."""
        left = self._entry.attempts <= self._shared.settings.retries
        return left and bool(records) and not any(is_moderated(raw) for raw in records)

    def _remembered(self, entry: Entry) -> A2EError:
        """The error that the journal noted down."""
        message = (entry.error or {}).get("message", "failed in an earlier run")
        if entry.records:
            return TaskFailed(message, record=self._job.workflow.decode(entry.records[0]))
        return errors.TaskRejected(message)

    def _done(self, result: Result[Any], paths: Sequence[Path], *, replayed: bool) -> Outcome:
        return Outcome(
            self._job,
            self._index,
            self._key,
            result=result,
            paths=tuple(paths),
            attempts=self._entry.attempts,
            replayed=replayed,
        )

    def _failed(self, error: A2EError, *, replayed: bool = False) -> Outcome:
        return Outcome(
            self._job,
            self._index,
            self._key,
            error=error,
            attempts=self._entry.attempts,
            replayed=replayed,
        )


_STOPPING = AuthenticationError | InsufficientCredits | errors.BudgetReached


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
