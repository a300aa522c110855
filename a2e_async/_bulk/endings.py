"""How a job leaves a run without an Outcome. These exceptions never leave the run."""

from __future__ import annotations

__all__ = ["NotEnded", "NotStarted"]


class NotStarted(Exception):
    """A job was not started because the run has stopped."""


class NotEnded(Exception):
    """The run has stopped before the job's end was seen. Its journal has what the next run needs."""
