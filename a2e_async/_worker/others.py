"""What other workers have under way, for one that ends when there is nothing left to do."""

from __future__ import annotations

import logging

import procrastinate

from a2e_async._worker import names

__all__ = ["Others"]

logger = logging.getLogger("a2e_async")


class Others:
    """The messages that other workers had when the queue was found empty.

    One of these workers may be dead, and nobody knows for the time of a lease. Its messages are in the queue
    again then, and somebody must be there.

    Args:
        app: the app.
    """

    def __init__(self, app: procrastinate.App) -> None:
        self._app = app
        self._awaited: set[int | None] | None = None

    async def have_ended(self) -> bool:
        """Whether none of these messages is under way any more."""
        found = await self._app.job_manager.list_jobs_async(task=names.JOB_TASK, status="doing")
        under_way = {message.id for message in found}
        if self._awaited is None:
            self._awaited = under_way
            if under_way:
                logger.warning(
                    "queue: it is empty; waiting for what other workers have under way (%d)", len(under_way)
                )
        self._awaited &= under_way
        return not self._awaited
