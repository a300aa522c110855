"""A bulk run over given jobs: it yields their Outcomes as they complete."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Generic, Self

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from a2e_async._bulk.endings import NotEnded
from a2e_async._bulk.feed import End, Feed, Ticket, iterate
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.outcomes import Outcome
from a2e_async._bulk.run_base import Run
from a2e_async._bulk.run_life import RunLife
from a2e_async._bulk.run_state import BulkClient, RunState
from a2e_async._bulk.settings import BulkSettings
from a2e_async.checks import shown
from a2e_async.errors import (
    APIError,
    BudgetReached,
    DownloadError,
    InvalidArgument,
    JournalError,
    TransportError,
    UploadError,
)
from a2e_async.jobs import Job
from a2e_async.records import TaskRecordT

__all__ = ["BulkRun"]

_AHEAD = 8  # jobs that are read before there is a place for them
# A run that stops for one of these reasons ends without raising; the reason is in `BulkRun.stopped`.
_NOT_RAISED = (APIError, TransportError, BudgetReached, DownloadError, UploadError)


class BulkRun(Run, Generic[TaskRecordT]):
    """A bulk run; see `A2E.bulk`.

    When the block is left early, by an exception or by Ctrl-C, the starts under way are completed and
    written to the journal, for at most `StartPolicy.grace` seconds. Everything else is cancelled here;
    accepted tasks go on at the server. A second Ctrl-C does not wait for the starts. With a journal, the next
    run recovers their tasks.

    The block may be left in another task than it was entered in, as in a test fixture or in a generator that
    is collected. A run whose block is never left ends with its event loop.
    """

    _outcomes: MemoryObjectReceiveStream[Outcome]
    _send: MemoryObjectSendStream[Outcome]

    def __init__(
        self,
        client: BulkClient,
        jobs: Iterable[Job[TaskRecordT]] | AsyncIterable[Job[TaskRecordT]],
        settings: BulkSettings,
    ) -> None:
        given: Any = jobs
        if not isinstance(given, Iterable | AsyncIterable):
            advice = "; give a list of them, [job]" if isinstance(given, Job) else ""
            raise InvalidArgument("jobs", f"{shown(given)} is not an iterable of Jobs{advice}")
        super().__init__(client, settings)
        self._jobs = jobs
        self._feed: Feed | None = None

    @property
    def stopped(self) -> Exception | None:
        """Why the run stopped starting jobs; None while it runs normally.

        Either the run cannot go on: no coins are left, the token was refused, the budget is reached, or the
        service is unreachable or refuses everything. Or the iterable of the jobs or the journal raised an
        error, which the iteration raises at its end.
        """
        state = self._life.state if self._life else None
        return (state.stopped if state else None) or self._input_error

    @property
    def _input_error(self) -> Exception | None:
        return self._feed.input_error if self._feed else None

    def __aiter__(self) -> Self:
        """Iterate over the Outcomes as they complete."""
        return self

    async def __anext__(self) -> Outcome[TaskRecordT]:
        life = self._entered_here("read a bulk run")
        with suppress(anyio.EndOfStream, anyio.ClosedResourceError):
            return await self._outcomes.receive()

        if life.is_left:
            self._entered_here("read a bulk run")
        if life.failure is not None:
            raise life.failure
        if self._input_error is not None:
            raise self._input_error
        if self.stopped is not None and not isinstance(self.stopped, _NOT_RAISED):
            raise self.stopped
        raise StopAsyncIteration

    def _begin(self) -> None:
        self._send, self._outcomes = anyio.create_memory_object_stream[Outcome](0)

    def _on_stop(self) -> None:
        if self._life is not None:
            self._life.reading.cancel()

    def _on_left(self) -> None:
        pass  # the reader is told when everything is settled

    def _on_closed(self) -> None:
        self._send.close()
        self._outcomes.close()

    async def _work(self, life: RunLife, state: RunState) -> None:
        """Read jobs and run them side by side.

        There is room for a few more jobs than may run at once: for those whose task has ended, but whose
        files are still downloading or whose Outcome has not been taken yet.
        """
        feed = self._feed = Feed(self._counts, self._settings.concurrency + _AHEAD)

        def ticket(job: Any, index: int) -> Ticket:
            if not isinstance(job, Job):
                raise InvalidArgument(f"jobs[{index}]", f"{shown(job)} is not a Job{_advice(job)}")
            if job.workflow.client is None:
                job = job.with_client(self._client)
            return Ticket(JobRun(state, job, index, aside=feed.aside), self._tell)

        await feed.run(iterate(self._jobs), ticket, life.reading)
        await self._count_missing(state)
        # Closing the stream ends the iteration.
        self._send.close()

    async def _tell(self, end: End) -> None:
        if isinstance(end, Outcome):
            await self._send.send(end)
        elif isinstance(end, NotEnded):
            self._missing += 1

    async def _count_missing(self, state: RunState) -> None:
        if state.journal is not None and self.stopped is None:
            try:
                self._missing += await state.journal.unfinished()
            except JournalError as error:
                state.stop(error)


def _advice(given: Any) -> str:
    """What to give instead, for the end of an error message."""
    if isinstance(given, Mapping):
        return "; a2e.jobs(rows) makes Jobs of rows, and a2e.job(plain) of what Job.to_dict returned"
    if hasattr(given, "cr_frame"):
        given.close()  # a warning that it was never awaited would hide this message
        return "; give the Job itself, without run() or start()"
    return ""
