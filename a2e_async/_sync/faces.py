"""Faces: each stands before an object of the async client, and has its names without await."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from types import GenericAlias
from typing import Any, NoReturn, Self, cast

from a2e_async._sync.errands import Desk
from a2e_async._sync.loop_thread import LoopThread
from a2e_async._sync.portal import Portal
from a2e_async._sync.wording import message_without_await

__all__ = ["BlockFace", "ClosingFace", "Face", "IterableFace", "IteratorFace", "bare"]


class Face:
    """Stands before an object of the async client.

    Args:
        real: the object.
        portal: the way into the event loop of its client.
        desk: where the loop leaves errands for the threads that wait; None if each call has its own.
    """

    __slots__ = ("__weakref__", "_desk", "_held", "_portal", "_real")
    __class_getitem__: Any = classmethod(GenericAlias)

    _real: Any
    _portal: Portal
    _desk: Desk | None
    _held: LoopThread | None  # whose loop it belongs to, from the beginning of its block to the end

    def __init__(self, real: Any, portal: Portal, desk: Desk | None = None) -> None:
        object.__setattr__(self, "_real", real)
        object.__setattr__(self, "_portal", portal)
        object.__setattr__(self, "_desk", desk)
        object.__setattr__(self, "_held", None)

    def _await(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Await something in the loop, and wait for it."""
        try:
            return self._faced(self._portal.run(work, self._desk, self._held))
        except Exception as error:
            self._faced(error)
            raise

    def _faced(self, value: Any) -> Any:
        """What a user gets instead of a value; see `a2e_async._sync.face_classes.faced`."""
        from a2e_async._sync.face_classes import faced

        return faced(value, self._portal)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name == "aclose":
            raise AttributeError("without await it is called `close`")
        try:
            value = getattr(self._real, name)
        except AttributeError as error:
            raise type(error)(message_without_await(str(error))) from None
        return self._faced(value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._real, name, bare(value))

    def __dir__(self) -> list[str]:
        names = {name for name in dir(self._real) if not name.startswith("_")} - {"aclose"}
        return sorted({*super().__dir__(), *names})

    def __repr__(self) -> str:
        # A traceback may show one that could not be made.
        return repr(self._real) if hasattr(self, "_real") else f"{type(self).__name__}(...)"

    def __eq__(self, other: object) -> bool:
        return bool(self._real == bare(other)) if isinstance(other, Face) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._real)

    def __reduce__(self) -> tuple[Any, ...]:
        from a2e_async._sync.face_classes import unpickled

        return unpickled, (self._real,)

    def __copy__(self) -> Self:
        return type(self)(copy.copy(self._real), self._portal)

    def __deepcopy__(self, memo: Any) -> Self:
        return type(self)(copy.deepcopy(self._real, memo), self._portal)

    def _shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = self._real._shown()
        return shown

    def __await__(self) -> NoReturn:
        hint = ""
        try:
            self._real.__await__()
        except TypeError as error:
            hint = f" ({message_without_await(str(error))})"
        except AttributeError:
            pass
        raise _not_async(f"leave out `await`{hint}")

    def __aiter__(self) -> NoReturn:
        raise _not_async("leave out `async` before `for`")

    async def __aenter__(self) -> NoReturn:
        raise _not_async("leave out `async` before `with`")

    async def __aexit__(self, *error: object) -> None:
        pass


class IteratorFace(Face):
    """Before an async iterator."""

    __slots__ = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            return self._await(self._real.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None


class IterableFace(Face):
    """Before what has an async iterator."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        if hasattr(self._real, "pages"):  # a call for each page, and none for each record
            return chain.from_iterable(self._faced(self._real.pages()))
        return cast(Iterator[Any], self._faced(aiter(self._real)))


class ClosingFace(Face):
    """Before what can be closed."""

    __slots__ = ()

    def close(self) -> None:
        """Close it."""
        self._await(self._real.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class BlockFace(Face):
    """Before an async context manager, which needs its event loop until it is left."""

    __slots__ = ()

    def __enter__(self) -> Any:
        self._portal.refuse_in_loop()
        object.__setattr__(self, "_held", self._portal.hold())
        is_entered = False

        async def enter() -> Any:
            nonlocal is_entered
            value = await self._real.__aenter__()
            is_entered = True
            return value

        try:
            value = self._await(enter)
        except BaseException as error:
            if is_entered:  # an interrupt came at the same moment
                self.__exit__(type(error), error, error.__traceback__)
            else:
                self._let_go()
            raise
        return self if value == self else value

    def __exit__(self, *error: Any) -> Any:
        has_begun = False

        def leave() -> Awaitable[Any]:
            nonlocal has_begun
            has_begun = True
            end: Awaitable[Any] = self._real.__aexit__(*error)
            return end

        try:
            if self._desk is not None and self._desk.is_hurried_by(error[1]):
                return self._leave_now(leave, error[1])
            return self._await(leave)
        except BaseException as interrupt:
            if not has_begun and not isinstance(interrupt, Exception):
                self._leave_now(leave, interrupt)
            raise
        finally:
            self._let_go()

    def _leave_now(self, leave: Callable[[], Awaitable[Any]], interrupt: BaseException) -> None:
        if self._held is not None:
            self._portal.end_now(leave, self._held, interrupt, self._desk)

    def _let_go(self) -> None:
        held = self._held
        object.__setattr__(self, "_held", None)
        if held is not None:
            self._portal.let_go(held)


def bare(value: Any) -> Any:
    """The object behind a face, also inside lists, tuples and dicts."""
    if isinstance(value, Face):
        return value._real
    kind = type(value)
    if kind is list or kind is tuple:
        return kind(map(bare, value))
    if kind is dict:
        return {name: bare(member) for name, member in value.items()}
    return value


def _not_async(what_to_do: str) -> TypeError:
    return TypeError(f"this is of the client without await: {what_to_do}, or use `from a2e_async import A2E`")
