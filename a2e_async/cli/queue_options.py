"""The commands of the queue: enqueue, worker and status."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any

import click

from a2e_async.cli.bulk_options import run_options
from a2e_async.cli.command import Command, Flag, Option, Options, usage_error
from a2e_async.cli.options import (
    common_options,
    encoding_option,
    file_argument,
    json_option,
    number,
    option,
    result_options,
    sandbox_option,
    seconds,
    whole,
)
from a2e_async.cli.service import run_async, service

__all__ = ["enqueue", "status", "worker"]

_SETTINGS = (
    "concurrency", "account_concurrency", "retries", "max_coins", "start_rate", "lease", "grace", "name",
    "until_empty",
)  # fmt: skip


def _database_option() -> Option:
    return option(
        "--journal",
        metavar="URL",
        help="the PostgreSQL database of queue and journal, postgresql://... (default: A2E_JOURNAL, which "
        "others cannot read; else a PostgreSQL that is started on this machine, for trying it out; with "
        "--sandbox another one, whatever A2E_JOURNAL says)",
    )


def enqueue() -> click.Command:
    """Make ``a2e enqueue``."""

    def callback(options: Options) -> int:
        from a2e_async.cli.enqueue import enqueue as command

        if options.upload and options.sandbox:
            raise usage_error("--upload: a sandbox ends with its command, and its uploads with it")
        if options.upload is None:
            options.upload = not options.sandbox
        given = {name: getattr(options, name) for name in ("file", "encoding", "priority", "at", "upload")}
        return _run(options, partial(_with_client, command, options, **given))

    params = [
        file_argument(),
        _database_option(),
        encoding_option(),
        option(
            "--priority",
            parse=whole,
            default=0,
            metavar="NUMBER",
            help="jobs of a higher one are carried out first (default: 0)",
        ),
        option(
            "--at",
            parse=_time,
            metavar="TIME",
            help="not before this time, such as 2026-12-24T18:00 (local) or 2026-12-24T18:00+01:00",
        ),
        Flag(
            ["--upload/--no-upload"],
            default=None,
            help="with --no-upload, or --sandbox, workers read the files themselves, under the same path on "
            "each machine",
        ),
        *common_options(sandbox="try it out: for workers with --sandbox only; costs nothing"),
    ]
    return Command(
        "enqueue",
        callback,
        help="Put many jobs into the queue that workers share. The file is that of a2e bulk. A job that "
        "waits in the queue already, or is done, is not queued again: jobs are recognised by their key, else "
        "by what they ask for. Files are uploaded now; the service keeps uploads for three days. Workers of "
        "another account, also that of a sandbox, never get these jobs.\n\n"
        "Needs the extra 'worker'.",
        params=params,
        examples=(
            "enqueue jobs.jsonl --journal postgresql://db.example.com/a2e",
            "enqueue jobs.csv --priority 10",
            "enqueue night.jsonl --at 2026-12-24T22:00",
            "enqueue jobs.jsonl --sandbox",
        ),
    )


def worker() -> click.Command:
    """Make ``a2e worker``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import worker as command

        given = {name: getattr(options, name) for name in ("sandbox", *_SETTINGS)}
        carry_out = partial(
            _with_client, command.run, options, timeout=options.wait_timeout, download_to=options.out, **given
        )
        return _run(options, carry_out)

    params = [
        _database_option(),
        *run_options(),
        option(
            "--grace",
            parse=number,
            default=30.0,
            metavar="SECONDS",
            help="how long jobs under way may go on when the worker ends (default: 30)",
        ),
        option("--name", metavar="TEXT", help="what the log of procrastinate calls the worker"),
        Flag(["--until-empty"], help="end when the queue is empty"),
        *result_options(),
        *common_options(
            sandbox="try it out: carry out what was queued with --sandbox, in a sandbox that is started for "
            "this command; costs nothing"
        ),
    ]
    return Command(
        "worker",
        callback,
        help="Carry out the jobs of the queue, beside the workers of other machines: start them all alike. "
        "A line is printed for each job that has ended. SIGTERM and Ctrl-C end the worker: it takes no more "
        "jobs, waits up to --grace seconds for those under way, and leaves the rest to the others. The "
        "second signal means: now.\n\nNeeds the extra 'worker'.",
        params=params,
        examples=(
            "worker --journal postgresql://db.example.com/a2e --out s3://bucket/results",
            "worker --until-empty --out out/",
            "worker --sandbox --until-empty --out out/",
        ),
    )


def status() -> click.Command:
    """Make ``a2e status``."""

    def callback(options: Options) -> int:
        from a2e_async.cli.status import show

        return _run(options, partial(show, json=options.json, watch=options.watch))

    params = [
        _database_option(),
        option(
            "--watch", parse=seconds, bare="2", metavar="SECONDS", help="again and again (default: every 2)"
        ),
        json_option(),
        sandbox_option("the state of what was queued with --sandbox"),
    ]
    return Command(
        "status",
        callback,
        help="Show how many jobs are queued, running, done, failed and of unknown outcome, the coins "
        "charged, the starts in the last minute, and what each worker does. Nothing is changed.\n\n"
        "Needs the extra 'worker'.",
        params=params,
        examples=("status", "status --watch", "status --json", "status --sandbox"),
    )


def _run(options: Options, command: Callable[..., Coroutine[Any, Any, int]]) -> int:
    from a2e_async.cli.database import database

    with database(options.journal, sandbox=options.sandbox) as url:
        return run_async(partial(command, journal=url))


async def _with_client(
    command: Callable[..., Coroutine[Any, Any, int]], options: Options, **settings: Any
) -> int:
    from a2e_async.client import A2E

    with service(options) as place:
        async with A2E(place.token, base_url=place.base_url) as a2e:
            return await command(a2e, json=options.json, **settings)


def _time(text: str) -> datetime:
    """A point in time; without a zone it is local."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not a time such as 2026-12-24T18:00") from None
