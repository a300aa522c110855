"""Job: what to make."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self

import attrs

from a2e_async._spec.media import Upload, is_file, portable
from a2e_async._spec.operation import Call, Operation
from a2e_async._spec.values import text_in
from a2e_async._tasks.outputs import urls_in
from a2e_async.checks import check_number, shown, unwrapped
from a2e_async.display import Displayed
from a2e_async.errors import InvalidArgument
from a2e_async.hints import Hinted, NoBlock, NotAwaited
from a2e_async.plain import Plain, as_plain
from a2e_async.records import JSONObject, TaskRecordT_co
from a2e_async.tasks import DEFAULT_WAIT, Result, Task, check_timeout

if TYPE_CHECKING:
    from a2e_async._tasks.progress import Progress
    from a2e_async._tasks.start_watch import Started
    from a2e_async.hooks import HookSlot
    from a2e_async.markers import NameField
    from a2e_async.protocols import Client
    from a2e_async.resources import Workflow

__all__ = ["Job"]

_WEBHOOK = frozenset({"webhook_url", "webhook_token"})


@attrs.frozen(eq=False, repr=False)
class Job(Plain, Displayed, Hinted, NotAwaited, NoBlock, Generic[TaskRecordT_co]):
    """What to make: a workflow and a checked body. Nothing is sent until it is started.

    Starting a job twice makes, and charges for, two tasks.

    A job can be pickled and copied. Its client stays behind: give it another with `with_client`, or give the
    job to `A2E.job` or `A2E.bulk`. Open files stay behind too, and without them it cannot be started.

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

    workflow: Workflow[TaskRecordT_co]
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

        Example:
            ```python
            job = a2e.text_to_image(prompt="a red kite").with_key("order-17")
            ```
        """
        return attrs.evolve(self, key=_checked_text("key", key))

    def with_quote(self, coins: float) -> Self:
        """Return the job with its expected cost, for the budget of a bulk run.

        Args:
            coins: the cost in coins, for example from `A2E.quote` or a price list.

        Raises:
            InvalidArgument: the cost is not a number from 0 up.
        """
        return attrs.evolve(self, quote=float(check_number("coins", coins)))

    def with_client(self, client: Client) -> Self:
        """Return the job with a client that sends it, for example after it was unpickled.

        Args:
            client: an `A2E`.

        Raises:
            InvalidArgument: it is not a client.
        """
        return attrs.evolve(self, workflow=self.workflow.with_client(client))

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
    ) -> Task[TaskRecordT_co]:
        """Upload the files and start the task. The service charges when it accepts the start.

        A start is never repeated blindly. If its answer is lost, the task is searched for in the
        workflow's list; see `StartPolicy`.

        Args:
            marker: a text in the task's name by which it can be found; by default a new one.
            accepted: called with the tasks' JSON as soon as the service accepts. If given, a cancellation
                interrupts the request only after `StartPolicy.grace` seconds, so that a paid task can be
                recorded.

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

        marker = None if marker is None else _checked_text("marker", marker)
        progress = Progress(self, marker, accepted)
        with progress.named_if_cancelled():
            return await self._start(progress)

    async def _start(self, progress: Progress) -> Task[TaskRecordT_co]:
        runtime = self.workflow.runtime
        async with runtime.session():
            ready = await runtime.with_uploads(self.call)
            starter = runtime.starter(self.workflow)
            started = await starter.start(self, ready, marker=progress.marker, watch=progress.watch())
        task = self.started(started, runtime.policies.clock.now())
        progress.task = task
        return task

    async def run(
        self,
        *,
        timeout: float = DEFAULT_WAIT,
        on_update: Callable[[TaskRecordT_co], Any] | None = None,
    ) -> Result[TaskRecordT_co]:
        """Start the task and wait for its result.

        Args:
            timeout: seconds for all of it: uploads, start and wait.
            on_update: called with the accepted task's record, each time it shows another status or progress,
                and at the end; see `Task.wait`.

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

        Example:
            ```python
            result = await a2e.image_to_video(image_url=Path("cat.png"), prompt="it waves").run(timeout=1800)
            print(result.urls, result.coins)
            ```
        """
        from a2e_async._tasks.progress import Progress
        from a2e_async._tasks.update_callback import UpdateCallback

        runtime = self.workflow.runtime
        self.require_awaitable()
        timeout = check_timeout(timeout)
        on_update = None if on_update is None else UpdateCallback(on_update).call

        progress = Progress(self, awaited=True)
        with progress.named_if_cancelled(), runtime.policies.clock.move_on_after(timeout):
            async with runtime.session():
                task = await self._start(progress)
                return await task.wait(timeout=timeout, on_update=on_update)

        raise progress.timed_out(timeout)

    def require_awaitable(self) -> None:
        """Check that the end of its tasks can be known: by asking, or by the service's call.

        Raises:
            ConfigurationError: it cannot.
        """
        if self.workflow.runtime.hooks is None or not self.takes_webhook:
            self.workflow.require_readable()

    def task(
        self,
        records: Sequence[JSONObject],
        *,
        born: float | None = None,
        slot: HookSlot | None = None,
    ) -> Task[TaskRecordT_co]:
        """Make the Task of a start of this job.

        Args:
            records: the tasks' JSON.
            born: when the start was accepted, in seconds of the client's clock; None if unknown.
            slot: receives the service's calls about the tasks.
        """
        return Task(
            self.workflow,
            records,
            birth=None if born is None else (self.workflow.runtime, born),
            sent=frozenset(urls_in(self.body)),
            given=frozenset(self.body),
            slot=slot,
        )

    def started(self, started: Started, born: float) -> Task[TaskRecordT_co]:
        """Make the Task of a start that was just accepted.

        Args:
            started: the request and the tasks' JSON.
            born: when it was accepted, in seconds of the client's clock.
        """
        job = attrs.evolve(self, call=started.call)
        return job.task(started.records, born=born, slot=started.slot)

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

    @property
    def takes_webhook(self) -> bool:
        """Whether the start takes the address of a webhook and was given none."""
        declared = {field.wire_name for field in self.operation.body}
        return declared >= _WEBHOOK and not _WEBHOOK & self.body.keys()

    def to_dict(self) -> dict[str, Any]:
        """Return the job as JSON has it, for a queue or a database. `A2E.job` makes a job of it again.

        It holds what the job was given, a ``webhook_token`` too. Files on disk are named by their absolute
        paths, so they must be there where the job is started.

        Raises:
            InvalidArgument: a file is in memory or open, and has no place in JSON. Upload it before, with
                `with_uploads`.
        """
        return self._described(_named)

    def _shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = as_plain(self._described(lambda file, _: as_plain(file)))
        return shown

    def _described(self, name_file: Callable[[Any, str], Any]) -> dict[str, Any]:
        call = self.call
        body = {name: _with_files_named(value, name, name_file) for name, value in self.body.items()}
        # Nothing is known of such a family, so nothing of its body is checked anyway.
        unchecked = frozenset[str]() if self.workflow.by_convention else call.unchecked

        described = {
            "workflow": self.workflow.name,
            "method": self.workflow.start_method(self.operation),
            "by_convention": self.workflow.by_convention or None,
            "body": {name: value for name, value in body.items() if name not in unchecked},
            "extra_body": {name: value for name, value in body.items() if name in unchecked},
            "extra_query": dict(call.query),
            "extra_headers": dict(call.headers),
            "request_timeout": call.timeout,
            "key": self.key,
            "quote": self.quote,
        }
        return {name: value for name, value in described.items() if name == "body" or value not in (None, {})}

    def __reduce__(self) -> tuple[Any, ...]:
        method = self.workflow.start_method(self.operation)
        return _unpickled, (self.workflow, method, self._with_files(portable).call, self.key, self.quote)

    def __copy__(self) -> Self:
        return attrs.evolve(self)

    def __deepcopy__(self, memo: Any) -> Self:
        return self._with_files(lambda file: file)

    def _with_files(self, replace: Callable[[Any], Any]) -> Self:
        """A copy with each file replaced."""
        from a2e_async._files.body_files import map_files

        body = None if self.call.body is None else map_files(self.call.body, replace)
        return attrs.evolve(self, call=attrs.evolve(self.call, body=body))


