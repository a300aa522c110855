"""Job: what to make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from a2e_async._spec.operation import Call, Operation
from a2e_async._tasks.outputs import urls_in
from a2e_async.checks import check_number
from a2e_async.errors import InvalidArgument
from a2e_async.records import JSONObject, TaskRecord
from a2e_async.tasks import DEFAULT_WAIT, Result, Task, check_timeout

if TYPE_CHECKING:
    from a2e_async._tasks.progress import Progress
    from a2e_async._tasks.starting import Started
    from a2e_async.markers import NameField
    from a2e_async.resources import Workflow

__all__ = ["Job"]

RecordT = TypeVar("RecordT", bound=TaskRecord)


@attrs.frozen(eq=False)
class Job(Generic[RecordT]):
    """What to make: a workflow and a checked body. Nothing is sent until it is started.

    Starting a job twice makes, and charges for, two tasks.

    Attributes:
        workflow: the workflow.
        operation: the operation that starts it.
        call: the request, before files are uploaded and without a marker.
        key: identifies the job in a bulk run; see `with_key`.
        quote: its expected cost in coins; see `with_quote`.

    Example:
        ```python
        job = a2e.image_to_video(image_url=Path("cat.png"), prompt="it waves")
        result = await job.run(timeout=600)
        ```
    """

    workflow: Workflow[RecordT]
    operation: Operation[Any] = attrs.field(repr=False)
    call: Call
    key: str | None = None
    quote: float | None = None

    def with_key(self, key: str) -> Self:
        """Return the job with a key that identifies it in the journal of a bulk run.

        Args:
            key: 1 to 200 characters, unique among the jobs of the run; downloaded files are named after it.

        Raises:
            InvalidArgument: the key is not such a string.
        """
        if not isinstance(key, str) or not 0 < len(key) <= 200:
            raise InvalidArgument("key", f"{key!r} is not a string of 1 to 200 characters")
        return attrs.evolve(self, key=key)

    def with_quote(self, coins: float) -> Self:
        """Return the job with its expected cost, for the budget of a bulk run.

        Args:
            coins: the cost in coins, for example from `A2E.quote` or a price list.

        Raises:
            InvalidArgument: the cost is not a number from 0 up.
        """
        return attrs.evolve(self, quote=float(check_number("coins", coins)))

    async def with_uploads(self) -> Self:
        """Upload the files now.

        Returns:
            The job with the URLs of its files in their place.

        Raises:
            UploadError: a file could not be uploaded.
        """
        runtime = self.workflow.runtime
        async with runtime.session():
            return attrs.evolve(self, call=await runtime.with_uploads(self.call))

    @property
    def body(self) -> Mapping[str, Any]:
        """The body as given, files included."""
        return self.call.body or {}

    async def start(
        self,
        *,
        marker: str | None = None,
        accepted: Callable[[Sequence[JSONObject]], Awaitable[None]] | None = None,
    ) -> Task[RecordT]:
        """Upload the files and start the task. The service charges when it accepts the start.

        A start is never repeated blindly. If its answer is lost, the task is searched for in the
        workflow's list; see `StartPolicy`.

        Args:
            marker: a text in the task's name by which it can be found; by default a new one.
            accepted: called with the tasks' JSON as soon as the service accepts. If given, cancellation
                does not interrupt the start, so that paid tasks can be recorded.

        Returns:
            The accepted Task.

        Raises:
            TaskRejected: the service answered with success but made no task, usually after moderation.
            ModerationError, InsufficientCredits, InvalidRequest: refused and not charged.
            SubmissionUncertain: it is unknown whether a task was made.
            UploadError: a file could not be uploaded; nothing was started.

        Example:
            ```python
            task = await a2e.text_to_image(prompt="a red kite").start()
            print(task.id, task.coins)
            ```
        """
        from a2e_async._tasks.progress import Progress

        progress = Progress(self, marker, accepted)
        with progress.named_if_cancelled():
            return await self._start(progress)

    async def _start(self, progress: Progress) -> Task[RecordT]:
        runtime = self.workflow.runtime
        async with runtime.session():
            ready = await runtime.with_uploads(self.call)
            starter = runtime.starter(self.workflow)
            started = await starter.start(self, ready, marker=progress.marker, watch=progress.watch())
        return self.started(started, runtime.policies.clock.now())

    async def run(self, *, timeout: float = DEFAULT_WAIT) -> Result[RecordT]:
        """Start the task and wait for its result.

        Args:
            timeout: seconds for all of it: uploads, start and wait.

        Returns:
            The Result.

        Raises:
            ConfigurationError: the API cannot report on tasks of this workflow; nothing was sent.
            TaskFailed: the task ended without a result.
            WaitTimeout: the task is still running; ``error.task.wait()`` waits again.
            SubmissionUncertain: the timeout has passed before the start was answered; ``error.marker`` is in
                the name of the task that it may have made.
            RequestTimeout: the timeout has passed before anything was started.
            A2EError: any other error that `start` raises.
        """
        from a2e_async._tasks.progress import Progress

        self.workflow.require_readable()
        timeout = check_timeout(timeout)

        runtime = self.workflow.runtime
        progress = Progress(self)
        with progress.named_if_cancelled(), runtime.policies.clock.move_on_after(timeout):
            async with runtime.session():
                task = await self._start(progress)
                return await task.wait(timeout=timeout)

        raise progress.timed_out(timeout)

    def task(self, records: Sequence[JSONObject], *, born: float | None = None) -> Task[RecordT]:
        """Make the Task of a start of this job.

        Args:
            records: the tasks' JSON.
            born: when the start was accepted, in seconds of the client's clock; None if unknown.
        """
        return Task(
            self.workflow,
            records,
            birth=None if born is None else (self.workflow.runtime, born),
            sent=frozenset(urls_in(self.body)),
            given=frozenset(self.body),
        )

    def started(self, started: Started, born: float) -> Task[RecordT]:
        """Make the Task of a start that was just accepted.

        Args:
            started: the request and the tasks' JSON.
            born: when it was accepted, in seconds of the client's clock.
        """
        return attrs.evolve(self, call=started.call).task(started.records, born=born)

    @property
    def family(self) -> str:
        """The name of the workflow."""
        return self.workflow.name

    @property
    def takes_name(self) -> bool:
        """Whether the start takes a name, which can contain a marker."""
        return "name" in self.body or self.name_field is not None

    @property
    def name_field(self) -> NameField | None:
        """The limits of that name; None if the specification does not declare it."""
        return next((field for field in self.operation.body if field.wire_name == "name"), None)
