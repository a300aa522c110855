"""The classes of faces, made from the classes of the async client.

So a new method or a new resource has a face at once. What is data has none: records, errors and uploads are
the same objects for both clients.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from functools import cached_property, partial, update_wrapper, wraps
from inspect import (
    CORO_CREATED,
    getcoroutinestate,
    getmembers_static,
    iscoroutine,
    iscoroutinefunction,
    isfunction,
)
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import attrs

from a2e_async._sync.errands import Desk
from a2e_async._sync.faces import BlockFace, ClosingFace, Face, IterableFace, IteratorFace, bare
from a2e_async._sync.loop_thread import LoopThread
from a2e_async._sync.portal import Portal
from a2e_async._sync.wording import message_without_await, without_await
from a2e_async.errors import A2EError
from a2e_async.plain import Plain
from a2e_async.protocols import NoRuntime
from a2e_async.records import Record
from a2e_async.resources import Resource

__all__ = ["face_class", "faced", "is_live", "unpickled"]

# What users make and give to a client, and never get back from it.
_GIVEN = frozenset({"Clock", "SystemClock", "Webhooks"})

_SYNTAX = frozenset(
    {"__call__", "__fspath__", "__len__", "__getitem__", "__contains__", "__bool__", "__iter__", "__next__"}
)
_HINTS = "a2e_async.hints"  # what it adds to classes is for mistakes
_DATA = frozenset({str, int, float, bool, bytes, dict, type(None), frozenset})

T = TypeVar("T")

_making = threading.RLock()  # so that a class never has two classes of faces


def _once(make: Callable[[type[Any]], T]) -> Callable[[type[Any]], T]:
    """Make something of each class once, for as long as there is the class."""
    made: WeakKeyDictionary[type[Any], T] = WeakKeyDictionary()

    @wraps(make)
    def get(kind: type[Any]) -> T:
        try:
            return made[kind]
        except KeyError:
            with _making:
                if kind not in made:
                    made[kind] = make(kind)
                return made[kind]

    return get


@_once
def is_live(kind: type[Any]) -> bool:
    """Whether objects of a class do something in the event loop, so that they need a face."""
    if any(_has(kind, name) for name in ("__aiter__", "__anext__", "__aenter__")):
        return True
    if not _is_ours(kind) or kind.__name__ in _GIVEN:
        return False
    if issubclass(kind, Resource) or any("__iter__" in vars(each) for each in kind.__mro__ if _is_ours(each)):
        return True
    members = getmembers_static(kind)
    return any(iscoroutinefunction(value) for name, value in members if not name.startswith("_"))


@_once
def face_class(kind: type[Any]) -> type[Any]:
    """The class of the faces of a class's objects, with the same name."""
    own = vars(kind)
    bases: list[type[Any]] = [face_class(base) for base in kind.__bases__ if _is_ours(base)]
    members = {name: member for name in own if (member := _member(name, own[name])) is not None}

    # What iterates, closes and opens is not a matter of names.
    if "aclose" in own:
        bases.insert(0, ClosingFace)
        members.pop("close", None)
    if "__aenter__" in own:
        bases.insert(0, BlockFace)
    if "__anext__" in own:
        bases.insert(0, IteratorFace)
    elif "__aiter__" in own and not _has(kind, "__anext__"):
        bases.insert(0, IterableFace)
        members.pop("__iter__", None)
    if issubclass(kind, Plain) and not any(issubclass(base, Plain) for base in bases):
        bases.append(Plain)
    if not any(issubclass(base, Face) for base in bases):
        bases.insert(0, Face)

    details = {"__slots__": (), "__module__": "a2e_async.sync", "__doc__": without_await(kind.__doc__ or "")}
    return type(kind.__name__, tuple(bases), {**members, **details})


def _is_ours(kind: type[Any]) -> bool:
    """Whether a class is of this package, and says more than what was probably meant."""
    return kind.__module__.startswith("a2e_async.") and kind.__module__ != _HINTS and kind is not Plain


def _has(kind: type[Any], name: str) -> bool:
    return any(name in vars(each) for each in kind.__mro__ if each.__module__ != _HINTS)


