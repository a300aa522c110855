"""Tell listeners about the polls of one workflow, and what they show."""

from __future__ import annotations

from collections.abc import Sequence

from a2e_async._tasks.status import Shown
from a2e_async._tasks.waiting import WaitingTask
from a2e_async.announcer import Announcer, tell_retried

__all__ = ["PollEvents"]

_LONGEST_WORD = 40  # characters


class PollEvents:
    """Tells listeners about the polls of one workflow.

    Args:
        events: tells the listeners.
        workflow: the name of the workflow.
    """

    def __init__(self, events: Announcer, workflow: str) -> None:
        self.events = events
        self._workflow = workflow

    def polled(self, tasks: int, ended: Sequence[WaitingTask], sent: float, answered: float) -> None:
        """Tell that tasks were asked for, and which of them have ended. Times are seconds of the clock."""
        if self.events.heard:
            from a2e_async.client_events import Polled  # as the others, only if somebody listens

            late = (entry.lateness(sent, answered) for entry in ended)
            self.events.tell(
                Polled(
                    workflow=self._workflow,
                    tasks=tasks,
                    ended=len(ended),
                    seconds=max(0.0, answered - sent),
                    lateness=tuple(max(0.0, seconds) for seconds in late if seconds is not None),
                )
            )

    def retried(self, error: Exception, pause: float, attempt: int) -> None:
        """Tell that no task is asked for during a pause."""
        if self.events.heard:
            path = getattr(error, "path", "") or f"polls of {self._workflow}"
            tell_retried(self.events, error, path, pause, attempt)

    def status(self, task_id: str, shown: Shown) -> None:
        """Tell that a task shows another status or progress."""
        if self.events.heard:
            from a2e_async.client_events import StatusChanged

            status, progress = shown
            self.events.tell(
                StatusChanged(
                    workflow=self._workflow, task_id=task_id, status=_known(status), progress=progress
                )
            )

    def hook(self, task_ids: Sequence[str], event: str | None) -> None:
        """Tell that the service has called about tasks."""
        if self.events.heard:
            from a2e_async.client_events import HookReceived

            self.events.tell(
                HookReceived(workflow=self._workflow, task_ids=tuple(task_ids), event=_known(event))
            )


def _known(word: str | None) -> str | None:
    """A word of the service, unless it is a text: that may repeat a prompt."""
    return word if word is not None and len(word) <= _LONGEST_WORD and word.isprintable() else None
