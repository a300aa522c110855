"""The command lines of ``a2e enqueue``, ``a2e worker`` and ``a2e status``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import anyio

from a2e_async.cli.options import Parser, add_common, add_result, count, known_encoding, seconds
from a2e_async.client import A2E

__all__ = ["QUEUE_COMMANDS"]

_DATABASE = (
    "the PostgreSQL database of queue and journal, postgresql://... (default: A2E_JOURNAL, which others "
    "cannot read; else a PostgreSQL that is started on this machine, for trying it out)"
)


def _enqueue(given: Sequence[str]) -> int:
    parser = _parser(
        "enqueue",
        "Put many jobs into the queue that workers share. The file is that of `a2e bulk`. A job that waits "
        "in the queue already, or is done, is not queued again: jobs are recognised by their key, else by "
        "what they ask for. Files are uploaded now; the service keeps uploads for three days.",
    )
    parser.add_argument("file", metavar="FILE", help="JSON lines or a table; - for stdin")
    parser.add_argument("--encoding", type=known_encoding, metavar="NAME", help="the file's encoding")
    parser.add_argument(
        "--priority",
        type=int,
        default=0,
        metavar="NUMBER",
        help="jobs of a higher one are carried out first (default: %(default)s)",
    )
    parser.add_argument(
        "--at",
        type=_time,
        metavar="TIME",
        help="not before this time, such as 2026-12-24T18:00 (local) or 2026-12-24T18:00+01:00",
    )
    parser.add_argument(
        "--upload",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with --no-upload workers read the files themselves, under the same path on each machine",
    )
    options = parser.parse(given)

    from a2e_async.cli.enqueue import enqueue

    return _run(
        options,
        partial(
            _with_client,
            enqueue,
            options,
            file=options.file,
            encoding=options.encoding,
            priority=options.priority,
            at=options.at,
            upload=options.upload,
        ),
    )


def _worker(given: Sequence[str]) -> int:
    parser = _parser(
        "worker",
        "Carry out the jobs of the queue, beside the workers of other machines: start them all alike. A line "
        "is printed for each job that has ended. SIGTERM and Ctrl-C end the worker: it takes no more jobs, "
        "waits up to --grace seconds for those under way, and leaves the rest to the others. The second "
        "signal means: now. Needs the extra 'worker'.",
    )
    add_result(parser)
    parser.add_argument("--download-to", dest="out", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument(
        "--concurrency",
        type=count,
        default=64,
        metavar="NUMBER",
        help="the most tasks of this worker at once (default: %(default)s)",
    )
    parser.add_argument(
        "--account-concurrency", type=count, metavar="NUMBER", help="the most tasks of all workers at once"
    )
    parser.add_argument(
        "--retries",
        type=int,
        default=0,
        metavar="NUMBER",
        help="how often a failed task is started, and paid for, again (default: 0)",
    )
    parser.add_argument("--max-coins", type=float, metavar="COINS", help="the most coins to spend, of all")
    parser.add_argument("--start-rate", type=float, metavar="NUMBER", help="the most starts per second")
    parser.add_argument(
        "--lease",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="a worker that is silent for so long loses its jobs to the others (default: %(default)g)",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="how long jobs under way may go on when the worker ends (default: %(default)g)",
    )
    parser.add_argument("--name", help="what the log of procrastinate calls the worker")
    parser.add_argument("--until-empty", action="store_true", help="end when the queue is empty")
    options = parser.parse(given)

    from a2e_async.cli import worker

    return _run(
        options,
        partial(
            _with_client,
            worker.run,
            options,
            timeout=options.wait_timeout,
            download_to=options.out,
            **{
                name: getattr(options, name)
                for name in (
                    "concurrency", "account_concurrency", "retries", "max_coins", "start_rate", "lease",
                    "grace", "name", "until_empty",
                )
            },
        ),
    )  # fmt: skip


def _status(given: Sequence[str]) -> int:
    parser = _parser(
        "status",
        "Show how many jobs are queued, running, done, failed and of unknown outcome, the coins charged, the "
        "starts in the last minute, and what each worker does. Nothing is changed.",
    )
    parser.add_argument(
        "--watch", nargs="?", type=seconds, const=2.0, metavar="SECONDS", help="again and again"
    )
    options = parser.parse(given)

    from a2e_async.cli.status import show

    return _run(options, partial(show, json=options.json, watch=options.watch))


def _run(options: argparse.Namespace, command: Callable[..., Coroutine[Any, Any, int]]) -> int:
    from a2e_async.cli.database import database

    with database(options.journal) as url:
        return anyio.run(partial(command, journal=url))


async def _with_client(
    command: Callable[..., Coroutine[Any, Any, int]], options: argparse.Namespace, **settings: Any
) -> int:
    async with A2E(base_url=options.base_url) as a2e:
        return await command(a2e, json=options.json, **settings)


def _parser(name: str, description: str) -> Parser:
    parser = Parser(prog=f"a2e {name}", description=description, allow_abbrev=False)
    add_common(parser)
    parser.add_argument("--journal", metavar="URL", help=_DATABASE)
    return parser


def _time(text: str) -> datetime:
    """A point in time; without a zone it is local."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-12-24T18:00") from None


QUEUE_COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "enqueue": _enqueue,
    "worker": _worker,
    "status": _status,
}
