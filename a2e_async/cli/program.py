"""The program: parses the command line, runs one command, and turns errors into exit codes."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import anyio

from a2e_async.api import RESOURCES
from a2e_async.cli import commands
from a2e_async.cli.catalogue import Call, call_named, calls_of, start_named, workflows
from a2e_async.cli.notices import notices
from a2e_async.cli.options import (
    Parser,
    UsageError,
    add_common,
    add_fields,
    add_result,
    check_no_token,
    count,
    known_encoding,
)
from a2e_async.cli.output import print_error
from a2e_async.cli.progress import listener
from a2e_async.cli.queue_options import QUEUE_COMMANDS
from a2e_async.cli.streams import escaping, flush_stdout, write_line
from a2e_async.client import A2E
from a2e_async.errors import A2EError, ConfigurationError, InvalidArgument
from a2e_async.task_groups import first_error

__all__ = ["run"]

Command = Callable[[A2E, argparse.Namespace], Coroutine[Any, Any, int]]

_FORMAT = argparse.RawDescriptionHelpFormatter
_OVERVIEW = """\
commands:
  run WORKFLOW ...          start a task and wait for its results
  wait WORKFLOW ID          wait for a task of an earlier process
  list WORKFLOW             list the newest tasks
  bulk FILE                 run many jobs, one JSON object on a line or a table; resumable with --journal
  journal FILE              what a bulk run's journal holds; decide starts of unknown outcome
  enqueue FILE              put many jobs into a queue in PostgreSQL
  worker                    carry out the jobs of the queue, beside workers on other machines
  status                    how things stand with the queue and its workers
  upload FILE...            upload files and print their URLs
  call RESOURCE METHOD ...  call any other operation
  listen                    receive the service's webhooks on this machine, for development
  doctor                    check token, account, network, certificates and versions; costs nothing
  workflows                 list the workflows that can be run

