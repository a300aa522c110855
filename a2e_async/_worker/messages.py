"""The tasks of procrastinate that carry out our messages, and what becomes of a message that fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
from procrastinate.jobs import Job as Message

from a2e_async._worker import names
from a2e_async._worker.delivery import Delivery, GivenBack, OverBudget
from a2e_async._worker.rescue import rescue

__all__ = ["blueprint_of"]

_OVER_BUDGET = timedelta(minutes=1)  # until a job that may cost too much is tried again


class _Again(procrastinate.BaseRetryStrategy):
    """Which messages are delivered again: those whose job has not ended. A job that failed has."""

    def get_retry_decision(
        self, *, exception: BaseException, job: Message
    ) -> procrastinate.RetryDecision | None:
        """Say whether the message goes back to the queue, and when it is delivered again."""
        if isinstance(exception, OverBudget):
            return procrastinate.RetryDecision(retry_at=datetime.now(UTC) + _OVER_BUDGET)
        # Anything that is no error of the job: the worker ends, or was cancelled.
        if isinstance(exception, GivenBack) or not isinstance(exception, Exception):
            return procrastinate.RetryDecision(retry_at=names.AT_ONCE)
        return None


def blueprint_of(delivery: Delivery, *, rescue_after: float | None) -> procrastinate.Blueprint:
    """Make the tasks.

    Args:
        delivery: carries out the messages.
        rescue_after: seconds without a sign of life after which a worker's messages go back to the queue;
            None if no task of procrastinate is to look after that.
    """
    blueprint = procrastinate.Blueprint()

    @blueprint.task(name=names.JOB, queue=names.QUEUE, pass_context=True, retry=_Again())
    async def run_job(
        context: procrastinate.JobContext, job: dict[str, Any], digest: str | None = None
    ) -> None:
        """Carry out a job, unless that was done before."""
        await delivery.carry_out(context, job)

    if rescue_after is not None:
        seconds = rescue_after

        @blueprint.periodic(cron="* * * * *")
        @blueprint.task(
            name=names.RESCUE, queue=names.QUEUE, pass_context=True, queueing_lock=names.RESCUE_LOCK
        )
        async def rescue_messages(context: procrastinate.JobContext, timestamp: int) -> None:
            """Give the messages of workers that are gone back to the queue."""
            await rescue(context.app, seconds)

    return blueprint
