"""Which task an Outcome tells the end of. A worker imports no more of this package, to begin sooner."""

from __future__ import annotations

from a2e_async import Outcome

__all__ = ["task_id"]


def task_id(outcome: Outcome) -> str | None:
    """The id of the task whose end is in the Outcome."""
    if outcome.result is not None:
        return outcome.result.task.id
    return getattr(outcome.error, "task_id", None)
