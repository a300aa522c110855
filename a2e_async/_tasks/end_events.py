"""Tell listeners how a task that is waited for ends. Used only if somebody listens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from a2e_async._tasks.status import failure_code
from a2e_async.announcer import Announcer, tell_failed
from a2e_async.client_events import Finished
from a2e_async.errors import OutputMissing, TaskFailed, TaskNotFound

__all__ = ["tell_end"]


class Ended(Protocol):
    """The part of a Result that is told."""

    @property
    @abstractmethod
    def coins(self) -> float | None:
        """The coins charged."""

    @property
    @abstractmethod
    def elapsed(self) -> float:
        """Seconds that the task took."""

    @property
    @abstractmethod
    def urls(self) -> Sequence[str]:
        """The URLs of what was made."""


EndedT = TypeVar("EndedT", bound=Ended)


async def tell_end(
    events: Announcer, workflow: str, task_ids: Sequence[str], wait: Callable[[], Awaitable[EndedT]]
) -> EndedT:
    """Wait for a task, and tell how it ends."""
    try:
        result = await wait()
    except BaseException as error:
        code = failure_code(error.record.raw) if isinstance(error, TaskFailed) and error.record else None
        tell_failed(
            events,
            error,
            code=code,
            workflow=workflow,
            task_ids=tuple(task_ids),
            goes_on=not isinstance(error, TaskFailed | TaskNotFound | OutputMissing),
        )
        raise

    events.tell(
        Finished(
            workflow=workflow,
            task_ids=tuple(task_ids),
            coins=result.coins,
            elapsed=result.elapsed,
            outputs=len(result.urls),
        )
    )
    return result
