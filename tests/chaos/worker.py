"""The process that is killed: a bulk run with a journal. Its options are JSON on the command line.

It writes ``begun`` when the run begins and ``leaving`` when it is interrupted. At its end it writes one JSON
line for each Outcome and one for the run.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio

from a2e_async import A2E, BulkRun, Job, JournalError, Outcome, StartPolicy
from a2e_async.sandbox import ScaledClock
from tests.chaos.faults import task_id


def jobs(a2e: A2E, count: int, pictures: list[Path]) -> Iterator[Job[Any]]:
    """The jobs, the same in every process: each has a key, a prompt of its own and one of a few files."""
    for number in range(count):
        yield a2e.image_to_video(
            image_url=pictures[number % len(pictures)], prompt=f"picture {number} waves"
        ).with_key(f"job-{number:05}")


async def main(given: Mapping[str, Any]) -> None:
    """Run all jobs to their end."""
    pictures = [Path(path) for path in given["pictures"]]

    client = A2E(
        given["token"],
        base_url=given["url"],
        clock=ScaledClock(given["speed"]),
        start=StartPolicy(window=given["window"], resubmit=True, grace=given.get("grace", 10.0)),
    )
    async with client as a2e:
        run = a2e.bulk(
            jobs(a2e, given["jobs"], pictures),
            concurrency=given["concurrency"],
            journal=given["journal"],
            download_to=given["out"],
            timeout=36_000.0,
        )

        lines: list[str] = []
        try:
            async with run:
                _write("begun")
                await _drain(run, lines)
        except JournalError:
            if run.stopped is None:
                raise

        for line in lines:
            _write(line)
        _write(json.dumps({"stopped": repr(run.stopped) if run.stopped else None}))


async def _drain(run: BulkRun, lines: list[str]) -> None:
    try:
        async for outcome in run:
            lines.append(_line(outcome))  # noqa: PERF401 - an error must not lose the lines before it
    except Exception:
        raise
    except BaseException:
        _write("leaving")
        raise


def _line(outcome: Outcome) -> str:
    return json.dumps(
        {
            "key": outcome.key,
            "task": task_id(outcome),
            "urls": list(outcome.result.urls) if outcome.result else [],
            "paths": [str(path) for path in outcome.paths],
            "error": repr(outcome.error) if outcome.error else None,
        }
    )


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.ERROR)
    if "file_size" in options:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (options["file_size"], options["file_size"]))
    anyio.run(main, options, backend=options["backend"])
