"""Watch tasks between whose changes the caller does other things. No request is sent for it alone.

Nothing is open between two changes: no task, no cancel scope. The tasks stay registered with their poller,
so whoever leads it asks for them too; if nobody does, they are asked for when the caller comes back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from a2e_async._tasks.waiting import Waiter, WaitingTask
from a2e_async.clock import Clock
from a2e_async.records import JSONObject

__all__ = ["Watching"]

_AWAY = 1.0  # seconds after which nothing is learned from how long a task seems to have taken


class Watching:
    """Tasks that are watched. `Poller.watching` makes it; it must be closed.

    Args:
        waiter: collects the records that have changed.
        entries: the tasks.
        until_done: waits until there are such records, or the tasks have ended.
        is_led: whether somebody leads the poller.
        leave: ends the watching.
        clock: the client's clock.
    """

    def __init__(
        self,
        waiter: Waiter,
        entries: Sequence[WaitingTask],
        until_done: Callable[[Waiter], Awaitable[None]],
        is_led: Callable[[], bool],
        leave: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._waiter = waiter
        self._entries = entries
        self._until_done = until_done
        self._is_led = is_led
        self._leave: Callable[[], None] | None = leave
        self._clock = clock
        self._left = clock.now()

    async def change(self) -> Mapping[str, JSONObject]:
        """Wait for a change. It may be cancelled and called again.

        Returns:
            The newest records of the tasks that show another status or progress, or have ended since the
            last call, by id. The last record of each task is always among them. Empty when all have ended.

        Raises:
            TaskNotFound, APIError: as `Poller.wait`.
        """
        if self._clock.now() - self._left > _AWAY and not self._is_led():
            # Nobody has asked for these tasks meanwhile, so nobody knows how long they have taken.
            for entry in self._entries:
                if entry.asked <= self._left:
                    entry.aged = False

        try:
            await self._until_done(self._waiter)
        finally:
            self._left = self._clock.now()
        news, self._waiter.news = self._waiter.news or {}, {}
        return news

    def close(self) -> None:
        """Watch the tasks no longer. Closing it twice does nothing."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()
