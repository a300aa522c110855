"""Job, Task, Result: what to make, what is being made, what was made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from a2e_async._spec.operation import Call, Operation
from a2e_async._tasks.outputs import output_urls, urls_in
from a2e_async._tasks.status import failure_reason, has_failed, is_final
from a2e_async.checks import check_number, check_positive
from a2e_async.errors import InvalidArgument, NotFound, TaskFailed, TaskNotFound, WaitTimeout
from a2e_async.records import JSONObject, TaskRecord, task_id_of

if TYPE_CHECKING:
    from a2e_async._files.destination import SavedFile
    from a2e_async._tasks.starting import Started
    from a2e_async.resources import Workflow
    from a2e_async.runtime import Runtime

__all__ = ["DEFAULT_WAIT", "Job", "Result", "Task", "check_timeout"]

RecordT = TypeVar("RecordT", bound=TaskRecord)
DEFAULT_WAIT = 900.0


@attrs.frozen(eq=False)
class Job(Generic[RecordT]):
    """What to make: a workflow and a checked body. Inert; starting it twice makes two tasks.

    Attributes:
        workflow: the workflow.
        operation: its start.
        call: the request, files not yet uploaded and no marker in it.
        key: what a bulk run recognises the job by; see `with_key`.
        quote: what it is expected to cost, in coins; see `with_quote`.

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
        """The job, to be recognised by this key in the journal of a bulk run.

        Args:
            key: 1 to 200 characters, unique among the jobs of the run; files are named after it.
        """
        if not isinstance(key, str) or not 0 < len(key) <= 200:
            raise InvalidArgument("key", f"{key!r} is not a string of 1 to 200 characters")
        return attrs.evolve(self, key=key)

    def with_quote(self, coins: float) -> Self:
        """The job with what it is expected to cost, for the budget of a bulk run.

        Args:
            coins: as `A2E.quote` or a price list says.
        """
        check_number("coins", coins)
        return attrs.evolve(self, quote=float(coins))

    async def with_uploads(self) -> Self:
        """Upload the files now.

        Returns:
            The job with the files' URLs in their places.

        Raises:
            UploadError: one of them could not be uploaded.
        """
        runtime = self.workflow.runtime
        async with runtime.session():
            return attrs.evolve(self, call=await runtime.with_uploads(self.call))

    @property
    def body(self) -> Mapping[str, Any]:
        """The body as it was given, files included."""
        return self.call.body or {}

    async def start(
        self,
        *,
        marker: str | None = None,
        accepted: Callable[[Sequence[JSONObject]], Awaitable[None]] | None = None,
    ) -> Task[RecordT]:
        """Upload the files and start the task. Coins are charged when it is accepted.

        Never repeated blindly: a start whose answer is lost is looked for in the workflow's list
        (see `StartPolicy`).

        Args:
            marker: a text that makes the task findable by its name; a new one as a rule.
            accepted: called with the tasks' JSON as soon as there are any. With it, a start that is
                under way is not cut off by cancellation, so that what was paid for can be written down.

        Returns:
            The Task, accepted by the service.

        Raises:
            TaskRejected: answered with success, but no task was made (moderation).
            ModerationError, InsufficientCredits, InvalidRequest: refused, not charged.
            SubmissionUncertain: it is not known whether a task was made.
            UploadError: a file could not be uploaded; nothing was started.
        """
        from a2e_async._tasks.starting import Watch

        runtime = self.workflow.runtime
        watch = Watch(accepted) if accepted else None

        async with runtime.session():
            ready = await runtime.with_uploads(self.call)
            started = await runtime.starter(self.workflow).start(self, ready, marker=marker, watch=watch)
        return self.started(started, runtime.policies.clock.now())

    async def run(self, *, timeout: float = DEFAULT_WAIT) -> Result[RecordT]:
        """Start the task and wait for its result.

        Args:
            timeout: seconds to wait after the start was accepted.

        Returns:
            The Result.

        Raises:
            ConfigurationError: tasks of this workflow cannot be read back; nothing was sent.
            TaskFailed: the task ended without a result.
            WaitTimeout: it goes on; ``error.task.wait()`` waits again.
            A2EError: all that `start` raises.
        """
        self.workflow.require_readable()
        check_timeout(timeout)
        async with self.workflow.runtime.session():
            task = await self.start()
            return await task.wait(timeout=timeout)

    def task(self, records: Sequence[JSONObject], *, born: float | None = None) -> Task[RecordT]:
        """The Task that starting the job has made.

        Args:
            records: its JSON.
            born: when it was accepted, in seconds of the client's clock; None if that is not known.
        """
        declared = {field.wire_name for field in self.operation.body}
        undeclared = [value for key, value in self.body.items() if key not in declared]
        return Task(
            self.workflow,
            records,
            birth=None if born is None else (self.workflow.runtime, born),
            sent=frozenset(urls_in(undeclared)),
        )

    def started(self, started: Started, born: float) -> Task[RecordT]:
        """The Task that a start has made.

        Args:
            started: what was sent and answered.
            born: when it was accepted, in seconds of the client's clock.
        """
        return attrs.evolve(self, call=started.call).task(started.records, born=born)

    @property
    def family(self) -> str:
        """The name of the workflow."""
        return self.workflow.name

    @property
    def takes_name(self) -> bool:
        """Whether the start takes a name, in which a marker can stand."""
        return "name" in self.body or any(field.wire_name == "name" for field in self.operation.body)


