"""Tells listeners what a client does. Nothing is built or sent while nobody listens."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from a2e_async.client_events import ClientEvent

__all__ = ["SILENT", "Announcer", "Listener", "listeners_from", "next_number", "tell_failed", "tell_retried"]

Listener = Callable[["ClientEvent"], Any]
"""Called with each event, in the thread and the task in which it happens. It must return soon."""

_CODE = re.compile(r"[\w.-]{1,64}")  # a longer code would be a text, which may repeat a prompt
_numbers = itertools.count(1)


class Announcer:
    """Tells each event to all listeners. A listener that fails is dropped.

    Before an event is made, `heard` is asked, so that an event that nobody hears is never made.

    Args:
        listeners: the listeners.

    Attributes:
        heard: whether anybody listens.
        follows: whether anybody wants to know each status of each task, which costs time with each poll. A
            listener that does not has an attribute of this name that is False.
    """

    __slots__ = ("_listeners", "follows", "heard")

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        self._take(tuple(listeners))

    def _take(self, listeners: tuple[Listener, ...]) -> None:
        self._listeners = listeners
        self.heard = bool(listeners)
        self.follows = any(getattr(listener, "follows", True) is not False for listener in listeners)

    def tell(self, event: ClientEvent) -> None:
        """Tell an event to everyone who listens."""
        for listener in self._listeners:
            try:
                outcome = listener(event)
            except Exception as error:
                self._drop(listener, error)
                continue
            if outcome is not None and hasattr(outcome, "__await__"):
                if hasattr(outcome, "close"):
                    outcome.close()
                self._drop(listener, TypeError("it returns an awaitable, and is not awaited"))

    def note(self, what: str, *facts: Any, **more: Any) -> None:
        """Tell something that is no event to those listeners that have a method of this name."""
        for listener in self._listeners:
            method = getattr(listener, what, None)
            if method is not None:
                try:
                    method(*facts, **more)
                except Exception as error:
                    self._drop(listener, error)

    def _drop(self, failed: Listener, error: Exception) -> None:
        """Tell a listener nothing more: it would fail with each of a million events."""
        import logging  # only here

        # Another thread may have dropped one too.
        self._take(tuple(listener for listener in self._listeners if listener is not failed))
        logging.getLogger("a2e_async").error(
            "on_event: %r has failed and is not called again", failed, exc_info=error
        )


SILENT = Announcer()
"""Tells nobody."""


def next_number() -> int:
    """A number that no other start or transfer of the process has."""
    return next(_numbers)


def tell_failed(events: Announcer, error: BaseException, *, code: str | None = None, **facts: Any) -> None:
    """Tell that something has ended with an error.

    Args:
        events: tells the listeners; somebody listens.
        error: the error.
        code: the service's code, if the error itself has none.
        facts: more attributes of `Failed`.
    """
    from a2e_async.client_events import Failed  # as all events, only if somebody listens

    name = type(error).__name__ if isinstance(error, Exception) else "Cancelled"
    code = str(getattr(error, "code", None) or code or "")
    events.tell(
        Failed(
            error=name,
            status=getattr(error, "status", None),
            code=code if _CODE.fullmatch(code) else None,
            **facts,
        )
    )


def tell_retried(events: Announcer, error: BaseException, what: str, pause: float, attempt: int) -> None:
    """Tell that a request is sent again. As `tell_failed`; the others are attributes of `Retried`."""
    from a2e_async.client_events import Retried, Throttled

    status = getattr(error, "status", None)
    if status == 429:
        events.tell(Throttled(what=what, pause=pause, attempt=attempt))
    else:
        name = type(error).__name__
        events.tell(Retried(what=what, error=name, status=status, pause=pause, attempt=attempt))


def listeners_from(given: Any, own: Listener | None = None) -> Announcer:
    """Return what tells a client's listeners: one of them, or several.

    Args:
        given: the listeners; None if there are none.
        own: a listener of this package.

    Raises:
        ConfigurationError: one of them cannot be called, or would have to be awaited.
    """
    listeners = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]

    import inspect  # only here: most clients have no listener

    for listener in listeners:
        if not callable(listener):
            raise ConfigurationError(f"on_event: {listener!r} cannot be called")
        if inspect.iscoroutinefunction(listener) or inspect.iscoroutinefunction(
            getattr(listener, "__call__", None)  # noqa: B004 - its type is asked for, not whether it is there
        ):
            raise ConfigurationError(
                f"on_event: {listener!r} is async, and a listener is not awaited: what it waits for would "
                "hold up starts and polls. Put events into a queue: on_event=queue.put_nowait"
            )
    return Announcer(listeners if own is None else [*listeners, own])
