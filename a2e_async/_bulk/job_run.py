"""One job of a bulk run, from the journal's last word on it to its Outcome."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from a2e_async._bulk.entries import Entry, State, error_from, strip_inputs, with_inputs
from a2e_async._bulk.job_keys import key_of
from a2e_async._bulk.launch import Launch
from a2e_async._bulk.outcomes import Outcome
from a2e_async._bulk.shared import NotStarted, Shared
from a2e_async._tasks.status import is_moderated
from a2e_async.errors import (
    AuthenticationError,
    InvalidArgument,
    JournalError,
    TaskFailed,
    TaskNotFound,
)
from a2e_async.jobs import Job, Result, Task
from a2e_async.records import JSONObject

__all__ = ["JobRun"]


class JobRun:
    """Brings one job to its end.

    Args:
        shared: the run.
        job: the job.
        index: its place in the input.
    """

    def __init__(self, shared: Shared, job: Job[Any], index: int) -> None:
        self._shared = shared
        self._job = job
        self._index = index
        self._key = job.key
        self._replayed = False
        self._entry = Entry(0, "", job.workflow.name)

    async def run(self) -> Outcome | None:
        """The Outcome; None for a job of an earlier run that is to be skipped.

        Whatever goes wrong with this job is told in its Outcome and concerns no other.

        Raises:
            NotStarted: the run has stopped; this job was not started.
        """
        try:
            return await self._run()
        except NotStarted:
            raise
        except Exception as error:
            if isinstance(error, AuthenticationError):
                self._shared.stop(error)
            return self._ended(error=error)

    async def _run(self) -> Outcome | None:
        shared, job = self._shared, self._job
        if shared.journal is not None:
            self._key = await key_of(job)
            try:
                self._entry = await shared.journal.take(
                    self._key, job.workflow.name, unique=job.key is not None
                )
            except JournalError as error:
                shared.stop(error)
                raise NotStarted from error
            self._check()
        entry = self._entry
        if entry.state == State.DONE or (entry.state == State.FAILED and not self._may_retry()):
            return await self._replay()
        async with shared.tasks:
            result = await self._result()
        return await self._fetched(result)

    def _check(self) -> None:
        """Refuse a key that is another job's."""
        entry = self._entry
        if entry.repeated:
            raise InvalidArgument("key", f"{entry.key!r} was given to an earlier job of the run")
        if entry.workflow != self._job.workflow.name:
            raise InvalidArgument("key", f"{entry.key!r} is a job of {entry.workflow} in the journal")

    async def _replay(self) -> Outcome | None:
        """The Outcome of a job that an earlier run has finished; its files again, if they are gone."""
        shared, entry = self._shared, self._entry
        skip = shared.settings.finished == "skip"
        self._replayed = True
        if entry.state == State.FAILED:
            record = self._job.workflow.decode(self._records()[0]) if entry.records else None
            return None if skip else self._ended(error=error_from(entry, record))
        if skip and self._files_there():
            return None
        return await self._fetched(self._job.task(self._records()).result())

    async def _result(self) -> Result[Any]:
        """The job's result, by the shortest way from where the journal left it."""
        shared = self._shared
        launch = Launch(shared, self._job, self._entry)
        task: Task[Any] | None = None
        if self._entry.state == State.ACCEPTED:
            task = self._job.task(self._records())
        elif self._entry.state == State.STARTING:
            task = await launch.recover()
        task = task or await launch.start()
        while True:
            try:
                result = await task.wait(timeout=shared.settings.timeout)
            except TaskFailed as error:
                await self._note_end(task, error)
                if not self._may_retry():
                    raise
                try:
                    task = await launch.start()
                except NotStarted:
                    raise error from None
                shared.counts.retried += 1
            except TaskNotFound as error:
                await self._note_end(task, error)
                raise
            else:
                await self._note_end(task, None)
                return result

    async def _note_end(self, task: Task[Any], error: Exception | None) -> None:
        records = [strip_inputs(raw, self._job.body) for raw in task.raws]
        if self._shared.journal is None:
            self._entry.end(records, error)
            return
        try:
            await self._shared.journal.record_end(self._entry, records, error)
        except JournalError as problem:
            self._shared.stop(problem)

    async def _fetched(self, result: Result[Any]) -> Outcome:
        """Download the result, unless that was done."""
        shared, folder = self._shared, self._shared.settings.download_to
        if folder is None:
            return self._ended(result)
        if self._files_there():
            return self._ended(result, [folder / str(file["path"]) for file in self._entry.files or ()])
        try:
            async with shared.downloads:
                files = await result.fetch(folder, name=self._key)
        except Exception as error:
            return self._ended(result, error=error)
        if shared.journal is not None:
            noted = [{"path": file.path.relative_to(folder).as_posix(), "size": file.size} for file in files]
            try:
                await shared.journal.record_files(self._entry, noted)
            except JournalError as error:
                shared.stop(error)
        return self._ended(result, [file.path for file in files])

    def _files_there(self) -> bool:
        """Whether every file that the journal knows of is where it was put, in full."""
        folder, files = self._shared.settings.download_to, self._entry.files
        if folder is None:
            return True
        return files is not None and all(_size(folder / str(file["path"])) == file["size"] for file in files)

    def _may_retry(self) -> bool:
        """Whether the failed task may be started again: retries are left, and it was not moderated."""
        entry = self._entry
        failed = bool(entry.records) and (entry.error or {}).get("type") == "TaskFailed"
        left = entry.attempts <= self._shared.settings.retries
        return failed and left and not any(is_moderated(raw) for raw in entry.records)

    def _records(self) -> Sequence[JSONObject]:
        return [with_inputs(record, self._job.body) for record in self._entry.records]

    def _ended(
        self,
        result: Result[Any] | None = None,
        paths: Sequence[Path] = (),
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


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
