"""Starting a task without ever paying twice.

A start costs coins on acceptance (H). It is repeated only when it provably did not arrive, or was
refused (429). When its outcome is unknown the task is looked for in the workflow's list, by the
marker in its name or, where the family takes no name, by its echoed inputs; for longer than the
server could still be working on the lost request. What then is the caller's `StartPolicy`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async.clock import Clock
from a2e_async.errors import APIError, SubmissionUncertain, TaskRejected, TransportError
from a2e_async.lifecycle import created_at, tasks_in
from a2e_async.operations import Call
from a2e_async.pace import Pace
from a2e_async.policy import Failure, RetryPolicy, StartPolicy, classify
from a2e_async.readback import ListPages
from a2e_async.records import task_id_of
from a2e_async.transport import retry_after

if TYPE_CHECKING:
    from a2e_async.jobs import Job

__all__ = ["Starter", "marked", "new_marker"]

JSONObject = Mapping[str, Any]

logger = logging.getLogger("a2e_async")

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_SKEW = 600.0  # seconds; how far the server's clock may drift against its own earlier answers
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_CLAIMS_KEPT = 100_000
_COUNT_FIELDS = ("max_images", "number_of_images", "n")


def new_marker() -> str:
    """A text that no other task has in its name."""
    return "a2e-" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def marked(body: Mapping[str, Any], marker: str, default_name: str) -> dict[str, Any]:
    """The body with the marker at the end of its name, which stays readable."""
    name = body.get("name") or default_name
    return {**body, "name": f"{name} {marker}"}


@attrs.frozen
class _Lost:
    """A start whose outcome is not known."""

    body: Mapping[str, Any]
    marker: str | None
    not_before: float | None
    """The server's time before which it cannot have been made, in seconds since the epoch."""

    @property
    def expected(self) -> int:
        """How many tasks it makes."""
        counts = [self.body.get(key) for key in _COUNT_FIELDS]
        return max([1, *(count for count in counts if isinstance(count, int))])


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
        self._finder = _Finder(pages, clock) if pages else None

    async def start(
        self,
        job: Job[Any],
        call: Call,
        marker: str | None,
        *,
        accepted: Callable[[Sequence[JSONObject]], Awaitable[None]] | None = None,
    ) -> Sequence[JSONObject]:
        """Start a task, or find the one that an unanswered start has made.

        Args:
            job: for the error, should it come to one.
            call: the request, marker included.
            marker: what to look for; None where the family takes no name.
            accepted: called with the records before anything else happens. With it, a start that is
                under way is not cut off by cancellation, so that what was paid for is written down.

        Returns:
            The task's record; several where the start makes several tasks.

        Raises:
            TaskRejected: answered with success, but no task was made.
            SubmissionUncertain: it could not be found out; nothing was sent again.
            APIError: refused.
        """
        attempt = 0
        while True:
            attempt += 1
            await self._pace.turn()
            sent = self._clock.now()
            try:
                with anyio.CancelScope(shield=accepted is not None):
                    records = _made(await self._send(call))
                    await self._settle(records, accepted)
                    return records
            except (APIError, TransportError) as error:
                failure = classify(error)
                if failure is Failure.FINAL:
                    raise
                if failure is Failure.UNKNOWN:
                    found = await self.recover(job, call.body or {}, marker, sent, error, accepted=accepted)
                    if found:
                        return found
                pause = attrs.evolve(self._retry, attempts=self._policy.attempts).delay(
                    attempt, retry_after(error)
                )
                if pause is None:
                    raise
                if failure is Failure.REFUSED:
                    self._pace.refused(pause)
                    pause = 0.0
            if pause:
                await self._clock.sleep(pause)

    async def recover(
        self,
        job: Job[Any],
        body: Mapping[str, Any],
        marker: str | None,
        sent: float,
        error: Exception | None,
        *,
        accepted: Callable[[Sequence[JSONObject]], Awaitable[None]] | None = None,
    ) -> Sequence[JSONObject]:
        """Look for the task that a start may have made.

        Args:
            job, marker, accepted: as for `start`.
            body: what was sent.
            sent: when, in seconds of the client's clock.
            error: what the start ended with; None if that is not known (another process sent it).

        Returns:
            Its records; empty when there is none and the start may be sent again.

        Raises:
            SubmissionUncertain: not decidable, or not found and the policy says to stop there.
        """
        if self._finder is None:
            raise _uncertain(job, marker, "this workflow has no list to look into") from error
        why = type(error).__name__ if error else "begun by an earlier run"
        logger.warning("start %s: %s; looking for the task", job.workflow.name, why)
        found = await self._finder.find(
            _Lost(body, marker, self._finder.server_time(sent)), until=sent + self._policy.window
        )
        if found:
            await self._settle(found, accepted)
            return found
        if found is None:
            raise _uncertain(job, marker, "the workflow's list could not be read far enough") from error
        if not self._policy.resubmit:
            raise _uncertain(job, marker, f"no such task within {self._policy.window:g} s") from error
        logger.warning("start %s: no such task; starting again", job.workflow.name)
        return []

    def claim(self, task_ids: Iterable[str]) -> None:
        """Tasks that belong to other jobs, as an earlier process knows."""
        if self._finder:
            self._finder.claim(task_ids)

    async def _settle(
        self,
        records: Sequence[JSONObject],
        accepted: Callable[[Sequence[JSONObject]], Awaitable[None]] | None,
    ) -> None:
        """The start has made these tasks."""
        self._pace.accepted()
        if self._finder:
            self._finder.remember(records)
        if accepted is not None:
            with anyio.CancelScope(shield=True):
                await accepted(records)


