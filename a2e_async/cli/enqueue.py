"""``a2e enqueue``: put jobs into the queue of the workers."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from a2e_async import worker
from a2e_async.cli.input_files import readable_twice
from a2e_async.cli.lines import jobs_in, number_of
from a2e_async.cli.output import print_json, print_row, to_plain
from a2e_async.cli.progress import spinner
from a2e_async.client import A2E

__all__ = ["enqueue"]


async def enqueue(
    a2e: A2E,
    *,
    file: str,
    encoding: str | None,
    journal: str,
    priority: int,
    at: datetime | None,
    upload: bool,
    json: bool,
) -> int:
    """Put the jobs of a file into the queue. All lines are checked before the first job is queued."""
    with readable_twice(file) as path:
        with spinner("checking the jobs"):
            total = await number_of(jobs_in(a2e, path, encoding=encoding))
        with spinner(f"queueing {total} jobs"), closing(jobs_in(a2e, path, encoding=encoding)) as jobs:
            added = await worker.enqueue(
                jobs, journal=journal, priority=priority, schedule_at=at, upload=upload
            )

    facts = to_plain(added)
    if json:
        print_json(facts)
    else:
        for name, count in facts.items():
            print_row(name, count)
    return 0
