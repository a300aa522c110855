"""Put jobs into the queue, each once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import anyio
import attrs
import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job as Message

from a2e_async._bulk.feed import iterate
from a2e_async._files.body_files import files_in, map_files
from a2e_async._journal.asked import Asked, read_asked
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import State
from a2e_async._journal.job_keys import key_of
from a2e_async._journal.postgres.known import known_jobs
from a2e_async._journal.postgres.owner import claim
from a2e_async._spec.media import Upload
from a2e_async._worker import names
from a2e_async._worker.connector import PatientConnector, opened, translated
from a2e_async._worker.counts import Enqueued
from a2e_async._worker.schema import make_tables
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.task_groups import in_thread

__all__ = ["Enqueuer", "open_queue"]

_BATCH = 500
_UPLOADS = 8  # at once
_KEPT = timedelta(days=3)  # for which the service keeps uploads


@attrs.define(eq=False)
class _Line:
    """A job on its way into the queue."""

    key: str
    asked: Asked
    job: Job[Any]

    @property
    def lock(self) -> str:
        return names.lock_of(self.key)


@asynccontextmanager
async def open_queue(url: DatabaseURL) -> AsyncIterator[procrastinate.App]:
    """An app on a database, open while the block runs. Its tables are made if there are none."""
    await in_thread(make_tables, url)
    app = procrastinate.App(connector=PatientConnector(url))
    async with opened(app, url):
        yield app


class Enqueuer:
    """Puts jobs into the queue of an app.

    Args:
        app: the app, open.
        journal: where it is looked up which jobs are done; None if it is not.
        priority: jobs of a higher one are carried out first.
        schedule_at: when they may be carried out; None for at once.
        upload: whether files are uploaded now. Otherwise the messages name their paths.
    """

    def __init__(
        self,
        app: procrastinate.App,
        journal: DatabaseURL | None,
        *,
        priority: int,
        schedule_at: datetime | None,
        upload: bool,
    ) -> None:
        self._app = app
        self._journal = journal
        self._priority = priority
        self._at = schedule_at
        self._upload = upload
        self._in_queue: dict[str, str | None] | None = None
        self._accounts: set[str] = set()
        self._counts = Enqueued()

    async def put(self, jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]]) -> Enqueued:
        """Put the jobs into the queue, some hundreds at once.

        Raises:
            InvalidArgument: a job cannot be put into the queue. Those of earlier batches were.
        """
        batch: dict[str, _Line] = {}
        read = 0

        async for job in iterate(jobs):
            read += 1
            line = await self._line(job)
            known = batch.setdefault(line.key, line)
            if known is not line:
                _check_same(line, known.asked.digest, "is given twice, for different jobs")
            if len(batch) >= _BATCH:
                await self._put(batch, read)
                batch, read = {}, 0

        await self._put(batch, read)
        return self._counts

    async def _line(self, job: Job[Any]) -> _Line:
        if not isinstance(job, Job):
            raise InvalidArgument("job", f"{job!r} is not a Job; make one of a mapping with `A2E.job`"[:300])
        if self._upload and self._is_late() and _has_local_files(job):
            raise InvalidArgument(
                "schedule_at",
                "uploads are kept for three days, and this job has files: queue it later, give their URLs, "
                "or give upload=False if all workers have them under the same path",
            )

        asked = await read_asked(job)
        key = await key_of(job, asked)
        return _Line(key, asked, job.with_key(key))

    def _is_late(self) -> bool:
        """Whether the jobs are to be carried out when what is uploaded now is gone."""
        return self._at is not None and self._at - datetime.now(self._at.tzinfo) > _KEPT

    async def _put(self, batch: Mapping[str, _Line], read: int) -> None:
        left = dict(batch)
        await self._claim(left)
        done = await self._forget_done(left)
        if left and (self._in_queue is not None or any(_has_local_files(line.job) for line in left.values())):
            await self._forget_waiting(left)  # before the uploads: each costs
        if self._upload:
            await self._upload_files(left)
        messages = [self._message(line) for line in left.values()]

        with translated(self._journal):
            queued = await self._defer(left, messages)
        self._counts = Enqueued(
            self._counts.queued + queued,
            self._counts.waiting + read - queued - done,
            self._counts.done + done,
        )

    async def _claim(self, batch: Mapping[str, _Line]) -> None:
        """Note in the journal whose jobs these are: no worker of another account carries them out then.

        Raises:
            InvalidArgument: the journal belongs to another account.
        """
        if self._journal is None:
            return
        clients = {id(line.job.workflow.client): line.job.workflow for line in batch.values()}
        accounts = {workflow.runtime.account for workflow in clients.values() if workflow.client is not None}
        for account in accounts - self._accounts:
            await in_thread(claim, self._journal, account)
            self._accounts.add(account)

    async def _forget_done(self, left: dict[str, _Line]) -> int:
        """Take out the jobs that the journal has the result of. Returns how many."""
        if self._journal is None or not left:
            return 0
        done = 0
        for key, known in (await in_thread(known_jobs, self._journal, tuple(left))).items():
            problem = known.differs(left[key].asked)
            if problem:
                raise InvalidArgument("key", problem)
            if known.state == State.DONE:
                del left[key]
                done += 1
        return done

    async def _forget_waiting(self, left: dict[str, _Line], *, anew: bool = False) -> None:
        """Take out the jobs that are in the queue, or that a worker is working on."""
        if self._in_queue is None or anew:
            self._in_queue = {}
            for status in ("todo", "doing"):
                with translated(self._journal):
                    found = await self._app.job_manager.list_jobs_async(task=names.JOB_TASK, status=status)
                for message in found:
                    digest = message.task_kwargs.get("digest")
                    if message.queueing_lock is not None:
                        self._in_queue[message.queueing_lock] = digest if isinstance(digest, str) else None

        for key, line in tuple(left.items()):
            if line.lock in self._in_queue:
                _check_same(line, self._in_queue[line.lock], "waits in the queue and asks for something else")
                del left[key]

    async def _upload_files(self, left: Mapping[str, _Line]) -> None:
        limiter = anyio.Semaphore(_UPLOADS)

        async def upload(line: _Line) -> None:
            async with limiter:
                line.job = await _uploaded(line.job)

        async with anyio.create_task_group() as group:
            for line in left.values():
                if _has_local_files(line.job):
                    group.start_soon(upload, line)

    def _message(self, line: _Line) -> Message:
        job = line.job.to_dict()

        try:
            text = json.dumps(job, allow_nan=False, ensure_ascii=False)
            text.encode()
        except (TypeError, ValueError) as error:
            raise InvalidArgument("job", f"{line.key!r} is not JSON: {error}") from None
        if "\\u0000" in text:
            raise InvalidArgument("job", f"{line.key!r} holds a NUL character, which a database cannot store")

        return Message(
            queue=names.QUEUE,
            lock=None,
            queueing_lock=line.lock,
            task_name=names.JOB_TASK,
            priority=self._priority,
            scheduled_at=self._at,
            task_kwargs={"job": job, "digest": line.asked.digest},
        )

    async def _defer(self, left: dict[str, _Line], messages: list[Message]) -> int:
        """Put messages into the queue, in one statement. Returns how many were not there before."""
        if not messages:
            return 0
        manager = self._app.job_manager
        with suppress(AlreadyEnqueued):
            return len(await manager.batch_defer_jobs_async(messages))

        await self._forget_waiting(left, anew=True)
        locks = {line.lock for line in left.values()}
        queued = 0
        for message in messages:
            if message.queueing_lock in locks:
                with suppress(AlreadyEnqueued):
                    await manager.batch_defer_jobs_async([message])
                    queued += 1
        return queued


def _has_local_files(job: Job[Any]) -> bool:
    return any(True for _ in _local_files(job))


def _local_files(job: Job[Any]) -> Iterator[Any]:
    return (file for file in files_in(job.body) if not isinstance(file, Upload))


async def _uploaded(job: Job[Any]) -> Job[Any]:
    """The job with an Upload in place of each file. Its key says the same of both."""
    runtime = job.workflow.runtime
    uploads: dict[int, Upload] = {}
    async with runtime.session():
        for file in _local_files(job):
            uploads[id(file)] = await runtime.uploader.upload(file)

    body = map_files(job.call.body, lambda file: uploads.get(id(file), file))
    return attrs.evolve(job, call=attrs.evolve(job.call, body=body))


def _check_same(line: _Line, digest: str | None, problem: str) -> None:
    if digest is not None and line.asked.digest != digest:
        raise InvalidArgument("key", f"{line.key!r} {problem}; give this job another key")
