"""Celery hands tasks to workers, and with late acknowledgement again when a worker was lost.
The run starts each job once: asked again by key, it waits for the task that was paid for already.

On every machine: `celery -A celery_jobs worker --pool threads --concurrency 64`; with `--pool prefork` each
child makes its own client, and has one job at a time. To hand jobs in: `python celery_jobs.py < jobs.jsonl`.
"""

import asyncio
import json
import os
import sys
from functools import cache
from threading import Lock, Thread
from typing import Any

from celery import Celery

from a2e_async import A2E, A2EError, InvalidArgument, ModerationError, StartPolicy, TaskFailed, TaskRejected

BROKER = os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0")
FINAL = (InvalidArgument, ModerationError, TaskFailed, TaskRejected)  # a retry changes nothing

app = Celery("celery_jobs", broker=BROKER, backend=os.environ.get("CELERY_RESULT_BACKEND", BROKER))
# What a lost worker had is delivered again. Redis waits so many seconds for an acknowledgement; after that a
# slow task goes to another worker too, which waits for the same result.
app.conf.task_acks_late = app.conf.task_reject_on_worker_lost = True
app.conf.broker_transport_options = {"visibility_timeout": int(os.environ.get("VISIBILITY_TIMEOUT", "900"))}
app.conf.worker_prefetch_multiplier = 1


class Media:
    """The client and the open run of this process, in an event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        Thread(target=self.loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self.open(), self.loop).result()

    async def open(self) -> None:
        start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
        self.a2e = await A2E(start=start).__aenter__()
        self.run = await self.a2e.bulk(journal=os.environ["A2E_JOURNAL"], lease=10).__aenter__()


lock, media = Lock(), cache(Media)


@app.task(autoretry_for=(A2EError,), dont_autoretry_for=FINAL, retry_backoff=2, max_retries=12)
def generate(job: dict[str, Any]) -> list[str]:
    with lock:
        own = media()
    return list(asyncio.run_coroutine_threadsafe(own.run.result(own.a2e.job(job)), own.loop).result().urls)


if __name__ == "__main__":
    jobs = [json.loads(line) for line in sys.stdin]
    for result in [generate.apply_async((job,), task_id=job["key"]) for job in jobs]:
        print(json.dumps({"key": result.id, "urls": result.get()}), flush=True)
