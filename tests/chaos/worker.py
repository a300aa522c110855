"""The process that is killed: a bulk run with a journal. Its options are JSON on the command line.

It writes ``begun`` when the run begins and ``leaving`` when it is interrupted. At its end it writes one JSON
line for each Outcome and one for the run. With ``ahead`` its clock is wrong by so many seconds.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio

from a2e_async import A2E, BulkRun, Job, JournalError, OpenRun, Outcome, StartPolicy
from a2e_async.sandbox import ScaledClock
from tests.chaos.ends import task_id

_MORE = ("lease", "account_concurrency", "max_coins")


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
        more = {name: given[name] for name in _MORE if given.get(name) is not None}
        settings = {
            "concurrency": given["concurrency"],
            "journal": given["journal"],
            "download_to": given["out"],
            "timeout": 36_000.0,
            **more,
        }
        plan = jobs(a2e, given["jobs"], pictures)
        lines: list[str] = []
        run: BulkRun | OpenRun = a2e.bulk(**settings) if given.get("is_open") else a2e.bulk(plan, **settings)
        try:
            async with run:
                _write("begun")
                if isinstance(run, OpenRun):
                    await _ask_for_all(run, list(plan), lines)
                else:
                    await _drain(run, lines)
        except JournalError:
            if run.stopped is None:
                raise

        lines.append(json.dumps({"stopped": repr(run.stopped) if run.stopped else None}))
        if "output" in given:
            Path(given["output"]).write_text("\n".join(lines))  # noqa: ASYNC240 - at the end nobody waits
            return
        for line in lines:
            _write(line)


async def _ask_for_all(run: OpenRun, plan: list[Job[Any]], lines: list[str]) -> None:
    async def ask(job: Job[Any]) -> None:
        lines.append(_line(await run.outcome(job)))

    async with anyio.create_task_group() as group:
        for job in plan:
            group.start_soon(ask, job)


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
    if options.get("ahead"):
        right = time.time
        time.time = lambda: right() + options["ahead"]
    anyio.run(main, options, backend=options["backend"])
