"""The steps of many jobs, committed together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import anyio
import attrs

__all__ = ["QueuedStep", "StepQueue"]


T = TypeVar("T")


@attrs.define(eq=False, kw_only=True)
class QueuedStep(Generic[T]):
    """One job's part of a transaction, and how it ended.

    Attributes:
        value, failure: what its work returned or raised.
        done: whether it is committed, or has failed for good.
    """

    value: T | None = None
    failure: Exception | None = None
    done: bool = False

    def outcome(self) -> T:
        """What the work returned; raises if it failed."""
        if self.failure is not None:
            raise self.failure
        return cast(T, self.value)


StepT = TypeVar("StepT", bound=QueuedStep[Any])


class StepQueue(Generic[StepT]):
    """Group commit: one job commits the steps of all jobs that wait.

    Args:
        commit: commits steps, in one transaction. Steps that it leaves undone are tried again.
        pause: waits before steps are tried again.
    """

    # A commit waits for the disk, and many jobs want to commit at once. So each job puts its step into the
    # queue, and the job that gets the lock commits all steps queued so far. The others find their steps done
    # when they get the lock.
    #
    # A commit is shielded: it holds other jobs' steps, which must not be lost when this job is cancelled. A
    # job that is cancelled while its own step is still queued takes the step out again, so that nothing is
    # written for a job that has given up.

    def __init__(
        self,
        commit: Callable[[Sequence[StepT]], Awaitable[None]],
        pause: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._commit = commit
        self._pause = pause
        self._queue: list[StepT] = []
        self._committing = anyio.Lock()

    def put(self, step: StepT) -> None:
        """Have a step committed with the next one that is waited for."""
        self._queue.append(step)

    async def commit(self, step: StepT) -> None:
        """Have a step committed. It is done when this returns."""
        self._queue.append(step)
        try:
            async with self._committing:
                while not step.done:
                    steps, self._queue = self._queue, []
                    with anyio.CancelScope(shield=True):
                        await self._commit(steps)

                    left = [one for one in steps if not one.done]
                    if left and self._pause is not None:
                        self._queue = [*left, *self._queue]
                        await self._pause()
        except anyio.get_cancelled_exc_class():
            if step in self._queue:
                self._queue.remove(step)
            raise
