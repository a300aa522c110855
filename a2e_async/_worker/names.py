"""What the queue's tasks are called in the database. Messages outlive versions, so these never change."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["AT_ONCE", "JOB", "JOB_TASK", "NAMESPACE", "QUEUE", "RESCUE", "RESCUE_LOCK", "lock_of"]

NAMESPACE = "a2e"
JOB = "job"
RESCUE = "rescue"
JOB_TASK = f"{NAMESPACE}:{JOB}"
RESCUE_LOCK = f"{NAMESPACE}:{RESCUE}"
QUEUE = "a2e"

# Not the present: the database may think that it is still to come, as its clock is another one.
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)


def lock_of(key: str) -> str:
    """The queueing lock of a job: only one message with it waits in the queue."""
    return f"{JOB_TASK}:{key}"
