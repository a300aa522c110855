"""The commands of the command line. Each returns its exit code."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from a2e_async.cli.catalogue import Call, start_named, workflows
from a2e_async.cli.command import Options, usage_error
from a2e_async.cli.layout import amount
from a2e_async.cli.options import values_from
from a2e_async.cli.output import (
    print_error,
    print_json,
    print_row,
    print_table,
    print_text,
    result_facts,
    task_facts,
    to_plain,
)
from a2e_async.cli.progress import spinner
from a2e_async.cli.streams import can_encode, is_terminal, write_line
from a2e_async.client import A2E
from a2e_async.errors import A2EError, InvalidArgument
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.tasks import Result, Task

__all__ = [
    "agreed_to_delete",
    "call",
    "delete",
    "download",
    "get",
    "list_tasks",
    "quote",
    "run",
    "show_schema",
    "show_workflows",
    "upload",
    "wait",
]

_URL = re.compile(r"https?://", re.IGNORECASE)


async def run(a2e: A2E, options: Options, start: Call) -> int:
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
        _print_way_back(task, options)  # stdout cannot be written, and the task is paid for
        raise

    if options.wait:
        return await _finish(task, options)
    if not options.json:
        _print_coins(task.coins)
    return 0


async def wait(a2e: A2E, options: Options, start: Call) -> int:
    """``a2e wait``: wait for a task of an earlier process."""
    return await _finish(getattr(a2e, start.resource).task(options.id), options)


async def _finish(task: Task[Any], options: Options) -> int:
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
        _print_way_back(task, options)
        raise

    return 0


def _print_way_back(task: Task[Any], options: Options) -> None:
    if options.sandbox:
        print_error("stopped; the sandbox ends with the command, and the task with it")
    else:
        print_error(f"stopped; the task goes on: a2e wait {task.workflow.name} {task.id}")


async def _report(result: Result[Any], options: Options) -> None:
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
        if options.sandbox and result.urls:
            print_error(
                "the sandbox ends with the command, and its URLs with it; --out FOLDER keeps the files"
            )
    for failed in result.failed:
        print_error(f"task {failed.id} failed: {failed.failure or failed.status}")


def _print_coins(coins: float | None) -> None:
    if coins is not None:
        print_row("coins", amount(coins))


async def list_tasks(a2e: A2E, options: Options, listing: Call) -> int:
    """``a2e list``: print the newest tasks of a workflow."""
    records = _invoke(a2e, listing, values_from(options, listing))
    if not isinstance(records, Pages):
        raise InvalidArgument(listing.name, "lists nothing")

    found = await records.first(options.limit)
    if options.json:
        for record in found:
            print_json(record)
        return 0

    names = ("id", "status", "created_at", "name")
    rows = [[getattr(record, name, None) for name in names] for record in found]
    print_table(("id", "status", "time", "name"), rows)
    return 0


async def get(a2e: A2E, options: Options, start: Call) -> int:
    """``a2e get``: print what is known about a task now."""
    task = getattr(a2e, start.resource).task(options.id)
    record = await task.refresh()
    if options.json:
        print_json(record)
        return 0

    print_row("id", task.id)
    for name in ("status", "progress", "coins", "created_at", "name", "prompt"):
        value = getattr(record, name, None)
        if value not in (None, ""):
            print_row(name, amount(value) if isinstance(value, float) else value)
    for url in task.output_urls(record.raw):
        print_row("url", url)
    return 0


async def delete(a2e: A2E, options: Options, start: Call) -> int:
    """``a2e delete``: delete tasks."""
    workflow = getattr(a2e, start.resource)
    for task in [workflow.task(task_id) for task_id in options.ids]:
        await task.delete()
        if options.json:
            print_json({"workflow": start.resource, "id": task.id, "deleted": True})
        else:
            print_row("deleted", task.id)
    return 0


def agreed_to_delete(options: Options, start: Call) -> bool:
    """Ask whether to delete the tasks, unless ``--yes`` is given.

    Raises:
        UsageError: nobody can be asked.
    """
    if options.yes:
        return True
    if not is_terminal(sys.stdin):
        raise usage_error("--yes is needed where nobody can be asked")

    count = "1 task" if len(options.ids) == 1 else f"{len(options.ids)} tasks"
    sys.stderr.write(f"Delete {count} of {start.resource}? Coins are not paid back. [y/N] ")
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        write_line(sys.stderr, "")  # the cursor is behind the question
        raise
    if answer.strip().lower() in ("y", "yes"):
        return True
    print_error("nothing was deleted")
    return False


async def quote(a2e: A2E, options: Options, start: Call) -> int:
    """``a2e quote``: print what a task would cost."""
    job = _invoke(a2e, start, values_from(options, start))
    with spinner(f"asking what {start.name} costs"):
        quoted = await a2e.quote(job)
    if options.json:
        print_json({"workflow": start.name, "coins": quoted.coins, "record": quoted.record})
    elif quoted.coins is None:
        raise InvalidArgument(start.name, "the service named no price; --json shows its reply")
    else:
        print_row("coins", amount(quoted.coins))
    return 0


async def download(a2e: A2E, options: Options) -> int:
    """``a2e download``: download URLs, or the results of the tasks of one workflow."""
    sources = list(options.sources)
    if _URL.match(sources[0]):
        for url in sources:
            if not _URL.match(url):
                raise InvalidArgument("URL", f"{url!r} is not a URL; give either URLs, or a workflow and ids")
        for url in sources:
            with spinner("downloading"):
                saved = await a2e.download(url, options.out)
            _print_file(options, saved.path, url=url)
        return 0

    start = start_named(sources[0])
    if len(sources) == 1:
        raise usage_error(f"ID is missing: a2e download {start.name} ID")
    workflow = getattr(a2e, start.resource)
    for task in [workflow.task(task_id) for task_id in sources[1:]]:
        with spinner(f"{start.resource} {task.id}"):
            result = await task.wait(timeout=options.wait_timeout)
            paths = await result.download(options.out)
        for path in paths:
            _print_file(options, path, id=task.id)
    return 0


def _print_file(options: Options, path: object, **more: object) -> None:
    if options.json:
        print_json({"file": str(path), **more})
    else:
        print_row("file", path)


async def call(a2e: A2E, options: Options, named: Call) -> int:
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


async def upload(a2e: A2E, options: Options) -> int:
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


def show_workflows(options: Options) -> int:
    """``a2e workflows``: print the workflows that can be run."""
    if options.json:
        for start in workflows():
            print_json({"workflow": start.name, "summary": start.summary})
    else:
        print_table(("workflow", "makes"), [(start.name, start.summary) for start in workflows()])
    return 0


def show_schema(options: Options) -> int:
    """``a2e workflows --schema``: print what a workflow takes, as JSON Schema."""
    from a2e_async.cli.schema import schema_of

    start = start_named(options.schema)
    schema = schema_of(start)
    if options.json:
        print_json(schema)
    else:
        print_text(json.dumps(schema, indent=2, ensure_ascii=not can_encode(sys.stdout, str(schema))))
    return 0