class Task(Generic[RecordT]):
    """A server-side task; a few of them, where one start makes several.

    Attributes:
        workflow: the workflow.
        ids: the ids of all tasks that the start made.
        raws: their JSON, as last seen.
        sent: URLs that the start was given in fields that the spec does not declare.
    """

    __slots__ = ("_birth", "ids", "raws", "sent", "workflow")

    def __init__(
        self,
        workflow: Workflow[RecordT],
        records: Sequence[JSONObject],
        *,
        birth: tuple[Runtime, float] | None = None,
        sent: frozenset[str] = frozenset(),
    ) -> None:
        self.workflow = workflow
        self.ids = tuple(str(task_id_of(raw)) for raw in records)
        self.raws = tuple(records)
        self.sent = sent
        # A moment means nothing outside the event loop whose time it is.
        self._birth = birth

    @property
    def id(self) -> str:
        """The id; the first one, where the start made several tasks."""
        return self.ids[0]

    @property
    def record(self) -> RecordT:
        """The record as last seen; of the first task, where there are several."""
        return self.workflow.decode(self.raws[0])

    @property
    def coins(self) -> float | None:
        """Coins charged, where the family tells."""
        return _sum_of_coins(self.raws)

    def __repr__(self) -> str:
        return f"Task({self.workflow.name}, {', '.join(self.ids)})"

    async def wait(self, *, timeout: float = DEFAULT_WAIT) -> Result[RecordT]:
        """Wait until the task has ended. Everyone who waits shares the same few requests.

        Args:
            timeout: seconds.

        Returns:
            The Result. Where the start made several tasks, those that succeeded.

        Raises:
            TaskFailed: it ended without a result (all of them, where there are several).
            TaskNotFound: the service does not know it.
            WaitTimeout: it goes on; wait again.
            ConfigurationError: tasks of this workflow cannot be read back.
        """
        self.workflow.require_readable()
        check_timeout(timeout)
        runtime = self.workflow.runtime
        clock = runtime.policies.clock
        poller = runtime.poller(self.workflow)
        born = self._birth[1] if self._birth and self._birth[0] is runtime else None
        began = clock.now() if born is None else born
        with clock.move_on_after(timeout) as scope:
            async with runtime.session():
                running = [str(task_id_of(raw)) for raw in self.raws if not is_final(raw)]
                self._update(await poller.wait(running, born=born))
        if scope.cancelled_caught:
            raise WaitTimeout(f"{self!r} has not ended within {timeout:g} s; it goes on", task=self)
        return self.result(elapsed=clock.now() - began)

    async def refresh(self) -> RecordT:
        """Ask the service for the record now.

        Returns:
            The record.

        Raises:
            TaskNotFound: the service does not know it.
            ConfigurationError: the workflow has no route for it.
        """
        self.workflow.require_readable()
        runtime = self.workflow.runtime
        records: Mapping[str, JSONObject] = {}
        async with runtime.session():
            with suppress(NotFound):
                records = await self.workflow.reader(runtime.transport).read(self.ids)
        if self.id not in records:
            raise TaskNotFound(f"{self!r} is not known to the service", task_id=self.id)
        self._update(records)
        return self.record

    def _update(self, records: Mapping[str, JSONObject]) -> None:
        self.raws = tuple(records.get(str(task_id_of(raw)), raw) for raw in self.raws)

    def result(self, *, elapsed: float = 0.0) -> Result[RecordT]:
        """The Result of a task that is known to have ended.

        Args:
            elapsed: seconds that it took.

        Raises:
            TaskFailed: it ended without one.
        """
        failed = [raw for raw in self.raws if has_failed(raw)]
        if len(failed) == len(self.raws):
            raise TaskFailed(failure_reason(failed[0]), record=self.workflow.decode(failed[0]))
        return Result(
            task=self,
            records=tuple(self.workflow.decode(raw) for raw in self.raws if not has_failed(raw)),
            failed=tuple(self.workflow.decode(raw) for raw in failed),
            coins=self.coins,
            elapsed=elapsed,
        )