For details, see `a2e COMMAND --help` and `a2e run WORKFLOW --help`.
"""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `a2e_async.cli`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with escaping(), notices():
        try:
            return _run(given)
        except (Exception, KeyboardInterrupt) as error:
            return _report(error)
        except BaseExceptionGroup as group:
            return _report(first_error(group))
        finally:
            flush_stdout()


def _report(error: BaseException) -> int:
    """Print an error as one line and return its exit code. An error of no known kind is raised."""
    if isinstance(error, ExceptionGroup):
        return _report(first_error(error))

    match error:
        case UsageError() | InvalidArgument() | ConfigurationError():
            print_error(error)
            return 2
        case A2EError():
            print_error(f"{type(error).__name__}: {error}")
        case KeyboardInterrupt():
            print_error("interrupted")
            return 130
        case BrokenPipeError():
            pass  # the reader of stdout has gone, as with `| head`
        case OSError():
            print_error(error)
        case _:
            raise error
    return 1


def _run(given: list[str]) -> int:
    check_no_token(given)
    name = given[0] if given else ""
    if name in _COMMANDS:
        command, options = _COMMANDS[name](given[1:])
        return anyio.run(_with_client, command, options)
    if name == "workflows":
        parser = _parser("workflows", "List the workflows that `a2e run` can start.")
        return commands.show_workflows(parser.parse(given[1:]))

    if name == "journal":
        # It loads SQLite, which most commands do not need.
        from a2e_async.cli import journal

        return anyio.run(journal.show, _journal_options(given[1:]))

    if name in QUEUE_COMMANDS:
        return QUEUE_COMMANDS[name](given[1:])
    if name == "listen":
        return _listen(given[1:])
    if name == "doctor":
        return _doctor(given[1:])

    top = Parser(
        prog="a2e",
        usage="a2e COMMAND ...",
        description="The A2E media generation API. The token is read from A2E_API_TOKEN.",
        epilog=_OVERVIEW,
        formatter_class=_FORMAT,
    )
    top.add_argument("--version", action="store_true", help="print the version")
    if name.startswith("-") and top.parse_args(given).version:
        from a2e_async import __version__

        write_line(sys.stdout, f"a2e {__version__}")
        return 0

    names = ", ".join([*_COMMANDS, *QUEUE_COMMANDS, "journal", "listen", "doctor", "workflows"])
    problem = f"no such command: {name!r}" if name else "no command"
    raise UsageError(f"{problem}; one of {names} (see a2e --help)")


def _doctor(given: list[str]) -> int:
    # It loads much that other commands do not need.
    from a2e_async.cli import doctor

    parser = _parser(
        "doctor",
        "Check what a client needs: token, account and coins, the way to the service, certificates, clock, "
        "versions. Only free calls are made. Each line has a sign (ok, warn or fail), the name of the check, "
        "what was found and what to do. The exit code is 1 if a check has failed, else 0.",
    )
    parser.add_argument("--journal", metavar="FILE", help="check this journal of a bulk run too")
    options = parser.parse(given)
    show = functools.partial(
        doctor.show, base_url=options.base_url, journal=options.journal, json=options.json
    )
    return anyio.run(show)


def _listen(given: list[str]) -> int:
    # It loads a web server.
    from a2e_async.cli import listen

    parser = _parser(
        "listen",
        "Receive the service's calls about tasks on this machine, and print each one that is genuine: event, "
        "task and marker, separated by tabs. The secret is read from A2E_WEBHOOK_SECRET; the program that "
        "starts the tasks needs the same. The service reaches this machine through a tunnel. Needs the extra "
        "'sandbox'.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8787, metavar="NUMBER", help="0 for any port that is free (default: 8787)"
    )
    parser.add_argument(
        "--url", help="the address under which the service reaches this (default: A2E_WEBHOOK_URL)"
    )
    options = parser.parse(given)
    url = options.url if options.url is not None else os.environ.get("A2E_WEBHOOK_URL")
    show = functools.partial(listen.listen, host=options.host, port=options.port, url=url, json=options.json)
    return anyio.run(show)


async def _with_client(command: Command, options: argparse.Namespace) -> int:
    async with A2E(base_url=options.base_url, on_event=listener()) as a2e:
        return await command(a2e, options)


def _parser(name: str, description: str, **more: Any) -> Parser:
    parser = Parser(prog=f"a2e {name}", description=description, allow_abbrev=False, **more)
    add_common(parser)
    return parser


def _split_target(
    given: list[str], command: str, metavar: str, known: Sequence[str]
) -> tuple[str, list[str]]:
    """Split off the name that comes first. ``--help`` in its place lists the known names and exits."""
    if given and given[0] in ("-h", "--help"):
        names = "\n".join(f"  {name}" for name in known)
        Parser(
            prog=f"a2e {command}",
            usage=f"a2e {command} {metavar} ...",
            epilog=f"{metavar} is one of:\n{names}",
            formatter_class=_FORMAT,
        ).print_help()
        raise SystemExit(0)

    if not given or given[0].startswith("-"):
        raise UsageError(f"{command}: {metavar} is missing; it comes first (see a2e {command} --help)")
    return given[0], given[1:]


def _run_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    # Listing all starts imports every resource, so it is done for the help only.
    wants_help = bool(given) and given[0] in ("-h", "--help")
    known = [start.name for start in workflows()] if wants_help else ()
    name, rest = _split_target(given, "run", "WORKFLOW", known)

    start = start_named(name)
    parser = _parser(f"run {start.name}", start.summary)
    add_result(parser)
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait for the results; with --no-wait, print the task's id and exit",
    )
    add_fields(parser, start)
    return _bind(commands.run, start), parser.parse(rest)


def _wait_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    name, rest = _split_target(given, "wait", "WORKFLOW", list(RESOURCES))
    start = start_named(name)

    parser = _parser(f"wait {start.name}", "Wait for a task that was started earlier.")
    add_result(parser)
    parser.add_argument("id", metavar="ID", help="the task's id")
    return _bind(commands.wait, start), parser.parse(rest)


def _list_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    name, rest = _split_target(given, "list", "WORKFLOW", list(RESOURCES))
    listing = calls_of(name).get("list")
    if listing is None:
        raise InvalidArgument(name, "the API has no way to list its tasks")

    parser = _parser(f"list {listing.resource}", "Print id, status, time and name, separated by tabs.")
    _add_limit(parser)
    add_fields(parser, listing)
    return _bind(commands.list_tasks, listing), parser.parse(rest)


def _add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=count,
        default=20,
        metavar="NUMBER",
        help="the most records to print (default: %(default)s)",
    )


def _call_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    name, rest = _split_target(given, "call", "RESOURCE", list(RESOURCES))
    methods = [call for call in calls_of(name).values() if not call.starts]
    known = [f"{call.method:24} {call.summary}" for call in methods]
    method, rest = _split_target(rest, f"call {name}", "METHOD", known)
    named = call_named(name, method)
    if named.starts:
        raise UsageError(f"call: {named.name} starts a task: a2e run {named.name} ...")

    parser = _parser(f"call {named.resource} {named.method}", named.summary)
    if named.waits:
        add_result(parser)
    else:
        _add_limit(parser)
    add_fields(parser, named)
    return _bind(commands.call, named), parser.parse(rest)


def _bulk_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    parser = _parser(
        "bulk",
        "Run many jobs. Each line of the file is a JSON object with the workflow, a key (optional) and the "
        'keywords: {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png"}. A table (CSV, with '
        "commas, semicolons or tabs) has these names in its first line. "
        "All lines are checked before the first job is started.",
    )
    add_result(parser)
    parser.add_argument("file", metavar="FILE", help="JSON lines or a table; - for stdin")
    parser.add_argument(
        "--encoding",
        type=known_encoding,
        metavar="NAME",
        help="the file's encoding, such as cp1252 (default: UTF-8 or UTF-16)",
    )

    parser.add_argument(
        "--journal", metavar="FILE", help="record the progress here, to resume the run after a crash"
    )
    parser.add_argument(
        "--concurrency",
        type=count,
        default=64,
        metavar="NUMBER",
        help="the most tasks at once (default: %(default)s)",
    )
    parser.add_argument(
        "--retries",
        type=int,
        default=0,
        metavar="NUMBER",
        help="how often a failed task is started, and paid for, again (default: 0)",
    )
    parser.add_argument("--max-coins", type=float, metavar="COINS", help="the most coins to spend")
    parser.add_argument("--start-rate", type=float, metavar="NUMBER", help="the most starts per second")
    parser.add_argument(
        "--skip-finished", action="store_true", help="print nothing for jobs that an earlier run finished"
    )
    parser.add_argument(
        "--restart-changed",
        action="store_true",
        help="make, and pay for, a new job where a key of the journal now asks for something else",
    )
    return commands.bulk, parser.parse(given)


def _journal_options(given: list[str]) -> argparse.Namespace:
    parser = _parser(
        "journal",
        "Show what the journal of a bulk run holds, also while the run is on: the number of jobs in each "
        "state, and the starts of which it is not known whether they made a task.",
    )

    parser.add_argument("file", metavar="FILE", help="the journal")
    parser.add_argument(
        "--release",
        action="append",
        default=[],
        metavar="KEY",
        help="the uncertain start of this job has made no task: the next run starts it again, and pays",
    )

    parser.add_argument(
        "--bind",
        action="append",
        nargs=2,
        default=[],
        metavar=("KEY", "ID"),
        help="the uncertain start of this job has made this task: the next run waits for it",
    )
    return parser.parse(given)


def _upload_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    parser = _parser(
        "upload", "Upload files; print URL and file, separated by a tab. The same content is uploaded once."
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    return commands.upload, parser.parse(given)


def _bind(
    command: Callable[[A2E, argparse.Namespace, Call], Coroutine[Any, Any, int]], named: Call
) -> Command:
    """The command, with the call that it makes."""

    async def bound(a2e: A2E, options: argparse.Namespace) -> int:
        return await command(a2e, options, named)

    return bound


_COMMANDS: Mapping[str, Callable[[list[str]], tuple[Command, argparse.Namespace]]] = {
    "run": _run_command,
    "wait": _wait_command,
    "list": _list_command,
    "bulk": _bulk_command,
    "upload": _upload_command,
    "call": _call_command,
}
