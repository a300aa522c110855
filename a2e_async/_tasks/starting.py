"""Start tasks without ever paying twice.

A start costs coins as soon as it is accepted. It is sent again only if it provably did not arrive or
was refused (429). If its outcome is unknown, the workflow's list is searched for the task, for longer
than the server could still be working on the lost request. The task is recognised by the marker in its
name, or by its echoed inputs if the family takes no name. If it is not found, the caller's
`StartPolicy` decides.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import anyio
import attrs

from a2e_async._spec.operation import Call
from a2e_async._tasks.grace import finish
from a2e_async._tasks.list_pages import ListPages
from a2e_async._tasks.lookalikes import Lookalikes, Unmarked
from a2e_async._tasks.recovery import Finder, LostStart
from a2e_async._tasks.service_time import Dated
from a2e_async._tasks.start_replies import as_moderation_error, rejection_of, tasks_made
from a2e_async._tasks.start_watch import Startable, Started, Watch, note_refused, shielded
from a2e_async._transport.pace import Kind, Pace
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.errors import (
    APIError,
    ConfigurationError,
    ConnectionFailed,
    SubmissionUncertain,
    TransportError,
)
from a2e_async.failures import Failure, classify
from a2e_async.hooks import HookSlot, StartHooks, ends_address, or_called
from a2e_async.markers import has_marker, new_marker, with_marker
from a2e_async.policies import RetryPolicy, StartPolicy
from a2e_async.records import JSONObject
from a2e_async.tries import Tries

__all__ = ["Starter"]

logger = logging.getLogger("a2e_async")


class Starter:
    """Starts the tasks of one workflow, in one event loop.

    Args:
        send: sends a call exactly once and returns the reply's whole body; takes ``ready`` of a `Watch`.
        pages: the workflow's list, newest first; None if it has none.
        retry: for starts that did not arrive or were refused.
        policy: for starts that may have made a task.
        pace: gives requests their turns; shared by all workflows.
        clock: measures the pauses.
        dated: returns the last Date of the service.
        hooks: the client's webhooks, if it has any.
        events: tells listeners about starts.
    """

    def __init__(
        self,
        send: Callable[..., Awaitable[Any]],
        pages: ListPages | None,
        *,
        retry: RetryPolicy,
        policy: StartPolicy,
        pace: Pace,
        clock: Clock,
        dated: Dated = lambda: None,
        hooks: StartHooks | None = None,
        events: Announcer = SILENT,
    ) -> None:
        self._send = send
        self._retry = retry
        self._policy = policy
        self._pace = pace
        self._clock = clock
        self._hooks = hooks
        self._events = events
        self._finder = Finder(pages, clock, dated) if pages else None
        self._lookalikes = Lookalikes()

    @property
    def idle(self) -> bool:
        """Whether no lost start is searched for."""
        return self._finder is None or self._finder.idle

    async def start(
        self,
        job: Startable,
        ready: Call,
        *,
        marker: str | None = None,
        watch: Watch | None = None,
    ) -> Started:
        """Start a task. If the answer is lost, find the task that the start has made.

        Args:
            job: the Job, as its caller made it.
            ready: its request, with its files uploaded.
            marker: the text to recognise the task by; a new one by default. Ignored if the family takes
                no name.
            watch: called at every step.

        Returns:
            The request that was sent, and the tasks' records: one start may make several tasks.

        Raises:
            TaskRejected: the reply says success, but no task was made, as its words or the list show.
            SubmissionUncertain: it is not known whether a task was made; nothing was sent again.
            APIError: the service refused the start.
        """
        if job.takes_name:
            marker = marker or new_marker(job.name_field)
            ready = attrs.evolve(ready, body=_marked(job, ready.body or {}, marker))
            # A field that leaves no room for the marker makes the start an unmarked one.
            if not has_marker(str((ready.body or {}).get("name")), marker):
                marker = None
        else:
            marker = None

        slot = None
        if self._hooks is not None and job.takes_webhook:
            ready, slot = _hooked(ready, marker, self._hooks)
        if not self._events.heard:
            return Started(ready, await self._start_watched(job, ready, marker, slot, watch), slot)

        from a2e_async._tasks.start_events import StartEvents  # only if somebody listens

        with StartEvents(self._events, job, marker, watch) as events:
            return Started(ready, await self._start_watched(job, ready, marker, slot, events.watch), slot)

    def _start_watched(
        self, job: Startable, call: Call, marker: str | None, slot: HookSlot | None, watch: Watch | None
    ) -> Awaitable[Sequence[JSONObject]]:
        """Start a task; keep cancellation off a start that is to be recorded. To be awaited."""
        if watch is None or watch.interruptible or watch.shields is not None:
            return self._start(job, call, marker, slot, watch)

        shields: set[anyio.CancelScope] = set()
        start = functools.partial(self._start, job, call, marker, slot, attrs.evolve(watch, shields=shields))
        return finish(start, shields, grace=self._policy.grace, clock=self._clock)

    async def _start(
        self, job: Startable, call: Call, marker: str | None, slot: HookSlot | None, watch: Watch | None
    ) -> Sequence[JSONObject]:
        """Send a start until it has made a task, is refused for good, or may not be sent again."""
        policy = attrs.evolve(self._retry, attempts=self._policy.attempts)
        tries = Tries(policy, self._clock, self._events, call.path)
        async with self._serialize_if_unmarked(call.body, marker) as turn:
            while True:
                turn.passed = False
                if watch and watch.turn:
                    await watch.turn()
                moment = await self._pace.turn(Kind.START) if self._pace.limited else None
                if watch and watch.sending:
                    await watch.sending(marker)
                turn.passed = True

                # From here to the call of `watch.accepted` a cancellation would lose a task that is paid
                # for: it may exist at the service while nobody has recorded its id.
                lost = self._note_sending(call.body or {}, marker)
                tries.begin()
                with shielded(watch):
                    try:
                        records = tasks_made(
                            await self._send_ready(call, watch, moment), call, marker, self._is_claimed
                        )
                    except (APIError, ConfigurationError, TransportError) as failed:
                        error = failed
                    else:
                        # An error from here on, such as one of the caller's own callback, does not mean that
                        # the start has failed: it is paid for, and must not be sent again.
                        await self._settle(call.body, records, watch)
                        return records

                if isinstance(error, ConfigurationError):
                    await note_refused(watch)
                    raise error
                failure = classify(error)
                if failure is Failure.FINAL:
                    raise as_moderation_error(error, call.body or {}) or error from None
                if failure is Failure.UNKNOWN:
                    found = await self._recover(job, lost, error, slot, watch)
                    if found:
                        return found

                # Now it is certain that this request has made no task.
                await note_refused(watch)
                if watch and not watch.patient and failure is Failure.UNDELIVERED:
                    raise error
                pause = tries.pause(error, error.retry_after)
                if pause is None:
                    raise error
                if pause:
                    await self._clock.sleep(pause)

    def _send_ready(self, call: Call, watch: Watch | None, moment: float | None) -> Awaitable[Any]:
        """Send a start once, at its turn. To be awaited."""
        return self._send(call, ready=watch.ready if watch else None, turn=moment)

    async def recover(
        self,
        job: Startable,
        body: Mapping[str, Any],
        marker: str | None,
        sent: float,
        watch: Watch | None = None,
    ) -> Sequence[JSONObject]:
        """Find the task that a start of an earlier process may have made.

        Args:
            job: the Job, as its caller made it.
            body: the body that was sent; ignored if there is a marker.
            marker: the marker that was sent, if any.
            sent: when it was sent, in seconds of the client's clock.
            watch: called if the task is found.

        Returns:
            The tasks' records; empty if there are none and the start may be sent again.

        Raises:
            SubmissionUncertain: it cannot be decided, or no task was found and the policy is not to send
                the start again.
            ConnectionFailed: the list cannot be reached from this machine, and that will not pass.
        """
        if marker is not None:
            body = _marked(job, body, marker)
        slot = self._hooks.bus.slot(marker) if self._hooks is not None and marker is not None else None
        lost = LostStart(body, marker, sent)
        guarded = watch is not None and watch.guarded
        async with self._serialize_if_unmarked(body, marker, passing=guarded):
            if not self._events.heard:
                return await self._recover(job, lost, None, slot, watch)

            from a2e_async._tasks.start_events import StartEvents  # only if somebody listens

            with StartEvents(self._events, job, marker, watch) as events:
                return await self._recover(job, lost, None, slot, events.watch)

    async def _recover(
        self,
        job: Startable,
        lost: LostStart,
        error: Exception | None,
        slot: HookSlot | None,
        watch: Watch | None,
    ) -> Sequence[JSONObject]:
        """Search for the tasks of a lost start; empty if the start may be sent again."""
        marker = lost.marker
        cause = f"{str(error)[:200]}; and " if error else ""
        finder = self._finder
        if finder is None:
            raise _uncertain(job, marker, f"{cause}this workflow has no list to search") from error

        why = type(error).__name__ if error else "sent by an earlier run"
        logger.warning("start %s: %s; searching for the task", job.family, why)
        if watch and watch.searching:
            watch.searching(error)
        try:
            until = self._search_until(lost, error)
            known = watch.known if watch else None
            found = await or_called(
                slot, lambda: finder.find(lost, until=until, known=known), expected=lost.expected
            )
        except (ConfigurationError, ConnectionFailed) as fault:
            # A search for a start of an earlier run can begin again when this machine is mended.
            if error is None:
                raise
            raise _uncertain(job, marker, f"{cause}its list cannot be read: {fault}") from error
        if found:
            await self._settle(lost.body, found, watch)
            return found

        if found is None:
            raise _uncertain(job, marker, f"{cause}the workflow's list does not decide it") from error
        if slot is not None and slot.calls:
            raise _uncertain(
                job, marker, f"{cause}its list does not show it, but the service called: it was made"
            ) from error
        if (rejected := rejection_of(error)) is not None:
            raise rejected from error
        if not self._policy.resubmit:
            raise _uncertain(job, marker, f"{cause}no such task within {self._policy.window:g} s") from error
        logger.warning("start %s: no such task; starting again", job.family)
        return []

    def _search_until(self, lost: LostStart, error: Exception | None) -> float:
        """When a search may end without a task.

        How long ago an earlier run sent a start is known by this machine's wall clock alone, and that may
        have jumped since. Before such a start is sent again, the whole window is waited for anew.
        """
        earlier_run = error is None
        began = self._clock.now() if earlier_run and self._policy.resubmit else lost.sent
        return began + self._policy.window

    def _note_sending(self, body: Mapping[str, Any], marker: str | None) -> LostStart:
        """Note what is needed to find the start that is sent now."""
        if self._finder is None:
            return LostStart(body, marker, self._clock.now())
        return self._finder.sending(body, marker)

    def _is_claimed(self, task_id: str | None) -> bool:
        return self._finder is not None and self._finder.is_claimed(task_id)

    def claim(self, task_ids: Iterable[str]) -> None:
        """Exclude tasks from all searches that belong to other jobs, as an earlier process recorded."""
        if self._finder:
            self._finder.claim(task_ids)

    def _serialize_if_unmarked(
        self, body: Mapping[str, Any] | None, marker: str | None, *, passing: bool = False
    ) -> AbstractAsyncContextManager[Unmarked]:
        """Run look-alike starts one at a time if no marker can tell their tasks apart."""
        if self._finder is None or marker is not None:
            return nullcontext(Unmarked(body or {}))
        return self._lookalikes.turn(body or {}, passing=passing)

    async def _settle(
        self,
        body: Mapping[str, Any] | None,
        records: Sequence[JSONObject],
        watch: Watch | None,
    ) -> None:
        """Record the tasks that a start has made."""
        if self._finder:
            self._finder.remember(body or {}, records)
        if watch:
            with shielded(watch):
                await watch.accepted(records)


def _marked(job: Startable, body: Mapping[str, Any], marker: str) -> Mapping[str, Any]:
    """The body of a start with the marker in its name."""
    return with_marker(body, marker, job.family, job.name_field)


def _hooked(call: Call, marker: str | None, hooks: StartHooks) -> tuple[Call, HookSlot]:
    """Ask for calls about a start. Its slot is there before it is sent, so that none comes too early."""
    if marker is None or not ends_address(marker):
        marker = new_marker()
    slot = hooks.bus.slot(marker)
    wanted = {"webhook_url": hooks.address(marker), "webhook_token": hooks.token(marker)}
    return attrs.evolve(call, body={**(call.body or {}), **wanted}), slot


def _uncertain(job: Startable, marker: str | None, why: str) -> SubmissionUncertain:
    look = f"look for {marker!r} in its list" if marker else "look for it in its list"
    return SubmissionUncertain(
        f"{job.family}: whether the start made a task is not known ({why}); {look} before starting again",
        job=job,
        marker=marker,
    )
