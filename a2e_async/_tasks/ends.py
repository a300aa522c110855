"""Wait until a task has ended: by polls and calls of the service, with or without updates on the way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from a2e_async._tasks.status import End, shown_in
from a2e_async._tasks.update_callback import UpdateCallback
from a2e_async.errors import WaitTimeout
from a2e_async.hooks import HookSlot, records_called
from a2e_async.records import JSONObject

if TYPE_CHECKING:
    from a2e_async.runtime import Runtime

__all__ = ["OnRecord", "WaitedTask", "Watched", "follow", "has_not_ended", "known_of", "wait_for", "watch"]

OnRecord = Callable[[Any], Awaitable[object]]
"""Called with each decoded record."""


class WaitedTask(Protocol):
    """The part of a Task that is needed to wait for it."""

    _slot: HookSlot | None
    _told: bool

    @property
    @abstractmethod
    def workflow(self) -> Any:
        """The workflow."""

    @property
    @abstractmethod
    def ids(self) -> Sequence[str]:
        """The ids of the tasks."""

    @property
    @abstractmethod
    def id(self) -> str:
        """The id of the first task."""

    @property
    @abstractmethod
    def raws(self) -> Sequence[JSONObject]:
        """Their JSON, as last received."""

    @abstractmethod
    def result(self, *, elapsed: float) -> Any:
        """Make the Result of a task that has ended."""

    @abstractmethod
    def _running(self) -> Sequence[str]:
        """The ids of those tasks that have not ended."""

    @abstractmethod
    def _born_in(self, runtime: Runtime) -> float | None:
        """When the task was accepted, in seconds of the runtime's clock."""

    @abstractmethod
    def _update(self, records: Mapping[str, JSONObject]) -> None:
        """Take new records."""

    @abstractmethod
    def _judge(self, raw: JSONObject) -> End:
        """Say whether a record is that of a task that has ended."""

    @abstractmethod
    def _has_ended(self, raw: JSONObject) -> bool:
        """Say whether a record is certainly that of a task that has ended."""


class Watched(Protocol):
    """Tasks that are watched; see `a2e_async._tasks.watching.Watching`."""

    @abstractmethod
    async def change(self) -> Mapping[str, JSONObject]:
        """Wait for a change. Returns the new records by id; empty when all tasks have ended."""

    @abstractmethod
    def close(self) -> None:
        """Watch them no longer."""


def wait_for(
    task: WaitedTask, timeout: float, on_update: Callable[[Any], Any] | None
) -> Coroutine[Any, Any, Any]:
    """Wait until a task has ended. To be awaited.

    Args:
        task: the task.
        timeout: seconds.
        on_update: called with its record as it is known, with each change and at the end.

    Returns:
        Its Result.
    """
    runtime: Runtime = task.workflow.runtime
    on_record = None if on_update is None else UpdateCallback(on_update).call
    if not runtime.events.heard or task._told:
        return _wait_for(task, runtime, timeout, on_record)
    return _wait_and_tell(task, runtime, timeout, on_record)


async def _wait_and_tell(
    task: WaitedTask, runtime: Runtime, timeout: float, on_record: OnRecord | None
) -> Any:
    from a2e_async._tasks.end_events import tell_end  # only if somebody listens

    wait = partial(_wait_for, task, runtime, timeout, on_record)
    runtime.events.note("wait_begins", task.workflow, task.ids)
    result = await tell_end(runtime.events, task.workflow.name, task.ids, wait)
    task._told = True
    return result


async def _wait_for(task: WaitedTask, runtime: Runtime, timeout: float, on_record: OnRecord | None) -> Any:
    clock = runtime.policies.clock
    born = task._born_in(runtime)
    began = clock.now() if born is None else born

    with clock.move_on_after(timeout) as scope:
        async with runtime.session():
            if on_record is None:
                task._update(await _ends(task, runtime, born))
            else:
                await follow(task, runtime, on_record)

    if scope.cancelled_caught:
        raise has_not_ended(task, runtime, timeout)
    return task.result(elapsed=clock.now() - began)


def _ends(
    task: WaitedTask, runtime: Runtime, born: float | None
) -> Coroutine[Any, Any, Mapping[str, JSONObject]]:
    """Wait for the last records of tasks that are still running. To be awaited."""
    running = task._running()
    if task._slot is not None and not task.workflow.routes.readable:
        return records_called(task._slot, running, partial(_is_last, task))
    poller = runtime.poller(task.workflow)
    return poller.wait(running, born=born, judge=task._judge, slot=task._slot)


def _is_last(task: WaitedTask, raw: JSONObject) -> bool:
    """Whether a call's record is the last news of a task that cannot be asked for, with its output or not."""
    return task._judge(raw) in (End.DONE, End.FAILED, End.WITHOUT_OUTPUT)


def watch(task: WaitedTask, runtime: Runtime) -> Watched:
    """Watch those tasks that are still running."""
    running = task._running()
    if task._slot is not None and not task.workflow.routes.readable:
        return _CalledTasks(task._slot, running, partial(_is_last, task))
    return runtime.poller(task.workflow).watching(
        running,
        born=task._born_in(runtime),
        judge=task._judge,
        slot=task._slot,
        shown={task_id: shown_in(raw) for task_id, raw in zip(task.ids, task.raws, strict=True)},
    )


async def follow(task: WaitedTask, runtime: Runtime, on_record: OnRecord) -> None:
    """Wait until a task has ended, and pass its records on as they come."""
    decode = task.workflow.decode
    for raw in known_of(task.raws):
        await on_record(decode(raw))

    watched = watch(task, runtime)
    try:
        while records := await watched.change():
            task._update(records)
            for raw in records.values():
                await on_record(decode(raw))
    finally:
        watched.close()


def has_not_ended(task: WaitedTask, runtime: Runtime, timeout: float) -> WaitTimeout:
    """The error of a wait that was too short. A mistaken id is waited for like a task not shown yet."""
    is_known = known_of(task.raws) or task._born_in(runtime) is not None
    rest = "it goes on" if is_known else "the service has not shown it so far: is this its id?"
    return WaitTimeout(f"{task!r} has not ended within {timeout:g} s; {rest}", task=task)


def known_of(raws: Sequence[JSONObject]) -> Sequence[JSONObject]:
    """Those records that show more than an id."""
    return [raw for raw in raws if len(raw) > 1]


class _CalledTasks:
    """Tasks of which nothing is known until the service calls."""

    def __init__(self, slot: HookSlot, ids: Sequence[str], ended: Callable[[JSONObject], bool]) -> None:
        self._slot = slot
        self._ids = ids
        self._ended = ended

    async def change(self) -> Mapping[str, JSONObject]:
        """Wait for the last records of all tasks."""
        records = await records_called(self._slot, self._ids, self._ended)
        self._ids = ()
        return records

    def close(self) -> None:
        """Nothing is open."""
