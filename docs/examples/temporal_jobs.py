"""Temporal keeps the queue, and runs an activity again elsewhere when its worker's heartbeats stop.
The run starts each job once: asked again by key, it waits for the task that was paid for already.

On every machine: `python temporal_jobs.py work`. To hand jobs in: `python temporal_jobs.py < jobs.jsonl`.
"""

import asyncio
import json
import os
import sys
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy, WorkflowIDConflictPolicy
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from a2e_async import A2E, StartPolicy

ADDRESS = os.environ.get("TEMPORAL_ADDRESS", "localhost:7233")
FINAL = ["InvalidArgument", "ModerationError", "TaskFailed", "TaskRejected"]  # a retry changes nothing
TO: Any = {"task_queue": "media", "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING}

LIMITS: Any = {"heartbeat_timeout": timedelta(seconds=15), "schedule_to_close_timeout": timedelta(days=1)}


@workflow.defn
class Generate:
    @workflow.run
    async def run(self, job: dict[str, Any]) -> Any:
        retries = RetryPolicy(non_retryable_error_types=FINAL)
        return await workflow.execute_activity("media", job, retry_policy=retries, **LIMITS)


async def work() -> None:
    start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
    async with A2E(start=start) as a2e, a2e.bulk(journal=os.environ["A2E_JOURNAL"], lease=10) as run:

        @activity.defn
        async def media(job: dict[str, Any]) -> list[str]:
            asked = asyncio.ensure_future(run.result(a2e.job(job)))
            while not (await asyncio.wait([asked], timeout=5))[0]:
                activity.heartbeat()
            return list(asked.result().urls)

        client = await Client.connect(ADDRESS)
        await Worker(client, task_queue="media", workflows=[Generate], activities=[media]).run()


async def hand_in() -> None:
    start = (await Client.connect(ADDRESS)).start_workflow
    for handle in [await start("Generate", job, id=job["key"], **TO) for job in map(json.loads, sys.stdin)]:
        print(json.dumps({"key": handle.id, "urls": await handle.result()}), flush=True)


if __name__ == "__main__":
    asyncio.run(work() if sys.argv[1:] == ["work"] else hand_in())