def _unpickled(
    workflow: Workflow[TaskRecordT_co], method: str | None, call: Call, key: str | None, quote: float | None
) -> Job[TaskRecordT_co]:
    return Job(workflow, workflow.start_operation(method), call, key, quote)


def _checked_text(name: str, value: Any) -> str:
    text = unwrapped(value)
    if not isinstance(text, str) or not 0 < len(text) <= 200:
        raise InvalidArgument(name, f"{shown(value)} is not a string of 1 to 200 characters")
    return text_in(text, name) or text


def _with_files_named(value: Any, where: str, name_file: Callable[[Any, str], Any]) -> Any:
    """A copy of a value in a body, with each file replaced by what names it."""
    if is_file(value):
        return name_file(value, where)
    if isinstance(value, Mapping):
        return {name: _with_files_named(each, f"{where}.{name}", name_file) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_files_named(each, f"{where}[{i}]", name_file) for i, each in enumerate(value)]
    return value


def _named(file: Any, where: str) -> dict[str, Any]:
    """A file as `Job.to_dict` names it."""
    if isinstance(file, Upload):
        return {"$upload": file.to_dict()}
    if isinstance(file, os.PathLike):
        try:
            return {"$path": os.path.abspath(os.fsdecode(file))}
        except OSError as error:
            why = f"{os.fsdecode(file)!r} is not absolute, and the working folder is not there"
            raise InvalidArgument(where, f"{why}: {error}") from error

    raise InvalidArgument(
        where,
        f"a file in memory or an open one ({type(file).__name__}) has no place in JSON: give it as "
        "pathlib.Path, or call to_dict() of what job.with_uploads() returns",
    )
