"""DBOS keeps workflows in PostgreSQL, and runs an interrupted step again when its executor comes back.
The run starts each job once: asked again by key, it waits for the task that was paid for already.

On every machine: `DBOS__VMID=worker-1 python dbos_jobs.py work`. What a worker left is recovered only by one
with the same id: give ids that last. To hand jobs in: `python dbos_jobs.py < jobs.jsonl`.
"""

import asyncio
import json
import os
import sys
from typing import Any

from dbos import DBOS, DBOSClient, EnqueueOptions, WorkflowHandle

from a2e_async import A2E, InvalidArgument, ModerationError, OpenRun, StartPolicy, TaskFailed, TaskRejected

DATABASE = os.environ["A2E_JOURNAL"]  # DBOS has a schema of its own there
FINAL = (InvalidArgument, ModerationError, TaskFailed, TaskRejected)  # a retry changes nothing
open_here: list[tuple[A2E, OpenRun]] = []


def may_pass(error: BaseException) -> bool:
    return not isinstance(error, FINAL)


@DBOS.step(retries_allowed=True, max_attempts=12, interval_seconds=2, should_retry=may_pass)
async def generate(job: dict[str, Any]) -> list[str]:
    [(a2e, run)] = open_here
    return list((await run.result(a2e.job(job))).urls)


@DBOS.workflow(name="media")
async def media(job: dict[str, Any]) -> list[str]:
    return await generate(job)


async def work() -> None:
    # Otherwise the version is a hash of the code, and no job of older code is recovered.
    DBOS(config={"name": "media", "system_database_url": DATABASE, "application_version": "1"})
    start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
    async with A2E(start=start) as a2e, a2e.bulk(journal=DATABASE, lease=10) as run:
        open_here.append((a2e, run))
        DBOS.launch()
        await DBOS.register_queue_async("media", worker_concurrency=64)
        await asyncio.Event().wait()


def hand_in() -> None:
    client = DBOSClient(system_database_url=DATABASE)
    to: EnqueueOptions = {"queue_name": "media", "workflow_name": "media"}
    jobs = [json.loads(line) for line in sys.stdin]
    handles: list[WorkflowHandle[Any]] = [client.enqueue({**to, "workflow_id": j["key"]}, j) for j in jobs]
    for handle in handles:
        print(json.dumps({"key": handle.workflow_id, "urls": handle.get_result()}), flush=True)


if __name__ == "__main__":
    asyncio.run(work()) if sys.argv[1:] == ["work"] else hand_in()
