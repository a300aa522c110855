"""A caller's callback for the updates of a task: its errors never cost a task that is paid for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from a2e_async.errors import InvalidArgument

__all__ = ["UpdateCallback"]


class UpdateCallback:
    """A caller's ``on_update``. If it fails, that is logged once, and it is not called again.

    Args:
        given: called with each record; may be a coroutine function.

    Raises:
        InvalidArgument: it cannot be called.
    """

    def __init__(self, given: Callable[..., Any]) -> None:
        if not callable(given):
            raise InvalidArgument("on_update", f"{given!r} cannot be called")
        self._given: Callable[..., Any] | None = given

    async def call(self, *arguments: Any) -> None:
        """Call it. An error of it must not cost anybody a task that is paid for."""
        if self._given is None:
            return
        try:
            outcome = self._given(*arguments)
            if hasattr(outcome, "__await__"):
                await outcome
        except Exception as error:
            import logging  # only here

            logging.getLogger("a2e_async").error(
                "on_update: %r has failed and is not called again; the task goes on",
                self._given,
                exc_info=error,
            )
            self._given = None
