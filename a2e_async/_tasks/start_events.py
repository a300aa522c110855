"""Tell listeners how one start comes along. Made only if somebody listens."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import attrs

from a2e_async._tasks.start_watch import Startable, Watch
from a2e_async.announcer import Announcer, next_number, tell_failed
from a2e_async.checks import coins_in
from a2e_async.client_events import Reconciling, Started, Starting
from a2e_async.errors import SubmissionUncertain
from a2e_async.records import JSONObject, task_id_of

__all__ = ["StartEvents"]


class StartEvents:
    """One start. As a context manager it tells how the start has failed, if it has.

    Args:
        events: tells the listeners.
        job: the job.
        marker: the marker that is sent, if any.
        watch: the caller's own callbacks.

    Attributes:
        watch: callbacks that tell the listeners too.
    """

    def __init__(self, events: Announcer, job: Startable, marker: str | None, watch: Watch | None) -> None:
        self._events = events
        self._workflow = job.family
        self._key: str | None = getattr(job, "key", None)
        self._marker = marker
        self._number = next_number()
        self._attempts = 0
        self._unanswered = False

        self._inner = watch or Watch(_nothing, interruptible=True)
        self.watch = attrs.evolve(
            self._inner,
            sending=self._on_sending,
            searching=self._on_searching,
            refused=self._on_refused,
            accepted=self._on_accepted,
        )
        events.note("start_begins", self._number, job, awaited=self._inner.awaited)

    async def _on_sending(self, marker: str | None) -> None:
        if self._inner.sending:
            await self._inner.sending(marker)

        self._attempts += 1
        self._unanswered = True
        self._events.tell(
            Starting(
                workflow=self._workflow,
                start=self._number,
                key=self._key,
                marker=self._marker,
                attempt=self._attempts,
            )
        )

    def _on_searching(self, error: Exception | None) -> None:
        self._events.tell(
            Reconciling(
                workflow=self._workflow,
                start=self._number,
                key=self._key,
                marker=self._marker,
                error=None if error is None else type(error).__name__,
            )
        )

    async def _on_refused(self) -> None:
        self._unanswered = False
        if self._inner.refused:
            await self._inner.refused()

    async def _on_accepted(self, records: Sequence[JSONObject]) -> None:
        await self._inner.accepted(records)
        self._events.tell(
            Started(
                workflow=self._workflow,
                start=self._number,
                task_ids=tuple(str(task_id_of(record)) for record in records),
                key=self._key,
                marker=self._marker,
                coins=coins_in(records),
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._events.note("start_ends", self._number)
            return

        # An error of the service is an answer; what is uncertain, or was cancelled, may go on.
        uncertain = isinstance(error, SubmissionUncertain) or not isinstance(error, Exception)
        tell_failed(
            self._events,
            error,
            workflow=self._workflow,
            start=self._number,
            key=self._key,
            goes_on=self._unanswered and uncertain,
        )


async def _nothing(records: Sequence[JSONObject]) -> None:
    pass