def _made(data: Any) -> Sequence[JSONObject]:
    records = tasks_in(data)
    if not records:
        raise TaskRejected(f"no task was made: {_refusal(data)}", body=data)
    return records


def _refusal(data: Any) -> str:
    """The service's words for answering a start with success and no task."""
    words = [data]
    if isinstance(data, Mapping):
        words = [data.get(key) for key in ("message", "msg", "failed_message")]
    return next((word for word in words if isinstance(word, str) and word), "the reply names no id")


def _uncertain(job: Job[Any], marker: str | None, why: str) -> SubmissionUncertain:
    look = f"look for {marker!r} in its list" if marker else "look for it in its list"
    return SubmissionUncertain(
        f"{job.workflow.name}: whether the start made a task is not known ({why}); "
        f"{look} before starting again",
        job=job,
        marker=marker,
    )


class _Finder:
    """Looks for lost starts in one workflow's list; concurrent searches share their reading."""

    def __init__(self, pages: ListPages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock
        self._reading = anyio.Lock()
        self._snapshot: tuple[float, Sequence[JSONObject], bool] | None = None
        self._claimed: dict[str, None] = {}
        self._offset: float | None = None
        self._searching: list[_Lost] = []

    def remember(self, records: Sequence[JSONObject]) -> None:
        """Tasks that belong to somebody; and the server's clock, read off them."""
        self.claim(task_id for record in records if (task_id := task_id_of(record)))
        for record in records:
            created = created_at(record)
            if created is not None:
                self._offset = created - self._clock.now()

    def claim(self, task_ids: Iterable[str]) -> None:
        """These tasks belong to somebody."""
        self._claimed.update(dict.fromkeys(task_ids))
        while len(self._claimed) > _CLAIMS_KEPT:
            del self._claimed[next(iter(self._claimed))]

    def server_time(self, moment: float) -> float | None:
        """A moment of the client's clock by the server's, less what it may drift; None if not known."""
        return None if self._offset is None else moment + self._offset - _SKEW

    async def find(self, lost: _Lost, *, until: float) -> Sequence[JSONObject] | None:
        """The tasks that the lost start made.

        Returns:
            Their records; empty if there is none; None if that cannot be told.
        """
        self._searching.append(lost)
        try:
            pause = _FIRST_PAUSE
            found: Sequence[JSONObject] = []
            decidable = True
            while True:
                asked = self._clock.now()
                records, whole = await self._read(asked)
                before, found = found, self._matching(lost, records)
                decidable = whole and (lost.marker is not None or _echoes_any(lost.body, records))
                # Several tasks of one start may show up one after the other.
                if found and (len(found) >= lost.expected or len(found) == len(before)):
                    return found if lost.marker or len(found) <= self._rivals(lost) else None
                if asked >= until:
                    return found if found else [] if decidable else None
                await self._clock.sleep(min(pause, max(0.05, until - asked)))
                pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            self._searching.remove(lost)

    def _matching(self, lost: _Lost, records: Sequence[JSONObject]) -> Sequence[JSONObject]:
        if lost.marker is not None:
            marker = lost.marker
            return [record for record in records if marker in str(record.get("name") or "")]
        candidates = [record for record in records if self._may_be(lost, record)]
        return candidates[: lost.expected] if len(candidates) <= self._rivals(lost) else candidates

    def _may_be(self, lost: _Lost, record: JSONObject) -> bool:
        """Whether a record without a marker is the lost one: unclaimed, not older, same inputs."""
        created = created_at(record)
        if task_id_of(record) in self._claimed or created is None:
            return False
        if lost.not_before is not None and created < lost.not_before + _SKEW - 5.0:
            return False
        return _echoes(lost.body, record)

    def _rivals(self, lost: _Lost) -> int:
        """How many records the searches for the same inputs may claim in all."""
        return sum(other.expected for other in self._searching if other.body == lost.body)

    async def _read(self, asked: float) -> tuple[Sequence[JSONObject], bool]:
        """The newest records, back to the oldest lost start; and whether they reach that far.

        One reading serves everyone who asked before it began.
        """
        async with self._reading:
            if self._snapshot is None or self._snapshot[0] < asked:
                began = self._clock.now()
                records, whole = await self._read_pages()
                self._snapshot = (began, records, whole)
            return self._snapshot[1], self._snapshot[2]

    async def _read_pages(self) -> tuple[Sequence[JSONObject], bool]:
        bounds = [lost.not_before for lost in self._searching]
        oldest = min((bound for bound in bounds if bound is not None), default=None)
        records: list[JSONObject] = []
        for number in range(1, 51):
            try:
                page = await self._pages.read(number)
            except (APIError, TransportError) as error:
                logger.warning("looking for a lost start: %s", type(error).__name__)
                return records, False
            records.extend(page)
            created = [moment for record in page if (moment := created_at(record)) is not None]
            if len(page) < self._pages.size:
                return records, True
            if oldest is not None and None not in bounds and created and max(created) < oldest:
                return records, True
        return records, False


def _echoes_any(body: Mapping[str, Any], records: Sequence[JSONObject]) -> bool:
    """Whether records of this family echo inputs at all; if not, nothing can be told from them."""
    return not records or any(key in record for record in records for key in body)


def _echoes(body: Mapping[str, Any], record: JSONObject) -> bool:
    """Whether every input that the record echoes is the one that was sent, and one at least is."""
    shared = [
        key for key, value in body.items() if key in record and isinstance(value, str | list | int | bool)
    ]
    return bool(shared) and all(record[key] == body[key] for key in shared)
