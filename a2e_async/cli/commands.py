"""The commands of the command line. Each returns its exit code."""

from __future__ import annotations

import argparse
import functools
import inspect
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from a2e_async.cli.catalogue import Call, workflows
from a2e_async.cli.lines import NeedsFiles, jobs_in
from a2e_async.cli.options import values_from
from a2e_async.cli.output import (
    print_error,
    print_json,
    print_outcome,
    print_row,
    result_facts,
    task_facts,
    to_plain,
)
from a2e_async.cli.progress import bars, spinner
from a2e_async.cli.text_files import readable_twice
from a2e_async.client import A2E
from a2e_async.errors import A2EError, InvalidArgument
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.tasks import Result, Task

__all__ = ["bulk", "call", "list_tasks", "run", "show_workflows", "upload", "wait"]


async def run(a2e: A2E, options: argparse.Namespace, start: Call) -> int:
    """``a2e run``: start one task and wait for it, unless ``--no-wait`` is given."""
    job = _invoke(a2e, start, values_from(options, start))
    if not isinstance(job, Job):
        raise InvalidArgument(start.name, "starts nothing")
    if options.wait:
        job.require_awaitable()

    with spinner(f"starting {start.name}"):
        task = await job.start()
    try:
        if not options.json:
            for task_id in task.ids:
                print_row("id", task_id)
        elif not options.wait:
            print_json(task_facts(task))
    except OSError:
        _print_way_back(task)  # stdout cannot be written, and the task is paid for
        raise

    if options.wait:
        return await _finish(task, options)
    if not options.json:
        _print_coins(task.coins)
    return 0


async def wait(a2e: A2E, options: argparse.Namespace, start: Call) -> int:
    """``a2e wait``: wait for a task of an earlier process."""
    return await _finish(getattr(a2e, start.resource).task(options.id), options)


async def _finish(task: Task[Any], options: argparse.Namespace) -> int:
    """Wait for the task and report its result. If this is interrupted, say how to wait for it again."""
    try:
        with spinner(f"{task.workflow.name} {task.id}"):
            result = await task.wait(timeout=options.wait_timeout)
        await _report(result, options)
    except A2EError as error:
        if options.json:
            print_json({**task_facts(task), "error": f"{type(error).__name__}: {error}"})
        raise
    except BrokenPipeError:
        raise  # the reader has seen the id, and left
    except BaseException:
        _print_way_back(task)
        raise

    return 0


def _print_way_back(task: Task[Any]) -> None:
    print_error(f"stopped; the task goes on: a2e wait {task.workflow.name} {task.id}")


async def _report(result: Result[Any], options: argparse.Namespace) -> None:
    """Download the files of a result, if a folder is given, and print its facts."""
    paths: Sequence[Path] = ()
    if options.out is not None:
        with spinner("downloading"):
            paths = await result.download(options.out)

    if options.json:
        print_json(result_facts(result, paths))
        return

    _print_coins(result.coins)
    for path in paths:
        print_row("file", path)
    if options.out is None:
        for url in result.urls:
            print_row("url", url)
    for failed in result.failed:
        print_error(f"task {failed.id} failed: {failed.failure or failed.status}")


def _print_coins(coins: float | None) -> None:
    if coins is not None:
        print_row("coins", f"{coins:g}")


async def list_tasks(a2e: A2E, options: argparse.Namespace, listing: Call) -> int:
    """``a2e list``: print the newest tasks of a workflow."""
    records = _invoke(a2e, listing, values_from(options, listing))
    if not isinstance(records, Pages):
        raise InvalidArgument(listing.name, "lists nothing")

    for record in await records.first(options.limit):
        if options.json:
            print_json(record)
        else:
            cells = (getattr(record, name, None) for name in ("id", "status", "created_at", "name"))
            print_row(*("-" if cell is None else cell for cell in cells))
    return 0


async def call(a2e: A2E, options: argparse.Namespace, named: Call) -> int:
    """``a2e call``: call any other operation and print the reply as JSON."""
    values = values_from(options, named)
    if named.waits:
        values["timeout"] = options.wait_timeout
    called = _invoke(a2e, named, values)

    if isinstance(called, Pages):
        for record in await called.first(options.limit):
            print_json(record)
        return 0

    if inspect.isawaitable(called):
        reply = await called
        if isinstance(reply, Result):
            await _report(reply, options)
        else:
            print_json(reply)
        return 0

    async with called as events:
        async for event in events:
            print_json({"kind": event.kind, "data": to_plain(event.data)})
    return 0


def _invoke(a2e: A2E, named: Call, values: Mapping[str, Any]) -> Any:
    """Call the method: gives a Job, Pages, Events or an awaitable."""
    resource: Any = getattr(a2e, named.resource)
    method = resource if named.method == "__call__" else getattr(resource, named.method)
    return method(**values)


async def upload(a2e: A2E, options: argparse.Namespace) -> int:
    """``a2e upload``: upload files and print their URLs."""
    paths = [Path(name) for name in options.files]
    for path in paths:
        if not path.is_file():
            raise InvalidArgument("FILE", f"{str(path)!r} is not a file")

    with spinner(f"uploading {len(paths)} files"):
        uploads = await a2e.upload_many(paths)

    for path, uploaded in zip(paths, uploads, strict=True):
        if options.json:
            print_json({"file": path, **to_plain(uploaded)})
        else:
            print_row(uploaded.url, path)
    return 0


async def bulk(a2e: A2E, options: argparse.Namespace) -> int:
    """``a2e bulk``: run many jobs from JSON lines. All lines are checked before the first job is started."""
    needs, allowed = _needs_files(options.journal)
    with readable_twice(options.file) as path:
        read = functools.partial(jobs_in, a2e, path, encoding=options.encoding)
        with spinner("checking the jobs"):
            total = sum(1 for _ in read(needs_files=needs))

        with closing(read(needs_files=allowed)) as jobs, bars({"": total}) as progress:
            bulk_run = a2e.bulk(
                jobs,
                concurrency=options.concurrency,
                timeout=options.wait_timeout,
                journal=options.journal,
                retries=options.retries,
                download_to=options.out,
                max_coins=options.max_coins,
                start_rate=options.start_rate,
                finished="skip" if options.skip_finished else "yield",
                changed="restart" if options.restart_changed else "raise",
            )
            try:
                async with bulk_run as outcomes:
                    async for outcome in outcomes:
                        if progress:
                            progress.advance(failed=outcome.error is not None)
                        print_outcome(outcome, json=options.json)
            except BrokenPipeError:
                if bulk_run.summary().jobs < total:
                    print_error("stdout was closed, so the run has stopped; tasks that were started go on")
                raise

    summary = bulk_run.summary()
    print_error(
        f"{summary.done} done, {summary.failed} failed, {summary.not_started} not started, "
        f"{summary.coins:g} coins, {summary.requests} requests"
    )
    if bulk_run.stopped is not None:
        raise bulk_run.stopped
    return 1 if summary.failed or summary.not_started else 0


def _needs_files(journal: str | None) -> tuple[NeedsFiles | None, NeedsFiles | None]:
    """Whether a job needs the files that are gone: before the run, and in it, when all jobs are checked."""
    if journal is None:
        return None, None

    from a2e_async._journal.database_url import place_from
    from a2e_async._journal.look import needs_files

    return functools.partial(needs_files, place_from(journal)), lambda _: False


def show_workflows(options: argparse.Namespace) -> int:
    """``a2e workflows``: print the workflows that can be run."""
    for start in workflows():
        if options.json:
            print_json({"workflow": start.name, "summary": start.summary})
        else:
            print_row(start.name, start.summary)
    return 0
