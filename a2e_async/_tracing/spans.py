"""The listener that makes OpenTelemetry spans and metrics of a client's events.

Names and attributes are those of the conventions for generative AI, where these have any. No span becomes
the current one, so nothing has to be undone in the task that made it.
"""

from __future__ import annotations

import itertools
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, get_current_span, get_tracer

from a2e_async._tracing.attributes import PROVIDER, attributes_of, texts_of, what_is_made
from a2e_async._tracing.metrics import Metrics
from a2e_async._tracing.transfers import Transfers, show_error
from a2e_async.client_events import (
    ClientEvent,
    Downloaded,
    Downloading,
    Failed,
    Finished,
    HookReceived,
    Polled,
    Reconciling,
    Retried,
    Started,
    Starting,
    StatusChanged,
    Throttled,
    Uploaded,
    Uploading,
)
from a2e_async.settings import VERSION

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, SpanContext, TracerProvider

__all__ = ["Tracer"]

_EVENTS_OF_A_SPAN = 100  # polls; OpenTelemetry keeps 128 events and links of a span by default
_REMEMBERED = 1000  # spans that have ended, whose tasks may be taken up again

Key = tuple[str, str]
"""A workflow and the id of a task."""

T = TypeVar("T")


class Options(Protocol):
    """The part of `a2e_async.tracing.Tracing` that is needed here."""

    @property
    @abstractmethod
    def prompts(self) -> bool:
        """Whether spans contain prompts."""

    @property
    @abstractmethod
    def statuses(self) -> bool:
        """Whether spans show statuses."""

    @property
    @abstractmethod
    def tracer_provider(self) -> TracerProvider | None:
        """Makes the spans."""

    @property
    @abstractmethod
    def meter_provider(self) -> MeterProvider | None:
        """Makes the metrics."""


@attrs.define(eq=False)
class _Job:
    """A job whose span is open.

    Attributes:
        span: the span.
        about: the attributes of its metrics.
        began: when it began, in seconds of the monotonic clock.
        awaited: whether the caller that starts it waits for it too.
        keys: its tasks.
        waits: how many wait for it.
        status: the last status that its span shows.
        coins: whether its coins were counted, by this process or an earlier one.
    """

    span: Span
    about: Mapping[str, str]
    began: float
    awaited: bool = False
    keys: Sequence[Key] = ()
    waits: int = 0
    status: str | None = None
    coins: bool = False


@attrs.frozen
class _Left:
    """A task whose span has ended, and which may be taken up again: its span's context."""

    context: SpanContext
    coins: bool


@attrs.define(eq=False)
class _Polls:
    """The span of the polls of one workflow, and their number."""

    span: Span
    count: int = 0