def faced(value: Any, portal: Portal, desk: Desk | None = None, thread: LoopThread | None = None) -> Any:
    """What a user of the client without await gets instead of a value.

    Args:
        value: what an attribute is, or what a call has returned. A coroutine is run, and its result taken.
        portal: the way into the event loop of the client.
        desk: where the loop leaves errands for the thread that waits for a coroutine.
        thread: runs the loop that a coroutine belongs to; None for any.
    """
    kind = type(value)
    if kind in _DATA or isinstance(value, Face | Record | type):
        return value
    if iscoroutine(value):
        try:
            return faced(portal.run(lambda: value, desk, thread), portal)
        finally:
            if getcoroutinestate(value) == CORO_CREATED:
                value.close()  # it was refused
    if isinstance(value, Generator | map | filter):
        return (faced(item, portal) for item in value)
    if kind is list or kind is tuple:
        return kind(faced(item, portal) for item in value)

    if isinstance(value, BaseException):
        return _with_faces(value, portal)
    if is_live(kind):
        return face_class(kind)(value, portal)
    if kind.__module__.startswith("a2e_async.") and attrs.has(kind):
        return _evolved(value, portal)
    return value


def _with_faces(error: BaseException, portal: Portal) -> BaseException:
    """The error, with faces of what it holds: of a task that can be waited for again."""
    if isinstance(error, A2EError):
        error.args = tuple(
            message_without_await(each) if isinstance(each, str) else each for each in error.args
        )
        for name, value in tuple(vars(error).items()):
            if is_live(type(value)):
                setattr(error, name, faced(value, portal))
    return error


def _evolved(value: Any, portal: Portal) -> Any:
    """The value, or a copy with faces of what it holds."""
    old = {field.name: getattr(value, field.name) for field in attrs.fields(type(value)) if field.init}
    new = {name: faced(member, portal) for name, member in old.items()}
    changed = {name: member for name, member in new.items() if member is not old[name]}
    return attrs.evolve(value, **changed) if changed else value


def _member(name: str, value: Any) -> Any:
    """The member of a face for a member of the class; None if the face needs none."""
    if name not in _SYNTAX and name.startswith("_") and not name.startswith("_repr_"):
        return None
    if name == "aclose":
        return None
    if isinstance(value, property | cached_property):
        return property(_reader(name), doc=without_await(value.__doc__ or ""))
    return _method(name, value) if isfunction(value) else None


def _reader(name: str) -> Callable[[Face], Any]:
    return lambda self: faced(getattr(self._real, name), self._portal)


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    said = getattr(function, "__annotations__", {})
    callbacks = {each for each, kind in said.items() if "Callable[" in str(kind) and each != "return"}

    def method(self: Face, /, *args: Any, **kwargs: Any) -> Any:
        given: dict[str, Any] = {}
        work: Any = None
        portal = _portal_for(self, (*args, *kwargs.values()))
        desk = self._desk or (Desk() if callbacks & kwargs.keys() else None)

        try:
            given = {each: bare(argument) for each, argument in kwargs.items()}
            if desk is not None:  # callbacks are called here
                given |= {each: _handed_over(given[each], desk) for each in callbacks & given.keys()}
            work = partial(getattr(self._real, name), *map(bare, args), **given)
            return faced(_made(work, portal), portal, desk, self._held)
        except Exception as error:
            _with_faces(error, portal)
            raise
        finally:
            del args, kwargs, given, work  # a secret in them is not shown by a traceback from here

    update_wrapper(method, function)
    method.__doc__ = without_await(function.__doc__ or "")
    return method


def _made(work: Callable[[], Any], portal: Portal) -> Any:
    """What a method returns. One that needs a running loop is called in it."""
    try:
        return work()
    except NoRuntime:

        async def call() -> Any:
            return work()

        return portal.run(call)


def _portal_for(face: Face, arguments: Iterable[Any]) -> Portal:
    """The portal of what a method returns: that of the client which it is given, if it is."""
    clients = (each for each in arguments if isinstance(each, Face) and hasattr(type(each._real), "aclose"))
    client = next((each for each in clients if hasattr(type(each._real), "runtime")), None)
    return face._portal if client is None else client._portal


def _handed_over(function: Any, desk: Desk) -> Any:
    """A callback that is called by the thread which waits."""
    if not callable(function) or iscoroutinefunction(function):
        return function

    @wraps(function)  # an error in it is logged with its name
    async def call(*arguments: Any) -> Any:
        return await desk.do(function, *arguments)

    return call


def unpickled(real: Any) -> Any:
    """A face without a client."""
    return faced(real, Portal(None))
