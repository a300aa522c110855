"""Starting a task without ever paying twice.

A start costs coins on acceptance (H). It is repeated only when it provably did not arrive, or was
refused (429). When its outcome is unknown the task is looked for in the workflow's list, by the
marker in its name or, where the family takes no name, by its echoed inputs; for longer than the
server could still be working on the lost request. What then is the caller's `StartPolicy`.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Any, Protocol

import anyio
import attrs

from a2e_async._spec.operation import Call
from a2e_async._tasks.markers import new_marker, with_marker
from a2e_async._tasks.pace import Pace
from a2e_async._tasks.readers import ListPages
from a2e_async._tasks.recovery import Finder, LostStart
from a2e_async._tasks.replies import tasks_in
from a2e_async.clock import Clock
from a2e_async.errors import APIError, SubmissionUncertain, TaskRejected, TransportError
from a2e_async.failures import Failure, classify
from a2e_async.policies import RetryPolicy, StartPolicy
from a2e_async.records import JSONObject

__all__ = ["Started", "Starter", "Watch"]

logger = logging.getLogger("a2e_async")


class Startable(Protocol):
    """What `Starter` needs to know of a Job."""

    @property
    @abstractmethod
    def family(self) -> str:
        """The name of its workflow."""

    @property
    @abstractmethod
    def takes_name(self) -> bool:
        """Whether the start takes a name, which can carry a marker."""


@attrs.frozen
class Started:
    """A start that has made tasks.

    Attributes:
        call: the request that was sent, marker included.
        records: the tasks' JSON.
    """

    call: Call
    records: Sequence[JSONObject]


@attrs.frozen
class Watch:
    """Whoever writes down what becomes of a start.

    A start that is watched is not cut off by cancellation while it is under way, so that what was paid
    for is written down.

    Attributes:
        accepted: called with the tasks' records before anything else happens.
        sending: called with the marker (None without one) each time before the request is sent. What it
            raises ends the start; then it is known that nothing sent before has made a task.
        refused: called when the request has provably made no task and will be sent again, later.
        shields: holds the scope that keeps cancellation off, for whoever must end the start all the same.
    """

    accepted: Callable[[Sequence[JSONObject]], Awaitable[None]]
    sending: Callable[[str | None], Awaitable[None]] | None = None
    refused: Callable[[], Awaitable[None]] | None = None
    shields: set[anyio.CancelScope] = attrs.field(factory=set[anyio.CancelScope])


class Starter:
    """Starts the tasks of one workflow, in one event loop.

    Args:
        send: sends a call exactly once; gives the reply's data.
        pages: the workflow's list, newest first; None where it has none.
        retry: for what did not arrive or was refused.
        policy: for what may have been done.
        pace: the turns in which starts are sent, shared by all workflows.
        clock: for the pauses.
    """

    def __init__(
        self,
        send: Callable[[Call], Awaitable[Any]],
        pages: ListPages | None,
        *,
        retry: RetryPolicy,
        policy: StartPolicy,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self._send = send
        self._retry = retry
        self._policy = policy
        self._pace = pace
        self._clock = clock
        self._finder = Finder(pages, clock) if pages else None

    async def start(
        self,
        job: Startable,
        ready: Call,
        *,
        marker: str | None = None,
        watch: Watch | None = None,
    ) -> Started:
        """Start a task, or find the one that an unanswered start has made.

        Args:
            job: the Job, as its caller made it.
            ready: its request, files uploaded.
            marker: what to recognise the task by; a new one by default. Unused where the family takes no
                name.
            watch: called at every step.

        Returns:
            What was sent, and the tasks' records; several where one start makes several tasks.

        Raises:
            TaskRejected: answered with success, but no task was made.
            SubmissionUncertain: it is not known whether a task was made; nothing was sent again.
            APIError: refused.
        """
        if job.takes_name:
            marker = marker or new_marker()
            ready = attrs.evolve(ready, body=with_marker(ready.body or {}, marker, job.family))
        else:
            marker = None
        return Started(ready, await self._start(job, ready, marker, watch))

    async def _start(
        self, job: Startable, call: Call, marker: str | None, watch: Watch | None
    ) -> Sequence[JSONObject]:
        attempt = 0
        async with self._apart(call.body, marker):
            while True:
                attempt += 1
                await self._pace.turn()
                if watch and watch.sending:
                    await watch.sending(marker)
                sent = self._clock.now()
                try:
                    with _shielded(watch):
                        records = _made(await self._send(call), call)
                        await self._settle(call.body, records, watch)
                        return records
                except (APIError, TransportError) as error:
                    failure = classify(error)
                    if failure is Failure.FINAL:
                        raise
                    if failure is Failure.UNKNOWN:
                        lost = LostStart(call.body or {}, marker, sent)
                        found = await self._recover(job, lost, error, watch)
                        if found:
                            return found
                    if watch and watch.refused:
                        with anyio.CancelScope(shield=True):
                            await watch.refused()
                    pause = attrs.evolve(self._retry, attempts=self._policy.attempts).delay(
                        attempt, error.retry_after
                    )
                    if pause is None:
                        raise
                    if failure is Failure.REFUSED:
                        self._pace.on_refused(pause)
                        pause = 0.0
                if pause:
                    await self._clock.sleep(pause)

    async def recover(
        self,
        job: Startable,
        body: Mapping[str, Any],
        marker: str | None,
        sent: float,
        watch: Watch | None = None,
    ) -> Sequence[JSONObject]:
        """Look for the task that a start of an earlier process may have made.

        Args:
            job, marker, watch: as for `start`.
            body: what was sent; only ``marker`` counts where there is one.
            sent: when, in seconds of the client's clock.

        Returns:
            Its records; empty when there is none and the start may be sent again.

        Raises:
            SubmissionUncertain: not decidable, or not found and the policy says to stop there.
        """
        async with self._apart(body, marker):
            return await self._recover(job, LostStart(body, marker, sent), None, watch)

    async def _recover(
        self,
        job: Startable,
        lost: LostStart,
        error: Exception | None,
        watch: Watch | None,
    ) -> Sequence[JSONObject]:
        marker = lost.marker
        cause = f"{str(error)[:200]}; and " if error else ""
        if self._finder is None:
            raise _uncertain(job, marker, f"{cause}this workflow has no list to look into") from error
        why = type(error).__name__ if error else "begun by an earlier run"
        logger.warning("start %s: %s; looking for the task", job.family, why)
        found = await self._finder.find(lost, until=lost.sent + self._policy.window)
        if found:
            await self._settle(lost.body, found, watch)
            return found
        if found is None:
            raise _uncertain(job, marker, f"{cause}the workflow's list does not tell") from error
        if not self._policy.resubmit:
            raise _uncertain(job, marker, f"{cause}no such task within {self._policy.window:g} s") from error
        logger.warning("start %s: no such task; starting again", job.family)
        return []

    def claim(self, task_ids: Iterable[str]) -> None:
        """Tasks that belong to other jobs, as an earlier process knows."""
        if self._finder:
            self._finder.claim(task_ids)

    def _apart(self, body: Mapping[str, Any] | None, marker: str | None) -> AbstractAsyncContextManager[None]:
        """A start that carries no marker keeps away from those that look like it."""
        if self._finder is None or marker is not None:
            return nullcontext()
        return self._finder.serialize_lookalikes(body or {})

    async def _settle(
        self,
        body: Mapping[str, Any] | None,
        records: Sequence[JSONObject],
        watch: Watch | None,
    ) -> None:
        """The start has made these tasks."""
        self._pace.on_accepted()
        if self._finder:
            self._finder.remember(body or {}, records)
        if watch:
            with anyio.CancelScope(shield=True):
                await watch.accepted(records)


@contextmanager
def _shielded(watch: Watch | None) -> Iterator[None]:
    if watch is None:
        yield
        return
    with anyio.CancelScope(shield=True) as scope:
        watch.shields.add(scope)
        try:
            yield
        finally:
            watch.shields.discard(scope)


def _made(data: Any, call: Call) -> Sequence[JSONObject]:
    records = tasks_in(data)
    if records:
        return records
    known = (call.body or {}).get("_id")
    silent = not data or (isinstance(data, Mapping) and data.keys() <= {"message", "msg"})
    if isinstance(known, str) and silent:
        # It sets a task going that is there already (a twin's further training), and says no more than yes.
        return [{"_id": known}]
    raise TaskRejected(f"no task was made: {_refusal(data)}", body=data)


def _refusal(data: Any) -> str:
    """The service's words for answering a start with success and no task."""
    words = [data]
    if isinstance(data, Mapping):
        words = [data.get(key) for key in ("message", "msg", "failed_message")]
    return next((word for word in words if isinstance(word, str) and word), "the reply names no id")


def _uncertain(job: Startable, marker: str | None, why: str) -> SubmissionUncertain:
    look = f"look for {marker!r} in its list" if marker else "look for it in its list"
    return SubmissionUncertain(
        f"{job.family}: whether the start made a task is not known ({why}); {look} before starting again",
        job=job,
        marker=marker,
    )
