"""The blocks in which a client keeps its connections open, wherever they are entered and left."""

from __future__ import annotations

import threading
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from a2e_async.event_loops import call_in_loop, running_loop, start_in_background

if TYPE_CHECKING:
    from a2e_async._transport.shape_log import ShapeLog

__all__ = ["Sessions"]


class Sessions:
    """The sessions of one client in all its event loops.

    A session belongs to the event loop that it was opened in, and to none of its tasks.

    Args:
        shapes: what collects the shapes of replies; it is written when a session is closed.
    """

    def __init__(self, shapes: ShapeLog | None = None) -> None:
        self._shapes = shapes
        self._open: WeakKeyDictionary[Any, list[AsyncExitStack]] = WeakKeyDictionary()
        self._changing = threading.Lock()  # the loops may run in several threads

    async def enter(self, session: AbstractAsyncContextManager[None]) -> None:
        """Open a session in the running event loop."""
        stack = AsyncExitStack()
        await stack.enter_async_context(session)
        with self._changing:
            self._open.setdefault(running_loop(), []).append(stack)

    async def leave(self) -> None:
        """Close the session that was opened last in the running loop. If it has none, one of another loop.

        Without any session this does nothing.
        """
        loop = running_loop()
        with self._changing:
            owners = [owner for owner, stacks in self._open.items() if stacks]
            owner = loop if loop in owners else next(iter(owners), None)
            stack = None if owner is None else self._open[owner].pop()
        if stack is not None:
            await _close(owner, stack)
        if self._shapes is not None:
            await self._shapes.aclose()

    async def close(self) -> None:
        """Close all sessions."""
        with self._changing:
            entered = [(owner, stack) for owner, stacks in self._open.items() for stack in stacks]
            self._open.clear()
        for owner, stack in entered:
            await _close(owner, stack)
        if self._shapes is not None:
            await self._shapes.aclose()


async def _close(owner: Any, stack: AsyncExitStack) -> None:
    """Close a session. Connections can only be closed in their own loop; if that has ended, they have too."""
    if owner is running_loop():
        await stack.aclose()
        return

    async def close() -> None:
        with suppress(Exception):
            await stack.aclose()

    call_in_loop(owner, partial(start_in_background, close, "a2e_async closing connections"))