class Tracer:
    """Makes spans and metrics of a client's events.

    Beside the events it is told when a start and a wait begin, in the task of their caller: what is current
    there is the parent of the job's span.

    Args:
        options: how to trace.

    Attributes:
        follows: whether it shows the statuses of tasks.
    """

    def __init__(self, options: Options) -> None:
        self._prompts = options.prompts
        self.follows = options.statuses
        self._tracer = get_tracer("a2e_async", VERSION, options.tracer_provider)
        self._metrics = Metrics(options.meter_provider, VERSION)

        # A client may serve several event loops, each in a thread of its own.
        self._lock = threading.RLock()
        self._starts: dict[int, _Job] = {}  # not accepted yet
        self._accepted: dict[Key, _Job] = {}  # accepted, and not waited for yet
        self._jobs: dict[Key, _Job] = {}  # all tasks whose span is open
        self._left: dict[Key, _Left] = {}
        self._waits: dict[str, int] = {}  # by workflow
        self._polls: dict[str, _Polls] = {}
        transfers = self._transfers = Transfers(self._tracer)

        self._handlers: Mapping[type[ClientEvent], Callable[[Any], None]] = {
            Starting: self._on_starting,
            Started: self._on_started,
            Reconciling: self._on_reconciling,
            StatusChanged: self._on_status,
            HookReceived: self._on_hook,
            Polled: self._on_polled,
            Finished: self._on_finished,
            Failed: self._on_failed,
            Throttled: self._metrics.retried,
            Retried: self._metrics.retried,
            Uploading: transfers.begun,
            Downloading: transfers.begun,
            Uploaded: transfers.done,
            Downloaded: transfers.done,
        }

    def __call__(self, event: ClientEvent) -> None:
        handle = self._handlers.get(type(event))
        if handle is not None:
            with self._lock:
                handle(event)

    def __repr__(self) -> str:
        return "<OpenTelemetry>"

    def start_begins(self, start: int, job: Any, *, awaited: bool) -> None:
        """A job is about to be started.

        Args:
            start: identifies the start, as in its events.
            job: the job.
            awaited: whether the caller waits for the task, without a pause.
        """
        body = getattr(job, "body", None) or {}
        made = self._begin(job.family, getattr(job, "workflow", None), body)
        made.awaited = awaited
        with self._lock:
            self._starts[start] = made

    def start_ends(self, start: int) -> None:
        """A start has ended. If nothing was told of it, it has found no task of an earlier start."""
        with self._lock:
            job = self._starts.pop(start, None)
        if job is not None:
            job.span.end()

    def wait_begins(self, workflow: Any, task_ids: Sequence[str]) -> None:
        """A wait for a task begins. Its end will be told."""
        name = workflow.name
        keys = [(name, task_id) for task_id in task_ids]
        with self._lock:
            self._waits[name] = self._waits.get(name, 0) + 1
            self._accepted.pop(keys[0], None)
            job = self._jobs.get(keys[0])
            if job is not None:
                job.waits += 1
                if job.waits > 1:
                    _link(job.span)
                return

            # It was started by another call, or by another process.
            left = self._left.get(keys[0])
            job = self._begin(name, workflow, {}, links=[Link(left.context)] if left else ())
            job.waits, job.coins = 1, left.coins if left else True
            job.span.set_attribute("a2e.resumed", True)
            self._open(job, keys)

    def _begin(self, name: str, workflow: Any, body: Mapping[str, Any], links: Sequence[Link] = ()) -> _Job:
        about = attributes_of(name, body)
        attributes = dict(about)
        if (made := what_is_made(name, workflow)) is not None:
            attributes["gen_ai.output.type"] = made
        if self._prompts and (texts := texts_of(body)) is not None:
            attributes["gen_ai.input.messages"] = texts

        span = self._tracer.start_span(
            f"generate {name}", kind=SpanKind.CLIENT, attributes=attributes, links=links
        )
        return _Job(span, about, time.monotonic())

    def _open(self, job: _Job, keys: Sequence[Key]) -> None:
        """Note whose span is open."""
        job.keys = keys
        job.span.set_attribute("a2e.task.id", keys[0][1])
        if len(keys) > 1:
            job.span.set_attribute("a2e.task.ids", [task_id for _, task_id in keys])
        self._jobs.update(dict.fromkeys(keys, job))

    def _on_starting(self, event: Starting) -> None:
        job = self._starts.get(event.start)
        if job is None:
            return
        job.span.set_attribute("a2e.attempts", event.attempt)
        if event.attempt > 1:
            job.span.add_event("a2e.start.again", {"a2e.attempt": event.attempt})
        self._metrics.sent(job.about)

    def _on_reconciling(self, event: Reconciling) -> None:
        job = self._starts.get(event.start)
        if job is not None:
            job.span.add_event("a2e.start.search", {"error.type": event.error} if event.error else {})

    def _on_started(self, event: Started) -> None:
        job = self._starts.pop(event.start, None)
        if job is None or not event.task_ids:
            return
        self._open(job, [(event.workflow, task_id) for task_id in event.task_ids])
        job.span.add_event("a2e.start.accepted")
        self._charge(job, event.coins)

        if not job.awaited:
            self._close(job, may_return=True)
            return
        self._accepted[job.keys[0]] = job
        if (forgotten := _beyond(self._accepted)) is not None:
            self._close(forgotten, may_return=True)  # its caller was cancelled before it could wait

    def _charge(self, job: _Job, coins: float | None) -> None:
        """Show a job's coins, and count them once."""
        if coins is None:
            return
        job.span.set_attribute("a2e.coins", coins)
        if not job.coins:
            job.coins = True
            self._metrics.spent(coins, job.about)

    def _close(self, job: _Job, *, may_return: bool = False) -> None:
        """End a job's span."""
        for key in job.keys:
            self._jobs.pop(key, None)
            self._accepted.pop(key, None)
            if may_return:
                self._left[key] = _Left(job.span.get_span_context(), job.coins)
                _beyond(self._left)
            else:
                self._left.pop(key, None)
        job.span.end()

    def _on_status(self, event: StatusChanged) -> None:
        job = self._jobs.get((event.workflow, event.task_id))
        if not self.follows or job is None or event.status is None or event.status == job.status:
            return  # each percent of progress would be too much
        job.status = event.status
        job.span.add_event("a2e.status", {"a2e.task.id": event.task_id, "a2e.task.status": event.status})

    def _on_hook(self, event: HookReceived) -> None:
        jobs = dict.fromkeys(self._jobs.get((event.workflow, task_id)) for task_id in event.task_ids)
        for job in jobs:
            if job is not None:
                job.span.add_event("a2e.webhook", {"a2e.webhook.event": event.event} if event.event else {})

    def _on_polled(self, event: Polled) -> None:
        """Add a poll to the span of its workflow's polls, which begins with the first."""
        about = {**PROVIDER, "a2e.workflow": event.workflow}
        self._metrics.polled(event, about)

        polls = self._polls.get(event.workflow)
        if polls is None:
            # It serves the jobs of many callers, so it belongs to none of them.
            served = (job for (name, _), job in self._jobs.items() if name == event.workflow)
            jobs = itertools.islice(dict.fromkeys(served), _EVENTS_OF_A_SPAN)
            polls = self._polls[event.workflow] = _Polls(
                self._tracer.start_span(
                    f"poll {event.workflow}",
                    context=Context(),
                    attributes=about,
                    links=[Link(job.span.get_span_context()) for job in jobs],
                    start_time=_nanoseconds(event.time - event.seconds),
                )
            )

        polls.count += 1
        polls.span.add_event(
            "a2e.poll",
            {
                "a2e.poll.tasks": event.tasks,
                "a2e.poll.ended": event.ended,
                "a2e.poll.duration": event.seconds,
            },
        )
        unknown = not self._waits.get(event.workflow)  # somebody iterates over updates
        if polls.count >= _EVENTS_OF_A_SPAN or (unknown and event.ended):
            self._end_polls(event.workflow)

    def _end_polls(self, workflow: str) -> None:
        polls = self._polls.pop(workflow, None)
        if polls is not None:
            polls.span.set_attribute("a2e.polls", polls.count)
            polls.span.end()

    def _end_wait(self, workflow: str) -> None:
        self._waits[workflow] = left = max(0, self._waits.get(workflow, 0) - 1)
        if not left:
            self._end_polls(workflow)

    def _on_finished(self, event: Finished) -> None:
        self._end_wait(event.workflow)
        job = self._jobs.get((event.workflow, event.task_ids[0]))
        if job is None:
            return  # another wait for it has noticed it too
        self._charge(job, event.coins)
        job.span.set_attribute("a2e.outputs", event.outputs)
        self._close(job)
        self._metrics.ended(time.monotonic() - job.began, job.about, counts=True)

    def _on_failed(self, event: Failed) -> None:
        """End the span of what has failed: a transfer, a start or a task."""
        if event.transfer is not None:
            self._transfers.failed(event.transfer, event)
            return

        job: _Job | None = None
        if event.start is not None:
            job = self._starts.pop(event.start, None)
        elif event.workflow is not None and event.task_ids:
            self._end_wait(event.workflow)
            job = self._jobs.get((event.workflow, event.task_ids[0]))
            if job is not None and event.goes_on and job.waits > 1:
                job.waits -= 1
                return  # others wait for it still
        if job is None:
            return

        show_error(job.span, event)
        self._close(job, may_return=event.goes_on)
        self._metrics.ended(
            time.monotonic() - job.began, job.about, event.error, counts=not (event.goes_on and job.keys)
        )


def _link(span: Span) -> None:
    """Link a span to the current one, which did not begin it."""
    context = get_current_span().get_span_context()
    if context.is_valid:
        span.add_link(context)


def _beyond(kept: dict[Key, T]) -> T | None:
    """Take the oldest of a dict that has grown too large."""
    return kept.pop(next(iter(kept))) if len(kept) > _REMEMBERED else None


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
