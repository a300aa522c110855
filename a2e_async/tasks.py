"""Task and Result: a task on the server, and what it made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Self

import attrs

from a2e_async._tasks.outputs import output_urls
from a2e_async._tasks.status import End, end_of, failure_reason, inputs_of, progress_in
from a2e_async.checks import check_positive, coins_in
from a2e_async.display import Displayed
from a2e_async.errors import NotFound, OutputMissing, TaskFailed, TaskNotFound, WaitTimeout
from a2e_async.files import ResultFiles
from a2e_async.hints import Hinted, NotAwaited
from a2e_async.plain import Plain, as_plain
from a2e_async.records import JSONObject, TaskRecordT_co, failure_text_of, task_id_of, task_status_of

if TYPE_CHECKING:
    from a2e_async.hooks import HookSlot
    from a2e_async.protocols import Client
    from a2e_async.resources import Workflow
    from a2e_async.runtime import Runtime
    from a2e_async.task_updates import TaskUpdates

__all__ = ["DEFAULT_WAIT", "Result", "Task", "check_timeout"]

DEFAULT_WAIT = 900.0  # seconds


class Task(Plain, Displayed, Hinted, NotAwaited, Generic[TaskRecordT_co]):
    """A task on the server. If one start makes several tasks, all of them.

    It can be pickled and copied. Pickled, it leaves its client behind: give it another with `with_client`.

    Attributes:
        workflow: the workflow.
        ids: the ids of all tasks that the start made.
        raws: their JSON, as last received.
        sent: URLs that the start was given.
        given: the names of the fields that the start was given; None if they are not known.
    """

    __slots__ = ("_birth", "_slot", "_told", "given", "ids", "raws", "sent", "workflow")

    workflow: Workflow[TaskRecordT_co]
    ids: Sequence[str]
    raws: Sequence[JSONObject]

    def __init__(
        self,
        workflow: Workflow[TaskRecordT_co],
        records: Sequence[JSONObject],
        *,
        birth: tuple[Runtime, float] | None = None,
        sent: frozenset[str] = frozenset(),
        given: frozenset[str] | None = None,
        slot: HookSlot | None = None,
    ) -> None:
        self.workflow = workflow
        self.ids = tuple(str(task_id_of(raw)) for raw in records)
        self.raws = tuple(records)
        self.sent = sent
        self.given = given
        # Clock readings are comparable only within one event loop.
        self._birth = birth
        self._slot = slot
        self._told = False  # whether listeners were told how it has ended

    @property
    def id(self) -> str:
        """The task's id; the first one if the start made several tasks."""
        return self.ids[0]

    @property
    def record(self) -> TaskRecordT_co:
        """The record as last received; that of the first task if there are several."""
        return self.workflow.decode(self.raws[0])

    @property
    def coins(self) -> float | None:
        """The coins charged, None if the family does not report them."""
        return coins_in(self.raws)

    @property
    def progress(self) -> float | None:
        """The progress in percent as last received, None if the family does not report it."""
        return progress_in(self.raws[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.workflow, self.raws, self.sent, self.given)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON has it: workflow, ids, coins, and its records as last received."""
        records = [self.workflow.decode(raw) for raw in self.raws]
        return {
            "workflow": self.workflow.name,
            "id": self.id,
            "ids": list(self.ids),
            "coins": self.coins,
            "records": as_plain(records),
        }

    def with_client(self, client: Client) -> Self:
        """Return the task with a client that asks for it, for example after it was unpickled.

        Args:
            client: an `A2E`.

        Raises:
            InvalidArgument: it is not a client.

        Example:
            ```python
            result = await error.task.with_client(a2e).wait()
            ```
        """
        workflow = self.workflow.with_client(client)
        return type(self)(
            workflow, self.raws, birth=self._birth, sent=self.sent, given=self.given, slot=self._slot
        )

    async def wait(
        self,
        *,
        timeout: float = DEFAULT_WAIT,
        on_update: Callable[[TaskRecordT_co], Any] | None = None,
    ) -> Result[TaskRecordT_co]:
        """Wait until the task has ended. All waiters of a workflow share the same few requests.

        With `A2E(webhooks=…)` the service's call about the task ends the wait at once.

        A task that is said to be completed but shows no output yet is asked for again for some tens of
        seconds.

        Args:
            timeout: seconds to wait.
            on_update: called with the record as it is known, each time it shows another status or progress,
                and at the end, without an additional request; may be async. If it fails, that is logged, and
                it is not called again.

        Returns:
            The Result. If the start made several tasks, it holds those that succeeded.

        Raises:
            TaskFailed: the task ended without a result; if there are several, all of them did.
            TaskNotFound: the service does not know the task, by any route.
            OutputMissing: the task is said to be completed, but its output did not come; wait again.
            WaitTimeout: the task is still running; wait again.
            ConfigurationError: the API cannot report on tasks of this workflow.

        Example:
            ```python
            task = await a2e.text_to_image(prompt="a red kite").start()
            result = await task.wait(timeout=300)
            ```
        """
        self._require_awaitable()
        from a2e_async._tasks.ends import wait_for  # not needed to make a Task

        result: Result[TaskRecordT_co] = await wait_for(self, check_timeout(timeout), on_update)
        return result

    def updates(self, *, timeout: float = DEFAULT_WAIT) -> TaskUpdates[TaskRecordT_co]:
        """Iterate over the task's records as they come: now, with each change, and at the end.

        It uses the same shared requests as `wait`, and ends when the task has ended, also if it failed.

        Args:
            timeout: seconds to wait, in all; the time in the body of the loop does not count.

        Raises:
            ConfigurationError: the API cannot report on tasks of this workflow.

        Example:
            ```python
            async for record in task.updates():
                print(record.status, task.progress)
            ```
        """
        self._require_awaitable()
        from a2e_async.task_updates import TaskUpdates  # few need it

        return TaskUpdates(self, check_timeout(timeout))

    async def delete(self) -> None:
        """Delete the task at the service. If one start made several tasks, all of them.

        It is gone from the history; coins are not paid back. What was downloaded stays.

        Raises:
            ConfigurationError: the API cannot delete tasks of this workflow. Nothing was sent.
            TaskNotFound: the service does not know the task; it may have been deleted before.

        Example:
            ```python
            await a2e.text_to_image.task("67d2f1c0a8e5b3d4c6f70123").delete()
            ```
        """
        missing: NotFound | None = None
        for task_id in self.ids:
            try:
                await self.workflow.delete_task(task_id)
            except NotFound as error:
                missing = error
        if missing is not None:
            raise TaskNotFound(f"{self!r} is not known to the service", task_id=self.id) from missing

    async def refresh(self) -> TaskRecordT_co:
        """Request the record now.

        Returns:
            The record.

        Raises:
            TaskNotFound: the service does not know the task.
            ConfigurationError: the API cannot report on tasks of this workflow.
        """
        self.workflow.require_readable()
        runtime = self.workflow.runtime
        records: Mapping[str, JSONObject] = {}
        async with runtime.session():
            with suppress(NotFound):
                records = await runtime.reader(self.workflow).read(self.ids)
        if self.id not in records:
            raise TaskNotFound(f"{self!r} is not known to the service", task_id=self.id)
        self._update(records)
        return self.record

    def _running(self) -> Sequence[str]:
        """The ids of those tasks that have not ended, as far as is known."""
        return [task_id for task_id, raw in zip(self.ids, self.raws, strict=True) if not self._has_ended(raw)]

    def _born_in(self, runtime: Runtime) -> float | None:
        """When it was accepted, in seconds of the runtime's clock; None if another one has started it."""
        return self._birth[1] if self._birth and self._birth[0] is runtime else None

    def _require_awaitable(self) -> None:
        """Check that its end can be known, if it has not ended."""
        if self._slot is None and not self.workflow.routes.readable and self._running():
            self.workflow.require_readable()

    def _update(self, records: Mapping[str, JSONObject]) -> None:
        self.raws = tuple(records.get(task_id, raw) for task_id, raw in zip(self.ids, self.raws, strict=True))
        if self._slot is not None and all(map(self._has_ended, self.raws)):
            self._slot = None  # no call is waited for any more

    def _judge(self, raw: JSONObject) -> End:
        return end_of(raw, self.workflow.routes, self.sent, self.given)

    def _has_ended(self, raw: JSONObject) -> bool:
        return self._judge(raw) in (End.DONE, End.FAILED)

    def output_urls(self, raw: JSONObject) -> Sequence[str]:
        """The URLs of the outputs in a record of this task."""
        routes = self.workflow.routes
        # A field that the start can take but was not given is no echo.
        inputs = inputs_of(routes) if self.given is None else self.given
        return output_urls(raw, inputs, self.sent, routes.outputs)

    def result(self, *, elapsed: float = 0.0) -> Result[TaskRecordT_co]:
        """Make the Result of a task that has ended.

        Args:
            elapsed: seconds that it took.

        Raises:
            TaskFailed: the task ended without a result.
            OutputMissing: a task is said to be completed, but shows no output.
            WaitTimeout: it has not ended; `wait` waits for it.
        """
        ends = [self._judge(raw) for raw in self.raws]
        if End.RUNNING in ends:
            status = task_status_of(self.raws[ends.index(End.RUNNING)]) or "not asked for yet"
            raise WaitTimeout(f"{self!r} has not ended ({status}): await task.wait()", task=self)

        failed = [raw for raw in self.raws if self._judge(raw) is End.FAILED]
        if len(failed) == len(self.raws):
            raise TaskFailed(failure_reason(failed[0]), record=self.workflow.decode(failed[0]))

        good = [raw for raw in self.raws if raw not in failed]
        if self.workflow.routes.makes_file:
            self._require_outputs(good)

        return Result(
            task=self,
            records=tuple(self.workflow.decode(raw) for raw in good),
            failed=tuple(self.workflow.decode(raw) for raw in failed),
            coins=self.coins,
            elapsed=elapsed,
        )

    def _require_outputs(self, raws: Sequence[JSONObject]) -> None:
        missing = [raw for raw in raws if not self.output_urls(raw)]
        if not missing:
            return

        ids = ", ".join(str(task_id_of(raw) or self.id) for raw in missing)
        reason = failure_text_of(missing[0])
        raise OutputMissing(
            f"{self.workflow.name}: the service says that task {ids} is completed, but shows no output"
            f"{f' ({reason})' if reason else ''}; wait again, it is paid for",
            task=self,
        )


@attrs.frozen(eq=False, repr=False)
class Result(Plain, Displayed, ResultFiles, Hinted, NotAwaited, Generic[TaskRecordT_co]):
    """A finished task.

    It can be pickled and copied. Pickled, it leaves its client behind: to download elsewhere, give it another
    with `with_client`.

    Attributes:
        task: the task.
        records: its record; several if the start made several tasks.
        failed: the records of tasks that failed while others succeeded.
        coins: the coins charged, None if the family does not report them.
        elapsed: seconds from acceptance until the end was noticed.
    """

    task: Task[TaskRecordT_co]
    records: Sequence[TaskRecordT_co]
    failed: Sequence[TaskRecordT_co] = ()
    coins: float | None = None
    elapsed: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON has it, for a web response or a database."""
        return {
            "workflow": self.task.workflow.name,
            "id": self.task.id,
            "ids": list(self.ids),
            "urls": as_plain(self.urls),
            "coins": self.coins,
            "elapsed": self.elapsed,
            "records": as_plain(self.records),
            "failed": as_plain(self.failed),
        }

    def with_client(self, client: Client) -> Self:
        """Return the result with a client that downloads its files; see `Task.with_client`."""
        return attrs.evolve(self, task=self.task.with_client(client))

    @property
    def record(self) -> TaskRecordT_co:
        """The record; the first one if there are several."""
        return self.records[0]

    @property
    def urls(self) -> Sequence[str]:
        """The URLs of everything that was made. They expire after about three days: download soon.

        Inputs that the record echoes are not included. Empty for a family that makes no file, such as
        `a2e.voice`; see `ids`.
        """
        return tuple(
            dict.fromkeys(url for record in self.records for url in self.task.output_urls(record.raw))
        )

    @property
    def ids(self) -> Sequence[str]:
        """The ids to pass to other operations, one for each record.

        A video twin has an ``anchor_id``, for `a2e.avatar_video`. Any other id is the task's own: that of a
        voice is the ``user_voice_id`` of `a2e.tts.send_tts`.
        """
        made_avatars = "anchor_id" not in inputs_of(self.task.workflow.routes)
        return tuple(
            str((made_avatars and record.raw.get("anchor_id")) or record.id) for record in self.records
        )

    @property
    def _runtime(self) -> Runtime:
        return self.task.workflow.runtime

    @property
    def _origin(self) -> tuple[str, str]:
        return self.task.workflow.name, self.task.id

    def _hint(self, name: str) -> str | None:
        hint = super()._hint(name)
        in_record = hint is None and any(hasattr(record, name) for record in self.records)
        return f"it is in result.record.{name}" if in_record else hint


def _unpickled(
    workflow: Workflow[TaskRecordT_co],
    raws: Sequence[JSONObject],
    sent: frozenset[str],
    given: frozenset[str] | None,
) -> Task[TaskRecordT_co]:
    return Task(workflow, raws, sent=sent, given=given)


def check_timeout(timeout: float) -> float:
    """Return the timeout. Raise `InvalidArgument` unless it is a number of seconds above 0."""
    return check_positive("timeout", timeout, unit="seconds", finite=False)
