"""Dask shares the jobs out, and computes again what a dead worker computed or still held.
The run starts each job once: asked again by key, it returns what the first computation paid for.

`python dask_jobs.py < jobs.jsonl` has two workers, on this machine. For more machines, give `Client` the
address of their scheduler instead of a `LocalCluster`.
"""

import json
import os
import sys
from typing import Any

from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker

from a2e_async import A2E, InvalidArgument, ModerationError, StartPolicy, TaskFailed, TaskRejected

FINAL = (InvalidArgument, ModerationError, TaskFailed, TaskRejected)  # a retry changes nothing


class Media(WorkerPlugin):
    """The client and the open run of a worker, in the worker's own event loop."""

    name = "media"

    async def setup(self, worker: Worker) -> None:
        start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
        self.a2e = await A2E(start=start).__aenter__()
        self.run = await self.a2e.bulk(journal=os.environ["A2E_JOURNAL"], lease=10).__aenter__()

    async def teardown(self, worker: Worker) -> None:
        await self.run.__aexit__(None, None, None)
        await self.a2e.aclose()


async def generate(job: dict[str, Any]) -> dict[str, Any]:
    media: Any = get_worker().plugins["media"]
    try:
        result = await media.run.result(media.a2e.job(job))
    except FINAL as error:
        return {"key": job["key"], "error": str(error)}  # other errors are raised, and retried by Dask
    return {"key": job["key"], "urls": list(result.urls)}


def main() -> None:
    jobs = [json.loads(line) for line in sys.stdin]
    # A coroutine occupies one of the worker's threads: so many jobs are under way at once.
    with LocalCluster(n_workers=2, threads_per_worker=32) as cluster, Client(cluster) as client:
        client.register_plugin(Media())
        futures = client.map(generate, jobs, key=[job["key"] for job in jobs], retries=5)
        for future in as_completed(futures):
            print(json.dumps(future.result()), flush=True)
            future.release()  # what nobody needs any more is not computed again


if __name__ == "__main__":
    main()