@attrs.frozen(eq=False)
class Result(Generic[RecordT]):
    """A finished task.

    Attributes:
        task: the task.
        records: its record; several, where the start made several tasks.
        failed: records of those that failed while others succeeded.
        coins: coins charged, where the family tells.
        elapsed: seconds from acceptance until it was noticed.
    """

    task: Task[RecordT]
    records: Sequence[RecordT]
    failed: Sequence[RecordT] = ()
    coins: float | None = None
    elapsed: float = 0.0

    @property
    def record(self) -> RecordT:
        """The record; the first, where there are several."""
        return self.records[0]

    @property
    def urls(self) -> Sequence[str]:
        """The URLs of everything that was made. They die after about three days (M): download soon.

        Found in the family's own fields, never in one that echoes an input. Empty where no file is
        made (`a2e.voice`): see `ids`.
        """
        inputs, sent = self._inputs, self.task.sent
        return tuple(
            dict.fromkeys(url for record in self.records for url in output_urls(record.raw, inputs, sent))
        )

    @property
    def ids(self) -> Sequence[str]:
        """The ids by which other operations take what was made, one for each record.

        A video twin's is its ``anchor_id``, for `a2e.avatar_video`; else it is the task's own: a voice's
        is the ``user_voice_id`` of `a2e.tts.send_tts`.
        """
        made_avatars = "anchor_id" not in self._inputs
        return tuple(
            str((made_avatars and record.raw.get("anchor_id")) or record.id) for record in self.records
        )

    @property
    def _inputs(self) -> frozenset[str]:
        """Names of the fields that the start takes."""
        return frozenset(field.wire_name for field in self.task.workflow.routes.start.body)

    async def download(self, folder: str | Path, *, name: str | None = None) -> Sequence[Path]:
        """Download everything that was made.

        Args:
            folder: where to; made if it is not there.
            name: of the files, without extension; the workflow and the task's id as a rule. Several
                files are numbered. The extension comes from the content.

        Returns:
            The files, in the order of `urls`.

        Raises:
            DownloadError: a file could not be fetched; what was fetched of it is kept for a resume.
        """
        return [file.path for file in await self.fetch(folder, name=name)]

    async def fetch(self, folder: str | Path, *, name: str | None = None) -> Sequence[SavedFile]:
        """As `download`, but tells of each file its path, size (bytes) and content type."""
        runtime = self.task.workflow.runtime
        async with runtime.session():
            return await runtime.downloader.download_all(
                self.urls, folder, stem=name or f"{self.task.workflow.name}-{self.task.id}"
            )


def _sum_of_coins(raws: Sequence[JSONObject]) -> float | None:
    coins = [raw["coins"] for raw in raws if type(raw.get("coins")) in (int, float)]
    return sum(coins) if coins else None


def check_timeout(timeout: float) -> None:
    """Refuse what is no time to wait."""
    check_positive("timeout", timeout, unit="seconds", finite=False)
