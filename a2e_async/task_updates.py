"""The updates of a task: its record each time it shows another status or progress, and at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

from a2e_async._tasks.ends import WaitedTask, Watched, has_not_ended, known_of, watch
from a2e_async.errors import ConfigurationError
from a2e_async.event_loops import call_in_loop, running_loop
from a2e_async.hints import NotAwaited, NotIterated
from a2e_async.records import JSONObject, TaskRecordT_co

if TYPE_CHECKING:
    from a2e_async.runtime import Runtime

__all__ = ["TaskUpdates"]


class TaskUpdates(NotAwaited, NotIterated, Generic[TaskRecordT_co]):
    """The records of a task as they come: the one that is known, each change, and the last one.

    A record comes when its status or progress differs from the one before. A slow loop gets the newest record
    instead of all that came meanwhile, and always the last one of each task. No request is sent that
    `Task.wait` would not send, and none while the loop's own body runs, unless others wait too.

    The iteration ends when the task has ended, also if it failed: `Task.wait` then returns the Result, or
    raises, without a request. It may be left at any time.

    Raises:
        TaskNotFound: the service does not know the task, by any route.
        WaitTimeout: the task is still running; iterate again.
        ConfigurationError: two loops read the same updates, at once or in different event loops.

    Example:
        ```python
        task = await a2e.image_to_video(image_url=Path("cat.png"), prompt="it waves").start()
        async for record in task.updates():
            print(record.status, task.progress)
        result = await task.wait()
        ```
    """

    def __init__(self, task: WaitedTask, timeout: float) -> None:
        self._task = task
        self._timeout = timeout
        self._left = timeout
        self._records: deque[JSONObject] = deque(known_of(task.raws))
        self._watched: Watched | None = None
        self._loop: Any = None
        self._busy = False
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> TaskRecordT_co:
        if self._busy:
            raise ConfigurationError("these updates are being read already; take others: task.updates()")
        self._busy = True
        try:
            if not self._records and not self._ended:
                await self._wait()
        except BaseException:
            self.close()
            raise
        finally:
            self._busy = False

        if not self._records:
            raise StopAsyncIteration
        record: TaskRecordT_co = self._task.workflow.decode(self._records.popleft())
        return record

    async def _wait(self) -> None:
        """Wait for the next records, within the time that is left. The caller's own time does not count."""
        runtime: Runtime = self._task.workflow.runtime
        clock = runtime.policies.clock
        if self._watched is None:
            self._watched, self._loop = watch(self._task, runtime), running_loop()
        elif self._loop is not running_loop():
            raise ConfigurationError("read updates in the event loop in which the first one was read")

        began = clock.now()
        records: Mapping[str, JSONObject] = {}
        with clock.move_on_after(self._left) as scope:
            async with runtime.session():
                records = await self._watched.change()

        self._left -= clock.now() - began
        if scope.cancelled_caught:
            self._left = self._timeout
            raise has_not_ended(self._task, runtime, self._timeout)
        self._task._update(records)
        self._records.extend(records.values())
        if not records:
            self._ended = True
            self.close()

    def close(self) -> None:
        """Watch the task no longer. Iterating again goes on with the changes since."""
        watched, self._watched = self._watched, None
        if watched is not None:
            watched.close()

    async def aclose(self) -> None:
        """As `close`, for `contextlib.aclosing`."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A loop that was left early: the garbage collector may run in any thread.
        watched: Watched | None = getattr(self, "_watched", None)
        if watched is not None:
            with suppress(Exception):  # the process may be ending
                call_in_loop(self._loop, watched.close)
