"""Functions of the caller, such as ``on_update``: the thread that waits for a call calls them."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Protocol, Self

__all__ = ["Desk", "Errand", "OwnItems"]

logger = logging.getLogger("a2e_async")

_END: Any = object()


class Errand:
    """A function that the loop wants to be called by a thread that waits. Made in the loop.

    Args:
        function: the function.
        arguments: its arguments.
    """

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._function = function
        self._arguments = arguments
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Any] = self._loop.create_future()

    async def answer(self) -> Any:
        """Wait for what the function returns.

        Raises:
            Exception: what it raises.
        """
        value, failure = await self._answer
        if failure is not None:
            raise failure
        return value

    def run(self) -> None:
        """Call the function, in the thread that waits.

        Raises:
            BaseException: an interrupt, such as KeyboardInterrupt. An error of the function is not raised
                here, but in the loop.
        """
        value, failure = None, None
        try:
            value = self._function(*self._arguments)
        except Exception as error:
            failure = error
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._reply, value, failure)

    def _reply(self, value: Any, failure: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_result((value, failure))


class Waiting(Protocol):
    """A call that a thread waits for."""

    @abstractmethod
    def ask(self, errand: Errand) -> None:
        """Let the thread that waits run the errand."""


class Desk:
    """Where the loop leaves errands, and the threads that wait find them.

    An errand that nobody waits for is kept until somebody does. Everything here but `interrupted` and
    `is_hurried_by` is used in the loop only.
    """

    def __init__(self) -> None:
        self._interrupts: list[BaseException] = []
        self._waiting: list[Waiting] = []
        self._left: deque[Errand] = deque()

    def enter(self, call: Waiting) -> None:
        """A thread waits for this call now."""
        self._waiting.append(call)
        while self._left:
            call.ask(self._left.popleft())

    def leave(self, call: Waiting) -> None:
        """The call has ended."""
        self._waiting.remove(call)

    def interrupted(self, interrupt: BaseException) -> None:
        """Somebody who waits here was interrupted."""
        self._interrupts = [*self._interrupts[-1:], interrupt]  # of no more than the last two

    def is_hurried_by(self, error: BaseException | None) -> bool:
        """Whether an error is a second interrupt, so that nothing should take long any more.

        It may have come while the first was still on its way from the call to whoever handles it.
        """
        if error is None or isinstance(error, Exception):
            return False
        first = error.__context__
        return first is not None and any(first is each for each in self._interrupts)

    def post(self, function: Callable[..., Any], *arguments: Any) -> Errand:
        """Let a thread that waits call a function. Returns at once."""
        errand = Errand(function, arguments)
        if self._waiting:
            self._waiting[0].ask(errand)
        else:
            self._left.append(errand)
        return errand

    async def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Let a thread that waits call a function, and wait for what it returns.

        Raises:
            Exception: what it raises.
        """
        return await self.post(function, *arguments).answer()


class OwnItems(AsyncIterator[Any]):
    """An iterator of the caller, read by the thread that waits.

    So a generator can use what belongs to that thread: a database connection, the client itself.

    Args:
        items: what is iterated over.
        desk: where errands are left.
        bare: makes what the async client takes of an item.
    """

    def __init__(self, items: Iterable[Any], desk: Desk, bare: Callable[[Any], Any]) -> None:
        self._items: Iterator[Any] = iter(items)
        self._desk = desk
        self._bare = bare

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        item = await self._desk.do(next, self._items, _END)
        if item is _END:
            raise StopAsyncIteration
        return self._bare(item)


class OwnUpdates:
    """An ``on_update`` of the caller, called by the thread that waits, without holding up the loop.

    If it fails, that is logged once, and it is not called again.

    Args:
        given: the function.
        desk: where errands are left.
        faced: makes what the caller knows of an argument.
    """

    def __init__(self, given: Callable[..., Any], desk: Desk, faced: Callable[[Any], Any]) -> None:
        self._given: Callable[..., Any] | None = given
        self._desk = desk
        self._faced = faced

    def __call__(self, *arguments: Any) -> None:
        self._desk.post(self._call, *map(self._faced, arguments))

    def _call(self, *arguments: Any) -> None:
        if self._given is None:
            return
        try:
            self._given(*arguments)
        except Exception as error:
            given, self._given = self._given, None
            logger.error(
                "on_update: %r has failed and is not called again; the tasks go on", given, exc_info=error
            )
