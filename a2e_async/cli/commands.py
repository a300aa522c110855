"""The commands."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from a2e_async.cli.catalogue import Call, workflows
from a2e_async.cli.lines import jobs_in, readable
from a2e_async.cli.options import values_from
from a2e_async.cli.output import (
    error_line,
    outcome_facts,
    plain,
    progress,
    result_facts,
    say,
    say_json,
    status,
    task_facts,
)
from a2e_async.client import A2E
from a2e_async.errors import A2EError, InvalidArgument
from a2e_async.jobs import Job, Result, Task
from a2e_async.pages import Pages

__all__ = ["bulk", "call", "list_tasks", "run", "show_workflows", "upload", "wait"]


async def run(a2e: A2E, options: argparse.Namespace, start: Call) -> int:
    """``a2e run``: start one task, and wait for it as a rule."""
    job = _made(a2e, start, values_from(options, start))
    if not isinstance(job, Job):
        raise InvalidArgument(start.name, "starts nothing")
    if options.wait:
        job.workflow.require_readable()
    with status(f"starting {start.name}"):
        task = await job.start()
    if not options.json:
        for task_id in task.ids:
            say("id", task_id)
    if not options.wait:
        _tell_coins(task_facts(task), options)
        return 0
    return await _finish(task, options)


async def wait(a2e: A2E, options: argparse.Namespace, start: Call) -> int:
    """``a2e wait``: wait for a task of an earlier process."""
    return await _finish(getattr(a2e, start.resource).task(options.id), options)


async def _finish(task: Task[Any], options: argparse.Namespace) -> int:
    try:
        with status(f"{task.workflow.name} {task.id}"):
            result = await task.wait(timeout=options.wait_timeout)
        await _tell(result, options)
    except A2EError as error:
        if options.json:
            say_json({**task_facts(task), "error": f"{type(error).__name__}: {error}"})
        raise
    except BaseException:
        error_line(f"stopped; the task goes on: a2e wait {task.workflow.name} {task.id}")
        raise
    return 0


async def _tell(result: Result[Any], options: argparse.Namespace) -> None:
    """Download what a task made, and say what it was."""
    paths: Sequence[Path] = ()
    if options.out is not None:
        with status("downloading"):
            paths = await result.download(options.out)
    facts = result_facts(result, paths)
    _tell_coins(facts, options)
    if options.json:
        return
    for path in paths:
        say("file", path)
    if options.out is None:
        for url in result.urls:
            say("url", url)
    for failed in result.failed:
        error_line(f"task {failed.id} failed: {failed.failure or failed.status}")


def _tell_coins(facts: Mapping[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        say_json(facts)
    elif facts["coins"] is not None:
        say("coins", f"{facts['coins']:g}")


async def list_tasks(a2e: A2E, options: argparse.Namespace, listing: Call) -> int:
    """``a2e list``: the newest tasks of a workflow."""
    records = _made(a2e, listing, values_from(options, listing))
    if not isinstance(records, Pages):
        raise InvalidArgument(listing.name, "lists nothing")
    for record in await records.first(options.limit):
        if options.json:
            say_json(record)
        else:
            shown = (getattr(record, name, None) for name in ("id", "status", "created_at", "name"))
            say(*("-" if one is None else one for one in shown))
    return 0


async def call(a2e: A2E, options: argparse.Namespace, named: Call) -> int:
    """``a2e call``: any other operation; prints the reply as JSON."""
    values = values_from(options, named)
    if named.waits:
        values["timeout"] = options.wait_timeout
    made = _made(a2e, named, values)
    if isinstance(made, Pages):
        for record in await made.first(options.limit):
            say_json(record)
        return 0
    if inspect.isawaitable(made):
        reply = await made
        if isinstance(reply, Result):
            await _tell(reply, options)
        else:
            say_json(reply)
        return 0
    async with made as events:
        async for event in events:
            say_json({"kind": event.kind, "data": plain(event.data)})
    return 0


def _made(a2e: A2E, named: Call, values: Mapping[str, Any]) -> Any:
    """What the method gives: a Job, Pages, Events, or something to be awaited."""
    resource: Any = getattr(a2e, named.resource)
    method = resource if named.method == "__call__" else getattr(resource, named.method)
    return method(**values)


async def upload(a2e: A2E, options: argparse.Namespace) -> int:
    """``a2e upload``: upload files; prints their URLs."""
    paths = [Path(name) for name in options.files]
    for path in paths:
        if not path.is_file():
            raise InvalidArgument("FILE", f"{str(path)!r} is not a file")
    with status(f"uploading {len(paths)} files"):
        uploads = await a2e.upload_many(paths)
    for path, made in zip(paths, uploads, strict=True):
        if options.json:
            say_json({"file": path, **plain(made)})
        else:
            say(made.url, path)
    return 0


async def bulk(a2e: A2E, options: argparse.Namespace) -> int:
    """``a2e bulk``: many jobs from JSON lines. All lines are checked before the first job is started."""
    with readable(options.file) as path:
        with status("checking the jobs"):
            total = sum(1 for _ in jobs_in(a2e, path))
        with closing(jobs_in(a2e, path)) as jobs, progress(total) as bar:
            made = a2e.bulk(
                jobs,
                concurrency=options.concurrency,
                timeout=options.wait_timeout,
                journal=options.journal,
                retries=options.retries,
                download_to=options.out,
                max_coins=options.max_coins,
                start_rate=options.start_rate,
                finished="skip" if options.skip_finished else "yield",
            )
            async with made as outcomes:
                async for outcome in outcomes:
                    bar.advance(failed=outcome.error is not None)
                    _tell_outcome(outcome_facts(outcome), options)
    summary = made.summary()
    error_line(
        f"{summary.done} done, {summary.failed} failed, {summary.not_started} not started, "
        f"{summary.coins:g} coins, {summary.requests} requests"
    )
    if made.stopped is not None:
        raise made.stopped
    return 1 if summary.failed or summary.not_started else 0


def _tell_outcome(facts: Mapping[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        say_json(facts)
        return
    name = facts["key"] or facts["index"]
    if facts["error"] is not None:
        say("failed", name, facts["workflow"], facts["error"])
    else:
        say("done", name, facts["workflow"], facts["id"], *(facts["files"] or facts["urls"]))


def show_workflows(options: argparse.Namespace) -> int:
    """``a2e workflows``: what can be run."""
    for one in workflows():
        if options.json:
            say_json({"workflow": one.name, "summary": one.summary})
        else:
            say(one.name, one.summary)
    return 0
